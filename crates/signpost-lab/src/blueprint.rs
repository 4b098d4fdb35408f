//! A world with its faults, before anything listens.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_proto::rr::{Name, RData, Record};
use rustls_pki_types::UnixTime;
use signpost_dns::{AnswerFault, AnswerFaultKind, Hierarchy, KeyPool, Responder, Scope, Zone};
use signpost_mail::{Account, Limits, Presented, ServerSpec};
use signpost_pki::Pki;
use signpost_transcript::Event;

use crate::directory::Directory;
use crate::error::ZoneMistake;
use crate::lab::{Lab, Raised};
use crate::network::{Network, Place};
use crate::placeholder::fill_digests;
use crate::stage::Stage;
use crate::world::{WorldListener, WorldServer, WorldZone};
use crate::{Broken, Fault, LabError, World, WorldNames, ZoneChange};

/// Zones, certificates and servers of one case, as they will be in each of its steps.
#[derive(Debug)]
pub struct Blueprint<'w> {
    world: &'w World,
    pki: Pki,
    plans: Vec<Plan<'w>>,
    now: u32,
}

/// What is broken in one step, and the zones as they are published then.
#[derive(Debug)]
struct Plan<'w> {
    /// Everything that was broken up to now.
    faults: Vec<&'w Fault>,
    /// How many of them were broken before this step.
    before: usize,
    everybody: Vec<Zone>,
    /// The zones of each of the world's views, in the same order.
    views: Vec<Vec<Zone>>,
}

impl<'w> Blueprint<'w> {
    /// Issues the certificates and reads the zones of a case that is one step, with the faults of both.
    ///
    /// # Errors
    ///
    /// If a zone does not parse once its placeholders are filled in, or a fault does not fit the world.
    pub fn new(world: &'w World, faults: &'w [Fault]) -> Result<Self, LabError> {
        Self::in_steps(world, faults, [&[][..]])
    }

    /// The same for a case of several steps: what changes before each stays so. Certificates are issued once.
    ///
    /// # Errors
    ///
    /// As [`Blueprint::new`].
    pub fn in_steps(
        world: &'w World,
        faults: &'w [Fault],
        changes: impl IntoIterator<Item = &'w [Fault]>,
    ) -> Result<Self, LabError> {
        #[expect(clippy::disallowed_methods, reason = "a lab starts at the time that it is")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let of_certificates: Vec<_> = faults
            .iter()
            .filter_map(|fault| match &fault.broken {
                Broken::Certificate(fault) => Some(fault.clone()),
                _ => None,
            })
            .collect();
        let pki = Pki::build(&world.certificates, &of_certificates, UnixTime::since_unix_epoch(now))?;
        let mut standing: Vec<&Fault> = faults.iter().collect();
        let mut plans = Vec::new();
        for changes in changes {
            let before = if plans.is_empty() { 0 } else { standing.len() };
            standing.extend(changes);
            plans.push(Plan::new(world, standing.clone(), before, &pki)?);
        }
        // Serial-number arithmetic of RFC 4034 §3.1.5 keeps 32 bits of the time.
        #[expect(clippy::cast_possible_truncation, reason = "signature times are 32 bits wide")]
        let now = now.as_secs() as u32;
        Ok(Self { world, pki, plans, now })
    }

    /// The names that lead somewhere in the first step.
    #[must_use]
    pub fn names(&self) -> WorldNames {
        WorldNames::new(&self.world.domain, self.plans.iter().take(1).flat_map(Plan::records))
    }

    /// The certificates that stand for the WebPKI, as a PEM bundle.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.pki.roots_pem()
    }

    /// Raises the lab on sockets of the calling thread and its tokio runtime, which must be a current-thread one.
    ///
    /// # Errors
    ///
    /// If no address and port can be bound, or a server's certificate is not one that TLS can present.
    pub fn start(mut self, network: Network) -> Result<Lab, LabError> {
        let first = self.plans.first().map_or_else(BTreeSet::new, |plan| {
            plan.listening(self.world)
                .map(|(server, listener)| (server.address, listener.port))
                .collect::<BTreeSet<(Ipv4Addr, u16)>>()
        });
        let (place, sockets) = Place::bind(network, &first, &self.world.ports())?;
        let world = self.world;
        self.pki.place(|certificate| {
            let servers = world.servers.iter().filter(|server| server.certificate == certificate);
            servers.map(|server| IpAddr::V4(place.address(server.address))).collect()
        })?;
        let stages = self
            .plans
            .iter()
            .enumerate()
            .map(|(step, plan)| plan.stage(self.world, &self.pki, &self.directory(step), &place, self.now))
            .collect::<Result<Vec<_>, _>>()?;
        let views = self.world.views.iter();
        let views = views.map(|view| (view.name.clone(), IpAddr::V4(place.address(view.address)))).collect();
        Lab::raise(Raised {
            ca_pem: self.pki.roots_pem(),
            place,
            stages,
            sockets,
            user: self.world.user.clone(),
            views,
        })
    }

    /// By which names clients come to the listeners in a step: what they learnt before it they may still believe.
    fn directory(&self, step: usize) -> Directory<'_> {
        let records = self.plans.iter().take(step + 1).flat_map(Plan::records);
        Directory::new(&self.world.domain, records)
    }
}

impl<'w> Plan<'w> {
    fn new(world: &'w World, faults: Vec<&'w Fault>, before: usize, pki: &Pki) -> Result<Self, LabError> {
        let everybody = publish(&world.zones, None, &faults, pki)?;
        let views = world
            .views
            .iter()
            .map(|view| {
                let own = |zone: &WorldZone| view.zones.iter().find(|own| own.origin == zone.origin).cloned();
                let zones: Vec<_> =
                    world.zones.iter().map(|zone| own(zone).unwrap_or_else(|| zone.clone())).collect();
                publish(&zones, Some(&view.name), &faults, pki)
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { faults, before, everybody, views })
    }

    /// Every record that somebody can be told of.
    fn records(&self) -> impl Iterator<Item = &Record> {
        let zones = self.everybody.iter().chain(self.views.iter().flatten());
        let forged = self.faults.iter().filter_map(|fault| match &fault.broken {
            Broken::Answer(AnswerFault { kind: AnswerFaultKind::Forge(forge), .. }) => Some(forge.records()),
            _ => None,
        });
        zones.flat_map(|zone| &zone.records).chain(forged.flatten())
    }

    /// The listeners that are there.
    fn listening(&self, world: &'w World) -> impl Iterator<Item = (&'w WorldServer, WorldListener)> {
        let listeners =
            |server: &'w WorldServer| server.listeners.iter().map(move |listener| (server, *listener));
        let all = world.servers.iter().flat_map(listeners);
        all.filter(|(server, listener)| !self.is_unreachable(server, *listener))
    }

    /// What answers and what listens in this step.
    fn stage(
        &self,
        world: &World,
        pki: &Pki,
        directory: &Directory<'_>,
        place: &Place,
        now: u32,
    ) -> Result<Stage, LabError> {
        let everybody = self.hierarchy(&self.everybody, None, KeyPool::global(), place, now)?;
        let mut responder = Responder::new(everybody, Scope::Forward);
        for (view, zones) in world.views.iter().zip(&self.views) {
            let source = IpAddr::V4(place.address(view.address));
            let own = view.own_keys.then(|| KeyPool::named(&view.name));
            let keys = own.as_deref().unwrap_or_else(|| KeyPool::global());
            let hierarchy = self.hierarchy(zones, Some(&view.name), keys, place, now)?;
            responder = responder.with_view(source, hierarchy);
        }
        let servers = self
            .listening(world)
            .map(|(server, listener)| {
                let spec = self.server_spec(server, listener, pki, directory, world)?;
                Ok(((server.address, listener.port), Arc::new(spec)))
            })
            .collect::<Result<_, LabError>>()?;
        Ok(Stage { responder: Arc::new(responder), servers, standing: self.standing_faults() })
    }

    fn hierarchy(
        &self,
        zones: &[Zone],
        view: Option<&str>,
        keys: &KeyPool,
        place: &Place,
        now: u32,
    ) -> Result<Arc<Hierarchy>, LabError> {
        let zones = zones.iter().map(|zone| place_zone(zone.clone(), place)).collect();
        let of_answers: Vec<_> = self
            .faults
            .iter()
            .filter(|fault| fault.is_seen_in(view))
            .filter_map(|fault| match &fault.broken {
                Broken::Answer(fault) => Some(place_fault(fault.clone(), place)),
                _ => None,
            })
            .collect();
        Ok(Hierarchy::build(zones, keys, now, &of_answers).map(Arc::new)?)
    }

    fn is_unreachable(&self, server: &WorldServer, listener: WorldListener) -> bool {
        self.faults.iter().any(|fault| {
            matches!(&fault.broken, Broken::Unreachable { servers, label }
                if servers.include(server) && label.is_none_or(|label| label == listener.label))
        })
    }

    /// Faults of zones, certificates and reachability that came with this step: they need no question to take effect.
    fn standing_faults(&self) -> Vec<(Option<String>, Event)> {
        let standing = self.faults[self.before..].iter().filter_map(|fault| {
            let detail = match &fault.broken {
                Broken::Certificate(_) => "the certificate is presented so",
                Broken::Presents { .. } => "another certificate is presented",
                Broken::PresentsToOthers { .. } => {
                    "another certificate is presented to who asks for another name"
                }
                Broken::Unreachable { .. } => "nothing listens there",
                Broken::Zone { .. } => "the zone is published so",
                Broken::Answer(_) | Broken::Server { .. } => return None,
            };
            let (at, kind) = (fault.at.clone(), fault.kind().to_owned());
            let event = Event::Fault { number: fault.number, at, kind, detail: detail.to_owned() };
            Some((fault.view.clone(), event))
        });
        standing.collect()
    }

    fn server_spec(
        &self,
        server: &WorldServer,
        listener: WorldListener,
        pki: &Pki,
        directory: &Directory<'_>,
        world: &World,
    ) -> Result<ServerSpec, LabError> {
        let user = &world.user;
        let fail = |reason: String| LabError::Tls { server: server.name.clone(), reason };
        // The last that was put there is the one that is presented.
        let presented = self.faults.iter().rev().find_map(|fault| match &fault.broken {
            Broken::Presents { servers, certificate } if servers.include(server) => Some(certificate),
            _ => None,
        });
        let certificate = presented.unwrap_or(&server.certificate);
        let identity =
            |name: &String| pki.identity(name).ok_or_else(|| fail(format!("no certificate is named {name}")));
        let to_others = self.faults.iter().rev().find_map(|fault| match &fault.broken {
            Broken::PresentsToOthers { servers, certificate } if servers.include(server) => Some(certificate),
            _ => None,
        });
        let own = identity(certificate)?;
        let (tls, presented) = match to_others {
            None => (own.server_config(), certificate.clone().into()),
            Some(otherwise) => {
                let spec = world.certificates.iter().find(|spec| spec.name == *certificate);
                let names = spec.map_or_else(Vec::new, |spec| spec.names.clone());
                let config = own.server_config_by_name(&names, identity(otherwise)?);
                (config, Presented::by_name(certificate.clone(), names, otherwise.clone()))
            }
        };
        Ok(ServerSpec {
            name: server.name.clone(),
            label: listener.label,
            identity: presented,
            tls: Arc::new(tls.map_err(|error| fail(error.to_string()))?),
            hostname: server.host.clone(),
            hosts: directory.hosts(server.address, listener.port, listener.label),
            account: Account { user: user.address.clone(), password: user.password.clone() },
            mechanisms: server.mechanisms.clone(),
            mailbox: vec![waiting_message(&user.address)],
            faults: self
                .faults
                .iter()
                .filter_map(|fault| match &fault.broken {
                    Broken::Server { servers, fault } if servers.include(server) => Some(fault.clone()),
                    _ => None,
                })
                .collect(),
            limits: Limits::default(),
        })
    }
}

fn waiting_message(address: &str) -> Vec<u8> {
    format!(
        "From: <postmaster@example.net>\r\nTo: <{address}>\r\nSubject: It works\r\n\
         Message-ID: <1@signpost.example>\r\nDate: Wed, 22 Nov 2006 14:30:17 +0000\r\n\r\nThe post goes here.\r\n"
    )
    .into_bytes()
}

/// The zones as those who ask in a view, or in none, get them.
fn publish(
    zones: &[WorldZone],
    view: Option<&str>,
    faults: &[&Fault],
    pki: &Pki,
) -> Result<Vec<Zone>, LabError> {
    let mut zones = zones.iter().map(|zone| read_zone(zone, pki)).collect::<Result<Vec<_>, _>>()?;
    for fault in faults.iter().filter(|fault| fault.is_seen_in(view)) {
        let Broken::Zone { origin, change } = &fault.broken else { continue };
        let changed = change_zone(&mut zones, origin, change, pki);
        // What is broken for all has to be there for everybody; one of the views may lack it from the start.
        if view.is_none() || fault.view.is_some() {
            let (at, kind) = (fault.at.clone(), fault.kind().to_owned());
            changed.map_err(|reason| LabError::Fault { at, kind, reason })?;
        }
    }
    Ok(zones)
}

fn read_zone(zone: &WorldZone, pki: &Pki) -> Result<Zone, LabError> {
    let parse = || -> Result<Zone, ZoneMistake> {
        let text = fill_digests(&zone.source.text, pki)?;
        let origin = Name::from_ascii(&zone.origin).map_err(ZoneMistake::Origin)?;
        Ok(Zone::parse(origin, &text)?)
    };
    let mut parsed =
        parse().map_err(|mistake| LabError::Zone { path: zone.source.path.to_string(), mistake })?;
    parsed.signing = zone.signing;
    Ok(parsed)
}

fn change_zone(zones: &mut [Zone], origin: &Name, change: &ZoneChange, pki: &Pki) -> Result<(), String> {
    let zone = zones
        .iter_mut()
        .find(|zone| zone.origin == *origin)
        .ok_or_else(|| format!("the world has no zone {origin}"))?;
    match change {
        ZoneChange::Publish { records } => {
            let records = fill_digests(records, pki).map_err(|error| error.to_string())?;
            zone.publish(&records).map_err(|error| error.to_string())
        }
        ZoneChange::Remove { owner, record_type } => {
            let owner = if owner.is_fqdn() {
                owner.clone()
            } else {
                owner.clone().append_domain(&zone.origin).map_err(|error| error.to_string())?
            };
            match zone.remove(&owner, *record_type) {
                0 => Err(format!("the zone has no such record at {owner}")),
                _ => Ok(()),
            }
        }
    }
}

/// The zone with the lab's addresses and ports in the place of the world's.
fn place_zone(mut zone: Zone, place: &Place) -> Zone {
    place_records(&mut zone.records, place);
    zone
}

/// What an attacker forges leads to the lab's addresses and ports too.
fn place_fault(mut fault: AnswerFault, place: &Place) -> AnswerFault {
    if let AnswerFaultKind::Forge(forge) = &mut fault.kind {
        place_records(forge.records_mut(), place);
    }
    fault
}

fn place_records(records: &mut [Record], place: &Place) {
    for record in records {
        match &mut record.data {
            RData::A(address) => address.0 = place.address(address.0),
            RData::SRV(srv) => srv.port = place.port(srv.port),
            _ => {}
        }
    }
}

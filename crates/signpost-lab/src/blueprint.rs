//! A world with its faults, before anything listens.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hickory_proto::rr::{Name, RData, Record};
use rustls_pki_types::UnixTime;
use signpost_dns::{AnswerFault, AnswerFaultKind, Hierarchy, KeyPool, Responder, Scope, Zone};
use signpost_mail::{Account, Limits, ServerSpec};
use signpost_pki::Pki;
use signpost_transcript::{Event, Recorder};

use crate::error::ZoneMistake;
use crate::lab::{Lab, Raised};
use crate::network::{Network, Place};
use crate::placeholder::fill_digests;
use crate::world::{WorldListener, WorldServer, WorldZone};
use crate::{Broken, Fault, LabError, World, ZoneChange};

/// Zones, certificates and servers of one case, as they will be.
#[derive(Debug)]
pub struct Blueprint<'w> {
    world: &'w World,
    faults: &'w [Fault],
    pki: Pki,
    everybody: Vec<Zone>,
    /// The zones of each of the world's views, in the same order.
    views: Vec<Vec<Zone>>,
    now: u32,
}

impl<'w> Blueprint<'w> {
    /// Issues the certificates and reads the zones, with the faults of both.
    ///
    /// # Errors
    ///
    /// If a zone does not parse once its placeholders are filled in, or a fault does not fit the world.
    pub fn new(world: &'w World, faults: &'w [Fault]) -> Result<Self, LabError> {
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
        let everybody = publish(&world.zones, None, faults, &pki)?;
        let views = world
            .views
            .iter()
            .map(|view| {
                let own = |zone: &WorldZone| view.zones.iter().find(|own| own.origin == zone.origin).cloned();
                let zones: Vec<_> =
                    world.zones.iter().map(|zone| own(zone).unwrap_or_else(|| zone.clone())).collect();
                publish(&zones, Some(&view.name), faults, &pki)
            })
            .collect::<Result<_, _>>()?;
        // Serial-number arithmetic of RFC 4034 §3.1.5 keeps 32 bits of the time.
        #[expect(clippy::cast_possible_truncation, reason = "signature times are 32 bits wide")]
        let now = now.as_secs() as u32;
        Ok(Self { world, faults, pki, everybody, views, now })
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
    pub fn start(self, network: Network) -> Result<Lab, LabError> {
        let listening: Vec<(&WorldServer, WorldListener)> = self
            .world
            .servers
            .iter()
            .flat_map(|server| server.listeners.iter().map(move |listener| (server, *listener)))
            .filter(|(server, listener)| !self.is_unreachable(server, *listener))
            .collect();
        let addresses: BTreeSet<(Ipv4Addr, u16)> =
            listening.iter().map(|(server, listener)| (server.address, listener.port)).collect();
        let (place, sockets) = Place::bind(network, &addresses, &self.world.ports())?;

        let recorder = Recorder::new();
        let standing = self.standing_faults();
        let mut servers = Vec::with_capacity(listening.len());
        for (server, listener) in listening {
            let spec = self.server_spec(server, listener)?;
            servers.push(((server.address, listener.port), Arc::new(spec)));
        }

        let (faults, now) = (self.faults, self.now);
        let hierarchy = |zones: Vec<Zone>, view: Option<&str>| {
            let zones = zones.into_iter().map(|zone| place_zone(zone, &place)).collect();
            let of_answers: Vec<_> = faults
                .iter()
                .filter(|fault| fault.is_seen_in(view))
                .filter_map(|fault| match &fault.broken {
                    Broken::Answer(fault) => Some(place_fault(fault.clone(), &place)),
                    _ => None,
                })
                .collect();
            Hierarchy::build(zones, KeyPool::global(), now, &of_answers).map(Arc::new)
        };
        let everybody = hierarchy(self.everybody, None)?;
        let anchor = everybody.trust_anchor();
        let trust_anchor = format!("{}\n{}", anchor.ds_text(), anchor.dnskey_text())
            .parse()
            .map_err(|error: signpost_validate::TrustAnchorError| LabError::Key(error.to_string()))?;
        let mut responder = Responder::new(everybody, Scope::Forward);
        let mut views = BTreeMap::new();
        for (view, zones) in self.world.views.iter().zip(self.views) {
            let source = IpAddr::V4(place.address(view.address));
            responder = responder.with_view(source, hierarchy(zones, Some(&view.name))?);
            views.insert(view.name.clone(), source);
        }
        let responder = Arc::new(responder);
        Ok(Lab::raise(Raised {
            ca_pem: self.pki.roots_pem(),
            place,
            recorder,
            responder,
            servers,
            sockets,
            standing,
            trust_anchor,
            user: self.world.user.clone(),
            views,
        }))
    }

    fn is_unreachable(&self, server: &WorldServer, listener: WorldListener) -> bool {
        self.faults.iter().any(|fault| {
            matches!(&fault.broken, Broken::Unreachable { servers, label }
                if servers.include(server) && label.is_none_or(|label| label == listener.label))
        })
    }

    /// Faults of zones, certificates and reachability need no question to take effect.
    fn standing_faults(&self) -> Vec<(Option<String>, Event)> {
        let standing = self.faults.iter().filter_map(|fault| {
            let detail = match &fault.broken {
                Broken::Certificate(_) => "the certificate is presented so",
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

    fn server_spec(&self, server: &WorldServer, listener: WorldListener) -> Result<ServerSpec, LabError> {
        let fail = |reason: String| LabError::Tls { server: server.name.clone(), reason };
        let identity = self
            .pki
            .identity(&server.certificate)
            .ok_or_else(|| fail(format!("no certificate is named {}", server.certificate)))?;
        let user = &self.world.user;
        Ok(ServerSpec {
            name: server.name.clone(),
            label: listener.label,
            identity: server.certificate.clone(),
            tls: Arc::new(identity.server_config().map_err(|error| fail(error.to_string()))?),
            hostname: server.host.clone(),
            account: Account { user: user.address.clone(), password: user.password.clone() },
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
    faults: &[Fault],
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
            let owner = owner.clone().append_domain(&zone.origin).map_err(|error| error.to_string())?;
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

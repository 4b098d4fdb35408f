//! A running lab.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::rr::Name;
use signpost_dns::{Authority, Responder};
use signpost_format::{ADAPTER_VERSION, Assignment, Dns, Label, Task, resolve, set_up};
use signpost_mail::ServerSpec;
use signpost_transcript::{Event, Recorder, Transcript};
use signpost_validate::{AuditedValidator, Resolver, TrustAnchor, Upstream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::User;
use crate::network::{Place, Sockets};
use crate::resolver::ValidatingResolver;

/// How long connections may take to end after the subject has.
const SETTLING: Duration = Duration::from_millis(500);
/// Turns of the reactor without news after which nothing is on the way any more.
const QUIET_TURNS: u32 = 8;
/// Time that the subject has for a case unless the runner says otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// DNS, certificates and mail servers of one case. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Lab {
    dns: Dns,
    deadline: Duration,
    ca_pem: String,
    ports: BTreeMap<Label, u16>,
    user: User,
    recorder: Recorder,
    standing: Vec<(Option<String>, Event)>,
    views: BTreeMap<String, IpAddr>,
    responder: Arc<Responder>,
    _servers: JoinSet<()>,
}

/// What a lab is raised from.
pub(crate) struct Raised {
    pub(crate) ca_pem: String,
    pub(crate) place: Place,
    pub(crate) recorder: Recorder,
    pub(crate) responder: Arc<Responder>,
    pub(crate) servers: Vec<((Ipv4Addr, u16), Arc<ServerSpec>)>,
    pub(crate) sockets: Sockets,
    /// What is broken from the start, and the view in which alone it is.
    pub(crate) standing: Vec<(Option<String>, Event)>,
    pub(crate) trust_anchor: TrustAnchor,
    pub(crate) user: User,
    /// Where each view is asked from.
    pub(crate) views: BTreeMap<String, IpAddr>,
}

impl Lab {
    pub(crate) fn raise(raised: Raised) -> Self {
        let Raised {
            ca_pem,
            place,
            recorder,
            responder,
            servers,
            sockets,
            standing,
            trust_anchor,
            user,
            views,
        } = raised;
        let Sockets { authority, resolver, inner, mut mail } = sockets;
        let dns = Dns {
            authority: authority.address,
            resolver: resolver.address,
            source: None,
            trust_anchor: trust_anchor.to_string().lines().map(str::to_owned).collect(),
        };
        let mut tasks = JoinSet::new();
        let public = Authority::new(Arc::clone(&responder), recorder.clone());
        tasks.spawn(signpost_dns::serve(Arc::new(public), authority.udp, authority.tcp));
        let unseen = Recorder::new();
        let validator = |source: Option<IpAddr>| -> Box<dyn Resolver> {
            let mut upstream = Upstream::new(inner.address, trust_anchor.clone());
            upstream.source = source;
            Box::new(AuditedValidator::new(&upstream))
        };
        let everybody = validator(None);
        let of_views = views.values().map(|source| (*source, validator(Some(*source)))).collect();
        let private = Authority::new(Arc::clone(&responder), unseen.clone());
        tasks.spawn(signpost_dns::serve(Arc::new(private), inner.udp, inner.tcp));
        let validating = ValidatingResolver {
            everybody,
            of_views,
            responder: Arc::clone(&responder),
            inner: unseen,
            recorder: recorder.clone(),
        };
        tasks.spawn(signpost_dns::serve(Arc::new(validating), resolver.udp, resolver.tcp));
        for (listens, spec) in servers {
            if let Some(listener) = mail.remove(&listens) {
                // Nobody keeps the sender: within a case these servers stay what they are.
                let (_, specs) = watch::channel(spec);
                tasks.spawn(signpost_mail::serve(specs, listener, recorder.clone()));
            }
        }
        let ports = standard_ports(&place);
        Self {
            dns,
            deadline: DEADLINE,
            ca_pem,
            ports,
            user,
            recorder,
            standing,
            views,
            responder,
            _servers: tasks,
        }
    }

    /// What the subject is told.
    #[must_use]
    pub fn assign(&self, task: &Task) -> Assignment {
        let version = ADAPTER_VERSION;
        let deadline_ms = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
        let dns = self.dns.clone();
        match task {
            Task::Resolve(question) => {
                let question = question.clone();
                Assignment::Resolve(resolve::Assignment { version, deadline_ms, dns, question })
            }
            Task::SetUp { service, stance } => Assignment::SetUp(set_up::Assignment {
                version,
                deadline_ms,
                dns,
                service: *service,
                address: self.user.address.clone(),
                password: self.user.password.clone(),
                stance: *stance,
                ca_pem: self.ca_pem.clone(),
                ports: self.ports.clone(),
            }),
        }
    }

    /// Where DNS is asked, and with which trust anchor.
    #[must_use]
    pub fn dns(&self) -> &Dns {
        &self.dns
    }

    /// Gives the subject this long for one step.
    pub fn allow(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Begins a run, from the address of this view or from where the subject likes. Gives the address.
    ///
    /// What is broken from the start takes effect in every run, so that each transcript has it.
    pub fn begin_run(&mut self, view: Option<&str>) -> Option<IpAddr> {
        for (only, event) in &self.standing {
            // Who asks from anywhere may be in any view.
            if only.is_none() || view.is_none() || only.as_deref() == view {
                self.recorder.record(event.clone());
            }
        }
        self.dns.source = view.and_then(|view| self.source_of(view));
        self.dns.source
    }

    /// Makes the changes before a step, by its number from 0.
    ///
    /// # Errors
    ///
    /// A change that does not fit the world.
    pub fn next_step(&mut self, _step: usize) -> Result<(), crate::LabError> {
        Ok(())
    }

    /// The address that a view is asked from.
    #[must_use]
    pub fn source_of(&self, view: &str) -> Option<IpAddr> {
        self.views.get(view).copied()
    }

    /// Every zone as everybody sees it: its origin, and its master file with signatures, denials and those faults that a
    /// file can hold.
    #[must_use]
    pub fn zone_files(&self) -> Vec<(String, String)> {
        let hierarchy = self.responder.hierarchy();
        let file = |origin: &Name| Some((origin.to_ascii(), hierarchy.write_zone(origin)?));
        hierarchy.origins().filter_map(file).collect()
    }

    /// Where the lab records, and where the subject's own words go.
    #[must_use]
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Waits until the servers have read what the subject left behind: all its connections are closed and nothing
    /// new comes in.
    pub async fn settle(&self) {
        let quiet = async {
            let mut turns = 0;
            let mut seen = self.recorder.count();
            // On loopback what was sent has arrived, so a turn of the reactor without news means that there are none.
            // Each step from a connection to what is recorded of it takes a turn of its own.
            while turns < QUIET_TURNS {
                if self.recorder.open_connections() > 0 {
                    #[expect(
                        clippy::disallowed_methods,
                        reason = "nothing tells when an open connection will end"
                    )]
                    tokio::time::sleep(Duration::from_millis(1)).await;
                } else {
                    tokio::task::yield_now().await;
                }
                let now = self.recorder.count();
                turns = if now == seen && self.recorder.open_connections() == 0 { turns + 1 } else { 0 };
                seen = now;
            }
        };
        // A connection that does not end is closed with the lab; what it said is recorded already.
        let _ = tokio::time::timeout(SETTLING, quiet).await;
    }

    /// What was seen since the start or the last call.
    #[must_use]
    pub fn take_transcript(&self) -> Transcript {
        self.recorder.take()
    }
}

fn standard_ports(place: &Place) -> BTreeMap<Label, u16> {
    Label::ALL.iter().map(|label| (*label, place.port(label.port()))).collect()
}

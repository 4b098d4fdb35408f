//! A running lab.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::rr::Name;
use signpost_dns::Hierarchy;
use signpost_format::{ADAPTER_VERSION, Assignment, Dns, Label, Service, Task, relay, resolve, set_up};
use signpost_mail::ServerSpec;
use signpost_serve::{Door, Household};
use signpost_transcript::{Recorder, Transcript};
use signpost_validate::TrustAnchor;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use crate::names::{Anchors, Names};
use crate::network::{Place, Sockets};
use crate::stage::Stage;
use crate::{LabError, User};

/// Who writes to the user, where a relay brings a message.
pub const SENDER: &str = "bob@sender.example";
/// How long connections may take to end after the subject has.
const SETTLING: Duration = Duration::from_millis(500);
/// Turns of the reactor that they get for it in any event: on a machine that stalls, the time alone may pass in one.
const FEWEST_TURNS: u32 = 32;
/// Turns of the reactor without news after which nothing is on the way any more.
const QUIET_TURNS: u32 = 8;
/// Time that the subject has for a case unless the runner says otherwise.
const DEADLINE: Duration = Duration::from_secs(10);

/// DNS, certificates and mail servers of one case. Everything ends when it is dropped.
#[derive(Debug)]
pub struct Lab {
    dns: Dns,
    anchors: Anchors,
    deadline: Duration,
    ca_pem: String,
    ports: BTreeMap<Label, u16>,
    user: User,
    recorder: Recorder,
    views: BTreeMap<String, IpAddr>,
    /// What is there in each step, and the step that it is.
    stages: Vec<Stage>,
    step: usize,
    place: Place,
    names: Names,
    listeners: BTreeMap<(Ipv4Addr, u16), Listener>,
    door: Door,
    tasks: JoinSet<()>,
}

/// What a lab is raised from.
pub(crate) struct Raised {
    pub(crate) ca_pem: String,
    pub(crate) place: Place,
    pub(crate) sockets: Sockets,
    pub(crate) stages: Vec<Stage>,
    pub(crate) user: User,
    /// Where each view is asked from.
    pub(crate) views: BTreeMap<String, IpAddr>,
}

/// A mail server that listens: what it is, and what ends it.
#[derive(Debug)]
struct Listener {
    spec: watch::Sender<Arc<ServerSpec>>,
    task: AbortHandle,
}

impl Lab {
    pub(crate) fn raise(raised: Raised) -> Result<Self, LabError> {
        let Raised { ca_pem, place, sockets, stages, user, views } = raised;
        let Sockets { authority, resolver, inner, mut mail } = sockets;
        let first = stages.first().ok_or_else(|| LabError::Key("a lab of no step".to_owned()))?;
        let everybody = trust_anchor(first.responder.hierarchy())?;
        let of_views = views
            .values()
            .map(|&source| Ok((source, trust_anchor(first.responder.hierarchy_for(source))?)))
            .collect::<Result<BTreeMap<_, _>, LabError>>()?;
        let anchors = Anchors { everybody, of_views };
        let dns = Dns {
            authority: authority.address,
            resolver: resolver.address,
            source: None,
            trust_anchor: anchors.lines(None),
        };
        let recorder = Recorder::new();
        let names = Names::new(&first.responder, inner.address, anchors.clone(), recorder.clone());
        let mut tasks = JoinSet::new();
        let door = Door::open(recorder.clone());
        // Whoever the subject is, it is the lab itself that asks there.
        let inner_door = Door::open(Recorder::new());
        inner_door.keep(Household::Process);
        tasks.spawn(signpost_dns::serve_behind(
            door.clone(),
            names.public(),
            authority.udp,
            authority.tcp,
            recorder.clone(),
        ));
        tasks.spawn(signpost_dns::serve_behind(
            inner_door,
            names.private(),
            inner.udp,
            inner.tcp,
            recorder.clone(),
        ));
        tasks.spawn(signpost_dns::serve_behind(
            door.clone(),
            names.validating(),
            resolver.udp,
            resolver.tcp,
            recorder.clone(),
        ));
        let listeners = first
            .servers
            .iter()
            .filter_map(|(listens, spec)| {
                let listener = mail.remove(listens)?;
                Some((*listens, Listener::begin(spec, listener, &door, &recorder, &mut tasks)))
            })
            .collect();
        let ports = standard_ports(&place);
        Ok(Self {
            dns,
            anchors,
            deadline: DEADLINE,
            ca_pem,
            ports,
            user,
            recorder,
            views,
            stages,
            step: 0,
            place,
            names,
            listeners,
            door,
            tasks,
        })
    }

    /// What the subject is told.
    #[must_use]
    pub fn assign(&self, task: &Task) -> Assignment {
        let version = ADAPTER_VERSION;
        let deadline_ms = u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX);
        let dns = self.dns.clone();
        match task {
            Task::Relay => Assignment::Relay(relay::Assignment {
                version,
                deadline_ms,
                dns,
                sender: SENDER.to_owned(),
                recipient: self.user.address.clone(),
                message: message_to(&self.user),
                ca_pem: self.ca_pem.clone(),
                port: self.place.port(Label::Mx.port()),
            }),
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

    /// Lets only these in from now on: whoever else comes is no subject.
    pub fn keep_to(&self, household: Household) {
        self.door.keep(household);
    }

    /// Begins a run, from the address of this view or from where the subject likes, with the world as it is in the first
    /// step. Gives the address.
    ///
    /// What is broken from the start takes effect in every run, so that each transcript has it.
    ///
    /// # Errors
    ///
    /// As [`Lab::next_step`].
    pub fn begin_run(&mut self, view: Option<&str>) -> Result<Option<IpAddr>, LabError> {
        self.dns.source = view.and_then(|view| self.source_of(view));
        self.dns.trust_anchor = self.anchors.lines(self.dns.source);
        self.enter(0, view)?;
        Ok(self.dns.source)
    }

    /// Makes the changes before a step, by its number from 0, for a subject that asks from this view or from where it
    /// likes.
    ///
    /// # Errors
    ///
    /// If a server that comes back finds its address and port taken.
    pub fn next_step(&mut self, step: usize, view: Option<&str>) -> Result<(), LabError> {
        self.enter(step, view)
    }

    fn enter(&mut self, step: usize, view: Option<&str>) -> Result<(), LabError> {
        let Some(stage) = self.stages.get(step) else { return Ok(()) };
        if step != self.step {
            self.names.change(&stage.responder);
            // A server that is gone takes its connections with it.
            self.listeners.retain(|listens, listener| {
                let stays = stage.servers.contains_key(listens);
                if !stays {
                    listener.task.abort();
                }
                stays
            });
            for (listens, spec) in &stage.servers {
                if let Some(listener) = self.listeners.get(listens) {
                    listener.spec.send_replace(Arc::clone(spec));
                    continue;
                }
                let (address, port) = *listens;
                let socket = self.place.listen(address, port).map_err(LabError::Bind)?;
                let listener = Listener::begin(spec, socket, &self.door, &self.recorder, &mut self.tasks);
                self.listeners.insert(*listens, listener);
            }
            self.step = step;
        }
        for (only, event) in &stage.standing {
            // Who asks from anywhere may be in any view.
            if only.is_none() || view.is_none() || only.as_deref() == view {
                self.recorder.record(event.clone());
            }
        }
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
        let Some(stage) = self.stages.get(self.step) else { return Vec::new() };
        let hierarchy = stage.responder.hierarchy();
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
        let begun = tokio::time::Instant::now();
        let (mut quiet, mut turns) = (0, 0);
        let mut seen = self.recorder.count();
        // On loopback what was sent has arrived, so a turn of the reactor without news means that there are none.
        // Each step from a connection to what is recorded of it takes a turn of its own. A connection that does not end is
        // closed with the lab; what it said is recorded already.
        while quiet < QUIET_TURNS && (turns < FEWEST_TURNS || begun.elapsed() < SETTLING) {
            if self.recorder.open_connections() > 0 {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "nothing tells when an open connection will end"
                )]
                tokio::time::sleep(Duration::from_millis(1)).await;
            } else {
                tokio::task::yield_now().await;
            }
            turns += 1;
            let now = self.recorder.count();
            quiet = if now == seen && self.recorder.open_connections() == 0 { quiet + 1 } else { 0 };
            seen = now;
        }
    }

    /// What was seen since the start or the last call.
    #[must_use]
    pub fn take_transcript(&self) -> Transcript {
        self.recorder.take()
    }
}

impl Listener {
    fn begin(
        spec: &Arc<ServerSpec>,
        listener: TcpListener,
        door: &Door,
        recorder: &Recorder,
        tasks: &mut JoinSet<()>,
    ) -> Self {
        let (sender, specs) = watch::channel(Arc::clone(spec));
        let task = tasks.spawn(signpost_mail::serve_behind(door.clone(), specs, listener, recorder.clone()));
        Self { spec: sender, task }
    }
}

/// The trust anchor of whoever asks this hierarchy.
fn trust_anchor(hierarchy: &Hierarchy) -> Result<TrustAnchor, LabError> {
    let anchor = hierarchy.trust_anchor();
    format!("{}\n{}", anchor.ds_text(), anchor.dnskey_text())
        .parse()
        .map_err(|error: signpost_validate::TrustAnchorError| LabError::Key(error.to_string()))
}

/// What stands for the standard ports of what a user sets up.
fn standard_ports(place: &Place) -> BTreeMap<Label, u16> {
    let labels = Service::OF_USERS.iter().flat_map(|service| service.labels());
    labels.map(|label| (*label, place.port(label.port()))).collect()
}

fn message_to(user: &User) -> String {
    let recipient = &user.address;
    format!("From: <{SENDER}>\r\nTo: <{recipient}>\r\nSubject: Dinner\r\n\r\nAt eight, as ever.\r\n")
}

//! One candidate: its addresses, a connection, TLS, a session.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::rr::RecordType;
use signpost_protocol::TlsStart;
use signpost_validate::Lookup;

use crate::action::Action;
use crate::addresses::Addresses;
use crate::candidate::Candidate;
use crate::conversation::{Conversation, Demand, Ending, Success};
use crate::event::Event;
use crate::failure::Failure;
use crate::failures::Failures;
use crate::handshake::Handshake;
use crate::opening::open;
use crate::outcome::{Configured, Endpoint, Note, Outcome, Reason, Relayed};
use crate::request::Request;
use crate::rules::Rules;
use crate::terms::Terms;

/// The candidate that is tried.
pub(crate) struct Attempt {
    request: Arc<Request>,
    rules: Rules,
    candidate: Candidate,
    handshake: Handshake,
    resolved: Option<Addresses>,
    left: VecDeque<IpAddr>,
    notes: Vec<Note>,
    stage: Stage,
    /// The address that is connected to.
    address: Option<IpAddr>,
    way: Way,
    /// Whether TLS was established on this connection.
    is_secured: bool,
    /// What nobody can foresee.
    seed: [u64; 2],
}

/// How an address is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A second time, in the same way, as only a defect does.
    Again,
    AsPublished,
    /// A second time, with TLS by command at a port of implicit TLS, as only a defect does.
    ByCommand,
    /// A second time, without TLS, as only a defect does.
    InClear,
    /// A second time, with older versions of TLS, as only a defect does.
    OlderTls,
}

enum Stage {
    Resolving {
        ipv6: Option<Lookup>,
        ipv4: Option<Lookup>,
    },
    Connecting,
    /// The first handshake of implicit TLS.
    Securing,
    Conversing(Box<dyn Conversation>),
}

/// How far an attempt has come.
#[derive(Debug)]
pub(crate) enum Progress {
    /// It came to an end with a server.
    Ended(Ending),
    /// No address is left; the failures say why.
    Exhausted,
    /// The addresses cannot be believed.
    Unresolved(Failure),
    /// It waits for something to happen.
    Waiting,
}

impl Attempt {
    pub(crate) fn new(
        request: Arc<Request>,
        rules: Rules,
        candidate: Candidate,
        handshake: Handshake,
        notes: Vec<Note>,
        seed: [u64; 2],
    ) -> Self {
        Self {
            request,
            rules,
            candidate,
            handshake,
            resolved: None,
            left: VecDeque::new(),
            notes,
            stage: Stage::Resolving { ipv6: None, ipv4: None },
            address: None,
            way: Way::AsPublished,
            is_secured: false,
            seed,
        }
    }

    /// Begins, by asking for the addresses if they are not known.
    pub(crate) fn begin(
        &mut self,
        known: Option<Addresses>,
        failures: &mut Failures,
        actions: &mut VecDeque<Action>,
    ) -> Progress {
        if let Some(addresses) = known {
            return self.on_resolved(addresses, failures, actions);
        }
        for record_type in [RecordType::AAAA, RecordType::A] {
            actions.push_back(Action::Query { name: self.candidate.target.host.clone(), record_type });
        }
        Progress::Waiting
    }

    pub(crate) fn handle(
        &mut self,
        event: Event,
        failures: &mut Failures,
        actions: &mut VecDeque<Action>,
    ) -> Progress {
        match (&mut self.stage, event) {
            (Stage::Resolving { ipv6, ipv4 }, Event::Answer { name, record_type, lookup }) => {
                if name != self.candidate.target.host {
                    return Progress::Waiting;
                }
                match record_type {
                    RecordType::A => *ipv4 = Some(lookup),
                    RecordType::AAAA => *ipv6 = Some(lookup),
                    _ => {}
                }
                let (Some(ipv6), Some(ipv4)) = (&ipv6, &ipv4) else { return Progress::Waiting };
                match Addresses::read(&self.candidate.target.host, [ipv6, ipv4], self.rules) {
                    Ok(addresses) => self.on_resolved(addresses, failures, actions),
                    Err(failure) => Progress::Unresolved(failure),
                }
            }
            (Stage::Connecting, Event::Connected) => self.on_connected(actions),
            (Stage::Connecting, Event::ConnectFailed(why)) => {
                failures.note_unreachable(why);
                match self.try_starttls_port(actions) {
                    Some(progress) => progress,
                    None => self.connect(actions),
                }
            }
            (Stage::Securing, Event::TlsEstablished) => {
                self.is_secured = true;
                self.stage = Stage::Conversing(open(self.terms(false), true));
                Progress::Waiting
            }
            (Stage::Conversing(session), Event::TlsEstablished) => {
                self.is_secured = true;
                session.secured();
                self.converse(actions)
            }
            (Stage::Securing | Stage::Conversing(_), Event::TlsFailed(untrusted)) => {
                self.on_tls_failure(untrusted.reason, untrusted.detail, actions)
            }
            // In TLS the client speaks first.
            (Stage::Securing, Event::Received(_)) => {
                let detail = "the server speaks in clear".to_owned();
                self.on_tls_failure(Reason::TlsFailed, detail, actions)
            }
            (Stage::Securing, Event::Closed) => {
                self.on_tls_failure(Reason::TlsFailed, "no handshake".to_owned(), actions)
            }
            (Stage::Conversing(session), Event::Received(bytes)) => {
                session.received(&bytes);
                self.converse(actions)
            }
            (Stage::Conversing(session), Event::Closed) => {
                session.silent("the connection was closed");
                self.converse(actions)
            }
            _ => Progress::Waiting,
        }
    }

    /// Nothing happened for the time of one step.
    pub(crate) fn time_out(&mut self, failures: &mut Failures, actions: &mut VecDeque<Action>) -> Progress {
        match &mut self.stage {
            Stage::Resolving { .. } => Progress::Waiting,
            Stage::Connecting => {
                failures.note_unreachable("connection timed out");
                self.connect(actions)
            }
            Stage::Conversing(session) if !session.awaits_handshake() => {
                session.silent("nothing came");
                self.converse(actions)
            }
            Stage::Securing | Stage::Conversing(_) => {
                self.on_tls_failure(Reason::TlsFailed, "the handshake takes too long".to_owned(), actions)
            }
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.candidate.target.port
    }

    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.stage, Stage::Conversing(_) | Stage::Securing)
    }

    /// The addresses, once they are known: a guessed host is tried at two ports.
    pub(crate) fn into_addresses(self) -> Option<Addresses> {
        self.resolved
    }

    /// The same failure with the server before its text.
    pub(crate) fn place(&self, failure: Failure) -> Failure {
        failure.about(&format!("{}:{}", self.candidate.host(), self.candidate.target.port))
    }

    pub(crate) fn configured(&self, success: Success) -> Outcome {
        if self.request.is_relay() {
            return Outcome::Relayed(Relayed {
                exchange: self.candidate.host(),
                tls: success.protected.then_some(self.candidate.tls),
                notes: self.notes.clone(),
            });
        }
        Outcome::Configured(Configured {
            endpoint: Endpoint {
                host: self.candidate.host(),
                port: self.candidate.target.port,
                tls: self.candidate.tls,
            },
            user: success.user,
            notes: self.notes.iter().copied().chain(success.note).collect(),
            retrieved: success.retrieved,
        })
    }

    fn on_resolved(
        &mut self,
        addresses: Addresses,
        failures: &mut Failures,
        actions: &mut VecDeque<Action>,
    ) -> Progress {
        self.left = addresses.left.clone();
        if !addresses.are_secure && !self.rules.keeps_pins_at_insecure_addresses() {
            self.handshake.void_pins();
        }
        if let Some(target) = &addresses.alias {
            self.notes.push(Note::AliasedTarget);
            self.handshake.on_alias(target, self.rules);
        }
        if addresses.left.is_empty()
            && self.request.is_relay()
            && self.is_at_the_domain()
            && self.rules.takes_the_domain_for_its_only_exchange()
        {
            let failure = Failure::new(Reason::DomainUnknown, "the domain has no address");
            return Progress::Ended(Ending::Failed(failure));
        }
        if addresses.left.is_empty() {
            failures.note_unreachable(format!("{} has no address", self.candidate.host()));
        }
        self.resolved = Some(addresses);
        self.connect(actions)
    }

    /// Whether the host is the domain itself: what it is not, nobody else will be.
    fn is_at_the_domain(&self) -> bool {
        self.candidate.target.host == *self.request.address.domain()
    }

    /// Connects to the next address.
    fn connect(&mut self, actions: &mut VecDeque<Action>) -> Progress {
        match self.left.pop_front() {
            Some(address) => {
                self.stage = Stage::Connecting;
                self.address = Some(address);
                self.handshake.at(address, self.rules);
                self.way = Way::AsPublished;
                self.is_secured = false;
                actions.push_back(Action::Connect(SocketAddr::new(address, self.candidate.target.port)));
                Progress::Waiting
            }
            None => Progress::Exhausted,
        }
    }

    /// Connects to the same address once more, in another way.
    fn connect_again(&mut self, way: Way, port: u16, actions: &mut VecDeque<Action>) -> Option<Progress> {
        if self.way != Way::AsPublished {
            return None;
        }
        let address = self.address?;
        self.way = way;
        self.is_secured = false;
        self.stage = Stage::Connecting;
        actions.push_back(Action::Close);
        actions.push_back(Action::Connect(SocketAddr::new(address, port)));
        Some(Progress::Waiting)
    }

    fn on_connected(&mut self, actions: &mut VecDeque<Action>) -> Progress {
        if matches!(self.way, Way::ByCommand | Way::InClear) {
            self.stage = Stage::Conversing(open(self.terms(self.way == Way::ByCommand), false));
            return Progress::Waiting;
        }
        match self.candidate.tls {
            TlsStart::Implicit => {
                self.stage = Stage::Securing;
                self.start_tls(actions);
            }
            TlsStart::Starttls => self.stage = Stage::Conversing(open(self.terms(true), false)),
        }
        Progress::Waiting
    }

    fn on_tls_failure(&mut self, reason: Reason, detail: String, actions: &mut VecDeque<Action>) -> Progress {
        if let Some(progress) = self.try_again_after_tls_failure(reason, actions) {
            return progress;
        }
        if !self.rules.takes_all_addresses_for_one_target() && !self.left.is_empty() {
            actions.push_back(Action::Close);
            return self.connect(actions);
        }
        if self.rules.stays_silent_after_tls_failure() {
            actions.push_back(Action::Close);
            return Progress::Ended(Ending::Failed(Failure::new(reason, detail)));
        }
        // Nobody greets there.
        let mut session = open(self.terms(false), false);
        session.begin();
        self.stage = Stage::Conversing(session);
        self.converse(actions)
    }

    /// What only defects do: the server is given another chance, with less than was demanded.
    fn try_again_after_tls_failure(
        &mut self,
        reason: Reason,
        actions: &mut VecDeque<Action>,
    ) -> Option<Progress> {
        let port = self.candidate.target.port;
        if !self.rules.stays_away_after_tls_failure() {
            return self.connect_again(Way::InClear, port, actions);
        }
        let is_implicit = self.candidate.tls == TlsStart::Implicit;
        if !self.rules.stays_at_the_versions() && is_implicit {
            return self.connect_again(Way::OlderTls, port, actions);
        }
        if !self.rules.stays_away_from_broken_tls() && !is_implicit {
            return self.connect_again(Way::Again, port, actions);
        }
        if !self.rules.stays_with_implicit_tls() && self.candidate.tls == TlsStart::Implicit {
            return self.connect_again(Way::ByCommand, port, actions);
        }
        if !self.rules.insists_on_pins_again() && reason == Reason::PinMismatch {
            self.handshake.void_pins();
            return self.connect_again(Way::Again, port, actions);
        }
        self.try_starttls_port(actions)
    }

    /// The same of a port of implicit TLS at which TLS is not to be had.
    fn try_starttls_port(&mut self, actions: &mut VecDeque<Action>) -> Option<Progress> {
        if self.rules.stays_at_the_published_port() || self.candidate.tls == TlsStart::Starttls {
            return None;
        }
        let labels = self.request.service.labels();
        let label = labels.iter().copied().find(|label| !label.is_implicit_tls())?;
        self.connect_again(Way::InClear, self.request.ports.port(label), actions)
    }

    /// Does what the session asks for.
    fn converse(&mut self, actions: &mut VecDeque<Action>) -> Progress {
        loop {
            let Stage::Conversing(session) = &mut self.stage else { return Progress::Waiting };
            match session.next_demand() {
                None => return Progress::Waiting,
                Some(Demand::Send(bytes)) => actions.push_back(Action::Send(bytes)),
                Some(Demand::StartTls) => self.start_tls(actions),
                Some(Demand::End(Ending::Failed(_)))
                    if self.is_secured
                        && !self.rules.stays_away_after_an_error()
                        && self.way == Way::AsPublished =>
                {
                    let port = self.candidate.target.port;
                    return self.connect_again(Way::InClear, port, actions).unwrap_or(Progress::Waiting);
                }
                Some(Demand::End(ending)) => {
                    actions.push_back(Action::Close);
                    return Progress::Ended(ending);
                }
            }
        }
    }

    fn start_tls(&self, actions: &mut VecDeque<Action>) {
        actions.push_back(match self.way {
            Way::OlderTls => self.handshake.offer_older_versions(),
            Way::Again | Way::AsPublished | Way::ByCommand | Way::InClear => self.handshake.begin(),
        });
    }

    fn terms(&self, upgrade: bool) -> Terms {
        Terms {
            request: Arc::clone(&self.request),
            rules: self.rules.for_session(self.candidate.tls),
            upgrade,
            tls_required: self.candidate.binding.tls_required,
            authentication_required: self.candidate.binding.authentication_required,
            mechanisms: self.candidate.binding.mechanisms.clone(),
            seed: self.seed,
        }
    }
}

//! The client: takes answers and what servers say, tells what to do next.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use hickory_proto::rr::{Name, RecordType};
use rustls_pki_types::ServerName;
use signpost_validate::Lookup;

use crate::attempt::{Attempts, Candidate, Turn};
use crate::discovery::{Plan, Publication, ServiceRecords, about};
use crate::outcome::{Outcome, Reason};
use crate::policy::{Binding, KeyRecords};
use crate::request::{Label, Request};
use crate::rules::Rules;
use crate::session::Failure;
use crate::verifier::{Untrusted, VerificationRule};

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Close the connection.
    Close,
    /// Open a TCP connection; the event is [`Event::Connected`] or [`Event::ConnectFailed`].
    Connect(SocketAddr),
    /// Nothing more: this is the end.
    Done(Outcome),
    /// Ask this question; the event is [`Event::Answer`]. Other questions may be asked meanwhile.
    Query {
        /// The owner.
        name: Name,
        /// The type.
        record_type: RecordType,
    },
    /// Send bytes.
    Send(Vec<u8>),
    /// Begin the TLS handshake; the event is [`Event::TlsEstablished`] or [`Event::TlsFailed`]. Bytes that had
    /// already come must be handed over as [`Event::Received`] instead of being given to TLS.
    StartTls {
        /// The reference identifier, also sent as SNI.
        server_name: ServerName<'static>,
        /// How to verify.
        rule: VerificationRule,
    },
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A question was answered.
    Answer {
        /// The owner that was asked for.
        name: Name,
        /// The type that was asked for.
        record_type: RecordType,
        /// The answer.
        lookup: Lookup,
    },
    /// The server closed the connection.
    Closed,
    /// The connection cannot be opened, for this reason.
    ConnectFailed(String),
    /// The connection is open.
    Connected,
    /// The time for everything is over.
    DeadlinePassed,
    /// The server sent bytes.
    Received(Vec<u8>),
    /// The server said nothing for the time of one step.
    TimedOut,
    /// The handshake is complete and its peer verified.
    TlsEstablished,
    /// The handshake failed.
    TlsFailed(Untrusted),
}

/// A discovery from the first question to the outcome, without I/O, clock and randomness.
///
/// Whoever drives it performs every [`Action`] that [`Client::next_action`] yields until it yields none, then
/// waits for something to happen and tells it by [`Client::handle`]. Events that do not fit are ignored.
pub struct Client {
    request: Arc<Request>,
    rules: Rules,
    entropy: Box<dyn FnMut() -> u64 + Send>,
    phase: Phase,
    actions: VecDeque<Action>,
}

enum Phase {
    /// Waiting for SRV and TXT of every label.
    Asking(Vec<Asked>),
    /// Waiting for key records.
    Binding {
        publications: Vec<Publication>,
        plan: Plan,
        keys: KeyRecords,
    },
    Attempting(Box<Attempts>),
    Ended,
}

/// The two questions of a label and what was answered.
struct Asked {
    label: Label,
    owner: Name,
    service: Option<Lookup>,
    text: Option<Lookup>,
}

impl Client {
    /// A client that begins by asking for the domain's records.
    ///
    /// `entropy` gives a random number at each call, for the weights of RFC 2782.
    pub fn new(request: Arc<Request>, rules: Rules, entropy: impl FnMut() -> u64 + Send + 'static) -> Self {
        let mut client = Self {
            rules,
            entropy: Box::new(entropy),
            phase: Phase::Ended,
            actions: VecDeque::new(),
            request,
        };
        let labels = client.request.service.labels();
        let domain = client.request.address.domain().clone();
        let mut asked = Vec::new();
        for label in labels {
            // An address whose domain leaves no room for the labels is not made.
            let Some(owner) = label.owner(&domain) else { continue };
            client.query(&owner, RecordType::SRV);
            client.query(&owner, RecordType::TXT);
            asked.push(Asked { label, owner, service: None, text: None });
        }
        client.phase = Phase::Asking(asked);
        client
    }

    /// What to do next; none until something happens.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Takes in what happened.
    pub fn handle(&mut self, event: Event) {
        if event == Event::DeadlinePassed {
            return self.on_deadline();
        }
        match &mut self.phase {
            Phase::Asking(asked) => {
                let Event::Answer { name, record_type, lookup } = event else { return };
                for asked in asked.iter_mut().filter(|asked| asked.owner == name) {
                    match record_type {
                        RecordType::SRV => asked.service = Some(lookup.clone()),
                        RecordType::TXT => asked.text = Some(lookup.clone()),
                        _ => {}
                    }
                }
                if asked.iter().all(|asked| asked.service.is_some() && asked.text.is_some()) {
                    self.read_publications();
                }
            }
            Phase::Binding { keys, .. } => {
                let Event::Answer { name, record_type: RecordType::TXT, lookup } = event else { return };
                if keys.answer(&name, lookup) {
                    self.bind();
                }
            }
            Phase::Attempting(attempts) => {
                let turn = attempts.handle(event, &mut self.actions);
                self.take(turn);
            }
            Phase::Ended => {}
        }
    }

    fn read_publications(&mut self) {
        let Phase::Asking(asked) = &self.phase else { return };
        let read = asked.iter().map(|asked| match (&asked.service, &asked.text) {
            (Some(service), Some(text)) => Publication::read(asked.label, service, text, self.rules),
            _ => Err(Failure::new(Reason::LookupFailed, "not answered")),
        });
        let publications: Vec<Publication> = match read.collect() {
            Ok(publications) => publications,
            Err(failure) => return self.refuse(failure),
        };
        let plan = match Plan::choose(&publications) {
            Ok(plan) => plan,
            Err(outcome) => return self.end(outcome),
        };
        let keys =
            KeyRecords::wanted(publications.iter().filter(|&publication| plan.uses(publication)), self.rules);
        for owner in keys.owners() {
            self.actions.push_back(Action::Query { name: owner.clone(), record_type: RecordType::TXT });
        }
        let is_complete = keys.is_complete();
        self.phase = Phase::Binding { publications, plan, keys };
        if is_complete {
            self.bind();
        }
    }

    /// Puts policies and their key records together, and makes the list of candidates.
    fn bind(&mut self) {
        let Phase::Binding { publications, plan, keys } = &self.phase else { return };
        let plan = *plan;
        let mut candidates = Vec::new();
        for publication in publications.iter().filter(|publication| plan.uses(publication)) {
            let binding = match Binding::new(publication, keys, self.request.strict, self.rules) {
                Ok(binding) => Arc::new(binding),
                Err(failure) => {
                    let failure = about(&format!("policy of {}", publication.label), failure);
                    return self.refuse(failure);
                }
            };
            match &publication.service {
                ServiceRecords::Targets(targets) => {
                    candidates.extend(
                        targets.iter().map(|target| Candidate::published(target, publication, &binding)),
                    );
                }
                ServiceRecords::Absent | ServiceRecords::Denied => {
                    candidates.extend(Candidate::guessed(&self.request, publication.label, &binding));
                }
            }
        }
        let mut attempts = Attempts::new(Arc::clone(&self.request), self.rules, plan, candidates);
        let turn = attempts.begin(&mut self.actions, &mut self.entropy);
        self.phase = Phase::Attempting(Box::new(attempts));
        self.take(turn);
    }

    /// Does what an attempt asks for until it waits for something.
    fn take(&mut self, mut turn: Turn) {
        loop {
            match turn {
                Turn::Done(outcome) => return self.end(outcome),
                Turn::Next => {
                    let Phase::Attempting(attempts) = &mut self.phase else { return };
                    turn = attempts.begin(&mut self.actions, &mut self.entropy);
                }
                Turn::Wait => return,
            }
        }
    }

    fn on_deadline(&mut self) {
        match &mut self.phase {
            Phase::Asking(_) | Phase::Binding { .. } => {
                self.refuse(Failure::new(Reason::LookupFailed, "no answer within the time for everything"));
            }
            Phase::Attempting(attempts) => {
                let outcome = attempts.give_up("not within the time for everything", &mut self.actions);
                self.end(outcome);
            }
            Phase::Ended => {}
        }
    }

    fn query(&mut self, name: &Name, record_type: RecordType) {
        self.actions.push_back(Action::Query { name: name.clone(), record_type });
    }

    fn refuse(&mut self, failure: Failure) {
        self.end(Outcome::Refused { reason: failure.reason, detail: failure.detail });
    }

    fn end(&mut self, outcome: Outcome) {
        self.phase = Phase::Ended;
        self.actions.push_back(Action::Done(outcome));
    }
}

//! Goes through the candidates: addresses, connection, TLS, session; and decides what their failures add up to.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::rr::{Name, RData, RecordType};
use rustls_pki_types::ServerName;
use signpost_select::{Entropy, Selection, Target};
use signpost_validate::{Lookup, SecurityStatus};

use crate::client::{Action, Event};
use crate::discovery::{Plan, Publication, PublishedTarget, about, security};
use crate::outcome::{Configured, Endpoint, Note, Outcome, Reason};
use crate::policy::Binding;
use crate::request::{Label, Protection, Request};
use crate::rules::Rules;
use crate::session::{Ending, Failure, Session, Step, Success, Terms};
use crate::target;

/// The most addresses of one host that are tried.
const ADDRESSES_LIMIT: usize = 8;

/// A host and port that may turn out to be the user's server.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) target: PublishedTarget,
    protection: Protection,
    binding: Arc<Binding>,
    /// Whether the SRV answer is signed; a guessed host comes from the user's own address.
    is_secure: bool,
}

impl Candidate {
    pub(crate) fn published(
        target: &PublishedTarget,
        publication: &Publication,
        binding: &Arc<Binding>,
    ) -> Self {
        Self {
            target: target.clone(),
            protection: publication.label.protection,
            binding: Arc::clone(binding),
            is_secure: publication.service_security == SecurityStatus::Secure,
        }
    }

    /// The usual hosts at one label's port. The priorities put host before host, and implicit TLS first on each.
    pub(crate) fn guessed(request: &Request, label: Label, binding: &Arc<Binding>) -> Vec<Self> {
        let domain = request.address.domain();
        let port = request.ports.port(request.service, label.protection);
        let first = match label.protection {
            Protection::Tls => 0,
            Protection::StartTls => 1,
        };
        let hosts = (first..).step_by(2).zip(request.service.usual_hosts());
        hosts
            .filter_map(|(priority, host)| {
                let host = Name::from_ascii(host).ok()?.append_domain(domain).ok()?;
                Some(Self {
                    target: PublishedTarget { priority, weight: 0, port, host },
                    protection: label.protection,
                    binding: Arc::clone(binding),
                    is_secure: true,
                })
            })
            .collect()
    }

    /// The host's name as certificates have it.
    fn host(&self) -> String {
        self.target.host.to_ascii().trim_end_matches('.').to_owned()
    }
}

/// Whose turn it is.
#[derive(Debug)]
pub(crate) enum Turn {
    Done(Outcome),
    /// The next candidate's.
    Next,
    /// The world's.
    Wait,
}

/// The candidates that are left, the one that is tried, and what became of the others.
pub(crate) struct Attempts {
    request: Arc<Request>,
    rules: Rules,
    plan: Plan,
    left: Selection<Candidate>,
    current: Option<Attempt>,
    tried: usize,
    /// The first failure that looks like an attack or a fault.
    refusal: Option<Failure>,
    /// The first failure that does not.
    unreachable: Option<Failure>,
    /// The addresses of the last host: a guessed one is tried at two ports.
    resolved: Option<(Name, Resolved)>,
}

struct Attempt {
    candidate: Candidate,
    server_name: ServerName<'static>,
    addresses: VecDeque<IpAddr>,
    notes: Vec<Note>,
    stage: Stage,
}

enum Stage {
    Resolving {
        ipv6: Option<Lookup>,
        ipv4: Option<Lookup>,
    },
    Connecting,
    /// The first handshake of implicit TLS.
    Securing,
    Conversing(Session),
}

#[derive(Clone, Debug)]
struct Resolved {
    addresses: VecDeque<IpAddr>,
    is_alias: bool,
}

impl Attempts {
    pub(crate) fn new(request: Arc<Request>, rules: Rules, plan: Plan, candidates: Vec<Candidate>) -> Self {
        Self {
            request,
            rules,
            plan,
            left: target::select(candidates, rules),
            current: None,
            tried: 0,
            refusal: None,
            unreachable: None,
            resolved: None,
        }
    }

    /// Begins with the next candidate.
    pub(crate) fn begin(&mut self, actions: &mut VecDeque<Action>, entropy: &mut impl Entropy) -> Turn {
        if self.plan == Plan::ServiceRecords && self.tried > 0 && !self.rules.fails_over() {
            return Turn::Done(self.exhausted());
        }
        let candidate = match self.left.next(entropy) {
            Some(Target { value: candidate, .. }) => candidate,
            None if self.may_guess_after_all() => {
                self.guess_after_all();
                return Turn::Next;
            }
            None => return Turn::Done(self.exhausted()),
        };
        self.tried += 1;
        if !candidate.is_secure
            && !self.request.address.domain().zone_of(&candidate.target.host)
            && self.rules.asks_before_leaving_domain()
        {
            return Turn::Done(self.ask_before(&candidate));
        }
        let host = candidate.host();
        let Ok(server_name) = ServerName::try_from(host.clone()) else {
            self.note_failure(Failure::new(Reason::Unreachable, format!("{host} is no host name")));
            return Turn::Next;
        };
        let name = candidate.target.host.clone();
        let way = match self.plan {
            Plan::Guess => Some(Note::Guessed),
            Plan::ServiceRecords if candidate.is_secure => None,
            Plan::ServiceRecords => Some(Note::UnsignedDiscovery),
        };
        let notes = way.into_iter().chain(candidate.binding.notes.iter().copied()).collect();
        self.current = Some(Attempt {
            candidate,
            server_name,
            addresses: VecDeque::new(),
            notes,
            stage: Stage::Resolving { ipv6: None, ipv4: None },
        });
        match self.resolved.take_if(|(resolved, _)| *resolved == name) {
            Some((_, resolved)) => self.on_resolved(resolved, actions),
            None => {
                for record_type in [RecordType::AAAA, RecordType::A] {
                    actions.push_back(Action::Query { name: name.clone(), record_type });
                }
                Turn::Wait
            }
        }
    }

    pub(crate) fn handle(&mut self, event: Event, actions: &mut VecDeque<Action>) -> Turn {
        let Some(attempt) = &mut self.current else { return Turn::Wait };
        match (&mut attempt.stage, event) {
            (Stage::Resolving { ipv6, ipv4 }, Event::Answer { name, record_type, lookup }) => {
                if name != attempt.candidate.target.host {
                    return Turn::Wait;
                }
                match record_type {
                    RecordType::A => *ipv4 = Some(lookup),
                    RecordType::AAAA => *ipv6 = Some(lookup),
                    _ => {}
                }
                let (Some(ipv6), Some(ipv4)) = (&ipv6, &ipv4) else { return Turn::Wait };
                match resolve(&attempt.candidate.target.host, [ipv6, ipv4], self.rules) {
                    Ok(resolved) => self.on_resolved(resolved, actions),
                    Err(failure) => self.on_unresolved(failure),
                }
            }
            (Stage::Connecting, Event::Connected) => self.on_connected(actions),
            (Stage::Connecting, Event::ConnectFailed(why)) => {
                self.unreachable.get_or_insert(Failure::new(Reason::Unreachable, why));
                self.connect(actions)
            }
            (Stage::Connecting, Event::TimedOut) => {
                self.unreachable.get_or_insert(Failure::new(Reason::Unreachable, "connection timed out"));
                self.connect(actions)
            }
            (Stage::Securing, Event::TlsEstablished) => {
                let terms = terms(&self.request, self.rules, &attempt.candidate, false);
                attempt.stage = Stage::Conversing(Session::new(terms, true));
                Turn::Wait
            }
            (Stage::Conversing(session), Event::TlsEstablished) => {
                session.secured();
                self.converse(actions)
            }
            (Stage::Securing | Stage::Conversing(_), Event::TlsFailed(untrusted)) => {
                self.on_tls_failure(untrusted.reason, untrusted.detail, actions)
            }
            (Stage::Securing, Event::Closed | Event::TimedOut) => {
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
            (Stage::Conversing(session), Event::TimedOut) => {
                session.silent("nothing came");
                self.converse(actions)
            }
            _ => Turn::Wait,
        }
    }

    /// The outcome if nothing more may be tried.
    pub(crate) fn give_up(&mut self, why: &str, actions: &mut VecDeque<Action>) -> Outcome {
        if self.current.as_ref().is_some_and(Attempt::is_connected) {
            actions.push_back(Action::Close);
        }
        self.current = None;
        self.unreachable.get_or_insert(Failure::new(Reason::Unreachable, why));
        self.exhausted()
    }

    fn on_resolved(&mut self, resolved: Resolved, actions: &mut VecDeque<Action>) -> Turn {
        let Some(attempt) = &mut self.current else { return Turn::Wait };
        let host = attempt.candidate.target.host.clone();
        attempt.addresses = resolved.addresses.clone();
        if resolved.is_alias {
            attempt.notes.push(Note::AliasedTarget);
        }
        if resolved.addresses.is_empty() {
            let detail = format!("{} has no address", attempt.candidate.host());
            self.unreachable.get_or_insert(Failure::new(Reason::Unreachable, detail));
        }
        self.resolved = Some((host, resolved));
        self.connect(actions)
    }

    /// An address that cannot be believed excludes its host. When hosts are guessed it excludes guessing: which
    /// of them exist is then not known, and a failure is never an absence.
    fn on_unresolved(&mut self, failure: Failure) -> Turn {
        match self.plan {
            Plan::Guess => {
                let failure = self.placed(failure);
                Turn::Done(Outcome::Refused { reason: failure.reason, detail: failure.detail })
            }
            Plan::ServiceRecords => self.fail(failure),
        }
    }

    /// Connects to the next address.
    fn connect(&mut self, actions: &mut VecDeque<Action>) -> Turn {
        let Some(attempt) = &mut self.current else { return Turn::Wait };
        match attempt.addresses.pop_front() {
            Some(address) => {
                attempt.stage = Stage::Connecting;
                actions.push_back(Action::Connect(SocketAddr::new(address, attempt.candidate.target.port)));
                Turn::Wait
            }
            None => {
                self.current = None;
                Turn::Next
            }
        }
    }

    fn on_connected(&mut self, actions: &mut VecDeque<Action>) -> Turn {
        let Some(attempt) = &mut self.current else { return Turn::Wait };
        match attempt.candidate.protection {
            Protection::Tls => {
                attempt.stage = Stage::Securing;
                actions.push_back(attempt.start_tls());
            }
            Protection::StartTls => {
                let terms = terms(&self.request, self.rules, &attempt.candidate, true);
                attempt.stage = Stage::Conversing(Session::new(terms, false));
            }
        }
        Turn::Wait
    }

    fn on_tls_failure(&mut self, reason: Reason, detail: String, actions: &mut VecDeque<Action>) -> Turn {
        if self.rules.stays_silent_after_tls_failure() {
            actions.push_back(Action::Close);
            return self.fail(Failure::new(reason, detail));
        }
        let Some(attempt) = &mut self.current else { return Turn::Wait };
        let terms = terms(&self.request, self.rules, &attempt.candidate, false);
        attempt.stage = Stage::Conversing(Session::begun_in_clear(terms));
        self.converse(actions)
    }

    /// Does what the session asks for.
    fn converse(&mut self, actions: &mut VecDeque<Action>) -> Turn {
        loop {
            let Some(attempt) = &mut self.current else { return Turn::Wait };
            let Stage::Conversing(session) = &mut attempt.stage else { return Turn::Wait };
            match session.next_step() {
                None => return Turn::Wait,
                Some(Step::Send(bytes)) => actions.push_back(Action::Send(bytes)),
                Some(Step::StartTls) => actions.push_back(attempt.start_tls()),
                Some(Step::End(ending)) => {
                    actions.push_back(Action::Close);
                    return self.on_ending(ending);
                }
            }
        }
    }

    fn on_ending(&mut self, ending: Ending) -> Turn {
        match ending {
            Ending::Failed(failure) if failure.is_final => {
                let failure = self.placed(failure);
                Turn::Done(Outcome::Refused { reason: failure.reason, detail: failure.detail })
            }
            Ending::Failed(failure) => self.fail(failure),
            Ending::Rejected(detail) => {
                let failure = self.placed(Failure::new(Reason::CredentialsRejected, detail));
                Turn::Done(Outcome::AskUser { reason: failure.reason, detail: failure.detail })
            }
            Ending::Succeeded(success) => self.succeed(success),
        }
    }

    fn succeed(&mut self, success: Success) -> Turn {
        let Some(attempt) = self.current.take() else { return Turn::Next };
        let mut notes = attempt.notes;
        notes.extend(success.note);
        Turn::Done(Outcome::Configured(Configured {
            endpoint: Endpoint {
                host: attempt.candidate.host(),
                port: attempt.candidate.target.port,
                protection: attempt.candidate.protection,
            },
            user: success.user,
            notes,
            retrieved: success.retrieved,
        }))
    }

    /// Puts the current candidate away for good.
    fn fail(&mut self, failure: Failure) -> Turn {
        let failure = self.placed(failure);
        self.current = None;
        self.note_failure(failure);
        Turn::Next
    }

    fn note_failure(&mut self, failure: Failure) {
        if failure.reason == Reason::Unreachable {
            self.unreachable.get_or_insert(failure);
        } else {
            self.refusal.get_or_insert(failure);
        }
    }

    /// Puts the current candidate before a failure's text.
    fn placed(&self, failure: Failure) -> Failure {
        match &self.current {
            Some(Attempt { candidate, .. }) => {
                about(&format!("{}:{}", candidate.host(), candidate.target.port), failure)
            }
            None => failure,
        }
    }

    fn exhausted(&mut self) -> Outcome {
        let (refusal, unreachable) = (self.refusal.take(), self.unreachable.take());
        match (self.plan, refusal, unreachable) {
            (Plan::Guess, refusal, unreachable) => {
                let because =
                    refusal.or(unreachable).map_or(String::new(), |failure| format!(" ({})", failure.detail));
                let detail = format!("nothing is published, and no usual host name fits{because}");
                Outcome::AskUser { reason: Reason::NothingFits, detail }
            }
            (Plan::ServiceRecords, Some(refusal), _) => {
                Outcome::Refused { reason: refusal.reason, detail: refusal.detail }
            }
            (Plan::ServiceRecords, None, unreachable) => {
                let detail =
                    unreachable.map_or_else(|| "there is no server".to_owned(), |failure| failure.detail);
                Outcome::Unavailable { reason: Reason::Unreachable, detail }
            }
        }
    }

    fn may_guess_after_all(&self) -> bool {
        self.plan == Plan::ServiceRecords
            && self.refusal.is_none()
            && !self.rules.ends_with_the_published_targets()
    }

    /// Looks for other servers than the domain names, which only a defect does.
    fn guess_after_all(&mut self) {
        let binding = Arc::new(Binding::without_policy());
        let labels = self.request.service.labels();
        let guessed = labels.iter().flat_map(|label| Candidate::guessed(&self.request, *label, &binding));
        self.left = target::select(guessed.collect(), self.rules);
        self.plan = Plan::Guess;
    }

    /// The outcome instead of connecting to a host that only an unsigned record names (RFC 8314 §5.1).
    fn ask_before(&mut self, candidate: &Candidate) -> Outcome {
        match self.refusal.take() {
            // The user must not be asked to confirm a way round an attack.
            Some(refusal) => Outcome::Refused { reason: refusal.reason, detail: refusal.detail },
            None => {
                let detail =
                    format!("an unsigned record names {}, which is outside the domain", candidate.host());
                Outcome::AskUser { reason: Reason::TargetOutOfDomain, detail }
            }
        }
    }
}

impl Attempt {
    fn is_connected(&self) -> bool {
        matches!(self.stage, Stage::Conversing(_) | Stage::Securing)
    }

    fn start_tls(&self) -> Action {
        Action::StartTls {
            server_name: self.server_name.clone(),
            rule: self.candidate.binding.verification.clone(),
        }
    }
}

fn terms(request: &Arc<Request>, rules: Rules, candidate: &Candidate, upgrade: bool) -> Terms {
    Terms {
        request: Arc::clone(request),
        rules,
        upgrade,
        authentication_required: candidate.binding.authentication_required,
        mechanisms: candidate.binding.mechanisms.clone(),
    }
}

/// The addresses of a host. Unsigned ones are taken, since the certificate decides.
fn resolve(host: &Name, lookups: [&Lookup; 2], rules: Rules) -> Result<Resolved, Failure> {
    let mut resolved = Resolved { addresses: VecDeque::new(), is_alias: false };
    for lookup in lookups {
        match security(lookup, rules) {
            Err(failure) if rules.refuses_bogus_address() => return Err(about("address", failure)),
            Ok(_) | Err(_) => {}
        }
        for record in lookup.records() {
            let address = match &record.data {
                RData::A(address) => IpAddr::V4(address.0),
                RData::AAAA(address) => IpAddr::V6(address.0),
                _ => continue,
            };
            resolved.is_alias |= record.name != *host;
            if resolved.addresses.len() < ADDRESSES_LIMIT {
                resolved.addresses.push_back(address);
            }
        }
    }
    Ok(resolved)
}

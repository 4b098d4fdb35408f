//! Goes through the candidates, one after the other as each before it fails.

use std::collections::VecDeque;
use std::sync::Arc;

use hickory_proto::rr::Name;
use rustls_pki_types::ServerName;
use signpost_protocol::TlsStart;
use signpost_select::{Entropy, Selection, Target};

use crate::action::Action;
use crate::addresses::Addresses;
use crate::attempt::{Attempt, Progress};
use crate::binding::Binding;
use crate::candidate::Candidate;
use crate::conversation::Ending;
use crate::event::Event;
use crate::failure::Failure;
use crate::failures::Failures;
use crate::handshake::{Circumstances, Handshake};
use crate::order::order;
use crate::outcome::{Note, Outcome, Reason};
use crate::plan::Plan;
use crate::request::Request;
use crate::rules::Rules;

/// The candidates that are left, the one that is tried, and what became of the others.
pub(crate) struct Attempts {
    request: Arc<Request>,
    rules: Rules,
    plan: Plan,
    left: Selection<Candidate>,
    current: Option<(Name, Attempt)>,
    /// The priority of the candidate that was tried last.
    priority: Option<u16>,
    /// The hosts that were tried.
    hosts: Vec<Name>,
    /// Where TLS failed: nothing is said there in clear any more, whatever label leads there again.
    broken: Vec<(Name, u16)>,
    failures: Failures,
    /// The addresses of the last host: a guessed one is tried at two ports.
    resolved: Option<(Name, Addresses)>,
    /// The host that was tried first.
    first: Option<ServerName<'static>>,
    /// How TLS began there.
    first_tls: Option<TlsStart>,
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

impl Attempts {
    pub(crate) fn new(request: Arc<Request>, rules: Rules, plan: Plan, candidates: Vec<Candidate>) -> Self {
        Self {
            request,
            rules,
            plan,
            left: order(candidates, rules),
            current: None,
            priority: None,
            hosts: Vec::new(),
            broken: Vec::new(),
            failures: Failures::new(rules),
            resolved: None,
            first: None,
            first_tls: None,
        }
    }

    /// Begins with the next candidate.
    pub(crate) fn begin(&mut self, actions: &mut VecDeque<Action>, entropy: &mut impl Entropy) -> Turn {
        if self.plan == Plan::ServiceRecords && !self.hosts.is_empty() && !self.rules.fails_over() {
            return Turn::Done(self.failures.sum(self.plan));
        }
        let (priority, mut candidate) = match self.left.next(entropy) {
            Some(Target { priority, .. })
                if self.priority == Some(priority) && !self.rules.fails_over_within_priority() =>
            {
                return Turn::Next;
            }
            Some(Target { priority, value: candidate, .. }) => (priority, candidate),
            None if self.may_guess_after_all() => {
                self.guess_after_all();
                return Turn::Next;
            }
            None => return Turn::Done(self.failures.sum(self.plan)),
        };
        if self.plan == Plan::ServiceRecords
            && self.hosts.contains(&candidate.target.host)
            && !self.rules.tries_every_port()
        {
            return Turn::Next;
        }
        if self.broken.contains(&(candidate.target.host.clone(), candidate.target.port))
            && self.rules.leaves_broken_targets()
        {
            return Turn::Next;
        }
        self.hosts.push(candidate.target.host.clone());
        self.priority = Some(priority);
        if self.hosts.len() > 1 && !self.rules.binds_every_target() {
            candidate.binding = Arc::new(Binding::without_policy(self.request.service, self.rules));
        }
        // Mail between servers goes to whatever exchange the domain names, as it always has.
        let follows_anywhere = self.request.is_relay() && self.rules.follows_exchanges_anywhere();
        if !follows_anywhere
            && !candidate.is_secure
            && !candidate.is_within(&self.request.address, self.rules)
            && self.rules.asks_before_leaving_domain()
        {
            return Turn::Done(self.ask_before(&candidate));
        }
        let first_tls = *self.first_tls.get_or_insert(candidate.tls);
        if !self.rules.begins_tls_by_each_label() {
            candidate.tls = first_tls;
        }
        let host = if self.request.is_relay() && !self.rules.looks_for_the_exchange_in_its_certificate() {
            self.request.address.domain_text().to_owned()
        } else {
            candidate.host()
        };
        let Ok(server_name) = ServerName::try_from(host.clone()) else {
            self.failures.note_unreachable(format!("{host} is no host name"));
            return Turn::Next;
        };
        let name = candidate.target.host.clone();
        let way = match self.plan {
            Plan::Guess => Some(Note::Guessed),
            Plan::ServiceRecords if candidate.is_secure => None,
            Plan::ServiceRecords => Some(Note::UnsignedDiscovery),
        };
        let notes = way.into_iter().chain(candidate.binding.notes.iter().copied()).collect();
        let known = self.resolved.take_if(|(resolved, _)| *resolved == name).map(|(_, addresses)| addresses);
        let around = Circumstances {
            domain: self.request.address.domain(),
            first: self.first.get_or_insert_with(|| server_name.clone()),
            is_guess: self.plan == Plan::Guess,
        };
        let handshake = Handshake::new(&candidate, server_name, around, self.rules);
        let seed = [entropy.next_u64(), entropy.next_u64()];
        let rules = if self.plan == Plan::Guess { self.rules.for_guess() } else { self.rules };
        let mut attempt = Attempt::new(Arc::clone(&self.request), rules, candidate, handshake, notes, seed);
        let progress = attempt.begin(known, &mut self.failures, actions);
        self.current = Some((name, attempt));
        self.take(progress)
    }

    pub(crate) fn handle(&mut self, event: Event, actions: &mut VecDeque<Action>) -> Turn {
        let Some((_, attempt)) = &mut self.current else { return Turn::Wait };
        let progress = attempt.handle(event, &mut self.failures, actions);
        self.take(progress)
    }

    /// Nothing happened for the time of one step.
    pub(crate) fn time_out(&mut self, actions: &mut VecDeque<Action>) -> Turn {
        let Some((_, attempt)) = &mut self.current else { return Turn::Wait };
        let progress = attempt.time_out(&mut self.failures, actions);
        self.take(progress)
    }

    /// The outcome if nothing more may be tried.
    pub(crate) fn give_up(&mut self, why: &str, actions: &mut VecDeque<Action>) -> Outcome {
        if self.current.take().is_some_and(|(_, attempt)| attempt.is_connected()) {
            actions.push_back(Action::Close);
        }
        self.failures.note_unreachable(why);
        self.failures.sum(self.plan)
    }

    /// Draws the conclusion from how far the current attempt has come.
    fn take(&mut self, progress: Progress) -> Turn {
        if matches!(progress, Progress::Waiting) {
            return Turn::Wait;
        }
        let Some((host, attempt)) = self.current.take() else { return Turn::Wait };
        if let Progress::Ended(Ending::Failed(failure)) = &progress
            && failure.reason.is_of_tls()
        {
            self.broken.push((host.clone(), attempt.port()));
        }
        let turn = match progress {
            Progress::Ended(Ending::Failed(failure))
                if failure.reason == Reason::MessageRejected
                    && !self.rules.ends_with_a_rejected_message() =>
            {
                self.fail(attempt.place(failure))
            }
            Progress::Ended(Ending::Failed(failure)) if failure.is_final => {
                Turn::Done(attempt.place(failure).refusal())
            }
            Progress::Ended(Ending::Failed(failure))
                if !failure.gives_way
                    && self.plan == Plan::ServiceRecords
                    && !self.request.manner.goes_on_after_attack =>
            {
                Turn::Done(attempt.place(failure).refusal())
            }
            Progress::Ended(Ending::Failed(failure)) => self.fail(attempt.place(failure)),
            // A server that rejects the credentials has heard them. The next one must not hear them too.
            Progress::Ended(Ending::Rejected(detail)) => {
                let failure = attempt.place(Failure::new(Reason::CredentialsRejected, detail));
                if !self.rules.tells_rejection_from_silence() {
                    let detail = failure.detail;
                    return Turn::Done(Outcome::Unavailable { reason: Reason::Unreachable, detail });
                }
                Turn::Done(Outcome::AskUser { reason: failure.reason, detail: failure.detail })
            }
            Progress::Ended(Ending::Succeeded(success)) => Turn::Done(attempt.configured(success)),
            Progress::Exhausted | Progress::Waiting => Turn::Next,
            // An address that cannot be believed excludes its host. When hosts are guessed it excludes guessing:
            // which of them exist is then not known, and a failure is never an absence.
            Progress::Unresolved(failure)
                if (self.plan == Plan::Guess && self.rules.ends_guessing_at_failed_address())
                    || !self.rules.survives_bogus_address() =>
            {
                Turn::Done(attempt.place(failure).refusal())
            }
            Progress::Unresolved(failure) => self.fail(attempt.place(failure)),
        };
        if let Some(addresses) = attempt.into_addresses() {
            self.resolved = Some((host, addresses));
        }
        turn
    }

    fn fail(&mut self, failure: Failure) -> Turn {
        self.failures.note(failure);
        Turn::Next
    }

    fn may_guess_after_all(&self) -> bool {
        let silently = !self.failures.has_refusal() && !self.rules.ends_with_the_published_targets();
        self.plan == Plan::ServiceRecords && (silently || !self.rules.ends_with_an_attack())
    }

    /// Looks for other servers than the domain names, which only a defect does.
    fn guess_after_all(&mut self) {
        let binding = Arc::new(Binding::without_policy(self.request.service, self.rules));
        let labels = self.request.service.labels();
        let guessed =
            labels.iter().flat_map(|label| Candidate::guessed(&self.request, *label, &binding, self.rules));
        self.left = order(guessed.collect(), self.rules);
        self.plan = Plan::Guess;
    }

    /// The outcome instead of connecting to a host that only an unsigned record names (RFC 8314 §5.1).
    fn ask_before(&mut self, candidate: &Candidate) -> Outcome {
        match self.failures.take_refusal() {
            // The user must not be asked to confirm a way round an attack.
            Some(refusal) => refusal.refusal(),
            None if self.failures.has_silence() && !self.rules.question_outweighs_silence() => {
                self.failures.sum(self.plan)
            }
            None => {
                let detail =
                    format!("an unsigned record names {}, which is outside the domain", candidate.host());
                Outcome::AskUser { reason: Reason::TargetOutOfDomain, detail }
            }
        }
    }
}

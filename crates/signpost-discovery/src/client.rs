//! The client: takes answers and what servers say, tells what to do next.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hickory_proto::rr::RecordType;

use crate::action::Action;
use crate::asked::Asked;
use crate::attempts::{Attempts, Turn};
use crate::binding::Binding;
use crate::candidate::Candidate;
use crate::event::Event;
use crate::failure::Failure;
use crate::key_records::KeyRecords;
use crate::outcome::{Outcome, Reason};
use crate::plan::Plan;
use crate::publication::{Publication, ServiceRecords, settle_policies};
use crate::request::Request;
use crate::rules::Rules;
use crate::timer::Timer;

/// A discovery from the first question to the outcome, without I/O, clock and randomness.
///
/// Whoever drives it performs every [`Action`] that [`Client::next_action`] yields until it yields none, then
/// waits for something to happen and tells it by [`Client::handle`]. If nothing has happened at the moment of
/// [`Client::next_timeout`], it calls [`Client::handle_timeout`]. Events that do not fit are ignored.
///
/// Every moment, `now`, is a duration since a fixed one that the driver chooses, and no earlier than the one before:
/// the time may be that of a clock, or of a simulation.
pub struct Client {
    request: Arc<Request>,
    rules: Rules,
    entropy: Box<dyn FnMut() -> u64 + Send>,
    phase: Phase,
    actions: VecDeque<Action>,
    timer: Timer,
    /// Whether the driver took an action that concerns the connection, and has not come for the next one.
    acting: bool,
}

enum Phase {
    /// Waiting for SRV and TXT of every label.
    Asking(Asked),
    /// Waiting for key records.
    Binding {
        publications: Vec<Publication>,
        plan: Plan,
        keys: KeyRecords,
    },
    Attempting(Box<Attempts>),
    Ended,
}

impl Client {
    /// A client that begins `now` by asking for the domain's records.
    ///
    /// `entropy` gives a random number at each call, for the weights of RFC 2782.
    pub fn new(
        request: Arc<Request>,
        rules: Rules,
        now: Duration,
        entropy: impl FnMut() -> u64 + Send + 'static,
    ) -> Self {
        let mut actions = VecDeque::new();
        let mut asked = Asked::new(&request);
        asked.ask(&mut actions);
        Self {
            rules,
            entropy: Box::new(entropy),
            phase: Phase::Asking(asked),
            actions,
            timer: Timer::new(rules.patience(request.limits), now),
            acting: false,
            request,
        }
    }

    /// What to do next; none until something happens. Who comes for it has done what came before.
    pub fn next_action(&mut self, now: Duration) -> Option<Action> {
        let action = self.actions.pop_front();
        let was_acting = std::mem::replace(&mut self.acting, false);
        match &action {
            Some(action) if action.concerns_connection() => {
                self.acting = true;
                self.timer.begin_step(now);
            }
            Some(Action::Done(_)) => self.timer.stop(),
            Some(_) => self.timer.end_step(),
            // The server's time begins when it has been told everything.
            None if was_acting => self.timer.begin_step(now),
            None => {}
        }
        action
    }

    /// When to call [`Client::handle_timeout`] if nothing happens before; none after [`Action::Done`].
    ///
    /// An action that is not done by then, such as [`Action::Connect`], is to be broken off.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.timer.next()
    }

    /// Takes in that nothing happened. Does nothing before the moment of [`Client::next_timeout`].
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.timer.is_everything_over(now) {
            return self.on_deadline();
        }
        if !self.timer.is_step_over(now) {
            return;
        }
        self.timer.begin_step(now);
        // If there is something left to do, it is the action under way that takes too long: the farewell to a server
        // that is given up anyway. The next one is due.
        if self.actions.is_empty()
            && let Phase::Attempting(attempts) = &mut self.phase
        {
            let turn = attempts.time_out(&mut self.actions);
            self.take(turn);
        }
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Duration, event: Event) {
        if !matches!(event, Event::Answer { .. }) {
            self.timer.restart_step(now);
        }
        match &mut self.phase {
            Phase::Asking(asked) => {
                let Event::Answer { name, record_type, lookup } = event else { return };
                asked.answer(&name, record_type, &lookup);
                match asked.read(self.rules) {
                    Err(failure) => self.refuse(failure),
                    Ok(None) => asked.ask(&mut self.actions),
                    Ok(Some(publications)) => self.choose(publications),
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

    /// Decides whether there is anything to connect to, and asks for the key records.
    fn choose(&mut self, mut publications: Vec<Publication>) {
        settle_policies(&mut publications, self.request.address.domain(), self.rules);
        let plan = match Plan::choose(&publications, self.request.manner, self.rules) {
            Ok(plan) => plan,
            Err(outcome) => return self.end(outcome),
        };
        let heeded = publications.iter().filter(|&publication| plan.heeds(publication, self.rules));
        let keys = KeyRecords::wanted(heeded, self.rules);
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
        for publication in publications.iter().filter(|publication| plan.heeds(publication, self.rules)) {
            let binding = match Binding::new(
                binding_of(publication, publications, self.rules),
                keys,
                self.request.strict,
                self.rules,
            ) {
                Ok(binding) => Arc::new(binding),
                Err(_) if !self.rules.refuses_where_a_label_lacks_keys() => continue,
                Err(failure) => {
                    return self.refuse(failure.about(&format!("policy of _{}", publication.label)));
                }
            };
            match &publication.service {
                ServiceRecords::Targets(targets) => {
                    candidates.extend(targets.iter().map(|target| {
                        Candidate::published(&self.request, target, publication, &binding, self.rules)
                    }));
                }
                ServiceRecords::Absent | ServiceRecords::Denied | ServiceRecords::NoDomain
                    if plan == Plan::ServiceRecords => {}
                ServiceRecords::Absent | ServiceRecords::Denied | ServiceRecords::NoDomain => {
                    candidates.extend(Candidate::guessed(
                        &self.request,
                        publication.label,
                        &binding,
                        self.rules,
                    ));
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

    /// The time for everything is over. What is still to be done can only be tidying up.
    fn on_deadline(&mut self) {
        self.actions.retain(|action| matches!(action, Action::Close | Action::Done(_)));
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

    fn refuse(&mut self, failure: Failure) {
        self.end(failure.refusal());
    }

    fn end(&mut self, outcome: Outcome) {
        self.phase = Phase::Ended;
        let outcome = if self.request.is_relay() { outcome.of_a_message(self.rules) } else { outcome };
        self.actions.push_back(Action::Done(outcome));
    }
}

/// Whose policy binds the targets of a label: its own.
fn binding_of<'a>(own: &'a Publication, all: &'a [Publication], rules: Rules) -> &'a Publication {
    if own.policy.is_some() || rules.binds_each_label_by_its_own() {
        return own;
    }
    all.iter().find(|other| other.policy.is_some()).unwrap_or(own)
}

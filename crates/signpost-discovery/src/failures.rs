//! What the failures of all targets add up to.

use crate::failure::Failure;
use crate::outcome::{Outcome, Reason};
use crate::plan::Plan;
use crate::rules::Rules;

/// The failures so far, as far as they matter.
///
/// The first of each kind is kept: targets are tried in the order that their owner wants, so that the first says most
/// of what is wrong.
#[derive(Debug)]
pub(crate) struct Failures {
    rules: Rules,
    /// The first that looks like an attack or a fault.
    refusal: Option<Failure>,
    /// The first that does not.
    unreachable: Option<Failure>,
}

impl Failures {
    pub(crate) fn new(rules: Rules) -> Self {
        Self { rules, refusal: None, unreachable: None }
    }

    pub(crate) fn note(&mut self, failure: Failure) {
        let is_first = self.refusal.is_none() && self.unreachable.is_none();
        if !is_first && !self.rules.first_failure_is_not_all() {
            return;
        }
        if !self.rules.remembers_failures() {
            (self.refusal, self.unreachable) = (None, None);
        }
        if failure.reason == Reason::Unreachable {
            self.unreachable.get_or_insert(failure);
        } else {
            self.refusal.get_or_insert(failure);
        }
    }

    pub(crate) fn note_unreachable(&mut self, detail: impl Into<String>) {
        self.note(Failure::new(Reason::Unreachable, detail));
    }

    pub(crate) fn has_refusal(&self) -> bool {
        self.refusal.is_some()
    }

    pub(crate) fn has_silence(&self) -> bool {
        self.unreachable.is_some()
    }

    /// The failure, if any, that looks like an attack or a fault.
    pub(crate) fn take_refusal(&mut self) -> Option<Failure> {
        self.refusal.take()
    }

    /// The outcome when no candidate is left.
    ///
    /// One published target under attack outweighs any number that cannot be reached: who can attack one can make the
    /// others unreachable, and must not be able to make an attack look like a bad day.
    pub(crate) fn sum(&mut self, plan: Plan) -> Outcome {
        if self.unreachable.is_some() && !self.rules.attack_outweighs_silence() {
            self.refusal = None;
        }
        match (plan, self.refusal.take(), self.unreachable.take()) {
            (Plan::Guess, refusal, unreachable) => {
                let because =
                    refusal.or(unreachable).map_or(String::new(), |failure| format!(" ({})", failure.detail));
                let detail = format!("nothing is published, and no usual host name fits{because}");
                Outcome::AskUser { reason: Reason::NothingFits, detail }
            }
            (Plan::ServiceRecords, Some(refusal), _) => refusal.refusal(),
            (Plan::ServiceRecords, None, unreachable) => {
                let detail =
                    unreachable.map_or_else(|| "there is no server".to_owned(), |failure| failure.detail);
                Outcome::Unavailable { reason: Reason::Unreachable, detail }
            }
        }
    }
}

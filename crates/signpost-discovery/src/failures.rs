//! What the failures of all targets add up to.

use crate::failure::Failure;
use crate::outcome::{Outcome, Reason};
use crate::plan::Plan;

/// The failures so far, as far as they matter.
///
/// The first of each kind is kept: targets are tried in the order that their owner wants, so that the first says most
/// of what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    /// The first that looks like an attack or a fault.
    refusal: Option<Failure>,
    /// The first that does not.
    unreachable: Option<Failure>,
}

impl Failures {
    pub(crate) fn note(&mut self, failure: Failure) {
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

    /// The failure, if any, that looks like an attack or a fault.
    pub(crate) fn take_refusal(&mut self) -> Option<Failure> {
        self.refusal.take()
    }

    /// The outcome when no candidate is left.
    ///
    /// One published target under attack outweighs any number that cannot be reached: who can attack one can make the
    /// others unreachable, and must not be able to make an attack look like a bad day.
    pub(crate) fn sum(&mut self, plan: Plan) -> Outcome {
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

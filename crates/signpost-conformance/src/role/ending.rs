//! All that the judge asks of a role.

use signpost_format::Finding;

use crate::evidence::Index;

/// How a subject ended, beside what was expected of it: all that the judge asks of a role.
pub(crate) trait Ending {
    /// Whether the outcome is one that is expected.
    fn is_met(&self) -> bool;

    /// Whether the subject took what it was given for good, so that it went on with it.
    fn went_on(&self) -> bool;

    /// Whether nothing but going on is right, so that a step which is missing is a mistake and no want of opportunity.
    fn must_go_on(&self) -> bool;

    /// What is expected besides the outcome where the outcome is right and this is not.
    fn wrong_particular(&self) -> Option<String>;

    /// What the transcript would show if the report were true, and does not.
    fn false_claim(&self, index: &Index<'_>) -> Option<&'static str>;

    /// Whether one fault that bit is enough, because a subject may stop at the first.
    fn may_stop_at_any_fault(&self) -> bool {
        false
    }

    /// What the rules only allow and the subject left out, where the case rests on it.
    fn left_out(&self, _index: &Index<'_>) -> Option<&'static str> {
        None
    }

    /// Why the report says nothing of the subject itself.
    fn is_not_its_own(&self, _index: &Index<'_>) -> Option<Finding> {
        None
    }

    /// What the user should have been told although it works, and was not.
    fn untold(&self) -> Option<String> {
        None
    }

    /// The reasons that count, where the subject stopped for another.
    fn other_reason(&self) -> Option<String> {
        None
    }

    /// What is right and only recommended, where the report says something else: the requirement, and what it asks.
    fn misleading(&self) -> Option<(&'static str, String)> {
        None
    }
}

//! Why something does not fit.

use crate::outcome::{Outcome, Reason};

/// Why a domain's records or one of its targets do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
    /// Whether no other target may be tried, because this one may have taken the message.
    pub(crate) is_final: bool,
    /// Whether nobody serves there, so that the next target is to be tried: it cannot be reached, or does not welcome the client.
    pub(crate) gives_way: bool,
}

impl Failure {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            is_final: reason.is_permanent(),
            gives_way: matches!(reason, Reason::MessagePutOff | Reason::Unreachable),
        }
    }

    /// The same failure with what it is about before its text.
    pub(crate) fn about(self, what: &str) -> Self {
        Self { detail: format!("{what}: {}", self.detail), ..self }
    }

    /// The outcome of a discovery that it ends.
    pub(crate) fn refusal(self) -> Outcome {
        Outcome::Refused { reason: self.reason, detail: self.detail }
    }
}

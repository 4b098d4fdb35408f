//! Why a chain of certificates is not accepted.

use crate::outcome::Reason;

/// Why a chain is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Untrusted {
    /// The reason to report.
    pub reason: Reason,
    /// The same for a person.
    pub detail: String,
}

impl Untrusted {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

//! What a case comes to.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The judge's word on one case, best first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The expectation and every invariant hold.
    Pass,
    /// Only a SHOULD is broken, or the subject's mode claims a lesser stance than the case demands.
    Weak,
    /// A MUST or an invariant is broken.
    Fail,
    /// The control failed, or the subject never came as far as the case needs.
    Inconclusive,
    /// The subject said that it cannot do this.
    Unsupported,
    /// Crash, hang, time-out, garbage, or a fault of the lab itself. Never counted as a refusal.
    Errored,
}

impl Verdict {
    /// Every verdict, best first.
    pub const ALL: [Self; 6] =
        [Self::Pass, Self::Weak, Self::Fail, Self::Inconclusive, Self::Unsupported, Self::Errored];

    /// The verdict's name in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Weak => "weak",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Unsupported => "unsupported",
            Self::Errored => "errored",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Verdict {
    type Err = UnknownVerdict;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name).ok_or(UnknownVerdict)
    }
}

/// A name that is no [`Verdict`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a verdict; known are pass, weak, fail, inconclusive, unsupported and errored")]
pub struct UnknownVerdict;

//! What `signpost check-adapter` says of an adapter.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of this format; raised when a key's meaning changes.
pub const ADAPTER_CHECK_VERSION: u32 = 1;

/// All that was looked at of an adapter.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AdapterCheck {
    /// Version of this format: 1.
    pub version: u32,
    /// The program with its arguments.
    pub adapter: String,
    /// Whether nothing is bad.
    pub is_good: bool,
    /// What is good and what is not, in the order of the list.
    pub remarks: Vec<Remark>,
}

/// One thing that an adapter has to do.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Remark {
    /// What it has to do.
    pub about: String,
    /// Whether it does.
    pub grade: Grade,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The case in which it was seen, for `signpost run` and `signpost lab`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// How well it is done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Not as it has to be.
    Bad,
    /// As it has to be.
    Good,
    /// Tolerated, and easily made right.
    Odd,
}

impl fmt::Display for Grade {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Bad => "bad",
            Self::Good => "good",
            Self::Odd => "odd",
        })
    }
}

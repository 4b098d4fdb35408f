//! The role *resolve*: a validated answer to one question.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::misreport;
use crate::why::why;
use crate::{Dns, Misreport};

pub(crate) const WHO: &str = "a resolver";

/// What a resolver is told.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(rename = "ResolveAssignment")]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Version of this format: 2.
    pub version: u32,
    /// Time for this step, in milliseconds.
    pub deadline_ms: u64,
    /// Where DNS is asked, and with which trust anchor.
    pub dns: Dns,
    /// What is to be asked.
    pub question: Question,
}

/// What a resolver is asked.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Absolute, without the final dot; the root is `.`.
    pub name: String,
    /// The type's mnemonic.
    #[serde(rename = "type")]
    pub record_type: String,
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.name, self.record_type)
    }
}

/// How far a resolver believes what it answers, in the words of RFC 4033 section 5.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The chain of trust is broken where it should hold.
    Bogus,
    /// No answer, or SERVFAIL, and nothing that tells bogus from indeterminate.
    Failed,
    /// Nothing says whether there should be a chain of trust, or nothing came that could be judged.
    Indeterminate,
    /// It is proven that there is no chain of trust.
    Insecure,
    /// The chain of trust holds.
    Secure,
}

impl Status {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bogus => "bogus",
            Self::Failed => "failed",
            Self::Indeterminate => "indeterminate",
            Self::Insecure => "insecure",
            Self::Secure => "secure",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What a resolver says of its run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(rename = "ResolveReport")]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "outcome")]
pub enum Report {
    /// It has dealt with the question.
    Answered {
        /// How far it believes the answer.
        status: Status,
        /// The answer's RCODE mnemonic, where there is one.
        #[serde(default)]
        rcode: Option<String>,
        /// Extended DNS error codes (RFC 8914).
        #[serde(default)]
        ede: Vec<u16>,
        /// The longest TTL of the answer's records, in seconds, where the subject passes one on.
        #[serde(default)]
        ttl: Option<u32>,
        /// For a person.
        #[serde(default)]
        detail: Option<String>,
    },
    /// It cannot do what the case needs. Never inferred.
    Unsupported {
        /// What is missing.
        reason: String,
    },
}

impl Report {
    pub(crate) fn from_json(text: &str) -> Result<Self, Misreport> {
        misreport::read(text, |reader| ByOutcome::deserialize(reader))
    }

    /// The outcome's name in the published format.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// The report of a resolver that has no answer.
    #[must_use]
    pub fn failed(detail: impl Into<String>) -> Self {
        Self::Answered {
            status: Status::Failed,
            rcode: None,
            ede: Vec::new(),
            ttl: None,
            detail: Some(detail.into()),
        }
    }
}

/// The same reports, each by its outcome's name: so serde reads them with the place of every mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, remote = "Report", rename_all = "kebab-case")]
enum ByOutcome {
    Answered {
        status: Status,
        #[serde(default)]
        rcode: Option<String>,
        #[serde(default)]
        ede: Vec<u16>,
        #[serde(default)]
        ttl: Option<u32>,
        #[serde(default)]
        detail: Option<String>,
    },
    Unsupported {
        reason: String,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.outcome())?;
        match self {
            Self::Answered { status, rcode, ede, ttl, detail } => {
                write!(formatter, " {status}")?;
                if let Some(rcode) = rcode {
                    write!(formatter, ", {rcode}")?;
                }
                for code in ede {
                    write!(formatter, ", EDE {code}")?;
                }
                if let Some(ttl) = ttl {
                    write!(formatter, ", TTL {ttl}")?;
                }
                why(formatter, None, detail.as_deref())
            }
            Self::Unsupported { reason } => why(formatter, None, Some(reason)),
        }
    }
}

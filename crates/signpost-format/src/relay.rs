//! The role *relay*: from an envelope and a message to an exchange of the recipient's domain that takes it.
//!
//! What it ends with has the names of the actions of RFC 3464 section 2.3.3, by which a delivery status notification says
//! what became of a message. *Delivered* is not among them here: an exchange that takes a message has not put it into a
//! mailbox yet.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::misreport;
use crate::set_up::Security;
use crate::why::why;
use crate::{Dns, Misreport};

pub(crate) const WHO: &str = "a mail relay";

/// What a relay is told that is to hand over one message.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(rename = "RelayAssignment")]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Version of this format: 2.
    pub version: u32,
    /// Time for this step, in milliseconds.
    pub deadline_ms: u64,
    /// Where DNS is asked, and with which trust anchor.
    pub dns: Dns,
    /// The address of the reverse-path, for MAIL (RFC 5321 section 4.1.1.2).
    pub sender: String,
    /// The address of the forward-path, for RCPT (RFC 5321 section 4.1.1.3): its domain is whose exchanges are looked up.
    pub recipient: String,
    /// The message, header and body, with CRLF at the ends of lines.
    pub message: String,
    /// PEM certificates that stand for the WebPKI.
    pub ca_pem: String,
    /// Port that stands for 25 at every exchange: MX records name none.
    pub port: u16,
}

/// What a relay says of its run. Verdicts rest on the transcript; this only tells one way of stopping from another.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(rename = "RelayReport")]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "outcome")]
pub enum Report {
    /// It could not hand the message over, keeps it and tries again later.
    Delayed {
        /// A slug, if the subject has one.
        #[serde(default)]
        reason: Option<String>,
        /// For a person.
        #[serde(default)]
        detail: Option<String>,
    },
    /// It gives the message up and tells its sender.
    Failed {
        /// A slug, if the subject has one.
        #[serde(default)]
        reason: Option<String>,
        /// For a person.
        #[serde(default)]
        detail: Option<String>,
    },
    /// An exchange took the message.
    Relayed {
        /// Host name of the exchange, without the final dot.
        exchange: String,
        /// Protection: `none` or `starttls`.
        security: Security,
        /// What the subject wants known besides, such as `weak-digest`.
        #[serde(default)]
        notes: Vec<String>,
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
            Self::Delayed { .. } => "delayed",
            Self::Failed { .. } => "failed",
            Self::Relayed { .. } => "relayed",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// The slug of the reason why it stopped, where it gives one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Delayed { reason, .. } | Self::Failed { reason, .. } => reason.as_deref(),
            Self::Relayed { .. } | Self::Unsupported { .. } => None,
        }
    }
}

/// The same reports, each by its outcome's name: so serde reads them with the place of every mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, remote = "Report", rename_all = "kebab-case")]
enum ByOutcome {
    Delayed {
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        detail: Option<String>,
    },
    Failed {
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        detail: Option<String>,
    },
    Relayed {
        exchange: String,
        security: Security,
        #[serde(default)]
        notes: Vec<String>,
    },
    Unsupported {
        reason: String,
    },
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.outcome())?;
        match self {
            Self::Delayed { reason, detail } | Self::Failed { reason, detail } => {
                why(formatter, reason.as_deref(), detail.as_deref())
            }
            Self::Relayed { exchange, security, .. } => write!(formatter, " to {exchange} with {security}"),
            Self::Unsupported { reason } => why(formatter, None, Some(reason)),
        }
    }
}

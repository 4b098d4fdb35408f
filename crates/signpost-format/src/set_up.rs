//! The role *set up*: from an address to an account that works.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use signpost_protocol::{Label, Service, TlsStart};

use crate::misreport;
use crate::why::why;
use crate::{Dns, Misreport};

pub(crate) const WHO: &str = "a mail client";

/// What a client that sets itself up is told.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(rename = "SetUpAssignment")]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// Version of this format: 2.
    pub version: u32,
    /// Time for this step, in milliseconds.
    pub deadline_ms: u64,
    /// Where DNS is asked, and with which trust anchor.
    pub dns: Dns,
    /// What is to be set up.
    pub service: Service,
    /// The user's e-mail address.
    pub address: String,
    /// The user's password.
    pub password: String,
    /// What the user asked for.
    pub stance: Stance,
    /// PEM certificates that stand for the WebPKI.
    pub ca_pem: String,
    /// Port that stands for each label's standard port when a client guesses: `submission` (587), `submissions`
    /// (465), `pop3` (110), `pop3s` (995).
    pub ports: BTreeMap<Label, u16>,
}

/// What the user asked the subject for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stance {
    /// TLS where it is offered.
    Opportunistic,
    /// TLS always, whoever the peer is.
    Required,
    /// TLS always, with a verified peer.
    #[default]
    Verified,
}

/// How the traffic to an endpoint is protected.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// Plain text.
    None,
    /// STARTTLS or STLS.
    Starttls,
    /// TLS from the first byte.
    Tls,
}

impl Security {
    /// How TLS begins, where there is any.
    #[must_use]
    pub const fn tls(self) -> Option<TlsStart> {
        match self {
            Self::None => None,
            Self::Starttls => Some(TlsStart::Starttls),
            Self::Tls => Some(TlsStart::Implicit),
        }
    }
}

impl fmt::Display for Security {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::None => "no protection",
            Self::Starttls => "STARTTLS",
            Self::Tls => "TLS",
        })
    }
}

impl From<TlsStart> for Security {
    fn from(start: TlsStart) -> Self {
        match start {
            TlsStart::Implicit => Self::Tls,
            TlsStart::Starttls => Self::Starttls,
        }
    }
}

/// What a client set up.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConfiguredEndpoint {
    /// Host name, without the final dot.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Protection.
    pub security: Security,
}

/// What a client says of its run. Verdicts rest on the transcript; this only tells one way of stopping from another.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(rename = "SetUpReport")]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "outcome")]
pub enum Report {
    /// It wants the user's decision or knowledge.
    AskUser {
        /// A slug, if the subject has one.
        #[serde(default)]
        reason: Option<String>,
        /// For a person.
        #[serde(default)]
        detail: Option<String>,
    },
    /// The account works.
    Configured {
        /// Where.
        endpoint: ConfiguredEndpoint,
        /// The login name that worked.
        #[serde(default)]
        user: Option<String>,
        /// What the subject wants known besides, such as `weak-digest`.
        #[serde(default)]
        notes: Vec<String>,
    },
    /// It stopped and does not tell how: counts as any of refused, ask-user and unavailable.
    Declined {
        /// For a person.
        #[serde(default)]
        detail: Option<String>,
    },
    /// It sees an attack or a fault and goes no further.
    Refused {
        /// A slug, if the subject has one.
        #[serde(default)]
        reason: Option<String>,
        /// For a person.
        #[serde(default)]
        detail: Option<String>,
    },
    /// The domain does not offer the service, or no server can be reached.
    Unavailable {
        /// A slug, if the subject has one.
        #[serde(default)]
        reason: Option<String>,
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
            Self::AskUser { .. } => "ask-user",
            Self::Configured { .. } => "configured",
            Self::Declined { .. } => "declined",
            Self::Refused { .. } => "refused",
            Self::Unavailable { .. } => "unavailable",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// The slug of the reason why it stopped, where it gives one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::AskUser { reason, .. }
            | Self::Refused { reason, .. }
            | Self::Unavailable { reason, .. } => reason.as_deref(),
            Self::Configured { .. } | Self::Declined { .. } | Self::Unsupported { .. } => None,
        }
    }
}

/// The same reports, each by its outcome's name: so serde reads them with the place of every mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, remote = "Report", rename_all = "kebab-case")]
enum ByOutcome {
    AskUser {
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        detail: Option<String>,
    },
    Configured {
        endpoint: ConfiguredEndpoint,
        #[serde(default)]
        user: Option<String>,
        #[serde(default)]
        notes: Vec<String>,
    },
    Declined {
        #[serde(default)]
        detail: Option<String>,
    },
    Refused {
        #[serde(default)]
        reason: Option<String>,
        #[serde(default)]
        detail: Option<String>,
    },
    Unavailable {
        #[serde(default)]
        reason: Option<String>,
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
            Self::AskUser { reason, detail }
            | Self::Refused { reason, detail }
            | Self::Unavailable { reason, detail } => why(formatter, reason.as_deref(), detail.as_deref()),
            Self::Configured { endpoint: ConfiguredEndpoint { host, port, security }, .. } => {
                write!(formatter, " {host}:{port} with {security}")
            }
            Self::Declined { detail } => why(formatter, None, detail.as_deref()),
            Self::Unsupported { reason } => why(formatter, None, Some(reason)),
        }
    }
}

//! What a subject is told, and what it may say afterwards. Both are published as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use hickory_proto::rr::{Name, RecordType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of the assignment and report formats.
pub const FORMAT_VERSION: u32 = 1;

/// What is to be set up for the user.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// A validated answer to one question, from a resolver alone.
    Dns,
    /// Retrieval by POP3.
    Pop3,
    /// Message submission by SMTP.
    Submission,
}

impl Service {
    /// Every service, in the order of their names.
    pub const ALL: [Self; 3] = [Self::Dns, Self::Pop3, Self::Submission];

    /// The service's name. That of a mail service is also its RFC 6186 label without the underscore.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Pop3 => "pop3",
            Self::Submission => "submission",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|service| service.name() == name).ok_or(UnknownService)
    }
}

/// A name that is no [`Service`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a service; known are dns, pop3 and submission")]
pub struct UnknownService;

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

/// Where DNS is asked.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DnsServers {
    /// Does not validate: everything that the faults left comes through, for a client that validates itself.
    pub authority: SocketAddr,
    /// Validates: Bogus becomes SERVFAIL, Secure sets AD.
    pub resolver: SocketAddr,
}

/// What a resolver is asked.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Question {
    /// Absolute, without the final dot.
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

impl FromStr for Question {
    type Err = UnreadableQuestion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (name, record_type) = text.split_once('/')?;
            let name = name.parse::<Name>().ok()?.to_lowercase().to_ascii();
            let name = if name == "." { name } else { name.trim_end_matches('.').to_owned() };
            Some(Self { name, record_type: record_type.parse::<RecordType>().ok()?.to_string() })
        };
        read().ok_or(UnreadableQuestion)
    }
}

/// A text that is no [`Question`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a question; expected `NAME/TYPE`, such as `submit1.example.com/A`")]
pub struct UnreadableQuestion;

/// All that a subject is told. It never learns which scenario it is in.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Assignment {
    /// Version of this format: 1.
    pub version: u32,
    /// What is to be set up.
    pub service: Service,
    /// What is to be asked, where the service is `dns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Question>,
    /// The user's e-mail address.
    pub address: String,
    /// The user's password.
    pub password: String,
    /// What the user asked for.
    pub stance: Stance,
    /// Where DNS is asked.
    pub dns: DnsServers,
    /// Address that DNS must be asked from, because the answers depend on it: bind the sockets to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// The root's trust anchor: DS and DNSKEY records as master-file lines.
    pub trust_anchor: Vec<String>,
    /// PEM certificates that stand for the WebPKI.
    pub ca_pem: String,
    /// Port that stands for each label's standard port when a client guesses: `submission` (587), `submissions`
    /// (465), `pop3` (110), `pop3s` (995).
    pub ports: BTreeMap<String, u16>,
    /// Time for the whole case, in milliseconds.
    pub deadline_ms: u64,
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

/// What a subject set up.
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

/// What a subject says of its run. Verdicts rest on the transcript; this only tells one way of stopping from another.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", tag = "outcome")]
pub enum Report {
    /// It has dealt with the question that it was given as a resolver.
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
    /// The outcome's name in the published format.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Answered { .. } => "answered",
            Self::AskUser { .. } => "ask-user",
            Self::Configured { .. } => "configured",
            Self::Declined { .. } => "declined",
            Self::Refused { .. } => "refused",
            Self::Unavailable { .. } => "unavailable",
            Self::Unsupported { .. } => "unsupported",
        }
    }
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
                detail.as_ref().map_or(Ok(()), |detail| write!(formatter, ": {detail}"))
            }
            Self::AskUser { reason, detail }
            | Self::Refused { reason, detail }
            | Self::Unavailable { reason, detail } => {
                if let Some(reason) = reason {
                    write!(formatter, " {reason}")?;
                }
                if let Some(detail) = detail {
                    write!(formatter, ": {detail}")?;
                }
                Ok(())
            }
            Self::Configured { endpoint: ConfiguredEndpoint { host, port, security }, .. } => {
                let security = match security {
                    Security::None => "no protection",
                    Security::Starttls => "STARTTLS",
                    Security::Tls => "TLS",
                };
                write!(formatter, " {host}:{port} with {security}")
            }
            Self::Declined { detail } => match detail {
                Some(detail) => write!(formatter, ": {detail}"),
                None => Ok(()),
            },
            Self::Unsupported { reason } => write!(formatter, ": {reason}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_back() {
        let report = Report::Configured {
            endpoint: ConfiguredEndpoint {
                host: "submit1.example.com".into(),
                port: 587,
                security: Security::Starttls,
            },
            user: Some("alice@example.com".into()),
            notes: vec![],
        };
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
        assert_eq!(report.to_string(), "configured submit1.example.com:587 with STARTTLS");
    }

    #[test]
    fn an_unknown_field_is_an_error() {
        let text = r#"{"outcome":"refused","raeson":"pin-mismatch"}"#;
        assert!(serde_json::from_str::<Report>(text).is_err());
    }
}

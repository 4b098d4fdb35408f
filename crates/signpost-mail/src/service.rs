//! The services that a server can offer, by the labels of their SRV records.

use std::fmt;
use std::str::FromStr;

/// A service label without its underscore.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Service {
    /// POP3 with STLS (RFC 2595).
    Pop3,
    /// POP3 inside TLS from the first byte (RFC 8314 §3.1).
    Pop3s,
    /// Message submission with STARTTLS (RFC 6409, RFC 3207).
    Submission,
    /// Message submission inside TLS from the first byte (RFC 8314 §3.3).
    Submissions,
}

impl Service {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Pop3, Self::Pop3s, Self::Submission, Self::Submissions];

    /// The label: `pop3`, `pop3s`, `submission`, `submissions`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pop3 => "pop3",
            Self::Pop3s => "pop3s",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
        }
    }

    /// The registered port.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Self::Pop3 => 110,
            Self::Pop3s => 995,
            Self::Submission => 587,
            Self::Submissions => 465,
        }
    }

    /// Whether TLS begins with the connection, not with a command.
    #[must_use]
    pub const fn is_implicit_tls(self) -> bool {
        matches!(self, Self::Pop3s | Self::Submissions)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that is no service.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("unknown service `{0}`: expected one of pop3, pop3s, submission, submissions")]
pub struct UnknownService(String);

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|service| service.name() == name)
            .ok_or_else(|| UnknownService(name.to_owned()))
    }
}

//! Under which labels services are published.

use core::fmt;
use core::str::FromStr;

use crate::Service;

/// A service label of RFC 6186 and RFC 8314, or `mx` for mail between servers, without its underscore: a service, and how TLS
/// begins there.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Label {
    /// IMAP with STARTTLS (RFC 9051).
    Imap,
    /// IMAP inside TLS from the first byte (RFC 8314 section 3.2).
    Imaps,
    /// Mail between servers with STARTTLS (RFC 5321, RFC 3207). Its servers are published by MX records at the domain itself;
    /// only the policy stands at the label.
    Mx,
    /// POP3 with STLS (RFC 2595).
    Pop3,
    /// POP3 inside TLS from the first byte (RFC 8314 section 3.2).
    Pop3s,
    /// Message submission with STARTTLS (RFC 6409, RFC 3207).
    Submission,
    /// Message submission inside TLS from the first byte (RFC 8314 section 3.3).
    Submissions,
}

/// How TLS begins on a connection.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum TlsStart {
    /// With the first byte (implicit TLS, RFC 8314).
    Implicit,
    /// By the command STARTTLS or STLS.
    Starttls,
}

impl Label {
    /// Every label, in the order of their names.
    pub const ALL: &[Self] =
        &[Self::Imap, Self::Imaps, Self::Mx, Self::Pop3, Self::Pop3s, Self::Submission, Self::Submissions];

    const fn row(self) -> (&'static str, Service, TlsStart, u16) {
        match self {
            Self::Imap => ("imap", Service::Imap, TlsStart::Starttls, 143),
            Self::Imaps => ("imaps", Service::Imap, TlsStart::Implicit, 993),
            Self::Mx => ("mx", Service::Mx, TlsStart::Starttls, 25),
            Self::Pop3 => ("pop3", Service::Pop3, TlsStart::Starttls, 110),
            Self::Pop3s => ("pop3s", Service::Pop3, TlsStart::Implicit, 995),
            Self::Submission => ("submission", Service::Submission, TlsStart::Starttls, 587),
            Self::Submissions => ("submissions", Service::Submission, TlsStart::Implicit, 465),
        }
    }

    /// The label: `imap`, `imaps`, `mx`, `pop3`, `pop3s`, `submission`, `submissions`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// What is offered there.
    #[must_use]
    pub const fn service(self) -> Service {
        self.row().1
    }

    /// How TLS begins there.
    #[must_use]
    pub const fn tls(self) -> TlsStart {
        self.row().2
    }

    /// Whether TLS begins with the connection, not with a command.
    #[must_use]
    pub const fn is_implicit_tls(self) -> bool {
        matches!(self.tls(), TlsStart::Implicit)
    }

    /// The registered port.
    #[must_use]
    pub const fn port(self) -> u16 {
        self.row().3
    }
}

impl fmt::Display for Label {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Display for TlsStart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Implicit => "tls",
            Self::Starttls => "starttls",
        })
    }
}

impl FromStr for Label {
    type Err = UnknownLabel;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|label| label.name() == name).ok_or(UnknownLabel)
    }
}

/// A name that is no [`Label`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a service label; known are imap, imaps, mx, pop3, pop3s, submission and submissions")]
pub struct UnknownLabel;

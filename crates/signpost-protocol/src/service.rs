//! What a user wants set up, and what servers offer each other.

use core::fmt;
use core::str::FromStr;

use crate::dismissal::{self, Leave, ServerLine};
use crate::{Label, Overheard, overheard};

/// A mail service.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize), serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Service {
    /// Access by IMAP (RFC 9051, RFC 3501).
    Imap,
    /// Mail between servers by SMTP (RFC 5321): what the exchanges of a domain offer, and nothing that a user sets up.
    Mx,
    /// Retrieval by POP3 (RFC 1939).
    Pop3,
    /// Message submission by SMTP (RFC 6409).
    Submission,
}

/// All that is to be said of one service.
struct Row {
    name: &'static str,
    labels: &'static [Label],
    usual_hosts: &'static [&'static str],
    read: fn(&[u8]) -> Option<Overheard>,
    leave: Leave,
}

impl Service {
    /// Every service, in the order of their names.
    pub const ALL: &[Self] = &[Self::Imap, Self::Mx, Self::Pop3, Self::Submission];

    /// Those that a user has set up: all but mail between servers.
    pub const OF_USERS: &[Self] = &[Self::Imap, Self::Pop3, Self::Submission];

    const fn row(self) -> Row {
        match self {
            Self::Imap => Row {
                name: "imap",
                labels: &[Label::Imaps, Label::Imap],
                usual_hosts: &["imap", "mail"],
                read: overheard::imap,
                leave: dismissal::IMAP,
            },
            Self::Mx => Row {
                name: "mx",
                labels: &[Label::Mx],
                usual_hosts: &[],
                read: overheard::smtp,
                leave: dismissal::SMTP,
            },
            Self::Pop3 => Row {
                name: "pop3",
                labels: &[Label::Pop3s, Label::Pop3],
                usual_hosts: &["pop3", "pop", "mail"],
                read: overheard::pop3,
                leave: dismissal::POP3,
            },
            Self::Submission => Row {
                name: "submission",
                labels: &[Label::Submissions, Label::Submission],
                usual_hosts: &["submission", "smtp", "mail"],
                read: overheard::smtp,
                leave: dismissal::SMTP,
            },
        }
    }

    /// The service's name, which is also its label where TLS begins by a command.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Its labels, the one with implicit TLS first: the order in which RFC 8314 section 5.1 prefers them. Mail between servers
    /// has the one of STARTTLS alone.
    #[must_use]
    pub const fn labels(self) -> &'static [Label] {
        self.row().labels
    }

    /// The label at which TLS begins by a command, which every service has.
    #[must_use]
    pub const fn starttls_label(self) -> Label {
        match self {
            Self::Imap => Label::Imap,
            Self::Mx => Label::Mx,
            Self::Pop3 => Label::Pop3,
            Self::Submission => Label::Submission,
        }
    }

    /// The host names below the domain that are usual for it, in the order in which they are guessed.
    #[must_use]
    pub const fn usual_hosts(self) -> &'static [&'static str] {
        self.row().usual_hosts
    }

    /// What a line of its protocol gives away, where it gives anything away.
    #[must_use]
    pub fn overhear(self, line: &[u8]) -> Option<Overheard> {
        (self.row().read)(line)
    }

    /// Whether a server that says this line does not serve the client, or no longer: its greeting is no welcome, or it says
    /// that it closes the connection.
    #[must_use]
    pub fn dismisses(self, line: &[u8], place: ServerLine) -> bool {
        (self.row().leave.dismisses)(line, place)
    }

    /// Whether a line of the client is the farewell of the protocol, which it may say to whomever.
    #[must_use]
    pub fn is_farewell(self, line: &[u8]) -> bool {
        (self.row().leave.is_farewell)(line)
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
        Self::ALL.iter().copied().find(|service| service.name() == name).ok_or(UnknownService)
    }
}

/// A name that is no [`Service`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a service; known are imap, mx, pop3 and submission")]
pub struct UnknownService;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TlsStart;

    #[test]
    fn every_service_is_at_home_in_its_labels() {
        for &service in Service::ALL {
            assert_eq!(service.name().parse(), Ok(service));
            let starttls = service.starttls_label();
            assert_eq!((starttls.name(), starttls.tls()), (service.name(), TlsStart::Starttls));
            let implicit = service.labels().iter().filter(|label| label.is_implicit_tls());
            assert_eq!(implicit.count(), usize::from(Service::OF_USERS.contains(&service)));
            assert!(service.labels().iter().all(|label| label.service() == service));
        }
        assert_eq!("dns".parse::<Service>(), Err(UnknownService));
    }
}

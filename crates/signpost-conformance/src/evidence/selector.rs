//! Observations that an expectation names: `tcp:submit1`, `credential`, `dns:_pop3._tcp.example.com/SRV`.

use std::fmt;
use std::str::FromStr;

use signpost_protocol::Overheard;
use signpost_transcript::{Event, HandshakeOutcome, Transfer};

use super::index::{Index, Spoken};

/// A kind of observation, and the server or question it is about.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Selector {
    /// What was seen.
    pub kind: SelectorKind,
    /// Server name in the world, or `NAME/TYPE` of a question, or a mechanism, or a kind of fault; nothing or `*` stands for any.
    pub target: Option<String>,
}

/// What a [`Selector`] looks for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SelectorKind {
    /// Something was said in clear on a connection to a host and port where TLS had failed on another.
    ClearAgain,
    /// A credential was sent.
    Credential,
    /// A DNS question was asked.
    Dns,
    /// A login was tried by a name that has no domain.
    LocalPart,
    /// Mail, or the envelope of it, changed hands.
    Mail,
    /// A message, or some of it, was submitted after another one had been.
    MailAgain,
    /// A credential was sent by a mechanism of this name.
    Mechanism,
    /// The password itself was sent, by whichever mechanism shows it, after a fault of this kind had bitten.
    PasswordAfter,
    /// The client said something else than its farewell to a server that had greeted it without a welcome, or had said that it
    /// closes the connection.
    SaidUnwelcome,
    /// A TLS handshake was begun without a name in SNI.
    SniMissing,
    /// A TLS handshake was begun with a name in SNI by which no client is led to that server.
    SniOther,
    /// The client asked to start TLS.
    Starttls,
    /// The client said something else in clear behind its wish for TLS.
    StarttlsFollowed,
    /// A TCP connection was accepted.
    Tcp,
    /// A TLS handshake was begun: the client has seen the certificate, or would have.
    Tls,
    /// A TLS handshake was completed on both sides.
    TlsCompleted,
    /// A TLS handshake was begun that offers a version before 1.2.
    TlsOlder,
}

impl SelectorKind {
    const NAMES: [(&'static str, Self); 17] = [
        ("clear-again", Self::ClearAgain),
        ("credential", Self::Credential),
        ("dns", Self::Dns),
        ("local-part", Self::LocalPart),
        ("mail", Self::Mail),
        ("mail-again", Self::MailAgain),
        ("mechanism", Self::Mechanism),
        ("password-after", Self::PasswordAfter),
        ("said-unwelcome", Self::SaidUnwelcome),
        ("sni-missing", Self::SniMissing),
        ("sni-other", Self::SniOther),
        ("starttls", Self::Starttls),
        ("starttls-followed", Self::StarttlsFollowed),
        ("tcp", Self::Tcp),
        ("tls", Self::Tls),
        ("tls-completed", Self::TlsCompleted),
        ("tls-older", Self::TlsOlder),
    ];

    /// Every name, as they are told in a sentence.
    fn listed() -> String {
        let [others @ .., last] = Self::NAMES.map(|(name, _)| name);
        format!("{} and {last}", others.join(", "))
    }

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, target) = match text.split_once(':') {
            Some((name, target)) => (name, Some(target)),
            None => (text, None),
        };
        let kind = SelectorKind::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, kind)| *kind)
            .ok_or(SelectorError::Kind)?;
        let target = match target {
            Some("") => return Err(SelectorError::Target),
            Some("*") | None => None,
            Some(target) if kind == SelectorKind::Dns && !target.contains('/') => {
                return Err(SelectorError::Question);
            }
            Some(target) => Some(target.to_owned()),
        };
        Ok(Self { kind, target })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind.name())?;
        match &self.target {
            Some(target) => write!(formatter, ":{target}"),
            None => Ok(()),
        }
    }
}

/// Why a text is no [`Selector`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SelectorError {
    /// Unknown kind.
    #[error("expected one of {}, or one of them with `:SERVER`", SelectorKind::listed())]
    Kind,
    /// `dns:` without a type.
    #[error("expected `dns:NAME/TYPE`")]
    Question,
    /// A colon with nothing behind it.
    #[error("expected a server or a question behind the colon")]
    Target,
}

impl Selector {
    /// The server that it is about, if it is about one.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        match self.kind {
            SelectorKind::Dns | SelectorKind::Mechanism | SelectorKind::PasswordAfter => None,
            _ => self.target.as_deref(),
        }
    }

    /// The kind of fault behind which it looks, if it looks behind one.
    pub(crate) fn fault_kind(&self) -> Option<&str> {
        self.target.as_deref().filter(|_| self.kind == SelectorKind::PasswordAfter)
    }

    /// The requirement that is broken wherever this is seen, where there is only one.
    pub(crate) const fn requirement(&self) -> Option<&'static str> {
        match self.kind {
            SelectorKind::ClearAgain => Some("tls/failure-ends-the-connection"),
            SelectorKind::SaidUnwelcome => Some("client/no-welcome-gives-way"),
            SelectorKind::SniMissing | SelectorKind::SniOther => Some("tls/sni-is-the-target"),
            SelectorKind::TlsOlder => Some("tls/at-least-version-1-2"),
            _ => None,
        }
    }

    /// Sequence numbers of the observations that it selects.
    pub(crate) fn matches(&self, index: &Index<'_>) -> Vec<u32> {
        let is_about = |spoken: &&Spoken| self.is_about(index.server(spoken.connection));
        match self.kind {
            // The command may arrive in several segments.
            SelectorKind::Starttls => {
                let wishes = index.overheard(Overheard::AsksForTls).filter(is_about);
                return wishes.map(|spoken| spoken.sequence).collect();
            }
            SelectorKind::ClearAgain => {
                let said = index.said_where_tls_had_failed().filter(is_about);
                return said.map(|spoken| spoken.sequence).collect();
            }
            SelectorKind::SaidUnwelcome => {
                let said = index.said_where_unwelcome();
                let said = said.filter(|(connection, _)| self.is_about(index.server(*connection)));
                return said.map(|(_, sequence)| sequence).collect();
            }
            SelectorKind::StarttlsFollowed => {
                let said = index.said_behind_wish_for_tls().filter(is_about);
                return said.map(|spoken| spoken.sequence).collect();
            }
            SelectorKind::PasswordAfter => {
                let after =
                    index.observations().skip_while(|observation| !self.is_of_kind(&observation.event));
                let sent = after.filter(|observation| is_password(&observation.event));
                return sent.map(|observation| observation.sequence).collect();
            }
            _ => {}
        }
        // What was submitted first is not again, wherever it went.
        let first = index
            .observations()
            .filter(|_| self.kind == SelectorKind::MailAgain)
            .find(|observation| is_submission(&observation.event))
            .map(|observation| observation.sequence);
        index
            .observations()
            .filter(|observation| {
                self.selects(&observation.event, index) && Some(observation.sequence) != first
            })
            .map(|observation| observation.sequence)
            .collect()
    }

    fn selects(&self, event: &Event, index: &Index<'_>) -> bool {
        match (self.kind, event) {
            (SelectorKind::Dns, Event::Query { name, record_type, .. }) => {
                self.target.as_ref().is_none_or(|target| {
                    let (wanted_name, wanted_type) = target.rsplit_once('/').unwrap_or((target, "*"));
                    (wanted_name == "*" || same_name(name, wanted_name))
                        && (wanted_type == "*" || record_type.eq_ignore_ascii_case(wanted_type))
                })
            }
            (SelectorKind::LocalPart, Event::Credential { connection, user, .. }) => {
                !user.is_empty() && !user.contains('@') && self.is_about(index.server(*connection))
            }
            (SelectorKind::MailAgain, Event::Mail { connection, .. }) => {
                is_submission(event) && self.is_about(index.server(*connection))
            }
            (SelectorKind::Mechanism, Event::Credential { mechanism, .. }) => {
                self.target.as_ref().is_none_or(|target| target.eq_ignore_ascii_case(mechanism))
            }
            (SelectorKind::Credential, Event::Credential { connection, .. })
            | (SelectorKind::Mail, Event::Mail { connection, .. })
            | (SelectorKind::Tcp, Event::Accepted { connection, .. })
            | (SelectorKind::Tls, Event::Handshake { connection, .. })
            | (
                SelectorKind::TlsCompleted,
                Event::Handshake { connection, outcome: HandshakeOutcome::Completed { .. }, .. },
            )
            | (SelectorKind::SniMissing, Event::Handshake { connection, sni: None, .. }) => {
                self.is_about(index.server(*connection))
            }
            (SelectorKind::TlsOlder, Event::Handshake { connection, oldest: Some(version), .. }) => {
                is_before_1_2(version) && self.is_about(index.server(*connection))
            }
            (SelectorKind::SniOther, Event::Handshake { connection, sni: Some(name), .. }) => {
                let is_other =
                    index.listener(*connection).is_some_and(|listener| !listener.is_known_as(name));
                is_other && self.is_about(index.server(*connection))
            }
            _ => false,
        }
    }

    /// Whether this is a fault of the kind that it is about.
    fn is_of_kind(&self, event: &Event) -> bool {
        matches!(event, Event::Fault { kind, .. } if self.target.as_ref().is_none_or(|target| target == kind))
    }

    fn is_about(&self, server: &str) -> bool {
        self.target.as_ref().is_none_or(|target| target == server)
    }
}

/// Whether a version of TLS, as a transcript names it, is older than every client may offer.
fn is_before_1_2(version: &str) -> bool {
    matches!(version, "SSLv2" | "SSLv3" | "TLSv1_0" | "TLSv1_1")
}

/// Whether a message, or some of it, was submitted, and not only its envelope.
fn is_submission(event: &Event) -> bool {
    matches!(event, Event::Mail { action: Transfer::Submitted, octets: 1.., .. })
}

/// Whether the password itself was sent, and not what shows that somebody knows it.
fn is_password(event: &Event) -> bool {
    let shows = |mechanism: &str| ["IMAP-LOGIN", "LOGIN", "PLAIN", "USER"].contains(&mechanism);
    matches!(event, Event::Credential { mechanism, .. } if shows(mechanism))
}

fn same_name(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_then_print_is_identity() {
        for text in ["tcp:submit1", "credential", "dns:_pop3._tcp.example.com/SRV", "tls-completed:a"] {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_star_stands_for_any() {
        assert_eq!("tcp:*".parse::<Selector>(), "tcp".parse());
    }

    #[test]
    fn mistakes_are_told_apart() {
        assert_eq!("tpc:x".parse::<Selector>(), Err(SelectorError::Kind));
        assert_eq!("tcp:".parse::<Selector>(), Err(SelectorError::Target));
        assert_eq!("dns:example.com".parse::<Selector>(), Err(SelectorError::Question));
    }
}

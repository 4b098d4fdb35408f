//! Observations that an expectation names: `tcp:submit1`, `credential`, `dns:_pop3._tcp.example.com/SRV`.

use std::fmt;
use std::str::FromStr;

use signpost_protocol::Overheard;
use signpost_transcript::{Event, HandshakeOutcome};

use super::index::Index;

/// A kind of observation, and the server or question it is about.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Selector {
    /// What was seen.
    pub kind: SelectorKind,
    /// Server name in the world, or `NAME/TYPE` of a question; nothing or `*` stands for any.
    pub target: Option<String>,
}

/// What a [`Selector`] looks for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SelectorKind {
    /// A credential was sent.
    Credential,
    /// A DNS question was asked.
    Dns,
    /// Mail, or the envelope of it, changed hands.
    Mail,
    /// A TLS handshake was begun without a name in SNI.
    SniMissing,
    /// A TLS handshake was begun with a name in SNI by which no client is led to that server.
    SniOther,
    /// The client asked to start TLS.
    Starttls,
    /// A TCP connection was accepted.
    Tcp,
    /// A TLS handshake was begun: the client has seen the certificate, or would have.
    Tls,
    /// A TLS handshake was completed on both sides.
    TlsCompleted,
}

impl SelectorKind {
    const NAMES: [(&'static str, Self); 9] = [
        ("credential", Self::Credential),
        ("dns", Self::Dns),
        ("mail", Self::Mail),
        ("sni-missing", Self::SniMissing),
        ("sni-other", Self::SniOther),
        ("starttls", Self::Starttls),
        ("tcp", Self::Tcp),
        ("tls", Self::Tls),
        ("tls-completed", Self::TlsCompleted),
    ];

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
    #[error(
        "expected one of credential, dns, mail, sni-missing, sni-other, starttls, tcp, tls and tls-completed, or one of \
         them with `:SERVER`"
    )]
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
        if self.kind == SelectorKind::Dns { None } else { self.target.as_deref() }
    }

    /// The requirement that is broken wherever this is seen, where there is only one.
    pub(crate) const fn requirement(&self) -> Option<&'static str> {
        match self.kind {
            SelectorKind::SniMissing | SelectorKind::SniOther => Some("tls/sni-is-the-target"),
            _ => None,
        }
    }

    /// Sequence numbers of the observations that it selects.
    pub(crate) fn matches(&self, index: &Index<'_>) -> Vec<u32> {
        if self.kind == SelectorKind::Starttls {
            // The command may arrive in several segments.
            return index
                .overheard(Overheard::AsksForTls)
                .filter(|spoken| self.is_about(index.server(spoken.connection)))
                .map(|spoken| spoken.sequence)
                .collect();
        }
        index
            .observations()
            .filter(|observation| self.selects(&observation.event, index))
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
            (SelectorKind::SniOther, Event::Handshake { connection, sni: Some(name), .. }) => {
                let is_other =
                    index.listener(*connection).is_some_and(|listener| !listener.is_known_as(name));
                is_other && self.is_about(index.server(*connection))
            }
            _ => false,
        }
    }

    fn is_about(&self, server: &str) -> bool {
        self.target.as_ref().is_none_or(|target| target == server)
    }
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

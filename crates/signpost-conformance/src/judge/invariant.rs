//! What must hold in every case of every profile, whether the scenario asks for it or not.

use std::collections::HashMap;

use data_encoding::BASE64;
use signpost_transcript::{Channel, ConnectionId, Event, HandshakeOutcome, Observation, Party};

use super::index::Index;
use crate::result::Finding;

/// What the judge knows of a case besides its transcript and expectation.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// Servers that only forged data names.
    pub attackers: &'a [String],
    /// Servers whose certificate the rules reject in this case.
    pub rejected: &'a [String],
    /// The user's login names, and the password.
    pub users: &'a [String],
    /// The user's password.
    pub password: &'a str,
}

/// The invariants that a transcript breaks.
pub(super) fn broken_invariants(index: &Index<'_>, ground: Ground<'_>) -> Vec<Finding> {
    [
        credential_in_clear(index, ground),
        mail_in_clear(index),
        to_forged_host(index, ground),
        to_rejected_certificate(index, ground),
        speech_after_tls_failure(index),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn credential_in_clear(index: &Index<'_>, ground: Ground<'_>) -> Option<Finding> {
    let secrets = secrets(ground);
    // A secret may arrive in several segments, so each connection's clear bytes are read as one.
    let mut said: HashMap<ConnectionId, Vec<u8>> = HashMap::new();
    finding(index, "invariant/no-credential-in-clear", "no credential outside TLS", |event| match event {
        Event::Credential { channel: Channel::Clear, .. } => true,
        Event::Bytes { connection, by: Party::Client, channel: Channel::Clear, bytes } => {
            let said = said.entry(*connection).or_default();
            said.extend_from_slice(bytes);
            let given_away = secrets.iter().any(|secret| contains(said, secret));
            let longest = secrets.iter().map(Vec::len).max().unwrap_or_default();
            said.drain(..if given_away { said.len() } else { said.len().saturating_sub(longest) });
            given_away
        }
        _ => false,
    })
}

fn mail_in_clear(index: &Index<'_>) -> Option<Finding> {
    finding(index, "invariant/no-mail-in-clear", "no mail outside TLS", |event| {
        matches!(event, Event::Mail { channel: Channel::Clear, .. })
    })
}

fn to_forged_host(index: &Index<'_>, ground: Ground<'_>) -> Option<Finding> {
    finding(
        index,
        "invariant/nothing-to-forged-host",
        "no credential and no mail to a host that only forged data names",
        |event| {
            handed_over(event).is_some_and(|connection| names(ground.attackers, index.server(connection)))
        },
    )
}

fn to_rejected_certificate(index: &Index<'_>, ground: Ground<'_>) -> Option<Finding> {
    finding(
        index,
        "invariant/nothing-to-rejected-certificate",
        "no credential and no mail to a server whose certificate the rules reject",
        |event| handed_over(event).is_some_and(|connection| names(ground.rejected, index.server(connection))),
    )
}

fn speech_after_tls_failure(index: &Index<'_>) -> Option<Finding> {
    let mut failed: Vec<ConnectionId> = Vec::new();
    finding(
        index,
        "invariant/silence-after-tls-failure",
        "nothing said in clear on a connection whose TLS handshake failed",
        |event| match event {
            Event::Handshake { connection, outcome: HandshakeOutcome::Failed { .. }, .. } => {
                failed.push(*connection);
                false
            }
            Event::Bytes { connection, by: Party::Client, channel: Channel::Clear, bytes } => {
                !bytes.is_empty() && failed.contains(connection)
            }
            _ => false,
        },
    )
}

/// The connection on which a credential or mail was handed over.
fn handed_over(event: &Event) -> Option<ConnectionId> {
    match event {
        Event::Credential { connection, .. } | Event::Mail { connection, .. } => Some(*connection),
        _ => None,
    }
}

fn names(servers: &[String], server: &str) -> bool {
    servers.iter().any(|name| name == server)
}

fn finding(
    index: &Index<'_>,
    requirement: &str,
    expected: &str,
    mut breaks: impl FnMut(&Event) -> bool,
) -> Option<Finding> {
    let broken: Vec<&Observation> =
        index.observations().filter(|observation| breaks(&observation.event)).collect();
    let first = broken.first()?;
    Some(Finding {
        requirement: requirement.to_owned(),
        expected: expected.to_owned(),
        seen: match &first.event {
            Event::Credential { connection, .. }
            | Event::Mail { connection, .. }
            | Event::Bytes { connection, .. } => {
                format!("{} (server {})", first.event, index.server(*connection))
            }
            event => event.to_string(),
        },
        lines: broken.iter().map(|observation| observation.sequence).collect(),
    })
}

/// The byte strings that give the password away, whatever state the server believes to be in.
fn secrets(ground: Ground<'_>) -> Vec<Vec<u8>> {
    let password = ground.password.as_bytes();
    let mut secrets = vec![password.to_vec(), BASE64.encode(password).into_bytes()];
    for user in ground.users {
        for identity in ["", user] {
            let message = [identity.as_bytes(), b"\0", user.as_bytes(), b"\0", password].concat();
            secrets.push(BASE64.encode(&message).into_bytes());
        }
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use signpost_transcript::{Action, Recorder};

    use super::*;

    fn broken(events: impl IntoIterator<Item = Event>) -> Vec<String> {
        let recorder = Recorder::new();
        for (connection, server) in [(1, "good"), (2, "evil"), (3, "expired")] {
            recorder.record(Event::Accepted {
                connection: ConnectionId(connection),
                peer: ([127, 0, 0, 1], 1).into(),
                server: server.into(),
                service: "submission".into(),
            });
        }
        for event in events {
            recorder.record(event);
        }
        let transcript = recorder.transcript();
        let ground = Ground {
            attackers: &["evil".to_owned()],
            rejected: &["expired".to_owned()],
            users: &["alice@example.com".to_owned(), "alice".to_owned()],
            password: "open sesame",
        };
        broken_invariants(&Index::new(&transcript), ground)
            .into_iter()
            .map(|finding| finding.requirement)
            .collect()
    }

    fn said(connection: u32, bytes: &[u8]) -> Event {
        Event::Bytes {
            connection: ConnectionId(connection),
            by: Party::Client,
            channel: Channel::Clear,
            bytes: bytes.to_vec(),
        }
    }

    fn credential(connection: u32, channel: Channel) -> Event {
        Event::Credential {
            connection: ConnectionId(connection),
            channel,
            mechanism: "PLAIN".into(),
            user: "alice".into(),
            accepted: true,
        }
    }

    fn mail(connection: u32, channel: Channel) -> Event {
        Event::Mail { connection: ConnectionId(connection), channel, action: Action::Submitted, octets: 1 }
    }

    #[test]
    fn an_honest_session_breaks_nothing() {
        assert!(
            broken([said(1, b"EHLO me\r\n"), credential(1, Channel::Tls), mail(1, Channel::Tls)]).is_empty()
        );
    }

    #[test]
    fn a_password_is_found_even_where_the_server_did_not_expect_it() {
        for line in [
            &b"PASS open sesame\r\n"[..],
            b"AUTH PLAIN AGFsaWNlAG9wZW4gc2VzYW1l\r\n",
            b"b3BlbiBzZXNhbWU=\r\n",
        ] {
            assert_eq!(broken([said(1, line)]), ["invariant/no-credential-in-clear"]);
            let (head, tail) = line.split_at(12);
            assert_eq!(broken([said(1, head), said(1, tail)]), ["invariant/no-credential-in-clear"]);
        }
    }

    #[test]
    fn each_invariant_is_told_apart() {
        assert_eq!(broken([credential(1, Channel::Clear)]), ["invariant/no-credential-in-clear"]);
        assert_eq!(broken([mail(1, Channel::Clear)]), ["invariant/no-mail-in-clear"]);
        assert_eq!(broken([mail(2, Channel::Tls)]), ["invariant/nothing-to-forged-host"]);
        assert_eq!(broken([credential(3, Channel::Tls)]), ["invariant/nothing-to-rejected-certificate"]);
        let failed = Event::Handshake {
            connection: ConnectionId(1),
            sni: None,
            certificate: "x".into(),
            outcome: HandshakeOutcome::Failed { reason: "alert".into() },
        };
        assert_eq!(broken([failed, said(1, b"QUIT\r\n")]), ["invariant/silence-after-tls-failure"]);
    }
}

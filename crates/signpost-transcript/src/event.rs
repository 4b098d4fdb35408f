//! The observation types.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use signpost_protocol::Label;

/// One TCP connection to one mail server, numbered from 1 in the order of acceptance within a case.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct ConnectionId(pub u32);

impl fmt::Display for ConnectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}", self.0)
    }
}

/// Which DNS service of the lab was asked.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// The authoritative responder, or the non-validating path to it: answers carry what the faults left of DNSSEC.
    Authority,
    /// The lab's validating resolver: Bogus becomes SERVFAIL, Secure sets AD.
    Resolver,
}

/// How a DNS message travelled.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Over TCP.
    Tcp,
    /// Over UDP.
    Udp,
}

impl Transport {
    const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Who spoke on a connection.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The subject.
    Client,
    /// The lab's mail server.
    Server,
}

/// What protected the bytes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Nothing: whoever sits on the path reads and changes them.
    Clear,
    /// TLS, with the certificate that the connection's [`Event::Handshake`] names.
    Tls,
}

/// Why a transcript does not hold all that happened.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "cause")]
pub enum Gap {
    /// The subject did more than a transcript holds.
    Flood,
    /// The machine had nothing left for the lab, so that something was not served or not noticed.
    Harness {
        /// What the lab wanted to do, and what the system said to it.
        error: String,
    },
}

impl fmt::Display for Gap {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flood => formatter.write_str("the subject flooded the lab"),
            Self::Harness { error } => write!(formatter, "the lab failed to {error}"),
        }
    }
}

/// How a TLS handshake ended, as the server saw it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum HandshakeOutcome {
    /// Both sides finished. A client that rejects the certificate may still finish first and close at once.
    Completed {
        /// Protocol version, as rustls names it: `TLSv1_2` or `TLSv1_3`.
        version: String,
    },
    /// It broke off, by a fault of the lab or by the client's alert.
    Failed {
        /// What the TLS library or the fault said.
        reason: String,
    },
}

/// Which way mail went.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transfer {
    /// The server handed a stored message to the client.
    Retrieved,
    /// The client handed at least the first byte of a message, or its envelope's MAIL command, to the server.
    Submitted,
}

/// Where a line of the subject's own output came from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectLine {
    /// A line of its standard error.
    Stderr,
    /// A line of its standard output.
    Stdout,
}

/// One thing that the lab saw.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// A mail server accepted a TCP connection.
    Accepted {
        /// The connection's number.
        connection: ConnectionId,
        /// The client's address.
        peer: SocketAddr,
        /// The server's name in the world.
        server: String,
        /// What the port stands for.
        label: Label,
        /// The port that it came to.
        port: u16,
        /// The names by which clients are led there: targets of SRV records and usual hosts, without the final dot.
        hosts: Vec<String>,
    },
    /// What the lab answered to the [`Event::Query`] with the same number.
    Answer {
        /// Number of the query.
        query: u32,
        /// RCODE mnemonic (`NOERROR`, `NXDOMAIN`, `SERVFAIL`, …), or `dropped` where nothing was sent.
        rcode: String,
        /// Records in the answer section, signatures included.
        answers: u16,
        /// Records in the authority section, signatures included.
        authorities: u16,
        /// The AD bit.
        authentic_data: bool,
        /// The TC bit.
        truncated: bool,
    },
    /// Application bytes on a connection, as sent or received inside the channel.
    Bytes {
        /// The connection.
        connection: ConnectionId,
        /// Who sent them.
        by: Party,
        /// What protected them.
        channel: Channel,
        /// The bytes; handshake records and alerts are not among them.
        #[serde(with = "escaped")]
        bytes: Vec<u8>,
    },
    /// A connection ended.
    Closed {
        /// The connection.
        connection: ConnectionId,
        /// Who ended it.
        by: Party,
    },
    /// The client sent something that lets a listener log in: a password, a SASL response, an APOP digest.
    Credential {
        /// The connection.
        connection: ConnectionId,
        /// What protected it.
        channel: Channel,
        /// `PLAIN`, `LOGIN`, `USER`, `APOP`, …
        mechanism: String,
        /// The user name that came with it.
        user: String,
        /// Whether the server let the client in.
        accepted: bool,
    },
    /// Nobody knows whether this peer is the subject: its socket was gone before its owner could be looked for. What is recorded of
    /// it may be somebody else's.
    Doubtful {
        /// Its address.
        peer: SocketAddr,
        /// By what it came.
        transport: Transport,
    },
    /// A fault was really applied to what the subject saw. One that never is cannot have been tested.
    Fault {
        /// Which of the scenario's faults it was, from 1: two of one place and kind are two faults.
        number: u32,
        /// The `at` of the fault in the scenario.
        at: String,
        /// Its kind.
        kind: String,
        /// What it did, in a few words.
        detail: String,
    },
    /// Not all that happens from here on is in the transcript. What is in it convicts all the same; what is not in it says
    /// nothing.
    Gap(Gap),
    /// A TLS handshake ended.
    Handshake {
        /// The connection.
        connection: ConnectionId,
        /// The name that the client sent by SNI.
        sni: Option<String>,
        /// The oldest version of TLS that the client offered, as rustls names it: `TLSv1_2`, if it does right. None where the
        /// ClientHello was not whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        oldest: Option<String>,
        /// Name of the presented certificate in the world.
        certificate: String,
        /// How it ended.
        outcome: HandshakeOutcome,
    },
    /// A message, or a part of it, changed hands.
    Mail {
        /// The connection.
        connection: ConnectionId,
        /// What protected it.
        channel: Channel,
        /// Which way.
        action: Transfer,
        /// Octets of the message; 0 where only the envelope came.
        octets: usize,
    },
    /// A DNS question arrived.
    Query {
        /// Number within the case, from 1.
        query: u32,
        /// Which service was asked.
        endpoint: Endpoint,
        /// The asking address.
        peer: SocketAddr,
        /// UDP or TCP.
        transport: Transport,
        /// The queried name, absolute, lower case, without the final dot (the root is `.`).
        name: String,
        /// The type's mnemonic.
        record_type: String,
        /// The DO bit.
        dnssec_ok: bool,
        /// The CD bit.
        checking_disabled: bool,
    },
    /// Somebody who is not the subject came to a server of the lab, and was turned away without a word.
    Stranger {
        /// Its address.
        peer: SocketAddr,
        /// The address that it came to.
        here: SocketAddr,
        /// By what it came.
        transport: Transport,
        /// The user that made its socket; none is known where it was gone before anybody could look.
        #[serde(skip_serializing_if = "Option::is_none")]
        uid: Option<u32>,
    },
    /// The subject itself said something. Nothing that it says can make a verdict better.
    Subject {
        /// Where it said so.
        line: SubjectLine,
        /// The text, at most 4 KiB a line.
        text: String,
    },
}

/// Bytes as readable text: printable ASCII as it is, the rest as `\xNN`, `\r`, `\n`, `\t`, `\\`.
mod escaped {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&bytes.escape_ascii())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        unescape(&text).ok_or_else(|| D::Error::custom("not a text with \\xNN escapes"))
    }

    fn unescape(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            if byte != b'\\' {
                bytes.push(byte);
                continue;
            }
            bytes.push(match rest.next()? {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'x' => {
                    let high = char::from(rest.next()?).to_digit(16)?;
                    let low = char::from(rest.next()?).to_digit(16)?;
                    u8::try_from(high * 16 + low).ok()?
                }
                other @ (b'\\' | b'\'' | b'"') => other,
                _ => return None,
            });
        }
        Some(bytes)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { connection, server, label, .. } => {
                write!(formatter, "tcp {connection} {server}:{label} accepted")
            }
            Self::Answer { query, rcode, answers, authorities, authentic_data, truncated } => {
                write!(
                    formatter,
                    "dns answer {query} {rcode}, {answers} answer and {authorities} authority records"
                )?;
                if *authentic_data {
                    formatter.write_str(", AD")?;
                }
                if *truncated {
                    formatter.write_str(", TC")?;
                }
                Ok(())
            }
            Self::Bytes { connection, by, channel, bytes } => {
                let arrow = match by {
                    Party::Client => "C:",
                    Party::Server => "S:",
                };
                let channel = match channel {
                    Channel::Clear => "clear",
                    Channel::Tls => "tls",
                };
                write!(formatter, "{channel} {connection} {arrow} {}", bytes.escape_ascii())
            }
            Self::Closed { connection, by } => match by {
                Party::Client => write!(formatter, "tcp {connection} closed by the client"),
                Party::Server => write!(formatter, "tcp {connection} closed by the server"),
            },
            Self::Credential { connection, channel, mechanism, user, accepted } => {
                let channel = match channel {
                    Channel::Clear => "in clear",
                    Channel::Tls => "inside TLS",
                };
                let accepted = if *accepted { "accepted" } else { "rejected" };
                write!(formatter, "credential {connection} {mechanism} of {user} {channel}, {accepted}")
            }
            Self::Doubtful { peer, transport } => {
                let transport = transport.name();
                write!(formatter, "{transport} from {peer}, which was gone before its owner could be seen")
            }
            Self::Fault { at, kind, detail, .. } => write!(formatter, "fault {kind} at {at}: {detail}"),
            Self::Gap(gap) => write!(formatter, "from here on not all is seen: {gap}"),
            Self::Handshake { connection, sni, certificate, outcome, .. } => {
                let sni = sni.as_deref().unwrap_or("none");
                match outcome {
                    HandshakeOutcome::Completed { version } => write!(
                        formatter,
                        "handshake {connection} {version} completed, SNI {sni}, certificate {certificate}"
                    ),
                    HandshakeOutcome::Failed { reason } => write!(
                        formatter,
                        "handshake {connection} failed, SNI {sni}, certificate {certificate}: {reason}"
                    ),
                }
            }
            Self::Mail { connection, channel, action, octets } => {
                let channel = match channel {
                    Channel::Clear => "in clear",
                    Channel::Tls => "inside TLS",
                };
                let action = match action {
                    Transfer::Retrieved => "retrieved",
                    Transfer::Submitted => "submitted",
                };
                write!(formatter, "mail {connection} {action} {channel}, {octets} octets")
            }
            Self::Query { query, endpoint, transport, name, record_type, dnssec_ok, .. } => {
                let endpoint = match endpoint {
                    Endpoint::Authority => "authority",
                    Endpoint::Resolver => "resolver",
                };
                let transport = transport.name();
                write!(formatter, "dns query {query} {name} {record_type} to {endpoint} by {transport}")?;
                if *dnssec_ok {
                    formatter.write_str(", DO")?;
                }
                Ok(())
            }
            Self::Stranger { peer, here, transport, uid } => {
                let transport = transport.name();
                write!(formatter, "{transport} from {peer} to {here} by a stranger")?;
                if let Some(uid) = uid {
                    write!(formatter, " of user {uid}")?;
                }
                formatter.write_str(", turned away")
            }
            Self::Subject { line, text } => {
                let line = match line {
                    SubjectLine::Stderr => "stderr",
                    SubjectLine::Stdout => "stdout",
                };
                write!(formatter, "subject {line}: {}", text.escape_debug())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_json() {
        let event = Event::Bytes {
            connection: ConnectionId(1),
            by: Party::Client,
            channel: Channel::Clear,
            bytes: (0..=255).collect(),
        };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }

    #[test]
    fn a_gap_survives_json_with_its_cause() {
        for (gap, cause) in
            [(Gap::Flood, "flood"), (Gap::Harness { error: "accept: no".to_owned() }, "harness")]
        {
            let event = Event::Gap(gap);
            let value = serde_json::to_value(&event).unwrap();
            assert_eq!((value["event"].as_str(), value["cause"].as_str()), (Some("gap"), Some(cause)));
            assert_eq!(serde_json::from_value::<Event>(value).unwrap(), event);
        }
    }

    #[test]
    fn a_line_shows_channel_connection_and_speaker() {
        let event = Event::Bytes {
            connection: ConnectionId(2),
            by: Party::Server,
            channel: Channel::Tls,
            bytes: b"250 ok\r\n".to_vec(),
        };
        assert_eq!(event.to_string(), "tls #2 S: 250 ok\\r\\n");
    }
}

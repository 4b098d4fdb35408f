//! What made-up transcripts are made of: a world of a few servers, and words for what is seen at them.

use std::collections::BTreeSet;

use signpost_format::Report;
use signpost_format::set_up::{self, ConfiguredEndpoint, Security, Stance};
use signpost_protocol::Label;
use signpost_transcript::{
    Channel, ConnectionId, Endpoint, Event, HandshakeOutcome, Party, Recorder, Transfer, Transport,
};

use crate::judge::{Demand, DemandedFault, Extent, Ground, Judgement, Run, judge};
use crate::requirement::Level;
use crate::role::set_up::{Expectation as SetUpExpectation, Outcome};
use crate::role::{End, Expectation};

pub(super) const PASSWORD: &str = "correct-horse-battery";

/// Connections, and the server and service that each went to.
pub(super) const GOOD: u32 = 1;
pub(super) const EVIL: u32 = 2;
pub(super) const EXPIRED: u32 = 3;
pub(super) const IMPLICIT: u32 = 4;
pub(super) const POP3: u32 = 5;
pub(super) const OTHER: u32 = 6;

fn listener(connection: u32) -> (&'static str, Label) {
    match connection {
        GOOD => ("good", Label::Submission),
        EVIL => ("evil", Label::Submission),
        EXPIRED => ("expired", Label::Submission),
        IMPLICIT => ("implicit", Label::Submissions),
        POP3 => ("good", Label::Pop3),
        _ => ("other", Label::Submission),
    }
}

/// A demand that owns what it lends.
pub(super) struct Case {
    pub(super) expectation: Expectation,
    pub(super) requirements: Vec<(String, Level)>,
    pub(super) faults: Vec<DemandedFault>,
    pub(super) stance: Stance,
    pub(super) claimed: Stance,
    pub(super) password: String,
    pub(super) extent: Extent,
}

impl Case {
    pub(super) fn expecting(outcome: Outcome) -> Self {
        Self::ending(End::SetUp(SetUpExpectation { outcomes: vec![outcome], ..SetUpExpectation::default() }))
    }

    pub(super) fn ending(end: End) -> Self {
        Self {
            expectation: Expectation { reached: Vec::new(), never: Vec::new(), end },
            requirements: vec![("area/must".to_owned(), Level::Must)],
            faults: Vec::new(),
            stance: Stance::Verified,
            claimed: Stance::Verified,
            password: PASSWORD.to_owned(),
            extent: Extent::Everything,
        }
    }

    /// What a client is expected to do.
    pub(super) fn end(&mut self) -> &mut SetUpExpectation {
        match &mut self.expectation.end {
            End::SetUp(expected) => expected,
            End::Relay(_) | End::Resolve(_) => panic!("the case is no client's"),
        }
    }

    pub(super) fn judge(&self, runs: &[Run]) -> Judgement {
        self.demanding(|demand| judge(&demand, runs, self.claimed))
    }

    /// Lends the demand of the case.
    pub(super) fn demanding<R>(&self, use_demand: impl FnOnce(Demand<'_>) -> R) -> R {
        use_demand(Demand {
            expectation: &self.expectation,
            requirements: &self.requirements,
            faults: &self.faults,
            ground: Ground {
                carriage: self.expectation.end.carriage(),
                attackers: &["evil".to_owned()],
                rejected: &["expired".to_owned()],
                users: &["alice@example.com".to_owned(), "alice".to_owned()],
                password: &self.password,
                machine: "queen-of-hearts",
            },
            stance: self.stance,
            extent: self.extent,
        })
    }
}

/// A run in which this was seen. Each connection is accepted where it is first spoken of.
pub(super) fn run(events: impl IntoIterator<Item = Event>, ended: Result<Report, String>) -> Run {
    let recorder = Recorder::new();
    let mut accepted = BTreeSet::new();
    for event in events {
        if let Some(connection) = connection_of(&event)
            && accepted.insert(connection)
        {
            let (server, label) = listener(connection.0);
            recorder.record(Event::Accepted {
                connection,
                peer: ([127, 0, 0, 1], 1).into(),
                server: server.to_owned(),
                label,
                port: label.port(),
                hosts: vec!["mail.example.com".to_owned(), format!("{server}.example.com")],
            });
        }
        recorder.record(event);
    }
    Run { transcript: recorder.transcript(), ended }
}

fn connection_of(event: &Event) -> Option<ConnectionId> {
    match event {
        Event::Bytes { connection, .. }
        | Event::Closed { connection, .. }
        | Event::Credential { connection, .. }
        | Event::Handshake { connection, .. }
        | Event::Mail { connection, .. } => Some(*connection),
        _ => None,
    }
}

pub(super) fn clear(connection: u32, bytes: impl AsRef<[u8]>) -> Event {
    bytes_of(connection, Channel::Clear, bytes)
}

pub(super) fn tls(connection: u32, bytes: impl AsRef<[u8]>) -> Event {
    bytes_of(connection, Channel::Tls, bytes)
}

fn bytes_of(connection: u32, channel: Channel, bytes: impl AsRef<[u8]>) -> Event {
    let bytes = bytes.as_ref().to_vec();
    Event::Bytes { connection: ConnectionId(connection), by: Party::Client, channel, bytes }
}

/// What the server says in clear.
pub(super) fn reply(connection: u32, bytes: impl AsRef<[u8]>) -> Event {
    let bytes = bytes.as_ref().to_vec();
    Event::Bytes { connection: ConnectionId(connection), by: Party::Server, channel: Channel::Clear, bytes }
}

pub(super) fn closed(connection: u32) -> Event {
    Event::Closed { connection: ConnectionId(connection), by: Party::Client }
}

pub(super) fn credential(connection: u32, channel: Channel, accepted: bool) -> Event {
    Event::Credential {
        connection: ConnectionId(connection),
        channel,
        mechanism: "PLAIN".to_owned(),
        user: "alice".to_owned(),
        accepted,
    }
}

pub(super) fn mail(connection: u32, channel: Channel) -> Event {
    Event::Mail { connection: ConnectionId(connection), channel, action: Transfer::Submitted, octets: 1 }
}

pub(super) fn shaken(connection: u32) -> Event {
    shaken_for(connection, "mail.example.com")
}

pub(super) fn shaken_for(connection: u32, sni: &str) -> Event {
    handshake(connection, sni, HandshakeOutcome::Completed { version: "TLSv1_3".to_owned() })
}

/// Without a name in SNI.
pub(super) fn shaken_for_none(connection: u32) -> Event {
    match shaken(connection) {
        Event::Handshake { connection, oldest, certificate, outcome, .. } => {
            Event::Handshake { connection, sni: None, oldest, certificate, outcome }
        }
        other => other,
    }
}

/// With this as the oldest version that the client offers.
pub(super) fn shaken_offering(connection: u32, version: &str) -> Event {
    match shaken(connection) {
        Event::Handshake { connection, sni, certificate, outcome, .. } => {
            Event::Handshake { connection, sni, oldest: Some(version.to_owned()), certificate, outcome }
        }
        other => other,
    }
}

pub(super) fn unshaken(connection: u32) -> Event {
    handshake(connection, "mail.example.com", HandshakeOutcome::Failed { reason: "alert".to_owned() })
}

pub(super) fn handshake(connection: u32, sni: &str, outcome: HandshakeOutcome) -> Event {
    Event::Handshake {
        connection: ConnectionId(connection),
        sni: Some(sni.to_owned()),
        oldest: Some("TLSv1_2".to_owned()),
        certificate: "leaf".to_owned(),
        outcome,
    }
}

pub(super) fn query(name: &str, record_type: &str) -> Event {
    Event::Query {
        query: 1,
        endpoint: Endpoint::Authority,
        peer: ([127, 0, 0, 1], 1).into(),
        transport: Transport::Udp,
        name: name.to_owned(),
        record_type: record_type.to_owned(),
        dnssec_ok: true,
        checking_disabled: false,
    }
}

/// The scenario's first fault, applied.
pub(super) fn fault(at: &str, kind: &str) -> Event {
    numbered_fault(1, at, kind)
}

pub(super) fn numbered_fault(number: u32, at: &str, kind: &str) -> Event {
    Event::Fault { number, at: at.to_owned(), kind: kind.to_owned(), detail: String::new() }
}

pub(super) fn demanded(number: u32, at: &str, kind: &str) -> DemandedFault {
    DemandedFault { number, at: at.to_owned(), kind: kind.to_owned() }
}

/// A session as it should be, up to the login.
pub(super) fn session(connection: u32) -> Vec<Event> {
    let mut events = Vec::new();
    if connection != IMPLICIT {
        events.extend([
            reply(connection, b"220 mail.example.com\r\n"),
            clear(connection, b"EHLO client\r\n"),
            clear(connection, b"STARTTLS\r\n"),
        ]);
    }
    events.extend([
        shaken(connection),
        tls(connection, b"EHLO client\r\nAUTH PLAIN AGFsaWNlAGNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==\r\n"),
        credential(connection, Channel::Tls, true),
    ]);
    events
}

pub(super) fn configured() -> Report {
    configured_at("mail.example.com", 587, Security::Starttls)
}

pub(super) fn configured_at(host: &str, port: u16, security: Security) -> Report {
    let endpoint = ConfiguredEndpoint { host: host.to_owned(), port, security };
    set_up::Report::Configured { endpoint, user: None, notes: Vec::new() }.into()
}

pub(super) fn refused(reason: Option<&str>) -> Report {
    set_up::Report::Refused { reason: reason.map(str::to_owned), detail: None }.into()
}

/// The requirements that are said to be broken.
pub(super) fn broken(judgement: &Judgement) -> Vec<&str> {
    judgement.findings.iter().map(|finding| finding.requirement.as_str()).collect()
}

//! A transcript with what the judge looks up in it.

use std::collections::HashMap;

use signpost_protocol::{Label, Overheard, ServerLine, overhear};
use signpost_transcript::{Channel, ConnectionId, Event, HandshakeOutcome, Observation, Party, Transcript};

/// A transcript, the listener behind each connection, and what was said in clear.
pub(crate) struct Index<'t> {
    transcript: &'t Transcript,
    /// What was seen in earlier steps of the same run: what a subject learnt there it need not ask for again.
    earlier: Vec<&'t Transcript>,
    listeners: &'t Listeners<'t>,
    spoken: Vec<Spoken>,
}

/// The listener behind each connection of all runs of a case: connections are numbered through all of them, and one may be
/// used after the run in which it was accepted.
pub(crate) struct Listeners<'t>(HashMap<ConnectionId, Listener<'t>>);

impl<'t> Listeners<'t> {
    pub(crate) fn of(transcripts: impl Iterator<Item = &'t Transcript>) -> Self {
        Self(transcripts.flat_map(listeners).collect())
    }
}

/// Where a connection went.
#[derive(Clone, Copy)]
pub(crate) struct Listener<'t> {
    pub(crate) server: &'t str,
    pub(crate) label: Label,
    /// The port that it came to, and the names by which clients are led there.
    pub(crate) port: u16,
    pub(crate) hosts: &'t [String],
}

impl Listener<'_> {
    /// Whether clients are led there by this name.
    pub(crate) fn is_known_as(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

/// A line that the client said in clear, put together again from the segments that it came in.
pub(crate) struct Spoken {
    pub(crate) connection: ConnectionId,
    /// The observation in which it ended.
    pub(crate) sequence: u32,
    /// What it gives away to whoever listens.
    pub(crate) overheard: Option<Overheard>,
}

/// What a connection was meant for.
struct Target<'t> {
    connection: ConnectionId,
    host: &'t str,
    port: u16,
}

/// How far a dialogue has come, as far as it matters to who is dismissed.
#[derive(Default)]
struct Dialogue {
    /// What the server has begun to say.
    said: Vec<u8>,
    has_greeted: bool,
    is_dismissed: bool,
    /// What the client has begun to say since it was dismissed.
    answered: Vec<u8>,
}

impl Dialogue {
    /// Takes in what one of the two says, and whether it is something that a client which was dismissed does not say.
    fn is_broken_by(&mut self, by: Party, bytes: &[u8], label: Label) -> bool {
        let service = label.service();
        let begun = match by {
            Party::Server => &mut self.said,
            Party::Client if self.is_dismissed => &mut self.answered,
            Party::Client => return false,
        };
        begun.extend_from_slice(bytes);
        let end = begun.iter().rposition(|&octet| octet == b'\n').map_or(0, |last| last + 1);
        let lines: Vec<u8> = begun.drain(..end).collect();
        let mut lines = lines.split_inclusive(|&octet| octet == b'\n');
        if by == Party::Client {
            return lines.any(|line| !service.is_farewell(line));
        }
        for line in lines {
            let is_first = !std::mem::replace(&mut self.has_greeted, true);
            let place = if is_first { ServerLine::Greeting } else { ServerLine::Reply };
            self.is_dismissed |= service.dismisses(line, place);
        }
        false
    }
}

impl<'t> Index<'t> {
    pub(crate) fn new(transcript: &'t Transcript, listeners: &'t Listeners<'t>) -> Self {
        Self { transcript, earlier: Vec::new(), listeners, spoken: spoken(transcript) }
    }

    /// Knows what was seen in earlier steps.
    pub(crate) fn after(mut self, earlier: impl Iterator<Item = &'t Transcript>) -> Self {
        self.earlier.extend(earlier);
        self
    }

    /// Whether there were earlier steps.
    pub(crate) fn is_later(&self) -> bool {
        !self.earlier.is_empty()
    }

    /// Whether something of this kind was seen in this step or an earlier one.
    pub(crate) fn has_up_to_now(&self, holds: impl Fn(&Event) -> bool) -> bool {
        self.earlier.iter().copied().chain([self.transcript]).flat_map(Transcript::events).any(holds)
    }

    /// Whether something of this kind was seen.
    pub(crate) fn has(&self, holds: impl Fn(&Event) -> bool) -> bool {
        self.transcript.events().any(holds)
    }

    pub(crate) fn observations(&self) -> impl Iterator<Item = &'t Observation> + use<'t> {
        self.transcript.observations.iter()
    }

    /// The lines of the client in clear that give this away.
    pub(crate) fn overheard(&self, what: Overheard) -> impl Iterator<Item = &Spoken> {
        self.spoken.iter().filter(move |spoken| spoken.overheard == Some(what))
    }

    /// What the client said in clear on a connection behind its wish for TLS.
    pub(crate) fn said_behind_wish_for_tls(&self) -> impl Iterator<Item = &Spoken> {
        let is_wish = |spoken: &Spoken| spoken.overheard == Some(Overheard::AsksForTls);
        self.spoken.iter().enumerate().filter_map(move |(position, spoken)| {
            let before = &self.spoken[..position];
            let has_wished =
                before.iter().any(|earlier| earlier.connection == spoken.connection && is_wish(earlier));
            has_wished.then_some(spoken)
        })
    }

    /// What the client said in clear on a connection to a host and port where a handshake had failed on another one: the same
    /// target is the same host and port, whatever led there.
    pub(crate) fn said_where_tls_had_failed(&self) -> impl Iterator<Item = &Spoken> {
        let failures = self.observations().filter_map(|observation| match &observation.event {
            Event::Handshake { connection, outcome: HandshakeOutcome::Failed { .. }, .. } => {
                Some((observation.sequence, self.target(*connection)?))
            }
            _ => None,
        });
        let failures: Vec<(u32, Target<'_>)> = failures.collect();
        self.spoken.iter().filter(move |spoken| {
            let target = self.target(spoken.connection);
            target.is_some_and(|target| {
                failures.iter().any(|(sequence, failed)| {
                    *sequence < spoken.sequence
                        && failed.connection != target.connection
                        && failed.port == target.port
                        && failed.host.eq_ignore_ascii_case(target.host)
                })
            })
        })
    }

    /// Where the client said something else than its farewell to a server that had dismissed it, in clear or inside TLS.
    pub(crate) fn said_where_unwelcome(&self) -> impl Iterator<Item = (ConnectionId, u32)> {
        let mut dialogues: HashMap<ConnectionId, Dialogue> = HashMap::new();
        self.observations().filter_map(move |observation| {
            let Event::Bytes { connection, by, bytes, .. } = &observation.event else { return None };
            let label = self.listener(*connection)?.label;
            let dialogue = dialogues.entry(*connection).or_default();
            dialogue.is_broken_by(*by, bytes, label).then_some((*connection, observation.sequence))
        })
    }

    /// The target that a connection was meant for, if that can be told: clients are led to some addresses by several names, and
    /// only SNI says by which.
    fn target(&self, connection: ConnectionId) -> Option<Target<'t>> {
        let listener = self.listener(connection)?;
        let host = match (self.sni(connection), listener.hosts) {
            (Some(named), _) => named,
            (None, [only]) => only,
            (None, _) => return None,
        };
        Some(Target { connection, host: host.trim_end_matches('.'), port: listener.port })
    }

    /// The name of the server that a connection went to.
    pub(crate) fn server(&self, connection: ConnectionId) -> &'t str {
        self.listeners.0.get(&connection).map_or("?", |listener| listener.server)
    }

    /// Where a connection went.
    pub(crate) fn listener(&self, connection: ConnectionId) -> Option<Listener<'t>> {
        self.listeners.0.get(&connection).copied()
    }

    /// The name that the client asked for by SNI when TLS began on a connection.
    pub(crate) fn sni(&self, connection: ConnectionId) -> Option<&'t str> {
        self.transcript.events().find_map(|event| match event {
            Event::Handshake { connection: shaken, sni: Some(name), .. } if *shaken == connection => {
                Some(name.as_str())
            }
            _ => None,
        })
    }
}

fn listeners(transcript: &Transcript) -> impl Iterator<Item = (ConnectionId, Listener<'_>)> {
    transcript.events().filter_map(|event| match event {
        Event::Accepted { connection, server, label, port, hosts, .. } => {
            Some((*connection, Listener { server, label: *label, port: *port, hosts }))
        }
        _ => None,
    })
}

fn spoken(transcript: &Transcript) -> Vec<Spoken> {
    let mut spoken = Vec::new();
    let mut begun: HashMap<ConnectionId, (u32, Vec<u8>)> = HashMap::new();
    let whole = |connection: ConnectionId, sequence: u32, line: &[u8]| Spoken {
        connection,
        sequence,
        overheard: overhear(line),
    };
    for Observation { sequence, event, .. } in &transcript.observations {
        match event {
            Event::Bytes { connection, by: Party::Client, channel: Channel::Clear, bytes } => {
                let (last, line) = begun.entry(*connection).or_default();
                for part in bytes.split_inclusive(|&byte| byte == b'\n') {
                    *last = *sequence;
                    line.extend_from_slice(part);
                    if line.ends_with(b"\n") {
                        spoken.push(whole(*connection, *sequence, line));
                        line.clear();
                    }
                }
            }
            // What was begun before TLS does not go on behind it.
            Event::Handshake { connection, .. } => {
                if let Some((last, line)) = begun.remove(connection)
                    && !line.is_empty()
                {
                    spoken.push(whole(*connection, last, &line));
                }
            }
            _ => {}
        }
    }
    let unfinished = begun.into_iter().filter(|(_, (_, line))| !line.is_empty());
    spoken.extend(unfinished.map(|(connection, (last, line))| whole(connection, last, &line)));
    spoken.sort_by_key(|spoken| spoken.sequence);
    spoken
}

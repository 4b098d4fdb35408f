//! Collecting observations from many tasks in one order.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::{ConnectionId, Event, Gap};

/// An event with its place and time in the case.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Observation {
    /// Place in the transcript, from 1, without gaps.
    pub sequence: u32,
    /// The step of the case in which it was made, from 1.
    pub step: u32,
    /// Time since the recorder was made, in whole microseconds when serialized.
    #[serde(with = "microseconds")]
    pub at: Duration,
    /// What was seen.
    pub event: Event,
}

/// The ordered observations of one case.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Transcript {
    /// In order of recording.
    pub observations: Vec<Observation>,
}

impl Transcript {
    /// The events, in order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.observations.iter().map(|observation| &observation.event)
    }

    /// Why it does not hold all that happened, if it does not. What it holds is true all the same; what it does not hold
    /// may have happened.
    #[must_use]
    pub fn gap(&self) -> Option<&Gap> {
        self.events().find_map(|event| match event {
            Event::Gap(gap) => Some(gap),
            _ => None,
        })
    }
}

/// Where every server of a lab records. Clones share one transcript.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Mutex<Shared>>,
    start: Instant,
}

#[derive(Debug, Default)]
struct Shared {
    observations: Vec<Observation>,
    /// Observations that were taken already in this run, so that its numbers go on from step to step.
    taken: usize,
    /// Steps that ended in this run.
    ended: u32,
    connections: u32,
    queries: u32,
    open: usize,
    octets: usize,
    /// Why not all is recorded in this run, since that happened.
    gap: Option<Gap>,
}

/// What one case may record, so that a subject that floods costs only its own case.
const MOST_OCTETS: usize = 16 << 20;

impl Default for Recorder {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorder {
    /// An empty transcript whose time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::default(), start: Instant::now() }
    }

    /// Appends an event. Past 16 MiB of observations further ones are left out, and the transcript [says so](Event::Gap).
    pub fn record(&self, event: Event) {
        let at = self.start.elapsed();
        self.with(|shared| {
            match event {
                Event::Accepted { .. } => shared.open += 1,
                Event::Closed { .. } => shared.open = shared.open.saturating_sub(1),
                // One says that from here on nothing can be concluded from what is not there.
                Event::Gap(gap) => return shared.tear(at, gap),
                _ => {}
            }
            if shared.octets > MOST_OCTETS {
                return;
            }
            shared.octets += std::mem::size_of::<Observation>() + payload(&event);
            if shared.octets > MOST_OCTETS {
                return shared.tear(at, Gap::Flood);
            }
            shared.append(at, event);
        });
    }

    /// The number for the next accepted connection.
    #[must_use]
    pub fn next_connection(&self) -> ConnectionId {
        self.with(|shared| {
            shared.connections += 1;
            ConnectionId(shared.connections)
        })
    }

    /// The number for the next DNS query.
    #[must_use]
    pub fn next_query(&self) -> u32 {
        self.with(|shared| {
            shared.queries += 1;
            shared.queries
        })
    }

    /// What was seen so far.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        self.with(|shared| Transcript { observations: shared.observations.clone() })
    }

    /// What was seen so far, of which nothing stays behind: the next run in the same lab has a transcript of its own.
    /// Connections and queries keep counting, so that a late observation is not mistaken for one of the next run.
    #[must_use]
    pub fn take(&self) -> Transcript {
        self.with(|shared| {
            shared.octets = 0;
            shared.gap = None;
            shared.taken = 0;
            shared.ended = 0;
            Transcript { observations: std::mem::take(&mut shared.observations) }
        })
    }

    /// What was seen so far in this step, of which nothing stays behind. What comes now belongs to the next step of the
    /// same run; its numbers go on.
    #[must_use]
    pub fn take_step(&self) -> Transcript {
        let at = self.start.elapsed();
        self.with(|shared| {
            let observations = std::mem::take(&mut shared.observations);
            shared.taken += observations.len();
            shared.ended += 1;
            // What was lost before it is missing in the next step, too.
            if let Some(gap) = shared.gap.clone() {
                shared.append(at, Event::Gap(gap));
            }
            Transcript { observations }
        })
    }

    /// How many observations there are since the start or the last [`Recorder::take`].
    #[must_use]
    pub fn count(&self) -> usize {
        self.with(|shared| shared.observations.len())
    }

    /// Connections that were accepted and are not closed yet.
    #[must_use]
    pub fn open_connections(&self) -> usize {
        self.with(|shared| shared.open)
    }

    fn with<T>(&self, use_shared: impl FnOnce(&mut Shared) -> T) -> T {
        // A panic elsewhere while recording leaves whole observations only, so a poisoned lock is still good.
        use_shared(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    fn append(&mut self, at: Duration, event: Event) {
        let sequence = u32::try_from(self.taken + self.observations.len() + 1).unwrap_or(u32::MAX);
        self.observations.push(Observation { sequence, step: self.ended + 1, at, event });
    }

    /// Says once in each step that there is a gap: the first is all that a judge has to know of.
    fn tear(&mut self, at: Duration, gap: Gap) {
        if self.gap.is_none() {
            self.gap = Some(gap.clone());
            self.append(at, Event::Gap(gap));
        }
    }
}

fn payload(event: &Event) -> usize {
    match event {
        Event::Bytes { bytes, .. } => bytes.len(),
        Event::Subject { text, .. } => text.len(),
        _ => 0,
    }
}

mod microseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(at.as_micros()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channel, Party};

    #[test]
    fn clones_share_one_order() {
        let recorder = Recorder::new();
        let other = recorder.clone();
        recorder.record(Event::Closed { connection: recorder.next_connection(), by: Party::Client });
        other.record(Event::Closed { connection: other.next_connection(), by: Party::Server });
        let transcript = recorder.transcript();
        let sequences: Vec<u32> = transcript.observations.iter().map(|o| o.sequence).collect();
        assert_eq!(sequences, [1, 2]);
        assert!(transcript.observations[0].at <= transcript.observations[1].at);
    }

    #[test]
    fn a_step_knows_its_number_and_a_run_begins_anew() {
        let recorder = Recorder::new();
        let seen = |transcript: Transcript| -> Vec<(u32, u32)> {
            transcript.observations.iter().map(|seen| (seen.step, seen.sequence)).collect()
        };
        let record =
            || recorder.record(Event::Closed { connection: recorder.next_connection(), by: Party::Client });
        record();
        assert_eq!(seen(recorder.take_step()), [(1, 1)]);
        record();
        record();
        assert_eq!(seen(recorder.take_step()), [(2, 2), (2, 3)]);
        let _ = recorder.take();
        record();
        assert_eq!(seen(recorder.take()), [(1, 1)]);
    }

    #[test]
    fn a_flood_is_cut_and_every_transcript_of_the_run_says_so() {
        let recorder = Recorder::new();
        let said = |length| Event::Bytes {
            connection: ConnectionId(1),
            by: Party::Client,
            channel: Channel::Clear,
            bytes: vec![b'x'; length],
        };
        for _ in 0..20 {
            recorder.record(said(1 << 20));
        }
        assert!(recorder.transcript().observations.len() < 20);
        assert_eq!(recorder.transcript().gap(), Some(&Gap::Flood));
        // It is said where it happened, and nothing stands behind it.
        recorder.record(said(1));
        let first = recorder.take_step();
        assert_eq!(first.events().last(), Some(&Event::Gap(Gap::Flood)));
        assert_eq!(first.events().filter(|event| matches!(event, Event::Gap(_))).count(), 1);
        recorder.record(said(1));
        let next = recorder.take();
        assert_eq!(next.events().collect::<Vec<_>>(), [&Event::Gap(Gap::Flood)]);
        assert_eq!(next.observations[0].sequence as usize, first.observations.len() + 1);
        // The next run has room of its own.
        recorder.record(said(1));
        assert_eq!(recorder.take().gap(), None);
    }

    #[test]
    fn an_error_of_the_harness_is_said_once_and_what_comes_behind_it_is_kept() {
        let recorder = Recorder::new();
        for attempt in 1..=3 {
            recorder.record(Event::Gap(Gap::Harness { error: format!("accept: attempt {attempt}") }));
        }
        recorder.record(Event::Closed { connection: recorder.next_connection(), by: Party::Client });
        let transcript = recorder.take();
        assert_eq!(transcript.gap(), Some(&Gap::Harness { error: "accept: attempt 1".to_owned() }));
        assert_eq!(transcript.observations.len(), 2);
    }
}

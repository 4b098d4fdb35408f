//! A transcript as a time line: what was seen, in the lane of what carried it, and the octets that convict.

use std::collections::BTreeSet;

use data_encoding::{BASE64, BASE64_NOPAD};
use serde::{Serialize, Serializer};
use signpost_format::CaseResult;
use signpost_source::visible;
use signpost_transcript::{Channel, Event, Observation, Party};

/// Entries that are shown of the beginning and the end, and around each that convicts, where there are many.
const CONTEXT: usize = 10;
/// Entries of one transcript, besides those at its end.
const MOST_ENTRIES: usize = 150;
/// Characters of one entry.
const MOST_CHARACTERS: usize = 600;
/// A word that is shorter is no password in base64.
const SHORTEST_BASE64: usize = 4;

/// What carried something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lane {
    Dns,
    Tcp,
    Clear,
    Tls,
    /// What nothing carried: the subject's own words, and what the lab has to say.
    Aside,
    /// So many entries are left out here.
    Omitted,
    /// Another step begins.
    Step,
}

impl Serialize for Lane {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

/// One thing that was seen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Entry {
    pub(super) lane: Lane,
    /// What came before the octets: who sent them, or all there is to say of what has none.
    pub(super) text: String,
    /// What was sent.
    pub(super) octets: String,
    pub(super) convicts: bool,
    /// What stands in base64 in the octets that convict, read.
    pub(super) decoded: Vec<String>,
}

/// What is shown of a transcript.
pub(super) fn entries(result: &CaseResult) -> Vec<Entry> {
    let convicting: BTreeSet<u32> =
        result.findings.iter().flat_map(|finding| &finding.lines).copied().collect();
    let seen = &result.transcript;
    let marks: Vec<usize> =
        (0..seen.len()).filter(|&index| convicting.contains(&seen[index].sequence)).collect();
    // A flood may be long, and all of it convict.
    let is_near_mark = |index: usize| {
        let next = marks.partition_point(|mark| *mark + CONTEXT < index);
        marks.get(next).is_some_and(|mark| mark.abs_diff(index) <= CONTEXT)
    };
    let mut shown = 0;
    let mut is_shown = |index: usize| {
        let is_end = index < CONTEXT || index + CONTEXT >= seen.len();
        let is_shown = is_end || (shown < MOST_ENTRIES && is_near_mark(index));
        shown += usize::from(is_shown);
        is_shown
    };
    let mut entries = Vec::new();
    let (mut omitted, mut step) = (0_usize, seen.first().map_or(1, |first| first.step));
    let flush = |omitted: &mut usize, entries: &mut Vec<Entry>| {
        if *omitted > 0 {
            entries.push(Entry::plain(Lane::Omitted, omitted.to_string()));
            *omitted = 0;
        }
    };
    for (index, observation) in seen.iter().enumerate() {
        if observation.step != step {
            step = observation.step;
            flush(&mut omitted, &mut entries);
            entries.push(Entry::plain(Lane::Step, step.to_string()));
        }
        if is_shown(index) {
            flush(&mut omitted, &mut entries);
            entries.push(Entry::of(observation, convicting.contains(&observation.sequence)));
        } else {
            omitted += 1;
        }
    }
    flush(&mut omitted, &mut entries);
    entries
}

impl Entry {
    fn plain(lane: Lane, text: String) -> Self {
        Self { lane, text, octets: String::new(), convicts: false, decoded: Vec::new() }
    }

    fn of(observation: &Observation, convicts: bool) -> Self {
        let event = &observation.event;
        let entry = match event {
            Event::Bytes { connection, by, bytes, .. } => {
                let (arrow, is_client) = match by {
                    Party::Client => ("C", true),
                    Party::Server => ("S", false),
                };
                let decoded = if convicts && is_client { decoded(bytes) } else { Vec::new() };
                let octets = bytes.escape_ascii().to_string();
                Self {
                    octets: shortened(&octets),
                    decoded,
                    ..Self::plain(lane(event), format!("{connection} {arrow}"))
                }
            }
            event => Self::plain(lane(event), shortened(&event.to_string())),
        };
        Self { convicts, ..entry }
    }
}

fn lane(event: &Event) -> Lane {
    let of_channel = |channel: &Channel| match channel {
        Channel::Clear => Lane::Clear,
        Channel::Tls => Lane::Tls,
    };
    match event {
        Event::Answer { .. } | Event::Query { .. } => Lane::Dns,
        Event::Accepted { .. } | Event::Closed { .. } => Lane::Tcp,
        Event::Handshake { .. } => Lane::Tls,
        Event::Bytes { channel, .. } | Event::Credential { channel, .. } | Event::Mail { channel, .. } => {
            of_channel(channel)
        }
        _ => Lane::Aside,
    }
}

/// The beginning of what anybody said, as a person reads it.
pub(super) fn shortened(text: &str) -> String {
    let text = visible(text);
    let mut shown: String = text.chars().take(MOST_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The words that are base64 of something that can be read, as what they say.
fn decoded(octets: &[u8]) -> Vec<String> {
    let words = octets.split(|octet| octet.is_ascii_whitespace());
    words.filter(|word| word.len() >= SHORTEST_BASE64).filter_map(read).collect()
}

fn read(word: &[u8]) -> Option<String> {
    let said = BASE64.decode(word).or_else(|_| BASE64_NOPAD.decode(word)).ok()?;
    let said = String::from_utf8(said).ok()?;
    // The parts of PLAIN stand between NULs, those of SCRAM and XOAUTH2 may between others.
    let is_read = |next: char| !next.is_control() || matches!(next, '\0' | '\u{1}');
    let text = said.replace('\0', "\u{2400}");
    (!said.is_empty() && said.chars().all(is_read)).then(|| shortened(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_whatever_convicts() {
        let seen = |sequence: u32| {
            serde_json::json!({
                "sequence": sequence, "step": 1, "at": 0,
                "event": { "event": "subject", "line": "stderr", "text": format!("line {sequence}") }
            })
        };
        let flood = |convicting: Vec<u32>| -> Vec<Entry> {
            let result = serde_json::json!({
                "id": "a/b", "title": "", "verdict": "fail", "expected": false, "severity": "low", "requirements": [],
                "findings": [{ "requirement": "c/d", "expected": "", "seen": "", "lines": convicting }],
                "transcript": (1..=9_000).map(seen).collect::<Vec<_>>(), "duration_us": 0, "runs": 1, "reproduce": ""
            });
            entries(&serde_json::from_value(result).unwrap())
        };
        let omitted = |entries: &[Entry]| -> usize {
            let gaps = entries.iter().filter(|entry| entry.lane == Lane::Omitted);
            gaps.map(|gap| gap.text.parse::<usize>().unwrap()).sum()
        };
        let all = flood((1..=9_000).collect());
        assert_eq!((all.len(), omitted(&all)), (MOST_ENTRIES + CONTEXT + 1, 9_000 - MOST_ENTRIES - CONTEXT));
        let one = flood(vec![5_000]);
        assert_eq!((one.len(), omitted(&one)), (4 * CONTEXT + 3, 9_000 - 4 * CONTEXT - 1));
        assert!(one.iter().any(|entry| entry.convicts && entry.text.ends_with("line 5000")));
    }

    #[test]
    fn a_password_is_read_beside_its_base64_and_commands_are_not() {
        for (octets, said) in [
            ("AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n", vec!["\u{2400}alice\u{2400}secret"]),
            ("c2VjcmV0\r\n", vec!["secret"]),
            ("STARTTLS\r\n", vec![]),
            ("EHLO client.example\r\n", vec![]),
            ("USER alice\r\n", vec![]),
            ("PASS hunter2\r\n", vec![]),
        ] {
            assert_eq!(decoded(octets.as_bytes()), said, "{octets:?}");
        }
    }
}

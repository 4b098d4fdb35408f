//! Observations of which nobody knows whether the subject made them.
//!
//! A leak must not be lost because a client was quick, and a stranger must not convict. So a case is judged with them and
//! without, and where it is not the same verdict, there is none.

use std::collections::HashSet;
use std::net::SocketAddr;

use signpost_format::{Finding, Verdict};
use signpost_transcript::{ConnectionId, Event, Observation, Transcript, Transport};

use crate::ground_rule::GroundRule;
use crate::judge::{Judgement, Run};

/// Judges runs with what is in doubt and without it.
pub(super) fn judge_despite_doubt(runs: &[Run], judge: impl Fn(&[Run]) -> Judgement) -> Judgement {
    let whole = judge(runs);
    let doubtful: HashSet<(SocketAddr, Transport)> =
        runs.iter().flat_map(|run| run.transcript.events()).filter_map(doubted).collect();
    if doubtful.is_empty() {
        return whole;
    }
    let without = judge(&runs.iter().map(|run| without(run, &doubtful)).collect::<Vec<_>>());
    if whole.verdict == without.verdict {
        return whole;
    }
    let (with, run) = (whole.verdict, whole.run);
    let note = Finding {
        requirement: GroundRule::KnownPeers.slug().to_owned(),
        expected: "peers of whom it is known whether they are the subject".to_owned(),
        seen: format!(
            "{with} with what came from peers that were gone before their owner could be seen, {} without it",
            without.verdict
        ),
        lines: Vec::new(),
    };
    let findings = [note].into_iter().chain(whole.findings).collect();
    Judgement { verdict: Verdict::Inconclusive, findings, run }
}

fn doubted(event: &Event) -> Option<(SocketAddr, Transport)> {
    match event {
        Event::Doubtful { peer, transport } => Some((*peer, *transport)),
        _ => None,
    }
}

/// The run as if these peers had not been there. What a fault did for them stays: that it bit is no word of theirs.
fn without(run: &Run, doubtful: &HashSet<(SocketAddr, Transport)>) -> Run {
    let mut connections: HashSet<ConnectionId> = HashSet::new();
    let mut queries: HashSet<u32> = HashSet::new();
    let mut is_known = |event: &Event| match event {
        Event::Accepted { connection, peer, .. } => {
            let is_known = !doubtful.contains(&(*peer, Transport::Tcp));
            if !is_known {
                connections.insert(*connection);
            }
            is_known
        }
        Event::Query { query, peer, transport, .. } => {
            let is_known = !doubtful.contains(&(*peer, *transport));
            if !is_known {
                queries.insert(*query);
            }
            is_known
        }
        Event::Answer { query, .. } => !queries.contains(query),
        Event::Bytes { connection, .. }
        | Event::Closed { connection, .. }
        | Event::Credential { connection, .. }
        | Event::Handshake { connection, .. }
        | Event::Mail { connection, .. } => !connections.contains(connection),
        _ => true,
    };
    let kept = |observation: &&Observation| is_known(&observation.event);
    let observations = run.transcript.observations.iter().filter(kept).cloned().collect();
    Run { transcript: Transcript { observations }, ended: run.ended.clone() }
}

//! The distribution of first choices over all runs of a case.

use std::collections::BTreeMap;

use signpost_format::Finding;
use signpost_transcript::Event;

use super::Run;
use crate::selection::{FALSE_ALARM_RATE, SelectionExpectation};

/// The servers whose share of first choices no reading of RFC 2782 explains.
pub(super) fn judge_selection(
    selection: &SelectionExpectation,
    runs: &[Run],
    requirement: &str,
) -> Vec<Finding> {
    let mut chosen: BTreeMap<&str, u32> = BTreeMap::new();
    for run in runs {
        if let Some(server) = first_server(run) {
            *chosen.entry(server).or_default() += 1;
        }
    }
    let counts: Vec<u32> = selection
        .servers
        .iter()
        .map(|server| chosen.get(server.as_str()).copied().unwrap_or_default())
        .collect();
    selection
        .test
        .rejected(&counts)
        .into_iter()
        .map(|server| {
            let (low, high) = selection.test.accepted[server];
            let runs = selection.test.runs;
            Finding {
                requirement: requirement.to_owned(),
                expected: format!(
                    "{} chosen first in {low} to {high} of {runs} runs (false alarms: {FALSE_ALARM_RATE:e})",
                    selection.servers[server]
                ),
                seen: format!("{} of {runs}", counts[server]),
                lines: Vec::new(),
            }
        })
        .collect()
}

fn first_server(run: &Run) -> Option<&str> {
    run.transcript.events().find_map(|event| match event {
        Event::Accepted { server, .. } => Some(server.as_str()),
        _ => None,
    })
}

//! Cases in which the subject runs once from each of several addresses, and each run has an expectation of its own.

use std::net::IpAddr;

use signpost_lab::Stance;
use signpost_transcript::{Event, Observation, Transcript};

use super::{CLAIMS_ARE_TRUE, Demand, Judgement, Run, gravity, judge_run, note, weakened};
use crate::result::Finding;
use crate::verdict::Verdict;

/// What a case demands of the run from one view.
#[derive(Clone, Copy, Debug)]
pub struct ViewDemand<'a> {
    /// The view's name.
    pub name: &'a str,
    /// The address that the subject was told to ask from.
    pub source: IpAddr,
    /// What is demanded there.
    pub demand: Demand<'a>,
}

/// Judges one run from each view by a subject whose mode claims a stance. The worst run decides.
#[must_use]
pub fn judge_views(views: &[ViewDemand<'_>], runs: &[Run], claimed: Stance) -> Judgement {
    let mut worst = Judgement { verdict: Verdict::Pass, findings: Vec::new(), run: 0 };
    if runs.len() != views.len() || runs.is_empty() {
        worst.verdict = Verdict::Errored;
        worst.findings = vec![note("suite/subject-runs", "a run from each view", &runs.len().to_string())];
        return worst;
    }
    for (number, (view, run)) in views.iter().zip(runs).enumerate() {
        let mut judgement = judge_view(view, run, runs, claimed);
        if gravity(judgement.verdict) > gravity(worst.verdict) {
            for finding in &mut judgement.findings {
                finding.expected = format!("from the view `{}`: {}", view.name, finding.expected);
            }
            worst = Judgement { run: number, ..judgement };
        }
    }
    worst
}

fn judge_view(view: &ViewDemand<'_>, run: &Run, runs: &[Run], claimed: Stance) -> Judgement {
    let (verdict, findings) = judge_run(&view.demand, run, runs);
    let verdict = weakened(&view.demand, verdict, &findings, claimed);
    let judgement = Judgement { verdict, findings, run: 0 };
    // These hold whoever asks and whatever the answer was.
    let holds_anyway = |finding: &Finding| {
        finding.requirement.starts_with("invariant/") || finding.requirement == CLAIMS_ARE_TRUE
    };
    if matches!(judgement.verdict, Verdict::Unsupported | Verdict::Errored)
        || judgement.findings.iter().any(holds_anyway)
    {
        return judgement;
    }
    // What came of other answers than this view's says nothing of it, neither good nor bad.
    match asked_from_elsewhere(view.source, &run.transcript) {
        Some(finding) => Judgement { verdict: Verdict::Inconclusive, findings: vec![finding], run: 0 },
        None => judgement,
    }
}

/// Questions that did not come from the address, or that none did.
fn asked_from_elsewhere(source: IpAddr, transcript: &Transcript) -> Option<Finding> {
    let asked = |observation: &Observation| match &observation.event {
        Event::Query { peer, .. } => Some((observation.sequence, peer.ip())),
        _ => None,
    };
    let asking: Vec<(u32, IpAddr)> = transcript.observations.iter().filter_map(asked).collect();
    let strange: Vec<&(u32, IpAddr)> = asking.iter().filter(|(_, peer)| *peer != source).collect();
    let seen = match strange.first() {
        None if asking.is_empty() => "no question at all".to_owned(),
        None => return None,
        Some((_, peer)) => format!("{} of {} from elsewhere, first from {peer}", strange.len(), asking.len()),
    };
    let mut finding = note(
        "suite/reached",
        &format!("every DNS question from {source}, the `source` of the assignment"),
        &seen,
    );
    finding.lines = strange.into_iter().map(|(line, _)| *line).collect();
    Some(finding)
}

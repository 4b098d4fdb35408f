//! Cases that are judged in parts: runs from several addresses, or steps of one run, each with an expectation of its own.

use std::net::IpAddr;

use signpost_format::set_up::Stance;
use signpost_format::{Finding, Verdict};
use signpost_transcript::{Event, Observation, Transcript};

use super::{Demand, Extent, Judgement, Run, gravity, judge_run, note, weakened};
use crate::evidence::{Index, Listeners};
use crate::ground_rule::GroundRule;

/// What a case demands of one step of one run.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The name of the view that the subject asks from, and the address that it was told to ask from.
    pub view: Option<(&'a str, IpAddr)>,
    /// The step's number from 1, where there are several.
    pub step: Option<usize>,
    /// What is demanded there.
    pub demand: Demand<'a>,
}

/// Judges one run for each part by a subject whose mode claims a stance. The worst decides, and the first of the worst.
#[must_use]
pub fn judge_parts(parts: &[Part<'_>], runs: &[Run], claimed: Stance) -> Judgement {
    let mut worst = Judgement { verdict: Verdict::Pass, findings: Vec::new(), run: 0 };
    // Behind an error or a gap the further steps were not asked.
    let is_cut_short = runs.last().is_some_and(|run| run.ended.is_err() || run.transcript.gap().is_some());
    if runs.is_empty() || runs.len() > parts.len() || (runs.len() < parts.len() && !is_cut_short) {
        worst.verdict = Verdict::Errored;
        let expected = format!("{} runs and steps", parts.len());
        worst.findings = vec![note(GroundRule::SubjectRuns.slug(), &expected, &runs.len().to_string())];
        return worst;
    }
    let listeners = Listeners::of(runs.iter().map(|run| &run.transcript));
    for (number, (part, run)) in parts.iter().zip(runs).enumerate() {
        // A visit's steps follow one another, so those before this one are its earlier ones.
        let begun = number - part.step.map_or(0, |step| step - 1).min(number);
        let earlier = runs[begun..number].iter().map(|run| &run.transcript);
        let index = Index::new(&run.transcript, &listeners).after(earlier);
        let mut judgement = judge_part(part, run, &index, claimed);
        if gravity(judgement.verdict) > gravity(worst.verdict) {
            for finding in &mut judgement.findings {
                finding.expected = format!("{}{}", part.place(), finding.expected);
            }
            worst = Judgement { run: number, ..judgement };
        }
    }
    worst
}

impl Part<'_> {
    /// Where it is, before what is expected there.
    fn place(&self) -> String {
        let view = self.view.map(|(name, _)| format!("from the view `{name}`: "));
        let step = self.step.map(|step| format!("in step {step}: "));
        view.into_iter().chain(step).collect()
    }
}

fn judge_part(part: &Part<'_>, run: &Run, index: &Index<'_>, claimed: Stance) -> Judgement {
    let (verdict, findings) = judge_run(&part.demand, run, index);
    let verdict = weakened(&part.demand, verdict, &findings, claimed);
    let judgement = Judgement { verdict, findings, run: 0 };
    // These hold whoever asks and whatever the answer was.
    let holds_anyway = |finding: &Finding| {
        finding.requirement.starts_with("invariant/")
            || finding.requirement == GroundRule::ClaimsAreTrue.slug()
    };
    if part.demand.extent == Extent::Leaks
        || matches!(judgement.verdict, Verdict::Unsupported | Verdict::Errored)
        || judgement.findings.iter().any(holds_anyway)
        || (judgement.verdict == Verdict::Inconclusive && run.transcript.gap().is_some())
    {
        return judgement;
    }
    // What came of other answers than this view's says nothing of it, neither good nor bad.
    match part.view.and_then(|(_, source)| asked_from_elsewhere(source, &run.transcript)) {
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
        GroundRule::Reached.slug(),
        &format!("every DNS question from {source}, the `source` of the assignment"),
        &seen,
    );
    finding.lines = strange.into_iter().map(|(line, _)| *line).collect();
    Some(finding)
}

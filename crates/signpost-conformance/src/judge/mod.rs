//! The verdict on one case, from what the servers saw. The judge never asks the lab and never believes the subject
//! where the transcript can tell. What a report means is its role's to say.

mod invariant;
mod part;
mod selection;

use signpost_format::set_up::Stance;
use signpost_format::{Finding, Report, Verdict};
use signpost_transcript::{Event, Gap, Transcript};

pub use invariant::Ground;
pub(crate) use invariant::gives_away;
pub use part::{Part, judge_parts};

use crate::evidence::{Index, Listeners, Selector};
use crate::ground_rule::GroundRule;
use crate::requirement::Level;
use crate::role::{Ending, Expectation};

/// One step of one run of the subject in the case's lab.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the lab saw.
    pub transcript: Transcript,
    /// What the subject reported, or why there is no report.
    pub ended: Result<Report, String>,
}

/// What a step of a case demands.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// What the scenario expects.
    pub expectation: &'a Expectation,
    /// Slugs and levels of the requirements that the scenario tests; the first is the one a broken expectation breaks.
    pub requirements: &'a [(String, Level)],
    /// Every fault: one that was never applied to anything cannot have been tested.
    pub faults: &'a [DemandedFault],
    /// What the world says of its servers and user.
    pub ground: Ground<'a>,
    /// What the user asked for in this case.
    pub stance: Stance,
    /// How much of it is judged.
    pub extent: Extent,
}

/// How much of a case is judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// All that it demands.
    Everything,
    /// Only what holds whatever else became of it: invariants, what must never be seen, and false claims. Where the honest
    /// case does not work, a refusal says nothing, but a leak is one all the same.
    Leaks,
}

/// A fault that must have been applied.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DemandedFault {
    /// Which of the scenario's faults it is, from 1. It is known by this, as two may have one place and kind.
    pub number: u32,
    /// Its `at`, to be told of.
    pub at: String,
    /// Its kind, to be told of.
    pub kind: String,
}

/// A verdict and what it rests on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// What is broken, or what kept the case from being judged.
    pub findings: Vec<Finding>,
    /// Index of the run that the findings' line numbers belong to.
    pub run: usize,
}

/// Judges runs that are all of the same kind, by a subject whose mode claims a stance. The worst run decides; the
/// distribution over the runs is judged when each of them is good.
#[must_use]
pub fn judge(demand: &Demand<'_>, runs: &[Run], claimed: Stance) -> Judgement {
    let mut worst = Judgement { verdict: Verdict::Pass, findings: Vec::new(), run: 0 };
    if runs.is_empty() {
        worst.verdict = Verdict::Errored;
        worst.findings = vec![note(GroundRule::SubjectRuns.slug(), "a run of the subject", "none")];
    }
    let listeners = Listeners::of(runs.iter().map(|run| &run.transcript));
    for (number, run) in runs.iter().enumerate() {
        let (verdict, findings) = judge_run(demand, run, &Index::new(&run.transcript, &listeners));
        // Before runs are compared: a recommendation that one breaks must not stand before a leak in another.
        let verdict = weakened(demand, verdict, &findings, claimed);
        if gravity(verdict) > gravity(worst.verdict) {
            worst = Judgement { verdict, findings, run: number };
        }
    }
    if worst.verdict == Verdict::Pass
        && demand.extent == Extent::Everything
        && let Some(selection) = demand.expectation.end.selection()
    {
        let findings = selection::judge_selection(selection, runs, first_requirement(demand));
        if !findings.is_empty() {
            let verdict = weakened(demand, Verdict::Fail, &findings, claimed);
            worst = Judgement { verdict, findings, run: 0 };
        }
    }
    worst
}

fn weakened(demand: &Demand<'_>, verdict: Verdict, findings: &[Finding], claimed: Stance) -> Verdict {
    if verdict == Verdict::Fail && is_only_weak(demand, findings, claimed) { Verdict::Weak } else { verdict }
}

/// How much a run's verdict says about the case: a leak in one run outweighs every crash and every good run.
const fn gravity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Weak => 1,
        Verdict::Unsupported => 2,
        Verdict::Inconclusive => 3,
        Verdict::Errored => 4,
        Verdict::Fail => 5,
    }
}

/// Whether what is broken is only recommended, or more than the subject's mode claims to give.
fn is_only_weak(demand: &Demand<'_>, findings: &[Finding], claimed: Stance) -> bool {
    findings.iter().all(|finding| {
        is_beyond(demand, finding, claimed)
            || demand
                .requirements
                .iter()
                .any(|(slug, level)| *slug == finding.requirement && *level == Level::Should)
    })
}

/// Whether a lesser claim than the case demands covers this. TLS with whomever is still TLS, and no mode makes a false
/// claim true.
fn is_beyond(demand: &Demand<'_>, finding: &Finding, claimed: Stance) -> bool {
    let is_in_clear = matches!(
        finding.requirement.as_str(),
        "invariant/no-credential-in-clear"
            | "invariant/no-login-name-in-clear"
            | "invariant/no-mail-in-clear"
            | "invariant/silence-after-tls-failure"
    );
    claimed < demand.stance
        && finding.requirement != GroundRule::ClaimsAreTrue.slug()
        && (claimed == Stance::Opportunistic || !is_in_clear)
}

fn judge_run(demand: &Demand<'_>, run: &Run, index: &Index<'_>) -> (Verdict, Vec<Finding>) {
    let mut findings = invariant::broken_invariants(index, demand.ground);
    findings.extend(forbidden(demand, index));
    if let Some(gap) = run.transcript.gap() {
        return not_whole(demand, gap, findings);
    }
    let ended = run.ended.as_ref().map_err(String::as_str).and_then(|report| {
        let ending = demand.expectation.end.held_against(report).ok_or("a report of another role")?;
        Ok((report, ending))
    });
    let (report, ending) = match ended {
        Ok(ended) => ended,
        // A leak is a leak, whatever became of the subject afterwards.
        Err(_) if !findings.is_empty() => return (Verdict::Fail, findings),
        Err(_) if demand.extent == Extent::Leaks => return (Verdict::Pass, findings),
        Err(reason) => {
            let error = note(GroundRule::SubjectEndsWithAReport.slug(), "a report", reason);
            return (Verdict::Errored, vec![error]);
        }
    };
    let claim = ending.false_claim(index);
    findings
        .extend(claim.map(|expected| note(GroundRule::ClaimsAreTrue.slug(), expected, &report.to_string())));
    if demand.extent == Extent::Leaks {
        return (if findings.is_empty() { Verdict::Pass } else { Verdict::Fail }, findings);
    }
    if let Some(reason) = report.unsupported_reason()
        && findings.is_empty()
    {
        return (
            Verdict::Unsupported,
            vec![note(GroundRule::Supported.slug(), "a subject that can do this", reason)],
        );
    }
    if let Some(finding) = ending.is_not_its_own(index)
        && findings.is_empty()
    {
        return (Verdict::Inconclusive, vec![finding]);
    }
    // A subject that stopped before the case began to bite has not shown that it would stop there.
    let stopped_early = !ending.went_on();
    let outcome = wrong_outcome(demand, report, ending.as_ref());
    // Nor has one that answered from memory in a later step, and never came upon what is broken there.
    if findings.is_empty() && (outcome.is_none() || stopped_early || index.is_later()) {
        let unreached = unreached(demand, index);
        let mut idle = idle(demand, index);
        if ending.may_stop_at_any_fault() && idle.len() < demand.faults.len() {
            idle.clear();
        }
        if let Some(what) = ending.left_out(index)
            && !(unreached.is_empty() && idle.is_empty())
        {
            if outcome.is_none() {
                return (Verdict::Pass, Vec::new());
            }
            let left =
                note(GroundRule::LeftFree.slug(), &format!("a subject by which {what}"), &report.to_string());
            return (Verdict::Unsupported, vec![left]);
        }
        // Where only success is right, a step that is missing is a mistake and no want of opportunity; a fault that
        // never bit has shown nothing of anybody.
        let has_no_excuse = ending.must_go_on() && !(outcome.is_none() && stopped_early);
        if !idle.is_empty() || (!unreached.is_empty() && !has_no_excuse) {
            return (Verdict::Inconclusive, [unreached, idle].concat());
        }
        findings.extend(unreached);
    }
    let of_first = |expected: String| note(first_requirement(demand), &expected, &report.to_string());
    findings.extend(outcome.or_else(|| ending.untold()).map(of_first));
    if !findings.is_empty() {
        return (Verdict::Fail, findings);
    }
    if let Some(reasons) = ending.other_reason() {
        return (
            Verdict::Inconclusive,
            vec![note(GroundRule::RightReason.slug(), &reasons, &report.to_string())],
        );
    }
    match ending.misleading() {
        Some((requirement, expected)) => {
            (Verdict::Weak, vec![note(requirement, &expected, &report.to_string())])
        }
        None => (Verdict::Pass, Vec::new()),
    }
}

/// What is in a transcript with a gap convicts; nothing can be concluded from what is not in it.
fn not_whole(demand: &Demand<'_>, gap: &Gap, findings: Vec<Finding>) -> (Verdict, Vec<Finding>) {
    if !findings.is_empty() {
        return (Verdict::Fail, findings);
    }
    if demand.extent == Extent::Leaks {
        return (Verdict::Pass, findings);
    }
    match gap {
        Gap::Flood => (
            Verdict::Inconclusive,
            vec![note(
                GroundRule::WholeTranscript.slug(),
                "a subject that stays within 16 MiB",
                &gap.to_string(),
            )],
        ),
        Gap::Harness { .. } => {
            let remedy =
                "run fewer cases at a time (`--jobs`), or raise the limit of open files (`ulimit -n`)";
            let seen = format!("{gap}; {remedy}");
            (Verdict::Errored, vec![note(GroundRule::LabRuns.slug(), "a lab that lacks nothing", &seen)])
        }
    }
}

/// What was expected, where the subject ended in another way or in its particulars otherwise.
fn wrong_outcome(demand: &Demand<'_>, report: &Report, ending: &dyn Ending) -> Option<String> {
    let expected = demand.expectation.end.outcomes().join(" or ");
    debug_assert_eq!(demand.expectation.end.role(), report.role());
    if !ending.is_met() {
        return Some(expected);
    }
    ending.wrong_particular().map(|particular| format!("{expected} {particular}"))
}

fn first_requirement<'a>(demand: &Demand<'a>) -> &'a str {
    demand.requirements.first().map_or("suite/expectation", |(slug, _)| slug)
}

/// What the scenario says must never be seen, and was.
fn forbidden(demand: &Demand<'_>, index: &Index<'_>) -> Vec<Finding> {
    let seen = |selector: &Selector| {
        let lines = selector.matches(index);
        // Where the scenario states the one rule that this is about, that is the rule which is broken.
        let own = selector.requirement();
        let own = own.filter(|own| demand.requirements.iter().any(|(slug, _)| slug == own));
        (!lines.is_empty()).then(|| Finding {
            requirement: own.unwrap_or_else(|| first_requirement(demand)).to_owned(),
            expected: format!("never {selector}"),
            seen: first_event(index, lines[0]),
            lines,
        })
    };
    demand.expectation.never.iter().filter_map(seen).collect()
}

/// The steps that the case needs the subject to have taken, and that it did not take.
fn unreached(demand: &Demand<'_>, index: &Index<'_>) -> Vec<Finding> {
    let is_missing = |selector: &&Selector| selector.matches(index).is_empty();
    let missing = demand.expectation.reached.iter().filter(is_missing);
    missing
        .map(|selector| {
            note(
                GroundRule::Reached.slug(),
                &format!("{selector}, where the case begins to bite"),
                "never seen",
            )
        })
        .collect()
}

/// The faults that were never applied to anything that the subject saw.
fn idle(demand: &Demand<'_>, index: &Index<'_>) -> Vec<Finding> {
    let is_idle = |fault: &&DemandedFault| {
        !index.observations().any(|observation| {
            matches!(&observation.event, Event::Fault { number, at, kind, .. }
                if (*number, at, kind) == (fault.number, &fault.at, &fault.kind))
        })
    };
    let note = |DemandedFault { at, kind, .. }: &DemandedFault| {
        note(GroundRule::Reached.slug(), &format!("fault {kind} at {at} applied"), "never applied")
    };
    demand.faults.iter().filter(is_idle).map(note).collect()
}

fn first_event(index: &Index<'_>, line: u32) -> String {
    index
        .observations()
        .find(|observation| observation.sequence == line)
        .map_or_else(String::new, |observation| observation.event.to_string())
}

fn note(requirement: &str, expected: &str, seen: &str) -> Finding {
    Finding {
        requirement: requirement.to_owned(),
        expected: expected.to_owned(),
        seen: seen.to_owned(),
        lines: Vec::new(),
    }
}

#[cfg(test)]
mod tests;

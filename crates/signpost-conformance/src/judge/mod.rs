//! The verdict on one case, from what the servers saw. The judge never asks the lab and never believes the subject
//! where the transcript can tell.

mod expectation;
mod index;
mod invariant;
mod selector;
mod view;

use signpost_lab::{Report, Security, Stance, Status};
use signpost_transcript::{Channel, Endpoint, Event, Transcript};

pub use expectation::{Expectation, Outcome, SelectionExpectation, UnknownOutcome};
pub use invariant::Ground;
pub use selector::{Selector, SelectorError, SelectorKind};
pub use view::{ViewDemand, judge_views};

use crate::requirement::Level;
use crate::result::Finding;
use crate::verdict::Verdict;
use index::Index;

/// One run of the subject in the case's lab.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the lab saw.
    pub transcript: Transcript,
    /// What the subject reported, or why there is no report.
    pub ended: Result<Report, String>,
}

/// What a case demands.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// What the scenario expects.
    pub expectation: &'a Expectation,
    /// Slugs and levels of the requirements that the scenario tests; the first is the one a broken expectation breaks.
    pub requirements: &'a [(String, Level)],
    /// `at` and kind of each fault: one that was never applied to anything cannot have been tested.
    pub faults: &'a [(String, String)],
    /// What the world says of its servers and user.
    pub ground: Ground<'a>,
    /// What the user asked for in this case.
    pub stance: Stance,
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

/// Judges the runs of a case by a subject whose mode claims a stance. The worst run decides; the distribution over the
/// runs is judged when each of them is good.
#[must_use]
pub fn judge(demand: &Demand<'_>, runs: &[Run], claimed: Stance) -> Judgement {
    let mut worst = Judgement { verdict: Verdict::Pass, findings: Vec::new(), run: 0 };
    if runs.is_empty() {
        worst.verdict = Verdict::Errored;
        worst.findings = vec![note("suite/subject-runs", "a run of the subject", "none")];
    }
    for (number, run) in runs.iter().enumerate() {
        let (verdict, findings) = judge_run(demand, run, runs);
        // Before runs are compared: a recommendation that one breaks must not stand before a leak in another.
        let verdict = weakened(demand, verdict, &findings, claimed);
        if gravity(verdict) > gravity(worst.verdict) {
            worst = Judgement { verdict, findings, run: number };
        }
    }
    if worst.verdict == Verdict::Pass
        && let Some(selection) = &demand.expectation.selection
    {
        let findings = expectation::judge_selection(selection, runs, first_requirement(demand));
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
            | "invariant/no-mail-in-clear"
            | "invariant/silence-after-tls-failure"
    );
    claimed < demand.stance
        && finding.requirement != CLAIMS_ARE_TRUE
        && (claimed == Stance::Opportunistic || !is_in_clear)
}

fn judge_run(demand: &Demand<'_>, run: &Run, runs: &[Run]) -> (Verdict, Vec<Finding>) {
    let index = Index::new(&run.transcript).among(runs);
    let mut findings = invariant::broken_invariants(&index, demand.ground);
    findings.extend(forbidden(demand, &index));
    let report = match &run.ended {
        Ok(report) => report,
        // A leak is a leak, whatever became of the subject afterwards.
        Err(_) if !findings.is_empty() => return (Verdict::Fail, findings),
        Err(reason) => {
            let error = note("suite/subject-ends-with-a-report", "a report", reason);
            return (Verdict::Errored, vec![error]);
        }
    };
    findings.extend(false_claim(report, &index));
    if let Report::Unsupported { reason } = report
        && findings.is_empty()
    {
        return (Verdict::Unsupported, vec![note("suite/supported", "a subject that can do this", reason)]);
    }
    if let Some(finding) = borrowed_verdict(report, &index)
        && findings.is_empty()
    {
        return (Verdict::Inconclusive, vec![finding]);
    }
    // A subject that stopped before the case began to bite has not shown that it would stop there.
    let stopped_early = !believes(report);
    let outcome = wrong_outcome(demand, report);
    if findings.is_empty() && (outcome.is_none() || stopped_early) {
        let (unreached, idle) = (unreached(demand, &index), idle(demand, &index));
        // Where only success is right, a step that is missing is a mistake and no want of opportunity; a fault that
        // never bit has shown nothing of anybody.
        let has_no_excuse = expects_configured(demand) && !(outcome.is_none() && stopped_early);
        if !idle.is_empty() || (!unreached.is_empty() && !has_no_excuse) {
            return (Verdict::Inconclusive, [unreached, idle].concat());
        }
        findings.extend(unreached);
    }
    findings.extend(outcome.or_else(|| untold(demand, report)));
    if !findings.is_empty() {
        return (Verdict::Fail, findings);
    }
    match (other_reason(demand, report), misleading_code(demand, report)) {
        (Some(finding), _) => (Verdict::Inconclusive, vec![finding]),
        (None, Some(finding)) => (Verdict::Weak, vec![finding]),
        (None, None) => (Verdict::Pass, Vec::new()),
    }
}

/// Whether a subject took what it was given for good, so that it went on with it.
fn believes(report: &Report) -> bool {
    matches!(
        report,
        Report::Configured { .. } | Report::Answered { status: Status::Insecure | Status::Secure, .. }
    )
}

fn expects_configured(demand: &Demand<'_>) -> bool {
    demand.expectation.outcomes.contains(&Outcome::Configured)
}

fn first_requirement<'a>(demand: &Demand<'a>) -> &'a str {
    demand.requirements.first().map_or("suite/expectation", |(slug, _)| slug)
}

/// What the scenario says must never be seen, and was.
fn forbidden(demand: &Demand<'_>, index: &Index<'_>) -> Vec<Finding> {
    let seen = |selector: &Selector| {
        let lines = selector.matches(index);
        (!lines.is_empty()).then(|| Finding {
            requirement: first_requirement(demand).to_owned(),
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
            note("suite/reached", &format!("{selector}, where the case begins to bite"), "never seen")
        })
        .collect()
}

/// The faults that were never applied to anything that the subject saw.
fn idle(demand: &Demand<'_>, index: &Index<'_>) -> Vec<Finding> {
    let is_idle = |(at, kind): &&(String, String)| {
        !index.observations().any(|observation| {
            matches!(&observation.event, Event::Fault { at: seen_at, kind: seen_kind, .. }
                if seen_at == at && seen_kind == kind)
        })
    };
    let note = |(at, kind): &(String, String)| {
        note("suite/reached", &format!("fault {kind} at {at} applied"), "never applied")
    };
    demand.faults.iter().filter(is_idle).map(note).collect()
}

/// A subject that claims a working account although no server ever let it in over TLS, or a chain of trust for which it
/// never asked for a key.
fn false_claim(report: &Report, index: &Index<'_>) -> Option<Finding> {
    let (is_true, expected) = match report {
        Report::Configured { endpoint, .. } => (
            index.observations().any(|observation| lets_in(&observation.event, endpoint.security, index)),
            "a login that a server accepted inside TLS, begun as the endpoint says",
        ),
        Report::Answered { status: Status::Secure, .. } => (
            index.observations().any(|observation| {
                matches!(&observation.event, Event::Query { record_type, .. } if record_type == "DNSKEY")
            }),
            "a question for the keys of the chain",
        ),
        _ => return None,
    };
    (!is_true).then(|| note(CLAIMS_ARE_TRUE, expected, &report.to_string()))
}

/// A resolver that asks the lab's own validating one says what that found, and nothing of itself.
fn borrowed_verdict(report: &Report, index: &Index<'_>) -> Option<Finding> {
    let asks_the_validator =
        |event: &Event| matches!(event, Event::Query { endpoint: Endpoint::Resolver, .. });
    let asked = index.observations().find(|observation| asks_the_validator(&observation.event))?;
    matches!(report, Report::Answered { .. }).then(|| Finding {
        requirement: "suite/resolves-by-itself".to_owned(),
        expected: "questions to `dns.authority` alone".to_owned(),
        seen: asked.event.to_string(),
        lines: vec![asked.sequence],
    })
}

const CLAIMS_ARE_TRUE: &str = "suite/claims-are-true";

/// Whether a server let the client in over TLS that began in this way: what is set up is what is used from now on.
fn lets_in(event: &Event, security: Security, index: &Index<'_>) -> bool {
    let Event::Credential { connection, channel: Channel::Tls, accepted: true, .. } = event else {
        return false;
    };
    match security {
        Security::None => false,
        Security::Starttls => !index.is_implicit_tls(*connection),
        Security::Tls => index.is_implicit_tls(*connection),
    }
}

fn wrong_outcome(demand: &Demand<'_>, report: &Report) -> Option<Finding> {
    let Expectation { outcomes, endpoint, .. } = demand.expectation;
    let expected = outcomes.iter().map(|outcome| outcome.name()).collect::<Vec<_>>().join(" or ");
    let finding = |expected: String| Finding {
        requirement: first_requirement(demand).to_owned(),
        expected,
        seen: report.to_string(),
        lines: Vec::new(),
    };
    if !demand.expectation.is_met_by(report) {
        return Some(finding(expected));
    }
    match (endpoint, report) {
        (Some(host), Report::Configured { endpoint, .. })
            if !endpoint.host.trim_end_matches('.').eq_ignore_ascii_case(host) =>
        {
            Some(finding(format!("{expected} {host}")))
        }
        (_, Report::Answered { rcode, ttl, .. }) if believes(report) => {
            let Expectation { rcodes, ttl: longest, .. } = demand.expectation;
            let is_other = |given: &String| !rcodes.is_empty() && !rcodes.contains(given);
            if rcode.as_ref().is_some_and(is_other) {
                return Some(finding(format!("{expected} with {}", rcodes.join(" or "))));
            }
            let longest = longest.filter(|longest| ttl.is_some_and(|ttl| ttl > *longest))?;
            Some(finding(format!("{expected} with a TTL of at most {longest}")))
        }
        _ => None,
    }
}

/// What the user should have been told although it works, and was not.
fn untold(demand: &Demand<'_>, report: &Report) -> Option<Finding> {
    let Report::Configured { notes, .. } = report else { return None };
    let missing: Vec<&str> =
        demand.expectation.notes.iter().filter(|note| !notes.contains(note)).map(String::as_str).collect();
    (!missing.is_empty()).then(|| {
        note(first_requirement(demand), &format!("a note of {}", missing.join(" and ")), &report.to_string())
    })
}

/// "Other" (RFC 8914 section 4.1) says nothing, so it does not mislead.
const OTHER: u16 = 0;

/// An extended error that speaks of something else than what is wrong leads whoever reads it astray. It changes nothing in
/// what is believed, so it is weak and no failure.
fn misleading_code(demand: &Demand<'_>, report: &Report) -> Option<Finding> {
    let Report::Answered { ede, .. } = report else { return None };
    let accepted = &demand.expectation.ede;
    let fits = |code: &u16| *code == OTHER || accepted.contains(code);
    if believes(report) || ede.is_empty() || accepted.is_empty() || ede.iter().any(fits) {
        return None;
    }
    let accepted: Vec<String> = accepted.iter().map(u16::to_string).collect();
    Some(note(EDE_FITS, &format!("EDE {}", accepted.join(" or ")), &report.to_string()))
}

/// The requirement on extended errors.
const EDE_FITS: &str = "rfc8914/info-code-fits";

/// A refusal for another reason than the one that the case is about proves nothing of it.
fn other_reason(demand: &Demand<'_>, report: &Report) -> Option<Finding> {
    let (Report::AskUser { reason, .. }
    | Report::Refused { reason, .. }
    | Report::Unavailable { reason, .. }) = report
    else {
        return None;
    };
    let reasons = &demand.expectation.reasons;
    let reason = reason.as_ref()?;
    (!reasons.is_empty() && !reasons.contains(reason))
        .then(|| note("suite/right-reason", &reasons.join(" or "), &report.to_string()))
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

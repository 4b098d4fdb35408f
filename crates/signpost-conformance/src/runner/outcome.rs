//! From what was seen in a case to its line in the results.

use std::fs;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::time::Duration;

use signpost_format::set_up::Stance;
use signpost_format::{CaseResult, Finding, Role, Verdict};
use signpost_lab::SENDER;
use signpost_transcript::{Event, Observation};

use crate::case::{Case, Step, Visit};
use crate::ground_rule::GroundRule;
use crate::judge::{self, Demand, DemandedFault, Extent, Ground, Judgement, Part, Run};
use crate::subject::Subject;
use crate::wrong;

/// Judges all visits of a case. Where there is one kind of them, of one step, each run is one of the same; else each step of
/// each visit is a part with an expectation of its own.
pub(super) fn judge_case(
    case: &Case,
    sources: &[Option<IpAddr>],
    runs: &[Run],
    claimed: Stance,
    extent: Extent,
) -> Judgement {
    let ledger = Ledger::of(case, extent);
    if let [visit] = &case.visits[..]
        && let [step] = &visit.steps[..]
        && visit.view.is_none()
    {
        return judge::judge(&ledger.demand(step, &ledger.faults_of(visit, 0)), runs, claimed);
    }
    let visits = case.visits.iter().zip(sources);
    judge_parts(&ledger, &visits.map(|(visit, source)| (visit, *source)).collect::<Vec<_>>(), runs, claimed)
}

/// Judges one visit, whatever became of the others.
pub(super) fn judge_visit(
    case: &Case,
    number: usize,
    source: Option<IpAddr>,
    runs: &[Run],
    claimed: Stance,
) -> Judgement {
    let ledger = Ledger::of(case, Extent::Everything);
    match &case.visits[number..] {
        [visit, ..] if source.is_some() || visit.steps.len() > 1 => {
            judge_parts(&ledger, &[(visit, source)], runs, claimed)
        }
        _ => judge_case(case, &[], runs, claimed, Extent::Everything),
    }
}

fn judge_parts(
    ledger: &Ledger<'_>,
    visits: &[(&Visit, Option<IpAddr>)],
    runs: &[Run],
    claimed: Stance,
) -> Judgement {
    let faults: Vec<Vec<Vec<DemandedFault>>> = visits
        .iter()
        .map(|(visit, _)| (0..visit.steps.len()).map(|step| ledger.faults_of(visit, step)).collect())
        .collect();
    let parts = visits.iter().zip(&faults).flat_map(|((visit, source), faults)| {
        visit.steps.iter().zip(faults).enumerate().map(|(number, (step, faults))| Part {
            view: visit.view.as_deref().zip(*source),
            step: (visit.steps.len() > 1).then_some(number + 1),
            demand: ledger.demand(step, faults),
        })
    });
    judge::judge_parts(&parts.collect::<Vec<_>>(), runs, claimed)
}

/// What the demands of a case have in common.
struct Ledger<'c> {
    case: &'c Case,
    users: Vec<String>,
    extent: Extent,
}

impl<'c> Ledger<'c> {
    fn of(case: &'c Case, extent: Extent) -> Self {
        let mut users = case.world.user.logins();
        // The envelope of a relayed message names its sender, too.
        if case.role() == Role::Relay {
            users.push(SENDER.to_owned());
        }
        Self { case, users, extent }
    }

    /// The faults that must show in a step: those of the start in the first, and afterwards what changed before it. One
    /// of another view cannot be seen.
    fn faults_of(&self, visit: &Visit, step: usize) -> Vec<DemandedFault> {
        let from_start = if step == 0 { &self.case.faults[..] } else { &[] };
        from_start
            .iter()
            .chain(&visit.steps[step].changes)
            .filter(|fault| visit.view.is_none() || fault.is_seen_in(visit.view.as_deref()))
            .map(|fault| DemandedFault {
                number: fault.number,
                at: fault.at.clone(),
                kind: fault.kind().to_owned(),
            })
            .collect()
    }

    fn demand<'a>(&'a self, step: &'a Step, faults: &'a [DemandedFault]) -> Demand<'a> {
        Demand {
            expectation: &step.expectation,
            requirements: &self.case.requirements,
            faults,
            ground: Ground {
                attackers: &self.case.attackers,
                rejected: &step.rejected,
                users: &self.users,
                password: &self.case.world.user.password,
                machine: machine(),
                carriage: step.expectation.end.carriage(),
            },
            stance: self.case.stance(),
            extent: self.extent,
        }
    }
}

/// The name of this machine, which subjects run on.
fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    // Without it, a client that says the name of a machine which is called after the user is taken for one that made it up.
    MACHINE
        .get_or_init(|| fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned())
}

pub(super) fn lab_failed(reason: String) -> Judgement {
    let finding = Finding {
        requirement: GroundRule::LabRuns.slug().to_owned(),
        expected: "a running lab".to_owned(),
        seen: reason,
        lines: Vec::new(),
    };
    Judgement { verdict: Verdict::Errored, findings: vec![finding], run: 0 }
}

/// What there is to say of a case whose control failed, where nothing leaked in it.
pub(super) fn without_control(control: &CaseResult) -> Judgement {
    let own = control.findings.first().map_or_else(String::new, |finding| {
        format!("; there expected {}, seen {}", finding.expected, finding.seen)
    });
    let CaseResult { id: control, verdict, .. } = control;
    let finding = Finding {
        requirement: GroundRule::ControlFirst.slug().to_owned(),
        expected: format!("{control} passes"),
        seen: format!(
            "{control}: {verdict}; where the honest case does not work, a refusal says nothing{own}"
        ),
        lines: Vec::new(),
    };
    // Who cannot do the honest case cannot do this one.
    let verdict = if *verdict == Verdict::Unsupported { *verdict } else { Verdict::Inconclusive };
    Judgement { verdict, findings: vec![finding], run: 0 }
}

/// A case of several steps for a subject that says that it cannot be asked again. Nobody expects it to.
pub(super) fn not_asked_again(case: &Case, subject: &dyn Subject) -> CaseResult {
    let finding = Finding {
        requirement: GroundRule::Supported.slug().to_owned(),
        expected: "a subject that can be asked again in the same process".to_owned(),
        seen: "one that begins anew each time".to_owned(),
        lines: Vec::new(),
    };
    let judgement = Judgement { verdict: Verdict::Unsupported, findings: vec![finding], run: 0 };
    let reproduce = subject.reproduce(&case.id);
    CaseResult { expected: true, ..result(case, judgement, Vec::new(), Duration::ZERO, reproduce) }
}

pub(super) fn result(
    case: &Case,
    judgement: Judgement,
    runs: Vec<Run>,
    duration: Duration,
    reproduce: String,
) -> CaseResult {
    let steps = case.visits.first().map_or(1, |visit| visit.steps.len()).max(1);
    let count = u32::try_from(runs.len().div_ceil(steps)).unwrap_or(u32::MAX);
    // Of a visit of several steps, all is shown: what convicts in one may have begun in another. The report is that of the
    // step that decides, or of the last where all are as they should be.
    let first = judgement.run - judgement.run % steps;
    let passed = judgement.verdict == Verdict::Pass;
    let is_left_free = |finding: &Finding| finding.requirement == GroundRule::LeftFree.slug();
    let left_free = judgement.verdict == Verdict::Unsupported && judgement.findings.iter().any(is_left_free);
    let decides = if passed { first + steps - 1 } else { judgement.run };
    let report = runs.get(decides).and_then(|run| run.ended.clone().ok());
    let wrong = wrong::of(
        case,
        decides % case.steps().count().max(1),
        judgement.verdict,
        &judgement.findings,
        report.as_ref(),
    );
    // That strangers came is told whatever the verdict is.
    let (from, most) = if passed { (0, runs.len()) } else { (first, steps) };
    let is_shown = |seen: &Observation| !passed || matches!(seen.event, Event::Stranger { .. });
    let shown = runs.into_iter().skip(from).take(most);
    let transcript = shown.flat_map(|run| run.transcript.observations).filter(is_shown).collect();
    CaseResult {
        id: case.id.clone(),
        title: case.scenario.table.title.clone(),
        verdict: judgement.verdict,
        wrong,
        known: None,
        // Nobody expects what the rules only allow.
        expected: passed || left_free,
        severity: case.scenario.table.severity,
        requirements: case.requirements.iter().map(|(slug, _)| slug.clone()).collect(),
        report,
        findings: judgement.findings,
        transcript,
        duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        runs: count,
        reproduce,
    }
}

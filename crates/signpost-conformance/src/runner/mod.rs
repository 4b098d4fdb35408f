//! Runs cases: each in a lab and on a thread of its own, controls before what rests on them.

mod after_control;
mod alone;
mod doubt;
mod jobs;
mod outcome;
mod parallel;
mod stop;
mod visit;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use signpost_format::set_up::Stance;
use signpost_format::{CaseResult, Verdict};
use signpost_lab::Lab;
use signpost_sandbox::Limits;
use signpost_transcript::Event;

use crate::case::Case;
use crate::judge::{Extent, Run};
use crate::subject::Subject;
use crate::suite::Suite;
pub use after_control::AfterControl;
use after_control::bears;
use alone::{Alone, Attempt};
use doubt::judge_despite_doubt;
pub use jobs::Jobs;
use outcome::{judge_case, judge_visit, lab_failed, not_asked_again, result, without_control};
use parallel::in_parallel;
pub use stop::Stop;
use visit::{Visited, visit};

/// How cases are run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Cases at a time.
    pub jobs: NonZeroUsize,
    /// Seed of the subject's random choices.
    pub seed: u64,
    /// Time for one run of the subject.
    pub deadline: Duration,
    /// What each program of the subject may use.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            jobs: Jobs::usual(false),
            seed: 0,
            deadline: Duration::from_secs(10),
            limits: Limits::default(),
        }
    }
}

/// Runs cases of a suite and hands over each as it ends, to be completed and passed on. The results come in the order of the cases; where somebody stopped the
/// run, those of the cases that had ended by then.
pub fn run(
    suite: &Suite,
    cases: &[Arc<Case>],
    subject: &dyn Subject,
    options: Options,
    stop: &Stop,
    mut on_end: impl FnMut(&mut CaseResult),
) -> Vec<CaseResult> {
    let selected: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let mut results: BTreeMap<String, CaseResult> = BTreeMap::new();
    let controls: BTreeSet<&str> = cases.iter().filter_map(|case| case.control.as_deref()).collect();
    let first = suite.cases.iter().filter(|case| controls.contains(case.id.as_str()));
    let alone = Alone::new();
    let run_steadily = |case: &Case| alone.run(|| attempt(stop, case, subject, options));
    in_parallel(first, options.jobs, stop, run_steadily, &mut |mut result: CaseResult| {
        if selected.contains(result.id.as_str()) {
            on_end(&mut result);
        }
        results.insert(result.id.clone(), result);
    });
    let failed: BTreeMap<String, CaseResult> = results
        .values()
        .filter(|result| !bears(result.verdict))
        .map(|result| (result.id.clone(), CaseResult { transcript: Vec::new(), ..result.clone() }))
        .collect();
    let mut keep = |mut result: CaseResult| {
        on_end(&mut result);
        results.insert(result.id.clone(), result);
    };
    let rest = cases.iter().filter(|case| !controls.contains(case.id.as_str()));
    let run_after_control = |case: &Case| match case.control.as_ref().and_then(|id| failed.get(id)) {
        Some(control) => run_for_leaks(stop, case, subject, options, control),
        None => run_steadily(case),
    };
    in_parallel(rest, options.jobs, stop, run_after_control, &mut keep);
    cases.iter().filter_map(|case| results.remove(&case.id)).collect()
}

/// Runs cases whatever their controls say, for whoever wants to see the answers and no verdicts.
pub fn run_all(
    cases: &[Arc<Case>],
    subject: &dyn Subject,
    options: Options,
    mut on_end: impl FnMut(&CaseResult),
) -> Vec<CaseResult> {
    let mut results = Vec::with_capacity(cases.len());
    let stop = Stop::default();
    in_parallel(cases.iter(), options.jobs, &stop, |case| run_case(case, subject, options), &mut |result| {
        on_end(&result);
        results.push(result);
    });
    results
}

/// Runs one case, whatever its control says.
#[must_use]
pub fn run_case(case: &Case, subject: &dyn Subject, options: Options) -> CaseResult {
    attempt(&Stop::default(), case, subject, options).result
}

/// Runs one case, which somebody may stop; what is said of it then is not to be used.
fn attempt(stop: &Stop, case: &Case, subject: &dyn Subject, options: Options) -> Attempt {
    if case.asks_again() && !subject.can_be_asked_again() {
        return Attempt { result: not_asked_again(case, subject), stall: Duration::ZERO };
    }
    let start = Instant::now();
    let (judgement, runs, stall) = match raise_and_visit(stop, case, case.runs(), subject, options) {
        Ok(Visited { sources, runs, stall }) => {
            let judge = |runs: &[Run]| judge_case(case, &sources, runs, subject.stance(), Extent::Everything);
            (judge_despite_doubt(&runs, judge), runs, stall)
        }
        Err(reason) => (lab_failed(reason), Vec::new(), Duration::ZERO),
    };
    let result = result(case, judgement, runs, start.elapsed(), subject.reproduce(&case.id));
    Attempt { result, stall }
}

/// Runs a case whose control failed: a refusal says nothing there, but what leaks has leaked. No distribution is judged, so
/// each visit is made once.
fn run_for_leaks(
    stop: &Stop,
    case: &Case,
    subject: &dyn Subject,
    options: Options,
    control: &CaseResult,
) -> CaseResult {
    let start = Instant::now();
    let visits = u32::try_from(case.visits.len()).unwrap_or(u32::MAX);
    let leaked = raise_and_visit(stop, case, visits, subject, options).ok().and_then(|visited| {
        let Visited { sources, runs, .. } = visited;
        let judge = |runs: &[Run]| judge_case(case, &sources, runs, subject.stance(), Extent::Leaks);
        let judgement = judge_despite_doubt(&runs, judge);
        matches!(judgement.verdict, Verdict::Fail | Verdict::Inconclusive | Verdict::Weak)
            .then_some((judgement, runs))
    });
    let (judgement, runs) = leaked.unwrap_or_else(|| (without_control(control), Vec::new()));
    result(case, judgement, runs, start.elapsed(), subject.reproduce(&case.id))
}

/// Lets the subject make so many of a case's visits in its lab.
fn raise_and_visit(
    stop: &Stop,
    case: &Case,
    visits: u32,
    subject: &dyn Subject,
    options: Options,
) -> Result<Visited, String> {
    // A thread of its own, because a namespace belongs to a thread and cannot be left again, and because a panic in
    // the lab must not take other cases with it.
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .spawn_scoped(scope, || visit(stop, case, visits, subject, options))
            .map_err(|error| format!("no thread for the case: {error}"))?;
        thread.join().unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_default();
            Err(format!("the lab panicked: {text}"))
        })
    })
}

/// Judges the steps of one visit that the caller made to this lab of the case: where the case has views, by what is
/// expected in the one that was asked.
#[must_use]
pub fn judge_by_hand(case: &Case, lab: &Lab, runs: Vec<Run>) -> CaseResult {
    let has_asked = |source: IpAddr| {
        let is_its = |event: &Event| matches!(event, Event::Query { peer, .. } if peer.ip() == source);
        runs.iter().flat_map(|run| run.transcript.events()).any(is_its)
    };
    let sources: Vec<Option<IpAddr>> =
        case.visits.iter().map(|visit| visit.view.as_deref().and_then(|view| lab.source_of(view))).collect();
    let asked = sources.iter().position(|source| source.is_some_and(has_asked)).unwrap_or_default();
    let judgement = judge_visit(case, asked, sources.get(asked).copied().flatten(), &runs, Stance::Verified);
    let reproduce = format!("signpost lab '{}'", case.id);
    result(case, judgement, runs, Duration::ZERO, reproduce)
}

//! Runs cases: each in a lab and on a thread of its own, controls before what rests on them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use signpost_lab::{Blueprint, Lab, LabError, Network, PRIVATE_RESOLVER, Stance};
use signpost_sandbox::{Layout, Namespace};
use signpost_transcript::Event;

use crate::case::{Case, CaseView};
use crate::judge::{self, Demand, Ground, Judgement, Run, ViewDemand};
use crate::result::{CaseResult, Finding};
use crate::stable_hash::stable_hash;
use crate::subject::{Environment, Isolation, Subject};
use crate::suite::Suite;
use crate::verdict::Verdict;

/// How cases are run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Cases at a time.
    pub jobs: NonZeroUsize,
    /// Seed of the subject's random choices.
    pub seed: u64,
    /// Time for one run of the subject.
    pub deadline: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        // Some cases only wait for a time limit, so there are more of them than processors.
        Self {
            jobs: processors.saturating_mul(TASKS_PER_PROCESSOR),
            seed: 0,
            deadline: Duration::from_secs(10),
        }
    }
}

const TASKS_PER_PROCESSOR: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// Runs cases of a suite and tells of each as it ends. The results come in the order of the cases.
pub fn run(
    suite: &Suite,
    cases: &[Arc<Case>],
    subject: &dyn Subject,
    options: Options,
    mut on_end: impl FnMut(&CaseResult),
) -> Vec<CaseResult> {
    let selected: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let mut results: BTreeMap<String, CaseResult> = BTreeMap::new();
    let controls: BTreeSet<&str> = cases.iter().filter_map(|case| case.control.as_deref()).collect();
    let first = suite.cases.iter().filter(|case| controls.contains(case.id.as_str()));
    in_parallel(first, options.jobs, |case| run_case(case, subject, options), &mut |result: CaseResult| {
        if selected.contains(result.id.as_str()) {
            on_end(&result);
        }
        results.insert(result.id.clone(), result);
    });
    let failed: BTreeMap<String, Verdict> = results
        .values()
        .filter(|result| !matches!(result.verdict, Verdict::Pass | Verdict::Weak))
        .map(|result| (result.id.clone(), result.verdict))
        .collect();
    let mut keep = |result: CaseResult| {
        on_end(&result);
        results.insert(result.id.clone(), result);
    };
    let rest = cases.iter().filter(|case| !controls.contains(case.id.as_str()));
    let run_after_control =
        |case: &Case| match case.control.as_ref().and_then(|id| Some((id, failed.get(id)?))) {
            Some((control, verdict)) => without_control(case, subject, control, *verdict),
            None => run_case(case, subject, options),
        };
    in_parallel(rest, options.jobs, run_after_control, &mut keep);
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
    in_parallel(cases.iter(), options.jobs, |case| run_case(case, subject, options), &mut |result| {
        on_end(&result);
        results.push(result);
    });
    results
}

/// Works through cases on a few threads at a time; what comes of each is handed over on the calling thread.
fn in_parallel<'a>(
    cases: impl Iterator<Item = &'a Arc<Case>>,
    jobs: NonZeroUsize,
    run: impl Fn(&Case) -> CaseResult + Sync,
    keep: &mut impl FnMut(CaseResult),
) {
    let mut queue: Vec<&Arc<Case>> = cases.collect();
    // The longest first, so that none is left to wait for alone at the end; the queue is worked off from its end.
    queue.sort_by_key(|case| (case.runs(), std::cmp::Reverse(&case.id)));
    let queue = Mutex::new(queue);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let (sender, queue, run) = (sender.clone(), &queue, &run);
            scope.spawn(move || {
                while let Some(case) = pop(queue) {
                    if sender.send(run(case)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        receiver.iter().for_each(&mut *keep);
    });
}

fn pop<T>(queue: &Mutex<Vec<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

/// Runs one case, whatever its control says.
#[must_use]
pub fn run_case(case: &Case, subject: &dyn Subject, options: Options) -> CaseResult {
    let start = Instant::now();
    // A thread of its own, because a namespace belongs to a thread and cannot be left again, and because a panic in
    // the lab must not take other cases with it.
    let raised = thread::scope(|scope| {
        scope.spawn(|| raise_and_run(case, subject, options)).join().unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_default();
            Err(format!("the lab panicked: {text}"))
        })
    });
    let (judgement, runs) = match raised {
        Ok((views, runs)) => (judge_case(case, &views, &runs, subject.stance()), runs),
        Err(reason) => (lab_failed(reason), Vec::new()),
    };
    result(case, subject.name(), judgement, runs, start.elapsed())
}

/// Stands for the subject where a person was one.
const BY_HAND: &str = "by hand";

/// Judges one run that the caller made in this lab of the case: where the case has views, by what is expected in the one
/// that was asked.
#[must_use]
pub fn judge_by_hand(case: &Case, lab: &Lab, run: Run) -> CaseResult {
    let runs = vec![run];
    let views: Vec<(&CaseView, IpAddr)> =
        case.views.iter().filter_map(|view| Some((view, lab.source_of(&view.name)?))).collect();
    let has_asked = |source: IpAddr| {
        let is_its = |event: &Event| matches!(event, Event::Query { peer, .. } if peer.ip() == source);
        runs[0].transcript.events().any(is_its)
    };
    let asked = views.iter().find(|(_, source)| has_asked(*source)).or_else(|| views.first());
    let judgement = match asked {
        None => judge_case(case, &[], &runs, Stance::Verified),
        Some(&view) => judge_case(case, &[view], &runs, Stance::Verified),
    };
    result(case, BY_HAND, judgement, runs, Duration::ZERO)
}

/// The views from which the runs were made, where the case has any, with their addresses; and the runs.
type Ran<'c> = (Vec<(&'c CaseView, IpAddr)>, Vec<Run>);

fn raise_and_run<'c>(case: &'c Case, subject: &dyn Subject, options: Options) -> Result<Ran<'c>, String> {
    let blueprint = Blueprint::new(&case.world, &case.faults).map_err(|error| error.to_string())?;
    let (network, namespace) = match subject.isolation() {
        Isolation::Loopback => (Network::Loopback, None),
        Isolation::Namespace => {
            let layout = Layout::new("client.example", PRIVATE_RESOLVER, &blueprint.ca_pem());
            (Network::Private, Some(Namespace::enter(&layout).map_err(|error| error.to_string())?))
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let started: Result<Lab, LabError> =
            blueprint.start(case.service, case.scenario.table.stance, network);
        let mut lab = started.map_err(|error| error.to_string())?;
        lab.allow(options.deadline);
        lab.ask(case.question.clone());
        let mut runs = Vec::with_capacity(case.runs() as usize);
        let mut views = Vec::with_capacity(case.views.len());
        for number in 0..case.runs() {
            let view = case.views.get(number as usize);
            let source = lab.begin_run(view.map(|view| view.name.as_str()));
            if let Some(view) = view {
                let source = source.ok_or_else(|| format!("the world has no view {}", view.name))?;
                // Nobody tells an unmodified program where to ask from, so its system does.
                if let (Some(namespace), IpAddr::V4(address)) = (&namespace, source) {
                    namespace.speak_from(address).map_err(|error| error.to_string())?;
                }
                views.push((view, source));
            }
            let seed = seed_of(options.seed, &case.id, number);
            runs.push(run_once(&lab, subject, namespace.as_ref(), seed, options.deadline).await);
        }
        Ok((views, runs))
    })
}

async fn run_once(
    lab: &Lab,
    subject: &dyn Subject,
    namespace: Option<&Namespace>,
    seed: u64,
    deadline: Duration,
) -> Run {
    let environment = Environment { recorder: lab.recorder(), seed, namespace };
    let ended = match tokio::time::timeout(deadline, subject.run(lab.assignment(), environment)).await {
        Ok(Ok(report)) => Ok(report),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(crate::subject::SubjectError::TimedOut(deadline).to_string()),
    };
    lab.settle().await;
    let flooded = lab.recorder().is_full();
    let transcript = lab.take_transcript();
    // A verdict on a part of what happened would not be worth anything.
    Run { transcript, ended: if flooded { Err("the subject flooded the lab".to_owned()) } else { ended } }
}

fn seed_of(seed: u64, case: &str, run: u32) -> u64 {
    stable_hash(&format!("{seed} {case} {run}"))
}

/// Without views, every run is one of the same; with views, each is one from its own.
fn judge_case(case: &Case, views: &[(&CaseView, IpAddr)], runs: &[Run], claimed: Stance) -> Judgement {
    let users = case.world.user.logins();
    // A fault of one view cannot be seen from another.
    let faults_in = |view: Option<&str>| -> Vec<(String, String)> {
        case.faults
            .iter()
            .filter(|fault| case.views.is_empty() || fault.is_seen_in(view))
            .map(|fault| (fault.at().to_owned(), fault.kind().to_owned()))
            .collect()
    };
    let ground = Ground {
        attackers: &case.attackers,
        rejected: &case.rejected,
        users: &users,
        password: &case.world.user.password,
    };
    let demand = |expectation, faults| Demand {
        expectation,
        requirements: &case.requirements,
        faults,
        ground,
        stance: case.scenario.table.stance,
    };
    if views.is_empty() {
        return judge::judge(&demand(&case.expectation, &faults_in(None)), runs, claimed);
    }
    let faults: Vec<_> = views.iter().map(|(view, _)| faults_in(Some(&view.name))).collect();
    let views: Vec<ViewDemand<'_>> = views
        .iter()
        .zip(&faults)
        .map(|((view, source), faults)| ViewDemand {
            name: &view.name,
            source: *source,
            demand: demand(&view.expectation, faults),
        })
        .collect();
    judge::judge_views(&views, runs, claimed)
}

fn lab_failed(reason: String) -> Judgement {
    let finding = Finding {
        requirement: "suite/lab-runs".to_owned(),
        expected: "a running lab".to_owned(),
        seen: reason,
        lines: Vec::new(),
    };
    Judgement { verdict: Verdict::Errored, findings: vec![finding], run: 0 }
}

fn without_control(case: &Case, subject: &dyn Subject, control: &str, verdict: Verdict) -> CaseResult {
    let finding = Finding {
        requirement: "suite/control-first".to_owned(),
        expected: format!("{control} passes"),
        seen: format!("{control}: {verdict}; where the honest case does not work, a refusal says nothing"),
        lines: Vec::new(),
    };
    let judgement = Judgement { verdict: Verdict::Inconclusive, findings: vec![finding], run: 0 };
    result(case, subject.name(), judgement, Vec::new(), Duration::ZERO)
}

fn result(
    case: &Case,
    subject: &str,
    judgement: Judgement,
    mut runs: Vec<Run>,
    duration: Duration,
) -> CaseResult {
    let count = u32::try_from(runs.len()).unwrap_or(u32::MAX);
    let (report, transcript) = match judgement.run {
        shown if shown < runs.len() => {
            let run = runs.swap_remove(shown);
            (run.ended.ok(), run.transcript.observations)
        }
        _ => (None, Vec::new()),
    };
    let passed = judgement.verdict == Verdict::Pass;
    let reproduce = match subject {
        BY_HAND => format!("signpost lab '{}'", case.id),
        "reference" => format!("signpost run '{}'", case.id),
        name => format!("signpost run '{}' --subject '{name}'", case.id),
    };
    CaseResult {
        id: case.id.clone(),
        title: case.scenario.table.title.clone(),
        verdict: judgement.verdict,
        known: None,
        expected: passed,
        severity: case.scenario.table.severity.to_string(),
        requirements: case.requirements.iter().map(|(slug, _)| slug.clone()).collect(),
        report,
        findings: judgement.findings,
        transcript: if passed { Vec::new() } else { transcript },
        duration_us: u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
        runs: count,
        reproduce,
    }
}

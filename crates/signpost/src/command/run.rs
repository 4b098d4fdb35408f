//! `signpost run`: cases against a subject.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Instant;

use camino::Utf8Path;
use indicatif::ProgressBar;
use signpost_conformance::expectation_file::Expectations;
use signpost_conformance::runner::{self, Options, Stop};
use signpost_conformance::subject::Isolation;
use signpost_conformance::suite::Suite;
use signpost_format::{Because, CaseResult, Incomplete, Line, RESULTS_VERSION, RunHeader, Summary, Verdict};

use super::{jobs, load_suite, progress_bar, read_source, tell};
use crate::argument::{Format, RunOptions};
use crate::exit::{Exit, Failure};
use crate::output::{Output, open_all};
use crate::report::{self, Report, Run};
use crate::signal::stop_at_signal;
use crate::subject;

/// Runs the selected cases and writes the results.
pub(crate) fn run(
    options: &RunOptions,
    namespaces: Result<(), signpost_sandbox::Error>,
) -> Result<Exit, Failure> {
    let expectations = match &options.expectations {
        Some(path) => Expectations::parse(&read_source(path)?)?,
        None => Expectations::default(),
    };
    judge(options, &expectations, namespaces).map(|judged| judged.exit)
}

/// What became of a run, once its results are written.
pub(super) struct Judged {
    pub(super) run: Run,
    /// Whether no case of the subject was left out.
    pub(super) is_whole: bool,
    pub(super) exit: Exit,
}

/// The same by these expectations, whatever the options name.
pub(super) fn judge(
    options: &RunOptions,
    expectations: &Expectations,
    namespaces: Result<(), signpost_sandbox::Error>,
) -> Result<Judged, Failure> {
    let suite = load_suite(&options.selection.suite)?;
    let subject = subject::named(&options.subject, options.profile, options.loopback)?;
    if subject.isolation() == Isolation::Namespace {
        namespaces.map_err(|error| Failure::sandbox(&error))?;
    }
    let jobs = jobs(options.jobs, subject.is_in_process())?;
    let mut cases = suite.select(&options.selection.filters, options.partition, Some(subject.as_ref()));
    if let Some(profile) = options.profile {
        cases.retain(|case| case.scenario.table.profiles.get_ref().contains(&profile));
    }
    if !options.services.is_empty() {
        cases.retain(|case| case.service.is_none_or(|service| options.services.contains(&service)));
    }
    if let Some(file) = &options.last_failed {
        let failed = last_failed(file, &suite, subject.name())?;
        cases.retain(|case| failed.contains(&case.id));
    }
    if cases.is_empty() {
        return Err(Failure::nothing_selected("no case is selected")
            .hint("`signpost list` shows all; a subject only runs the cases of its profiles and services"));
    }
    // A file that cannot be written is known before the cases have run.
    let further = options.views.files().chain(options.jsonl.as_deref().map(|path| (Format::Jsonl, path)));
    let mut outputs = open_all((options.format, options.output.as_deref()), further)?;
    let defaults = Options::default();
    let run_options = Options {
        jobs,
        seed: options.seed,
        deadline: options.deadline,
        limits: options.limits.iter().fold(defaults.limits, |limits, limit| limit.on(limits)),
    };
    let header = RunHeader {
        version: RESULTS_VERSION,
        signpost: env!("CARGO_PKG_VERSION").to_owned(),
        subject: subject.name().to_owned(),
        subject_version: subject.version().to_owned(),
        seed: options.seed,
        cases: cases.len(),
        partition: options.partition.map(|partition| partition.to_string()),
    };
    let begun = Instant::now();
    let mut progress = Progress {
        expectations,
        same_options: reproducing_options(options),
        lines: outputs
            .iter_mut()
            .filter(|(format, _)| *format == Format::Jsonl)
            .map(|(_, output)| output)
            .collect(),
        failed: None,
        left_to_fail: options.max_fail.map(NonZeroUsize::get),
        ended_by: None,
        waiting: 0,
        stop: Stop::default(),
        bar: progress_bar(cases.len()),
    };
    progress.line(Line::Run(header.clone()));
    let stop = progress.stop.clone();
    stop_at_signal(stop.clone())?;
    let results = runner::run(&suite, &cases, subject.as_ref(), run_options, &stop, |result| {
        progress.end(result);
    });
    progress.bar.finish_and_clear();
    if progress.waiting > 0 {
        let of_none = format!("{:>12}", Verdict::Inconclusive.name());
        tell(&format!("{of_none} {} whose control failed", report::count(progress.waiting)));
    }
    let (failed, ended_by) = (progress.failed, progress.ended_by);
    if let Some(failure) = failed {
        return Err(failure);
    }

    let missing = cases.len() - results.len();
    let incomplete =
        (missing > 0).then(|| Incomplete { because: ended_by.unwrap_or(Because::Stopped), missing });
    let is_whole = options.selection.filters.is_empty()
        && options.partition.is_none()
        && options.profile.is_none()
        && options.services.is_empty()
        && options.last_failed.is_none()
        && incomplete.is_none();
    let ids: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
    let expectation_errors = if is_whole { expectations.unmatched(&ids) } else { Vec::new() };
    let summary = Summary { incomplete, ..Summary::new(&results, expectation_errors, begun.elapsed()) };

    let run = Run::new(header, results, summary);
    let report = Report { suite: &suite, runs: std::slice::from_ref(&run), comparison: None };
    for (format, mut output) in outputs {
        output.append(&match format {
            Format::Jsonl => report::line(&Line::Summary(run.summary.clone()))?,
            other => report::render(other, &report)?,
        })?;
        output.close()?;
    }
    let exit = match incomplete {
        Some(Incomplete { because: Because::Stopped, .. }) => Exit::Stopped,
        _ if run.is_as_expected() => Exit::AsExpected,
        _ => Exit::Unexpected,
    };
    Ok(Judged { run, is_whole, exit })
}

/// A run that goes on: what becomes of each case when it ends.
struct Progress<'a> {
    expectations: &'a Expectations,
    /// What a repetition has to have in common with this run.
    same_options: String,
    /// Where lines go while the run goes on.
    lines: Vec<&'a mut Output>,
    /// Why no further line can be written.
    failed: Option<Failure>,
    /// Unexpected verdicts until the run is to end.
    left_to_fail: Option<usize>,
    ended_by: Option<Because>,
    /// Cases whose control failed, which are told together.
    waiting: usize,
    stop: Stop,
    bar: ProgressBar,
}

impl Progress<'_> {
    fn end(&mut self, result: &mut CaseResult) {
        result.reproduce.push_str(&self.same_options);
        self.expectations.apply(std::slice::from_mut(result), false);
        if !self.lines.is_empty() {
            self.line(Line::Case(Box::new(result.clone())));
        }
        if let (false, Some(left)) = (result.expected, &mut self.left_to_fail) {
            *left = left.saturating_sub(1);
            if *left == 0 && !self.stop.is_stopped() {
                self.ended_by = Some(Because::MaxFail);
                self.stop.stop();
            }
        }
        if report::waits(result) {
            self.waiting += 1;
        } else if result.verdict != Verdict::Pass {
            self.bar.suspend(|| tell(&report::one_line(result)));
        }
        self.bar.set_message(result.id.clone());
        self.bar.inc(1);
    }

    /// Writes a line where lines are written as they come. A run whose results cannot be kept is not worth its time.
    fn line(&mut self, line: Line) {
        if self.failed.is_some() || self.lines.is_empty() {
            return;
        }
        let written = report::line(&line)
            .and_then(|text| self.lines.iter_mut().try_for_each(|output| output.append(&text)));
        if let Err(failure) = written {
            self.failed = Some(failure);
            self.stop.stop();
        }
    }
}

/// What a repetition has to have in common with this run, besides the case and the subject.
fn reproducing_options(options: &RunOptions) -> String {
    let mut text = String::new();
    if options.seed != 0 {
        text.push_str(&format!(" --seed {}", options.seed));
    }
    if options.deadline != Options::default().deadline {
        text.push_str(&format!(" --deadline {}", options.deadline.as_secs_f64()));
    }
    if let Some(profile) = options.profile {
        text.push_str(&format!(" --profile {profile}"));
    }
    for limit in &options.limits {
        text.push_str(&format!(" --limit {limit}"));
    }
    if options.loopback {
        text.push_str(" --loopback");
    }
    if let Some(folder) = &options.selection.suite.scenarios {
        text.push_str(&format!(" --scenarios '{folder}'"));
    }
    text
}

/// The cases that did not come as expected for this subject.
fn last_failed(file: &Utf8Path, suite: &Suite, subject: &str) -> Result<BTreeSet<String>, Failure> {
    let runs = report::read(&[file.to_owned()], suite)?;
    let of_subject: Vec<&Run> = runs.iter().filter(|run| run.header.subject == subject).collect();
    if of_subject.is_empty() {
        return Err(Failure::usage(format_args!("{file} has no results of `{subject}`"))
            .hint("`--last-failed` wants what an earlier run of the same subject wrote with `--jsonl`"));
    }
    let results = of_subject.into_iter().flat_map(|run| &run.results);
    let failed: BTreeSet<String> =
        results.filter(|result| !result.expected).map(|result| result.id.clone()).collect();
    if failed.is_empty() {
        return Err(Failure::nothing_selected(format_args!("in {file} everything came as expected"))
            .hint("leave out `--last-failed` to run all cases"));
    }
    Ok(failed)
}

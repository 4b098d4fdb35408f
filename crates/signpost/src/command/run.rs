//! `signpost run`: cases against a subject.

use std::time::Instant;

use signpost_conformance::expectation_file::Expectations;
use signpost_conformance::runner::{self, Options, Stop};
use signpost_conformance::subject::Isolation;
use signpost_format::Verdict;
use signpost_format::{RESULTS_VERSION, RunHeader, Summary};
use signpost_source::Source;

use super::{jobs, load_suite, progress_bar, tell};
use crate::argument::{Format, RunOptions};
use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::report::{self, Report};
use crate::signal::stop_at_signal;
use crate::subject;

/// Runs the selected cases and writes the results.
pub(crate) fn run(
    options: &RunOptions,
    namespaces: Result<(), signpost_sandbox::Error>,
) -> Result<Exit, Failure> {
    let jobs = jobs(options.jobs)?;
    let suite = load_suite(&options.selection.suite)?;
    let expectations = match &options.expectations {
        Some(path) => read_expectations(path)?,
        None => Expectations::default(),
    };
    let subject = subject::named(&options.subject, options.profile, options.loopback)?;
    if subject.isolation() == Isolation::Namespace {
        namespaces.map_err(|error| Failure::sandbox(&error))?;
    }
    let mut cases = suite.select(&options.selection.filters, options.partition, Some(subject.as_ref()));
    if let Some(profile) = options.profile {
        cases.retain(|case| case.scenario.table.profiles.get_ref().contains(&profile));
    }
    if !options.services.is_empty() {
        cases.retain(|case| case.service.is_none_or(|service| options.services.contains(&service)));
    }
    if cases.is_empty() {
        return Err(Failure::nothing_selected("no case is selected")
            .hint("`signpost list` shows all; a subject only runs the cases of its profiles and services"));
    }
    // A file that cannot be written is known before the cases have run.
    let output = Output::open(options.output.as_deref(), options.format)?;
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
    };
    let begun = Instant::now();
    let bar = progress_bar(cases.len());
    let stop = Stop::default();
    stop_at_signal(stop.clone())?;
    let mut results = runner::run(&suite, &cases, subject.as_ref(), run_options, &stop, |result| {
        if result.verdict != Verdict::Pass {
            bar.suspend(|| tell(&report::one_line(result)));
        }
        bar.set_message(result.id.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    let same_options = reproducing_options(options);
    results.iter_mut().for_each(|result| result.reproduce.push_str(&same_options));
    // A run in which every case had ended is whole, whatever came then.
    let is_cut = results.len() < cases.len();
    let is_whole = !is_cut
        && options.selection.filters.is_empty()
        && options.partition.is_none()
        && options.profile.is_none()
        && options.services.is_empty();
    let expectation_errors = expectations.apply(&mut results, is_whole);
    let summary = Summary::new(&results, expectation_errors, begun.elapsed());

    let report = Report { header: &header, results: &results, summary: &summary, suite: &suite };
    let text = match options.format {
        Format::Human => report::human::render(&report),
        Format::Jsonl => report::jsonl::render(&report)?,
        Format::Junit => report::junit::render(&report)?,
    };
    output.write(&text)?;
    if is_cut {
        tell(&format!("stopped: {} of {} cases were judged", results.len(), cases.len()));
    }
    Ok(if summary.is_as_expected() && !is_cut { Exit::AsExpected } else { Exit::Unexpected })
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

fn read_expectations(path: &camino::Utf8Path) -> Result<Expectations, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format_args!("failed to read {path}: {error}")))?;
    Expectations::parse(&Source::new(path, text)).map_err(|problems| Failure::frames(problems.styled()))
}

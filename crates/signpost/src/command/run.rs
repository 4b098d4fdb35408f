//! `signpost run`: cases against a subject.

use std::io::{IsTerminal, Write, stdout};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signpost_conformance::expectation_file::Expectations;
use signpost_conformance::result::{RESULTS_VERSION, RunHeader, Summary};
use signpost_conformance::runner::{self, Options};
use signpost_conformance::subject::Isolation;
use signpost_conformance::verdict::Verdict;
use signpost_source::Source;

use super::load_suite;
use crate::argument::{Format, RunOptions};
use crate::exit::{Exit, Failure};
use crate::report::{self, Report};
use crate::subject;

/// Runs the selected cases and writes the results.
pub(crate) fn run(
    options: &RunOptions,
    namespaces: Result<(), signpost_sandbox::Error>,
) -> Result<Exit, Failure> {
    let suite = load_suite(&options.selection.suite)?;
    let expectations = match &options.expectations {
        Some(path) => read_expectations(path)?,
        None => Expectations::default(),
    };
    let subject = subject::named(&options.subject)?;
    if subject.isolation() == Isolation::Namespace {
        namespaces.map_err(Failure::not_started)?;
    }
    let cases = suite.select(&options.selection.filters, options.partition, Some(subject.as_ref()));
    if cases.is_empty() {
        return Err(Failure::nothing_selected("no case is selected")
            .hint("`signpost list` shows all; a subject only runs the cases of its profiles and services"));
    }
    let defaults = Options::default();
    let run_options = Options {
        jobs: options.jobs.unwrap_or(defaults.jobs),
        seed: options.seed,
        deadline: options.deadline,
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
    let mut results = runner::run(&suite, &cases, subject.as_ref(), run_options, |result| {
        if result.verdict != Verdict::Pass {
            bar.suspend(|| anstream::eprintln!("{}", report::one_line(result)));
        }
        bar.set_message(result.id.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    let mut summary = Summary::default();
    summary.expectation_errors =
        expectations.apply(&mut results, options.selection.filters.is_empty() && options.partition.is_none());
    results.iter().for_each(|result| summary.add(result));
    summary.duration_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);

    let report = Report { header: &header, results: &results, summary: &summary, suite: &suite };
    let text = match options.format {
        Format::Human => report::human::render(&report),
        Format::Jsonl => report::jsonl::render(&report)?,
        Format::Junit => report::junit::render(&report)?,
    };
    write_results(options, &text)?;
    Ok(if summary.is_as_expected() { Exit::AsExpected } else { Exit::Unexpected })
}

fn read_expectations(path: &camino::Utf8Path) -> Result<Expectations, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format_args!("failed to read {path}: {error}")))?;
    Expectations::parse(&Source::new(path, text)).map_err(|problems| Failure::usage(problems.styled()))
}

fn progress_bar(cases: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(cases as u64), target);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// A file appears whole or not at all.
fn write_results(options: &RunOptions, text: &str) -> Result<(), Failure> {
    let Some(path) = &options.output else {
        let written = match options.format {
            Format::Human => anstream::stdout().lock().write_all(text.as_bytes()),
            Format::Jsonl | Format::Junit => stdout().lock().write_all(text.as_bytes()),
        };
        // A reader that has seen enough is no error.
        return match written {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        };
    };
    let fail = |error: std::io::Error| Failure::usage(format_args!("failed to write {path}: {error}"));
    let folder = match path.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => camino::Utf8Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(anstream::adapter::strip_str(text).to_string().as_bytes()).map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

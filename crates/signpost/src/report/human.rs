//! For a terminal: verdicts by area, and for each failure what was expected, what was seen and how to see it again. Of several
//! subjects, a line each.

use std::fmt::Write;
use std::time::Duration;

use signpost_conformance::suite::Suite;
use signpost_format::{CaseResult, Verdict};
use signpost_source::visible;
use signpost_transcript::Event;

use super::change::Comparison;
use super::failures;
use super::run::{Run, Standing, count};
use super::runs::{Report, labels, used_verdicts};
use super::verdict::style;

/// Changes that are named; what they have in common is counted.
const MOST_CHANGES: usize = 40;
/// Cases that are named for their slowness.
const MOST_SLOW: usize = 3;
/// What is slow for a case of one run: so many times the median, and so long at least.
const SLOW_TIMES: u64 = 10;
const SLOW_US: u64 = 1_000_000;

/// The whole report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut text = match report.runs {
        [run] => one(report.suite, run),
        runs => several(runs),
    };
    if let Some(comparison) = &report.comparison {
        text.push_str(&compared(comparison));
    }
    text
}

fn one(suite: &Suite, run: &Run) -> String {
    let mut text = String::new();
    text.push_str(&failures::render(suite, run));
    text.push_str(&table(run));
    for error in &run.summary.expectation_errors {
        let _ = writeln!(text, "expectations: {}", visible(error));
    }
    text.push_str(&strangers(run));
    text.push_str(&slow(run));
    let _ = writeln!(text, "{}", run.tally().in_words());
    text.push_str(&conclusion(run));
    text
}

/// That somebody else on this machine talks to what listens there, and so makes cases slow: the lines of JSON say who.
fn strangers(run: &Run) -> String {
    let came = |result: &&CaseResult| {
        result.transcript.iter().any(|seen| matches!(seen.event, Event::Stranger { .. }))
    };
    match run.results.iter().filter(came).count() {
        0 => String::new(),
        cases => format!("somebody who is not the subject came to {}, and was turned away\n", count(cases)),
    }
}

/// Verdicts by area.
fn table(run: &Run) -> String {
    let used = used_verdicts(std::slice::from_ref(run));
    let width = run.summary.areas.keys().map(String::len).max().unwrap_or_default().max("all".len());
    let mut text = head("", width, &used);
    text.push('\n');
    let all = ("all".to_owned(), run.summary.verdicts.clone());
    let areas = run.summary.areas.iter().map(|(area, counts)| (area.clone(), counts.clone()));
    for (area, counts) in areas.chain(std::iter::once(all)) {
        let _ = write!(text, "{:width$}", visible(&area));
        for verdict in &used {
            let _ = write!(text, "  {:>12}", counts.get(verdict).copied().unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

/// A line each: verdicts, how they stand, and what is dangerous.
fn several(runs: &[Run]) -> String {
    let used = used_verdicts(runs);
    let labels: Vec<String> = labels(runs).iter().map(|label| visible(label).into_owned()).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let mut text = head("", width, &used);
    let counted = ["new", "known", "fixed", "wrong", "dangerous"];
    for name in counted {
        let _ = write!(text, "  {name:>9}");
    }
    text.push('\n');
    for (run, label) in runs.iter().zip(&labels) {
        let _ = write!(text, "{label:width$}");
        for verdict in &used {
            let _ = write!(text, "  {:>12}", run.summary.verdicts.get(verdict).copied().unwrap_or_default());
        }
        let tally = run.tally();
        let standings =
            [Standing::New, Standing::Known, Standing::Fixed].map(|standing| tally.standing(standing));
        for number in standings.into_iter().chain([tally.wrong(), tally.dangerous()]) {
            let _ = write!(text, "  {number:>9}");
        }
        text.push('\n');
    }
    for (run, label) in runs.iter().zip(&labels) {
        for error in &run.summary.expectation_errors {
            let _ = writeln!(text, "{label}: expectations: {}", visible(error));
        }
        for gap in &run.gaps {
            let _ = writeln!(text, "{label}: incomplete: {}", visible(gap));
        }
    }
    text
}

fn head(first: &str, width: usize, verdicts: &[Verdict]) -> String {
    let mut text = format!("{first:width$}");
    for verdict in verdicts {
        let style = style(*verdict);
        let _ = write!(text, "  {style}{:>12}{style:#}", verdict.name());
    }
    text
}

/// Cases that took far longer than the others, which often wait for something that does not come.
fn slow(run: &Run) -> String {
    let Some(median) = median(run) else { return String::new() };
    let is_slow = |result: &&CaseResult| {
        let least = median.saturating_mul(SLOW_TIMES).max(SLOW_US);
        result.runs == 1 && result.duration_us >= least
    };
    let mut slow: Vec<&CaseResult> = run.results.iter().filter(is_slow).collect();
    slow.sort_by_key(|result| std::cmp::Reverse(result.duration_us));
    let named = slow.iter().take(MOST_SLOW).map(|result| {
        format!("{} {:.1} s", visible(&result.id), Duration::from_micros(result.duration_us).as_secs_f64())
    });
    let named = named.collect::<Vec<_>>().join(", ");
    match slow.len() {
        0 => String::new(),
        number => {
            format!(
                "slow: {named}{}\n",
                if number > MOST_SLOW { format!(", and {} more", number - MOST_SLOW) } else { String::new() }
            )
        }
    }
}

fn median(run: &Run) -> Option<u64> {
    let once = run.results.iter().filter(|result| result.runs == 1);
    let mut times: Vec<u64> = once.map(|result| result.duration_us).collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn conclusion(run: &Run) -> String {
    let summary = &run.summary;
    let seconds = Duration::from_micros(summary.duration_us).as_secs_f64();
    let unexpected = summary.unexpected + summary.expectation_errors.len();
    let outcome = match (&run.gaps[..], unexpected) {
        ([], 0) => "all as expected".to_owned(),
        ([], _) => format!("{unexpected} unexpected"),
        (gaps, _) => format!("{unexpected} unexpected, incomplete: {}", visible(&gaps.join("; "))),
    };
    let median = median(run).map_or_else(String::new, |median| {
        format!(", {:.1} ms at the median", Duration::from_micros(median).as_secs_f64() * 1000.0)
    });
    format!(
        "{} against {} ({}) in {seconds:.2} s{median}: {outcome}\n",
        count(summary.cases),
        visible(&run.header.subject),
        visible(&run.header.subject_version)
    )
}

fn compared(comparison: &Comparison<'_>) -> String {
    let worse = comparison.changes.iter().filter(|change| change.is_worse()).count();
    let mut text = format!("\n{} changed, {worse} for the worse\n", count(comparison.changes.len()));
    for change in comparison.changes.iter().take(MOST_CHANGES) {
        let mark = if change.is_worse() { '!' } else { ' ' };
        let line = format!("{mark} {}: {}: {}", change.subject, change.id, change.in_words());
        let _ = writeln!(text, "{}", visible(&line));
    }
    if let Some(more @ 1..) = comparison.changes.len().checked_sub(MOST_CHANGES) {
        let _ = writeln!(text, "  and {more} more");
    }
    for subject in &comparison.alone {
        let _ = writeln!(text, "  {}: nothing to compare with", visible(subject));
    }
    text
}

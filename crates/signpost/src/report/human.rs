//! For a terminal: verdicts by area, and for each failure what was expected, what was seen and how to see it again.

use std::fmt::Write;
use std::time::Duration;

use signpost_format::{CaseResult, Incomplete, Verdict};
use signpost_source::visible;
use signpost_transcript::Event;

use super::{Report, count, failures, style};

/// The whole report.
pub(crate) fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    text.push_str(&failures::render(report));
    text.push_str(&table(report));
    for error in &report.summary.expectation_errors {
        let _ = writeln!(text, "expectations: {}", visible(error));
    }
    text.push_str(&strangers(report));
    text.push_str(&conclusion(report));
    text
}

/// That somebody else on this machine talks to what listens there, and so makes cases slow: the lines of JSON say who.
fn strangers(report: &Report<'_>) -> String {
    let came = |result: &&CaseResult| {
        result.transcript.iter().any(|seen| matches!(seen.event, Event::Stranger { .. }))
    };
    match report.results.iter().filter(came).count() {
        0 => String::new(),
        cases => format!("somebody who is not the subject came to {}, and was turned away\n", count(cases)),
    }
}

/// Verdicts by area.
fn table(report: &Report<'_>) -> String {
    let used: Vec<Verdict> =
        Verdict::ALL.into_iter().filter(|verdict| report.summary.verdicts.contains_key(verdict)).collect();
    let width = report.summary.areas.keys().map(String::len).max().unwrap_or_default().max("all".len());
    let mut text = format!("{:width$}", "");
    for verdict in &used {
        let style = style(*verdict);
        let _ = write!(text, "  {style}{:>12}{style:#}", verdict.name());
    }
    text.push('\n');
    let all = ("all".to_owned(), report.summary.verdicts.clone());
    let areas = report.summary.areas.iter().map(|(area, counts)| (area.clone(), counts.clone()));
    for (area, counts) in areas.chain(std::iter::once(all)) {
        let _ = write!(text, "{area:width$}");
        for verdict in &used {
            let _ = write!(text, "  {:>12}", counts.get(verdict).copied().unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

fn conclusion(report: &Report<'_>) -> String {
    let summary = report.summary;
    let seconds = Duration::from_micros(summary.duration_us).as_secs_f64();
    let unexpected = summary.unexpected + summary.expectation_errors.len();
    let outcome = match (&summary.incomplete, unexpected) {
        (None, 0) => "all as expected".to_owned(),
        (None, _) => format!("{unexpected} unexpected"),
        (Some(incomplete), _) => {
            format!("{unexpected} unexpected, incomplete: {}", self::incomplete(incomplete))
        }
    };
    let mut times: Vec<u64> =
        report.results.iter().filter(|result| result.runs == 1).map(|result| result.duration_us).collect();
    times.sort_unstable();
    let median = times.get(times.len() / 2).map_or_else(String::new, |&median| {
        format!(", {:.1} ms at the median", Duration::from_micros(median).as_secs_f64() * 1000.0)
    });
    format!(
        "{} against {} ({}) in {seconds:.2} s{median}: {outcome}\n",
        count(summary.cases),
        visible(&report.header.subject),
        visible(&report.header.subject_version)
    )
}

/// What a reader of a run that ended before its time has to know.
pub(crate) fn incomplete(incomplete: &Incomplete) -> String {
    format!("{} not judged, because {}", count(incomplete.missing), incomplete.because)
}

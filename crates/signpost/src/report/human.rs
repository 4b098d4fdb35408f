//! For a terminal: verdicts by area, and for each failure what was expected, what was seen and how to see it again.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use anstyle::Style;
use signpost_conformance::suite::Suite;
use signpost_format::CaseResult;
use signpost_format::Verdict;

use super::{Report, style};

/// Lines of the transcript shown before and after those that a finding names.
const CONTEXT: u32 = 2;
/// Lines of the transcript shown where no finding names any.
const TAIL: usize = 12;

/// The whole report.
pub(crate) fn render(report: &Report<'_>) -> String {
    let mut text = String::new();
    for result in report.results.iter().filter(|result| !result.expected) {
        text.push_str(&failure(report.suite, result));
        text.push('\n');
    }
    text.push_str(&table(report));
    for error in &report.summary.expectation_errors {
        let _ = writeln!(text, "expectations: {error}");
    }
    text.push_str(&conclusion(report));
    text
}

/// What is to be known about one unexpected verdict.
pub(crate) fn failure(suite: &Suite, result: &CaseResult) -> String {
    let bold = Style::new().bold();
    let verdict = style(result.verdict);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{verdict}{}{verdict:#} {bold}{}{bold:#} ({})",
        result.verdict, result.id, result.severity
    );
    let _ = writeln!(text, "  {}", result.title);
    if let Some(known) = &result.known {
        let _ = writeln!(text, "  expected verdict: {} ({})", known.verdict, known.reason);
    }
    let mut shown: Vec<&str> = Vec::new();
    for finding in &result.findings {
        if shown.contains(&finding.requirement.as_str()) {
            continue;
        }
        shown.push(&finding.requirement);
        let requirement = suite.requirements.find(&finding.requirement);
        let level = requirement.map_or_else(String::new, |requirement| {
            format!(" {} ({})", requirement.level, requirement.source)
        });
        let _ = writeln!(text, "  requirement: {}{level}", finding.requirement);
        if let Some(requirement) = requirement {
            let _ = writeln!(text, "               {}", requirement.text);
        }
        for same in result.findings.iter().filter(|same| same.requirement == finding.requirement) {
            let _ = writeln!(text, "  expected:    {}", same.expected);
            let _ = writeln!(text, "  seen:        {}", same.seen);
        }
    }
    if let Some(reported) = &result.report {
        let _ = writeln!(text, "  reported:    {reported}");
    }
    text.push_str(&excerpt(result));
    let _ = writeln!(text, "  reproduce:   {}", result.reproduce);
    text
}

/// The lines of the transcript that show it.
fn excerpt(result: &CaseResult) -> String {
    let named: BTreeSet<u32> = result.findings.iter().flat_map(|finding| &finding.lines).copied().collect();
    let from_end = result.transcript.len().saturating_sub(TAIL);
    let shown = |index: usize, sequence: u32| {
        if named.is_empty() {
            return index >= from_end;
        }
        named.iter().any(|&line| line.abs_diff(sequence) <= CONTEXT)
    };
    let mut text = String::new();
    for (index, observation) in result.transcript.iter().enumerate() {
        if shown(index, observation.sequence) {
            let mark = if named.contains(&observation.sequence) { '>' } else { ' ' };
            let _ = writeln!(text, "  {mark}{:>4} {}", observation.sequence, observation.event);
        }
    }
    text
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
    let outcome = if summary.is_as_expected() {
        "all as expected".to_owned()
    } else {
        format!("{} unexpected", summary.unexpected + summary.expectation_errors.len())
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
        report.header.subject,
        report.header.subject_version
    )
}

/// A number of cases in words.
fn count(cases: usize) -> String {
    if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") }
}

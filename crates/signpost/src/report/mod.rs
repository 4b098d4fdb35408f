//! Views of the results.

pub(crate) mod failures;
pub(crate) mod human;
pub(crate) mod jsonl;
pub(crate) mod junit;

use anstyle::{AnsiColor, Style};
use signpost_conformance::ground_rule::GroundRule;
use signpost_conformance::suite::Suite;
use signpost_format::Verdict;
use signpost_format::{CaseResult, RunHeader, Summary};

/// Everything that a view shows.
pub(crate) struct Report<'a> {
    pub(crate) header: &'a RunHeader,
    pub(crate) results: &'a [CaseResult],
    pub(crate) summary: &'a Summary,
    pub(crate) suite: &'a Suite,
}

/// A case in one line, as it ends.
pub(crate) fn one_line(result: &CaseResult) -> String {
    let style = style(result.verdict);
    format!("{style}{:>12}{style:#} {}", result.verdict.name(), result.id)
}

/// Whether a case only waits for its control, which failed.
pub(crate) fn waits(result: &CaseResult) -> bool {
    matches!(&result.findings[..], [only] if only.requirement == GroundRule::ControlFirst.slug())
}

/// The colour of a verdict; its name says the same.
pub(crate) fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::Weak | Verdict::Inconclusive => AnsiColor::Yellow,
        Verdict::Fail | Verdict::Errored => AnsiColor::Red,
        Verdict::Unsupported => AnsiColor::Cyan,
    };
    Style::new().bold().fg_color(Some(colour.into()))
}

/// A number of cases in words.
pub(crate) fn count(cases: usize) -> String {
    if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") }
}

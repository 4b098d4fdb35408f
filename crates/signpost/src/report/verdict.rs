//! How a verdict looks on a terminal.

use anstyle::{AnsiColor, Style};
use signpost_format::{CaseResult, Verdict};
use signpost_source::visible;

/// A case in one line, as it ends.
pub(crate) fn one_line(result: &CaseResult) -> String {
    let style = style(result.verdict);
    format!("{style}{:>12}{style:#} {}", result.verdict.name(), visible(&result.id))
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

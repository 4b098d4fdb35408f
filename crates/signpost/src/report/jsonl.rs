//! One JSON object a line: run, cases, summary.

use signpost_format::Line;

use super::Report;
use crate::exit::Failure;

/// The results as lines of JSON.
pub(crate) fn render(report: &Report<'_>) -> Result<String, Failure> {
    let cases = report.results.iter().map(|result| Line::Case(Box::new(result.clone())));
    let lines = std::iter::once(Line::Run(report.header.clone()))
        .chain(cases)
        .chain(std::iter::once(Line::Summary(report.summary.clone())));
    let mut text = String::new();
    for line in lines {
        let line = serde_json::to_string(&line)
            .map_err(|error| Failure::usage(format_args!("failed to write a result: {error}")))?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

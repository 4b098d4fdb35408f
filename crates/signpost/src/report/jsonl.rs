//! One JSON object a line: run, cases, summary.

use std::fmt::Write as _;

use signpost_format::Line;
use signpost_source::visible;

use super::runs::Report;
use crate::exit::Failure;

/// Every line of runs that have ended: shards that were merged can be read again as one run.
pub(super) fn render_all(report: &Report<'_>) -> Result<String, Failure> {
    let mut text = String::new();
    for run in report.runs {
        text.push_str(&render(&Line::Run(run.header.clone()))?);
        for result in &run.results {
            text.push_str(&render(&Line::Case(Box::new(result.clone())))?);
        }
        text.push_str(&render(&Line::Summary(run.summary.clone()))?);
    }
    Ok(text)
}

/// One line of the results, with its end.
pub(crate) fn render(line: &Line) -> Result<String, Failure> {
    let line = serde_json::to_string(line)
        .map_err(|error| Failure::usage(format_args!("failed to write a result: {error}")))?;
    Ok(escaped(&line) + "\n")
}

/// The same JSON with whatever is not printable escaped as JSON does: it acts on no terminal, and says the same to whoever
/// reads it.
pub(crate) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for next in json.chars() {
        // In strings stand no line ends, and outside of them nothing but ASCII.
        if next == '\n' || visible(next.encode_utf8(&mut [0; 4])).chars().eq([next]) {
            text.push(next);
            continue;
        }
        for unit in next.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_json_says_the_same() {
        let said =
            serde_json::json!({ "a\u{202e}": ["\u{1b}\u{9b}\u{fffe}\n", "Grüße \u{e0041} 世界 \\ \"" ] });
        for json in [said.to_string(), format!("{said:#}")] {
            let escaped = escaped(&json);
            assert!(escaped.contains(r"a\u202e") && escaped.contains(r"\udb40\udc41 世界"), "{escaped}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), said);
        }
    }
}

//! A badge: the JSON of an endpoint of shields.io, which any server of files can serve.

use serde_json::json;
use signpost_format::Verdict;
use signpost_source::visible;

use super::jsonl;
use super::run::{Run, Standing, Tally};
use super::runs::Report;
use crate::exit::Failure;

/// What stands on the badge, in one line.
pub(super) fn render(report: &Report<'_>) -> Result<String, Failure> {
    let tallies: Vec<Tally> = report.runs.iter().map(Run::tally).collect();
    let sum = |number: &dyn Fn(&Tally) -> usize| tallies.iter().map(number).sum::<usize>();
    let new = sum(&|tally| tally.standing(Standing::New));
    let known = sum(&|tally| tally.standing(Standing::Known));
    let fixed = sum(&|tally| tally.standing(Standing::Fixed));
    let dangerous = sum(&Tally::dangerous);
    let passed = report.runs.iter().filter_map(|run| run.summary.verdicts.get(&Verdict::Pass)).sum::<usize>();
    let is_incomplete = report.runs.iter().any(|run| !run.gaps.is_empty());
    let mut parts = vec![format!("{passed} pass")];
    let counted = [(new, "unexpected"), (known, "known"), (fixed, "fixed"), (dangerous, "dangerous")];
    parts.extend(
        counted.iter().filter(|(number, _)| *number > 0).map(|(number, name)| format!("{number} {name}")),
    );
    if is_incomplete {
        parts.push("incomplete".to_owned());
    }
    let color = if dangerous > 0 || new > 0 {
        "red"
    } else if is_incomplete || known > 0 || fixed > 0 {
        "yellow"
    } else {
        "brightgreen"
    };
    let label = match report.runs {
        [run] => format!("signpost {}", visible(&run.header.subject)),
        runs => format!("signpost, {} subjects", runs.len()),
    };
    let badge = json!({ "schemaVersion": 1, "label": label, "message": parts.join(", "), "color": color });
    Ok(jsonl::escaped(&format!("{badge}\n")))
}

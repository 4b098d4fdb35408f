//! At most forty lines of Markdown, for a comment below a change: totals, what is new, known and fixed, and what is dangerous.

use std::fmt::Write as _;

use signpost_format::CaseResult;
use signpost_source::visible;

use super::run::{Run, Standing};
use super::runs::{Report, labels};

/// Lines that there may be: more than one screen is not read below a change.
const MOST_LINES: usize = 40;
/// Rows of the table; the other subjects are counted.
const MOST_SUBJECTS: usize = 10;
/// Entries of each list; the others are counted.
const MOST_LISTED: usize = 4;
/// Characters of what anybody said.
const MOST_CHARACTERS: usize = 160;

/// The whole report.
pub(super) fn render(report: &Report<'_>) -> String {
    let labels = labels(report.runs);
    let mut lines = totals(report.runs, &labels);
    let gaps = report.runs.iter().zip(&labels).flat_map(|(run, label)| {
        run.gaps.iter().map(move |gap| format!("{}: incomplete: {}", code(label), code(gap)))
    });
    let errors = report.runs.iter().zip(&labels).flat_map(|(run, label)| {
        let errors = run.summary.expectation_errors.iter();
        errors.map(move |error| format!("{}: expectations: {}", code(label), code(error)))
    });
    list(&mut lines, "The run itself", gaps.chain(errors).collect());
    let is_new = |result: &CaseResult| Standing::of(result) == Standing::New;
    // What is news comes before what is known.
    let dangerous = [false, true].map(|expected| {
        let is_such = |result: &CaseResult| result.is_dangerous() && result.expected == expected;
        entries(report.runs, &labels, |result| is_such(result).then(|| seen(result)))
    });
    list(&mut lines, "Dangerous", dangerous.concat());
    list(
        &mut lines,
        "New",
        entries(report.runs, &labels, |result| {
            (is_new(result) && !result.is_dangerous()).then(|| seen(result))
        }),
    );
    let is_fixed = |result: &CaseResult| Standing::of(result) == Standing::Fixed;
    let why = |result: &CaseResult| {
        result.known.as_ref().map_or_else(String::new, |known| format!("was known: {}", code(&known.reason)))
    };
    list(&mut lines, "Fixed", entries(report.runs, &labels, |result| is_fixed(result).then(|| why(result))));
    if let Some(comparison) = &report.comparison {
        let changes = comparison.changes.iter().map(|change| {
            let worse = if change.is_worse() { "**worse** " } else { "" };
            format!(
                "{worse}{} against {}: {}",
                code(change.id),
                code(change.subject),
                code(&change.in_words())
            )
        });
        let alone =
            comparison.alone.iter().map(|subject| format!("{}: nothing to compare with", code(subject)));
        list(&mut lines, "Changed", changes.chain(alone).collect());
    }
    debug_assert!(lines.len() <= MOST_LINES, "{lines:#?}");
    lines.truncate(MOST_LINES);
    lines.join("\n") + "\n"
}

fn totals(runs: &[Run], labels: &[String]) -> Vec<String> {
    let mut lines = vec![
        "| subject | cases | pass | new | known | fixed | wrong | dangerous |".to_owned(),
        "|---|--:|--:|--:|--:|--:|--:|--:|".to_owned(),
    ];
    for (run, label) in runs.iter().zip(labels).take(MOST_SUBJECTS) {
        let tally = run.tally();
        let mut line = format!("| {} | {}", cell(label), run.summary.cases);
        let passed = run.summary.verdicts.get(&signpost_format::Verdict::Pass).copied().unwrap_or_default();
        let standings =
            [Standing::New, Standing::Known, Standing::Fixed].map(|standing| tally.standing(standing));
        for number in std::iter::once(passed).chain(standings).chain([tally.wrong()]) {
            let _ = write!(line, " | {number}");
        }
        let dangerous = match tally.dangerous() {
            0 => "0".to_owned(),
            number => format!("**{number}**"),
        };
        let _ = write!(line, " | {dangerous} |");
        lines.push(line);
    }
    if let Some(more @ 1..) = runs.len().checked_sub(MOST_SUBJECTS) {
        lines.push(format!("| and {more} more | | | | | | | |"));
    }
    lines
}

/// An entry for each result that `text` has something to say of.
fn entries(runs: &[Run], labels: &[String], text: impl Fn(&CaseResult) -> Option<String>) -> Vec<String> {
    let mut entries = Vec::new();
    for (run, label) in runs.iter().zip(labels) {
        let subject = if runs.len() > 1 { format!(" against {}", code(label)) } else { String::new() };
        entries.extend(run.results.iter().filter_map(|result| {
            Some(format!("{} ({}){subject}: {}", code(&result.id), result.severity, text(result)?))
        }));
    }
    entries
}

fn seen(result: &CaseResult) -> String {
    let kind = result.known.as_ref().filter(|_| result.expected).map_or("", |_| "known, ");
    match result.findings.first() {
        Some(finding) => format!(
            "{kind}{}, {}",
            result.verdict,
            code(&format!("{}: {}", finding.requirement, finding.seen))
        ),
        None => format!("{kind}{}", result.verdict),
    }
}

/// One line for the heading, and one for each of the first entries: lists of any length have a place here.
fn list(lines: &mut Vec<String>, heading: &str, entries: Vec<String>) {
    if entries.is_empty() {
        return;
    }
    // The first list needs its distance from the table.
    if lines.last().is_some_and(|line| line.starts_with('|')) {
        lines.push(String::new());
    }
    let more = entries.len().saturating_sub(MOST_LISTED);
    let shown = if more > 0 { format!(", of which {MOST_LISTED} are shown") } else { String::new() };
    lines.push(format!("- **{heading}: {}{shown}**", entries.len()));
    lines.extend(entries.into_iter().take(MOST_LISTED).map(|entry| format!("  - {entry}")));
}

/// What anybody said, as code: nothing in it is a link, a name that somebody is called by, or HTML.
fn code(text: &str) -> String {
    let text = visible(text);
    let mut shown: String = text.chars().take(MOST_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    // A fence longer than any in it.
    let longest = shown.split(|next| next != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space =
        if shown.starts_with('`') || shown.ends_with('`') || shown.trim().is_empty() { " " } else { "" };
    format!("{fence}{space}{shown}{space}{fence}")
}

/// The same within a table, whose columns end before code begins.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_code() {
        for (said, shown) in [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("``", "``` `` ```"),
            ("[x](https://x) <b>@all #1\n# head", "`[x](https://x) <b>@all #1\\n# head`"),
            ("\u{202e}", "`\\u{202e}`"),
        ] {
            assert_eq!(code(said), shown);
        }
        assert_eq!(cell("a|b"), "`a\\|b`");
    }
}

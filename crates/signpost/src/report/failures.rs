//! Unexpected verdicts for a person, each cause once: what failed alike is shown by its first, and what waits for it counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anstyle::Style;
use signpost_conformance::explanation::Explanation;
use signpost_conformance::suite::Suite;
use signpost_format::{CaseResult, Verdict};
use signpost_source::visible;

use super::run::{Run, count, waits};
use super::verdict::style;

/// IDs that are named where so many cases are alike.
const MOST_NAMED: usize = 3;

/// The controls that failed, what waits for them, and everything else.
pub(super) fn render(suite: &Suite, run: &Run) -> String {
    let unexpected = run.results.iter().filter(|result| !result.expected);
    let (waiting, others): (Vec<_>, Vec<_>) = unexpected.partition(|result| waits(result));
    let controls: BTreeSet<&str> = waiting.iter().filter_map(|result| control(suite, result)).collect();
    let (failed, others): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|result| controls.contains(result.id.as_str()));
    let mut text = each_once(suite, &failed, |_| true);
    // A control that was not selected has no result of its own; what waits for it says what came of it.
    let is_shown = |control: &str| failed.iter().any(|result| result.id == control);
    let unseen = waiting.iter().find(|result| control(suite, result).is_none_or(|id| !is_shown(id)));
    if let Some(first) = unseen {
        let _ = writeln!(text, "{}", failure(suite, first));
    }
    if !waiting.is_empty() {
        let wait = if waiting.len() == 1 { "waits" } else { "wait" };
        let controls = match controls.len() {
            1 => "1 control".to_owned(),
            number => format!("{number} controls"),
        };
        let _ = writeln!(
            text,
            "{} {wait} for {controls}: where the honest case does not work, a refusal says nothing\n",
            count(waiting.len())
        );
    }
    text + &each_once(suite, &others, |result| result.verdict == Verdict::Errored)
}

/// What is to be known about one unexpected verdict.
pub(crate) fn failure(suite: &Suite, result: &CaseResult) -> String {
    let bold = Style::new().bold();
    let verdict = style(result.verdict);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{verdict}{}{verdict:#} {bold}{}{bold:#} ({})",
        result.verdict,
        visible(&result.id),
        result.severity
    );
    let _ = write!(text, "{}", Explanation::of(result, &suite.requirements));
    text
}

fn control<'s>(suite: &'s Suite, result: &CaseResult) -> Option<&'s str> {
    suite.case(&result.id)?.control.as_deref()
}

/// Failures in full; of those that may be alike, the first of each kind and the names of the others.
fn each_once(suite: &Suite, failures: &[&CaseResult], may_be_alike: impl Fn(&CaseResult) -> bool) -> String {
    let mut alike: BTreeMap<(Verdict, String), Vec<&str>> = BTreeMap::new();
    for result in failures.iter().filter(|result| may_be_alike(result)) {
        alike.entry(cause(result)).or_default().push(&result.id);
    }
    let mut text = String::new();
    for result in failures {
        let same = if may_be_alike(result) { alike.get(&cause(result)) } else { None };
        let others = match same.map(Vec::as_slice) {
            Some([first, ..]) if *first != result.id => continue,
            Some([_, others @ ..]) => others,
            _ => &[],
        };
        text.push_str(&failure(suite, result));
        if !others.is_empty() {
            let named: Vec<_> = others.iter().take(MOST_NAMED).map(|id| visible(id)).collect();
            let named = named.join(", ");
            let more = if others.len() > MOST_NAMED { ", …" } else { "" };
            let _ = writeln!(text, "  and alike:   {}: {named}{more}", count(others.len()));
        }
        text.push('\n');
    }
    text
}

/// What failures have in common that are alike: what was seen, whatever numbers (ports, times) are in it.
fn cause(result: &CaseResult) -> (Verdict, String) {
    let seen = result.findings.first().map_or("", |finding| finding.seen.as_str());
    let words: Vec<&str> =
        seen.split(|next: char| next.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    (result.verdict, words.join("0"))
}

//! One page that needs nothing else: heat map of cases by subjects, filters, and for each cell what there is to know. What it shows
//! is one block of JSON; without script there is a table.

mod data;
mod time_line;

use askama::Template;
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use signpost_format::Verdict;
use signpost_source::visible;

use super::jsonl;
use super::run::{Run, Standing, count};
use super::runs::{Report, labels, used_verdicts};
use crate::exit::Failure;
use data::Data;

const STYLE: &str = include_str!("../../../templates/page.css");
const SCRIPT: &str = include_str!("../../../templates/page.js");
/// Width of the bar that shows a subject's verdicts.
const BAR: usize = 200;

/// The page.
pub(super) fn render(report: &Report<'_>) -> Result<String, Failure> {
    let not_made =
        |error: &dyn std::fmt::Display| Failure::usage(format_args!("failed to make the page: {error}"));
    let data = Data::of(report);
    let json = serde_json::to_string(&data).map_err(|error| not_made(&error))?;
    let labels: Vec<String> = labels(report.runs).iter().map(|label| visible(label).into_owned()).collect();
    let verdicts = used_verdicts(report.runs);
    let page = Page {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        heading: heading(&data, &labels),
        subjects: report
            .runs
            .iter()
            .zip(&labels)
            .map(|(run, label)| Subject::of(run, label, &verdicts))
            .collect(),
        notes: notes(report, &labels),
        bar: BAR,
        verdicts,
        rows: rows(&data),
        labels: &labels,
        json: in_script(&json),
    };
    page.render().map(|page| page + "\n").map_err(|error| not_made(&error))
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    heading: String,
    subjects: Vec<Subject<'a>>,
    /// What is not whole or not as it should be with the runs themselves.
    notes: Vec<String>,
    bar: usize,
    verdicts: Vec<Verdict>,
    /// The table for readers without script.
    rows: Vec<Row<'a>>,
    labels: &'a [String],
    json: String,
}

struct Subject<'a> {
    label: &'a str,
    version: String,
    counts: Vec<usize>,
    /// Class, begin and width of each part of the bar.
    bar: Vec<(&'static str, usize, usize)>,
    new: usize,
    known: usize,
    fixed: usize,
    wrong: usize,
    dangerous: usize,
}

struct Row<'a> {
    id: &'a str,
    cells: Vec<&'static str>,
}

impl<'a> Subject<'a> {
    fn of(run: &Run, label: &'a str, verdicts: &[Verdict]) -> Self {
        let counts: Vec<usize> = verdicts
            .iter()
            .map(|verdict| run.summary.verdicts.get(verdict).copied().unwrap_or_default())
            .collect();
        let all = run.summary.cases.max(1);
        let mut before = 0;
        let bar = verdicts.iter().zip(&counts).map(|(verdict, count)| {
            let (begin, end) = (before * BAR / all, (before + count) * BAR / all);
            before += count;
            (verdict.name(), begin, end - begin)
        });
        let bar = bar.filter(|(_, _, width)| *width > 0).collect();
        let tally = run.tally();
        Self {
            label,
            version: visible(&run.header.subject_version).into_owned(),
            counts,
            bar,
            new: tally.standing(Standing::New),
            known: tally.standing(Standing::Known),
            fixed: tally.standing(Standing::Fixed),
            wrong: tally.wrong(),
            dangerous: tally.dangerous(),
        }
    }
}

fn heading(data: &Data, labels: &[String]) -> String {
    match labels {
        [only] => format!("{} against {only}", count(data.cases.len())),
        labels => format!("{} against {} subjects", count(data.cases.len()), labels.len()),
    }
}

fn notes(report: &Report<'_>, labels: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    for (run, label) in report.runs.iter().zip(labels) {
        notes.extend(run.gaps.iter().map(|gap| format!("{label} is incomplete: {}", visible(gap))));
        let errors = run.summary.expectation_errors.iter();
        notes.extend(errors.map(|error| format!("Expectations of {label}: {}", visible(error))));
    }
    let alone = report.comparison.iter().flat_map(|comparison| &comparison.alone);
    notes.extend(alone.map(|subject| format!("{}: nothing to compare with", visible(subject))));
    notes
}

fn rows(data: &Data) -> Vec<Row<'_>> {
    let row = |case: &data::Case| case.cells().map(data::Cell::in_a_word).collect();
    data.cases.iter().map(|case| Row { id: &case.id, cells: row(case) }).collect()
}

/// Nothing is fetched from anywhere and nothing runs but what stands here.
fn policy() -> String {
    let hash = |text: &str| BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref());
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// JSON in which nothing ends a script, opens a comment or acts on a terminal, and that says the same.
fn in_script(json: &str) -> String {
    let json = jsonl::escaped(json);
    let mut text = String::with_capacity(json.len());
    for next in json.chars() {
        match next {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            next => text.push(next),
        }
    }
    text
}

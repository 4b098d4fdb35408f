//! What the page shows, as small as it can be said: every text stands once, and so does all that cells have in common.

use std::collections::HashMap;

use serde::{Serialize, Serializer};
use signpost_format::{CaseResult, Verdict, Wrong};
use signpost_source::visible;

use super::time_line::{self, Entry, Lane, shortened};
use crate::report::change::Kind;
use crate::report::run::Standing;
use crate::report::runs::{Report, labels};

/// Octets that transcripts and findings may have together, and behind them findings alone, so that the page opens at once. What
/// has no place is in the files.
const MOST_OF_TRANSCRIPTS: usize = 1_600_000;
const MOST_OF_FINDINGS: usize = 2_400_000;
/// Octets that the numbers of an entry have in JSON, about.
const OF_NUMBERS: usize = 20;

/// Number of a text in [`Data::texts`].
type Text = usize;

#[derive(Debug, Serialize)]
pub(super) struct Data {
    /// Name and version.
    subjects: Vec<(String, String)>,
    texts: Vec<String>,
    /// Slug, level, source, text.
    requirements: Vec<(Text, Text, Text, Text)>,
    pub(super) cases: Vec<Case>,
    details: Vec<Detail>,
    transcripts: Vec<Vec<Seen>>,
    /// Whether it is known what has changed.
    compared: bool,
}

/// A row: a case, and what came of it for each subject.
#[derive(Debug, Serialize)]
pub(super) struct Case {
    pub(super) id: String,
    title: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Text>,
    severity: u8,
    requirements: Vec<usize>,
    /// A letter for each subject.
    #[serde(serialize_with = "letters")]
    cells: Vec<Cell>,
    /// Subject and detail, where there is more to say than the verdict.
    details: Vec<(usize, usize)>,
    /// Subject, and what was otherwise before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<(usize, Text)>,
}

impl Case {
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell> {
        self.cells.iter().copied()
    }
}

/// What came of a case for a subject, as far as the map shows it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    result: Option<(Verdict, Standing, Option<Wrong>)>,
}

impl Cell {
    fn of(result: &CaseResult) -> Self {
        Self { result: Some((result.verdict, Standing::of(result), result.wrong)) }
    }

    /// One letter: of the verdict, or of what is dangerous; a capital where it is known, or is mended.
    const fn letter(self) -> char {
        let Some((verdict, standing, wrong)) = self.result else { return '-' };
        let letter = match (wrong, verdict) {
            (Some(Wrong::Leak), _) => 'l',
            (Some(Wrong::Secure), _) => 's',
            (_, Verdict::Pass) => 'p',
            (_, Verdict::Weak) => 'w',
            (_, Verdict::Fail) => 'f',
            (_, Verdict::Inconclusive) => 'i',
            (_, Verdict::Unsupported) => 'u',
            (_, Verdict::Errored) => 'e',
        };
        match standing {
            Standing::Known | Standing::Fixed => letter.to_ascii_uppercase(),
            Standing::Passed | Standing::New | Standing::LeftFree => letter,
        }
    }

    /// The same for a reader without script.
    pub(super) const fn in_a_word(self) -> &'static str {
        let Some((verdict, _, wrong)) = self.result else { return "" };
        match (wrong, verdict) {
            (Some(Wrong::Leak), _) => "\u{25c6} leak",
            (Some(Wrong::Secure), _) => "\u{25c6} secure",
            (_, Verdict::Pass) => "\u{2713}",
            (_, Verdict::Weak) => "~ weak",
            (_, Verdict::Fail) => "\u{2717} fail",
            (_, Verdict::Inconclusive) => "? open",
            (_, Verdict::Unsupported) => "\u{2013}",
            (_, Verdict::Errored) => "\u{21af} errored",
        }
    }
}

fn letters<S: Serializer>(cells: &[Cell], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&cells.iter().map(|cell| cell.letter()).collect::<String>())
}

/// What there is to say of a cell. Cells that came alike share one.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
struct Detail {
    /// Slug, what was expected, what was seen.
    findings: Vec<(Text, Text, Text)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<Text>,
    /// The command, in two parts around the case's ID where it has it.
    reproduce: (Text, Option<Text>),
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<usize>,
    /// Whether it had no place.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    omitted: bool,
}

/// Lane, text, octets, whether it convicts, what is decoded.
type Seen = (Lane, Text, Text, u8, Vec<Text>);

impl Data {
    pub(super) fn of(report: &Report<'_>) -> Self {
        let mut writer = Writer::default();
        let mut by_id: HashMap<&str, Vec<Option<&CaseResult>>> = HashMap::new();
        for (number, run) in report.runs.iter().enumerate() {
            for result in &run.results {
                by_id.entry(&result.id).or_insert_with(|| vec![None; report.runs.len()])[number] =
                    Some(result);
            }
        }
        let mut rows: Vec<(&str, Vec<Option<&CaseResult>>)> = by_id.into_iter().collect();
        rows.sort_by_key(|(id, _)| *id);
        let mut cases: Vec<Case> =
            rows.iter().map(|(id, results)| writer.case(report, id, results)).collect();

        // What is dangerous has the first claim on the place there is, then what is worst.
        let mut cells: Vec<(usize, usize, &CaseResult)> = Vec::new();
        for (row, (_, results)) in rows.iter().enumerate() {
            let told = results.iter().enumerate().filter_map(|(subject, result)| Some((subject, (*result)?)));
            let told = told.filter(|(_, result)| has_detail(result));
            cells.extend(told.map(|(subject, result)| (row, subject, result)));
        }
        cells.sort_by_key(|(_, _, result)| {
            (!result.is_dangerous(), result.expected, std::cmp::Reverse(result.severity))
        });
        for (row, subject, result) in cells {
            let detail = writer.detail(result);
            cases[row].details.push((subject, detail));
        }
        if let Some(comparison) = &report.comparison {
            let place: HashMap<&str, usize> =
                rows.iter().enumerate().map(|(row, (id, _))| (*id, row)).collect();
            for change in &comparison.changes {
                let before = match &change.kind {
                    Kind::Gone(_) => continue,
                    Kind::New(_) | Kind::Reason { .. } | Kind::Verdict { .. } => {
                        writer.text(&change.in_words())
                    }
                };
                if let Some(row) = place.get(change.id) {
                    cases[*row].changes.push((change.run, before));
                }
            }
        }
        let versions = report.runs.iter().map(|run| visible(&run.header.subject_version).into_owned());
        let labels = labels(report.runs).into_iter().map(|label| visible(&label).into_owned());
        Self {
            subjects: labels.zip(versions).collect(),
            texts: writer.texts,
            requirements: writer.requirements,
            cases,
            details: writer.details,
            transcripts: writer.transcripts,
            compared: report.comparison.is_some(),
        }
    }
}

fn has_detail(result: &CaseResult) -> bool {
    result.verdict != Verdict::Pass || !result.expected || result.wrong.is_some()
}

/// Numbers for whatever is said more than once.
#[derive(Default)]
struct Writer {
    texts: Vec<String>,
    numbers: HashMap<String, Text>,
    requirements: Vec<(Text, Text, Text, Text)>,
    slugs: HashMap<String, usize>,
    details: Vec<Detail>,
    same_details: HashMap<Detail, usize>,
    transcripts: Vec<Vec<Seen>>,
    same_transcripts: HashMap<Vec<(u8, Text, Text, u8)>, usize>,
    /// Octets of details, as far as they have been written.
    spent: usize,
}

impl Writer {
    fn text(&mut self, text: &str) -> Text {
        let text = visible(text);
        if let Some(number) = self.numbers.get(text.as_ref()) {
            return *number;
        }
        self.texts.push(text.clone().into_owned());
        self.numbers.insert(text.into_owned(), self.texts.len() - 1);
        self.texts.len() - 1
    }

    /// Counts the texts from this one on, each with its quotes and comma.
    fn spend(&mut self, from: usize) {
        self.spent += self.texts[from..].iter().map(|text| text.len() + 3).sum::<usize>();
    }

    fn case(&mut self, report: &Report<'_>, id: &str, results: &[Option<&CaseResult>]) -> Case {
        let first = results.iter().flatten().next();
        let known = report.suite.case(id);
        let slugs = first.map_or(&[][..], |result| &result.requirements);
        Case {
            id: visible(id).into_owned(),
            title: self.text(first.map_or("", |result| &result.title)),
            why: known.map(|case| self.text(&case.scenario.table.why)),
            severity: first.map_or(0, |result| result.severity as u8),
            requirements: slugs.iter().map(|slug| self.requirement(report, slug)).collect(),
            cells: results.iter().map(|result| result.map_or_else(Cell::default, Cell::of)).collect(),
            details: Vec::new(),
            changes: Vec::new(),
        }
    }

    fn requirement(&mut self, report: &Report<'_>, slug: &str) -> usize {
        if let Some(number) = self.slugs.get(slug) {
            return *number;
        }
        let requirement = report.suite.requirements.find(slug);
        let level = requirement.map_or_else(String::new, |requirement| requirement.level.to_string());
        let (source, text) =
            requirement.map_or(("", ""), |requirement| (&requirement.source, &requirement.text));
        let row = (self.text(slug), self.text(&level), self.text(source), self.text(text));
        self.requirements.push(row);
        self.slugs.insert(slug.to_owned(), self.requirements.len() - 1);
        self.requirements.len() - 1
    }

    fn detail(&mut self, result: &CaseResult) -> usize {
        let before = self.texts.len();
        let reproduce = match result.reproduce.split_once(&result.id) {
            Some((before, behind)) => (self.text(before), Some(self.text(behind))),
            None => (self.text(&result.reproduce), None),
        };
        let (transcript, omitted) = self.transcript(result);
        let mut detail =
            Detail { findings: Vec::new(), report: None, known: None, reproduce, transcript, omitted };
        if self.spent <= MOST_OF_FINDINGS {
            let findings = result.findings.iter().map(|finding| {
                let [expected, seen] = [&finding.expected, &finding.seen].map(|text| shortened(text));
                (self.text(&finding.requirement), self.text(&expected), self.text(&seen))
            });
            detail.findings = findings.collect();
            detail.report = result.report.as_ref().map(|report| self.text(&shortened(&report.to_string())));
            let known = result.known.as_ref();
            detail.known = known.map(|known| self.text(&known.to_string()));
        } else {
            detail.omitted = true;
        }
        self.spend(before);
        if let Some(number) = self.same_details.get(&detail) {
            return *number;
        }
        self.spent += OF_NUMBERS * (2 + detail.findings.len());
        self.details.push(detail.clone());
        self.same_details.insert(detail, self.details.len() - 1);
        self.details.len() - 1
    }

    /// The number of the transcript, and whether it had no place.
    fn transcript(&mut self, result: &CaseResult) -> (Option<usize>, bool) {
        if result.transcript.is_empty() {
            return (None, false);
        }
        if self.spent > MOST_OF_TRANSCRIPTS {
            return (None, true);
        }
        let seen: Vec<Seen> = time_line::entries(result).into_iter().map(|entry| self.seen(entry)).collect();
        let key: Vec<(u8, Text, Text, u8)> = seen
            .iter()
            .map(|(lane, text, octets, convicts, _)| (*lane as u8, *text, *octets, *convicts))
            .collect();
        if let Some(number) = self.same_transcripts.get(&key) {
            return (Some(*number), false);
        }
        self.spent += seen.len() * OF_NUMBERS;
        self.transcripts.push(seen);
        self.same_transcripts.insert(key, self.transcripts.len() - 1);
        (Some(self.transcripts.len() - 1), false)
    }

    fn seen(&mut self, entry: Entry) -> Seen {
        (
            entry.lane,
            self.text(&entry.text),
            self.text(&entry.octets),
            u8::from(entry.convicts),
            entry.decoded.iter().map(|text| self.text(text)).collect(),
        )
    }
}

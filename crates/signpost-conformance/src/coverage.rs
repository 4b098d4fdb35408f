//! Which case covers which requirement, and which misreadings of it the cases convict.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::case::Case;
use crate::catalogue::{Catalogue, Extent, Row};
use crate::requirement::Requirement;
use crate::suite::Suite;

/// How many scenarios a row of the document names before it only counts them.
const NAMED: usize = 3;

/// What the suite has for one requirement.
#[derive(Clone, Debug)]
pub struct Coverage<'a> {
    /// The permanent name.
    pub slug: &'a str,
    /// What is required.
    pub requirement: &'a Requirement,
    /// IDs of the cases that name it.
    pub cases: Vec<&'a str>,
    /// IDs of their scenarios.
    pub scenarios: BTreeSet<&'a str>,
    /// Defects that these cases convict.
    pub defects: BTreeSet<&'a str>,
}

impl Coverage<'_> {
    /// Whether the judge holds every case to it, so that no case has to name it.
    #[must_use]
    pub fn is_invariant(&self) -> bool {
        self.slug.starts_with("invariant/")
    }

    /// Whether any case tests it.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.is_invariant() || !self.cases.is_empty()
    }
}

/// Every requirement of the catalogue with what the suite has for it, in the order of the slugs.
#[must_use]
pub fn coverage(suite: &Suite) -> Vec<Coverage<'_>> {
    let mut citing: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in &suite.cases {
        for (slug, _) in &case.requirements {
            citing.entry(slug).or_default().push(case);
        }
    }
    suite
        .requirements
        .iter()
        .map(|(slug, requirement)| {
            let cases = citing.remove(slug).unwrap_or_default();
            Coverage {
                slug,
                requirement,
                scenarios: cases.iter().map(|case| case.scenario.id.as_str()).collect(),
                defects: cases.iter().flat_map(|case| case.defects()).collect(),
                cases: cases.into_iter().map(|case| case.id.as_str()).collect(),
            }
        })
        .collect()
}

/// The coverage as a document in Markdown, one table for each source and one for each group of published attacks and failures.
#[must_use]
pub fn document(suite: &Suite) -> String {
    let rows = coverage(suite);
    let mut sources: BTreeMap<(bool, &str), Vec<&Coverage<'_>>> = BTreeMap::new();
    for row in &rows {
        let name = row.requirement.document();
        sources.entry((name.starts_with("RFC "), name)).or_default().push(row);
    }
    let mut text = HEAD.to_owned();
    text += "| source | rules | with cases | without | misreadings convicted |\n|---|--:|--:|--:|--:|\n";
    for ((_, source), rows) in &sources {
        let covered = rows.iter().filter(|row| row.is_covered()).count();
        let defects: BTreeSet<&str> = rows.iter().flat_map(|row| row.defects.iter().copied()).collect();
        let (all, without) = (rows.len(), rows.len() - covered);
        let _ = writeln!(text, "| {source} | {all} | {covered} | {without} | {} |", defects.len());
    }
    for ((_, source), rows) in sources {
        let _ =
            write!(text, "\n## {source}\n\n| rule | covered by | misreadings convicted |\n|---|---|---|\n");
        for row in rows {
            let Coverage { slug, requirement, .. } = row;
            let _ = writeln!(
                text,
                "| **{slug}** ({}{}): {} | {} | {} |",
                requirement.level,
                requirement.source.strip_prefix(source).unwrap_or_default(),
                cell(&requirement.text),
                covered_by(row),
                joined(row.defects.iter().copied(), usize::MAX),
            );
        }
    }
    publications(&suite.catalogue, &mut text);
    text
}

/// What has been published of attacks and failures, with what shows it.
fn publications(catalogue: &Catalogue, text: &mut String) {
    if catalogue.groups().is_empty() {
        return;
    }
    text.push_str(PUBLICATIONS);
    for group in catalogue.groups() {
        let count = |extent| group.rows().filter(|(_, row)| row.extent() == extent).count();
        let [whole, part, none] = [Extent::Whole, Extent::Part, Extent::None].map(count);
        let _ = writeln!(text, "| {} | {} | {whole} | {part} | {none} |", group.title, whole + part + none);
    }
    for group in catalogue.groups() {
        let _ = write!(text, "\n### {}\n\n| row | of | shown by |\n|---|---|---|\n", group.title);
        for (id, row) in group.rows() {
            let services: Vec<&str> = row.services().iter().map(|service| service.name()).collect();
            let _ = writeln!(
                text,
                "| **{id}**: {} | {} | {} |",
                cell(&row.title),
                services.join(", "),
                shown_by(row)
            );
        }
    }
}

fn shown_by(row: &Row) -> String {
    let cases = joined(row.cases(), usize::MAX);
    match (row.extent(), &row.missing) {
        (Extent::None, why) => format!("*none*: {}", cell(why.as_deref().unwrap_or_default())),
        (Extent::Part | Extent::Whole, Some(missing)) => format!("{cases}; *in part*: {}", cell(missing)),
        (Extent::Part | Extent::Whole, None) => cases,
    }
}

const HEAD: &str = "# Coverage

*Made by `signpost list --requirements --format markdown`; a test holds this file against the suite.*

Every rule that the suite knows, by the document that it comes from, with the scenarios that test it. A *misreading* is a
deliberate defect of the reference client or of its resolver: each fails these cases for a rule that they name, and a rule is
worth as much as the misreadings of it that are convicted. Rules without a case say why. Texts are the project's own words; the
documents decide.

";

const PUBLICATIONS: &str = "
## Published attacks and failures

What has been published of attacks on mail clients and of failures that they meet, with the scenarios that show each; the ID of a
sweep stands for all of its values. `scenarios/catalogue.toml` says where the rows come from. A row is *whole* if nothing of it is
missing for any service that it is about.

| group | rows | whole | in part | none |
|---|--:|--:|--:|--:|
";

fn covered_by(row: &Coverage<'_>) -> String {
    match &row.requirement.uncovered {
        _ if row.is_invariant() => "every case".to_owned(),
        _ if row.is_covered() => joined(row.scenarios.iter().copied(), NAMED),
        Some(why) => format!("*none*: {}", cell(why)),
        None => "*none*".to_owned(),
    }
}

/// Names in code, and how many more there are.
fn joined<'a>(names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let mut text = names.take(most).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

/// Text that does not end a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

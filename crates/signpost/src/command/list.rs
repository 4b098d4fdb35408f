//! `signpost list`: what there is.

use std::fmt::Write as _;
use std::io;

use serde_json::{Value, json};
use signpost_conformance::case::Case;
use signpost_conformance::coverage::{Coverage, coverage, document};
use signpost_conformance::subject::{Library, Mode, Recipe};
use signpost_conformance::suite::Suite;
use signpost_discovery::{Defect, Manner};
use signpost_format::ListedCase;
use signpost_format::set_up::Stance;
use signpost_source::visible;

use super::{load_suite, print, print_json};
use crate::argument::{ListFormat, ListOptions};
use crate::exit::{Exit, Failure};

/// Lists cases, or what the options name instead.
pub(crate) fn list(options: &ListOptions) -> Result<Exit, Failure> {
    let suite = load_suite(&options.selection.suite)?;
    let filters = &options.selection.filters;
    // A table of a part of the rules would look like the document and not be it.
    if options.format == ListFormat::Markdown && !(options.requirements && filters.is_empty()) {
        return Err(Failure::usage("--format markdown is for --requirements, without a filter"));
    }
    let entries = if options.defects {
        defects(&suite)
    } else if options.requirements {
        requirements(&suite)
    } else if options.subjects {
        subjects()?
    } else {
        suite.select(filters, None, None).iter().map(|case| case_entry(case)).collect::<Result<_, _>>()?
    };
    let is_wanted = |entry: &Entry| {
        filters.is_empty() || filters.iter().any(|filter| entry.name.contains(filter.as_str()))
    };
    let entries: Vec<Entry> = entries.into_iter().filter(is_wanted).collect();
    if entries.is_empty() {
        return Err(Failure::nothing_selected("nothing is selected").hint("without a filter all is listed"));
    }
    match options.format {
        ListFormat::Human => print(&human(&entries))?,
        ListFormat::Json => {
            let values: Vec<Value> = entries.into_iter().map(|entry| entry.json).collect();
            print_json(&Value::Array(values))?;
        }
        ListFormat::Markdown => print(&document(&suite))?,
    }
    Ok(Exit::AsExpected)
}

struct Entry {
    name: String,
    text: String,
    details: Vec<String>,
    json: Value,
}

fn human(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let _ = writeln!(text, "{}\n    {}", entry.name, entry.text);
        for detail in &entry.details {
            let _ = writeln!(text, "    {detail}");
        }
    }
    text
}

fn case_entry(case: &Case) -> Result<Entry, Failure> {
    let table = &case.scenario.table;
    let listed = ListedCase {
        id: case.id.clone(),
        title: table.title.clone(),
        why: table.why.clone(),
        severity: table.severity,
        profiles: table.profiles.get_ref().clone(),
        role: case.role(),
        service: case.service,
        requirements: case.requirements.iter().map(|(slug, _)| slug.clone()).collect(),
        control: case.control.clone(),
        defects: case.defects().map(ToOwned::to_owned).collect(),
    };
    Ok(Entry {
        name: listed.id.clone(),
        text: listed.title.clone(),
        details: vec![listed.requirements.join(", ")],
        json: serde_json::to_value(&listed).map_err(io::Error::from)?,
    })
}

fn defects(suite: &Suite) -> Vec<Entry> {
    let entry = |defect: &Defect| {
        let cases = ids(suite, |case| case.defects().any(|name| name == defect.name()));
        Entry {
            name: defect.name().to_owned(),
            text: defect.description().to_owned(),
            details: cases.clone(),
            json: json!({ "name": defect.name(), "description": defect.description(), "cases": cases }),
        }
    };
    Defect::ALL.iter().map(entry).collect()
}

fn requirements(suite: &Suite) -> Vec<Entry> {
    let entry = |row: Coverage<'_>| {
        let requirement = row.requirement;
        let tested = match &requirement.uncovered {
            _ if row.is_invariant() => vec!["tested by every case".to_owned()],
            _ if row.is_covered() => row.cases.iter().map(|&id| id.to_owned()).collect(),
            Some(why) => vec![format!("tested by no case: {why}")],
            None => vec!["tested by no case".to_owned()],
        };
        let details =
            std::iter::once(format!("{}, {}", requirement.level, requirement.source)).chain(tested).collect();
        Entry {
            name: row.slug.to_owned(),
            text: requirement.text.clone(),
            details,
            json: json!({
                "slug": row.slug,
                "level": requirement.level.to_string(),
                "text": requirement.text,
                "source": requirement.source,
                "cases": row.cases,
                "defects": row.defects,
                "uncovered": requirement.uncovered,
            }),
        }
    };
    coverage(suite).into_iter().map(entry).collect()
}

fn ids(suite: &Suite, holds: impl Fn(&Case) -> bool) -> Vec<String> {
    suite.cases.iter().filter(|case| holds(case)).map(|case| case.id.clone()).collect()
}

fn subjects() -> Result<Vec<Entry>, Failure> {
    let entry = |name: &str, text: &str, details: Vec<String>| Entry {
        name: name.to_owned(),
        text: text.to_owned(),
        details: details.clone(),
        json: json!({ "name": name, "about": text, "details": details }),
    };
    let own = [
        entry("reference", "The reference client, honest.", vec![]),
        entry(
            "reference?defect=NAME",
            "The reference client with one deliberate flaw.",
            vec!["`signpost list --defects` shows the names".to_owned()],
        ),
        entry(
            "reference?manner=NAME",
            "The reference client, honest, in another order than its own where the specification leaves one free.",
            Manner::NAMED.map(|(name, _)| name.to_owned()).to_vec(),
        ),
        entry(
            "cmd:PROGRAM",
            "A program that reads an assignment and writes a report, both as one line of JSON.",
            vec!["docs/adapters.md".to_owned()],
        ),
        entry(
            "FILE.toml",
            "An unmodified program of your own, by a recipe.",
            vec!["docs/recipes.md".to_owned()],
        ),
    ];
    let libraries = Library::ALL.iter().map(|library| {
        let state = format!("built in: {}", library.version);
        entry(library.name, "A validating library, as a resolver.", vec![state])
    });
    let mut recipes = Vec::new();
    for name in Recipe::names() {
        if let Some(recipe) = Recipe::named(&name)? {
            let state = match recipe.find(None) {
                Ok(subject) => format!("installed: {}", visible(subject.version())),
                Err(missing) => missing.to_string(),
            };
            let details = std::iter::once(state).chain(modes(&recipe)).collect();
            recipes.push(entry(&name, recipe.about(), details));
        }
    }
    Ok(own.into_iter().chain(libraries).chain(recipes).collect())
}

/// A line for each mode, with the name on the command line and what it claims.
fn modes(recipe: &Recipe) -> Vec<String> {
    let line = |mode: &Mode| {
        let claim = mode.stance.map(|stance| match stance {
            Stance::Opportunistic => "TLS where it is offered",
            Stance::Required => "TLS always, whoever the peer is",
            Stance::Verified => "TLS always, with a verified peer",
        });
        let parts: Vec<&str> = [mode.about.as_str(), claim.unwrap_or_default()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| format!("mode {}: {}", recipe.name_in(mode), parts.join("; ")))
    };
    recipe.modes().iter().filter_map(line).collect()
}

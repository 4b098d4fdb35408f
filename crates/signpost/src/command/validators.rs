//! `signpost validators`: what resolvers say of every fault, side by side.

mod table;
mod words;

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::json;
use signpost_conformance::agreement::{ENOUGH, Row, side_by_side};
use signpost_conformance::case::Case;
use signpost_conformance::runner::{self, Options};
use signpost_conformance::subject::{Isolation, Recipe, Subject};
use signpost_format::{CaseResult, Profile};
use signpost_source::visible;

use super::{jobs, load_suite, print, print_json, progress_bar, tell};
use crate::argument::{TableFormat, ValidatorsOptions};
use crate::exit::{Exit, Failure};
use crate::report::Tally;
use crate::subject;
use table::Column;
use words::{expected, outcomes, said};

/// Asks every resolver the question of every case, and shows the answers beside what the RFCs say.
pub(crate) fn validators(
    options: &ValidatorsOptions,
    namespaces: Result<(), signpost_sandbox::Error>,
) -> Result<Exit, Failure> {
    let suite = load_suite(&options.selection.suite)?;
    let subjects = if options.subjects.is_empty() {
        installed()?
    } else {
        options
            .subjects
            .iter()
            .map(|name| subject::named(name, Some(Profile::Dnssec), false))
            .collect::<Result<Vec<_>, _>>()?
    };
    let jobs = jobs(options.jobs, subjects.iter().all(|subject| subject.is_in_process()))?;
    if subjects.iter().any(|subject| subject.isolation() == Isolation::Namespace) {
        namespaces.map_err(|error| Failure::sandbox(&error))?;
    }
    if let Some(other) = subjects.iter().find(|subject| !subject.profiles().contains(&Profile::Dnssec)) {
        return Err(Failure::usage(format_args!("`{}` is no resolver", other.name()))
            .hint("`signpost list --subjects` shows which are"));
    }
    let selected = suite.select(&options.selection.filters, None, None);
    let is_resolver_case =
        |case: &&Arc<Case>| case.scenario.table.profiles.get_ref().contains(&Profile::Dnssec);
    let shown: Vec<Arc<Case>> = selected.iter().filter(is_resolver_case).cloned().collect();
    if shown.is_empty() {
        return Err(Failure::nothing_selected("no case of a resolver is selected")
            .hint("`signpost list resolver` shows all"));
    }
    // A refusal counts only where the control passes, so that controls are asked too.
    let controls = suite.cases.iter().filter(|case| {
        shown.iter().any(|other| other.control.as_ref() == Some(&case.id))
            && !shown.iter().any(|other| other.id == case.id)
    });
    let cases: Vec<Arc<Case>> = shown.iter().chain(controls).cloned().collect();

    let bar = progress_bar(cases.len() * subjects.len());
    let results: Vec<_> = subjects
        .iter()
        .map(|subject| {
            bar.set_message(subject.name().to_owned());
            runner::run_all(&cases, subject.as_ref(), Options { jobs, ..Options::default() }, |_| bar.inc(1))
        })
        .collect();
    bar.finish_and_clear();

    let mut rows = side_by_side(&cases, &results);
    rows.truncate(shown.len());
    match options.format {
        TableFormat::Human => {
            let is_shown = |result: &&CaseResult| shown.iter().any(|case| case.id == result.id);
            let columns = subjects.iter().zip(&results).map(|(subject, results)| Column {
                name: visible(subject.name()).into_owned(),
                tally: Tally::of(results.iter().filter(is_shown)),
            });
            print(&table::render(&rows, &columns.collect::<Vec<_>>(), options.all, width()))?;
        }
        TableFormat::Json => print_json(&json(&rows, &subjects))?,
        TableFormat::Markdown => print(&markdown(&rows, &subjects))?,
    }
    // Fewer than all of them cannot show that too few agree.
    let is_complete = INDEPENDENT.iter().all(|name| subjects.iter().any(|subject| subject.name() == *name));
    let unsettled: Vec<&Row> = rows.iter().filter(|row| is_complete && !row.is_settled()).collect();
    for row in &unsettled {
        let what = match row.case.scenario.part.dispute() {
            None => "and the scenario has no `dispute`",
            Some(_) => "so that the scenario's `dispute` is over",
        };
        let agreement = row.agreement();
        tell(&format!(
            "{}: {agreement} of these resolvers agree with the RFC where {ENOUGH} are needed, {what}",
            row.case.id
        ));
    }
    Ok(if unsettled.is_empty() { Exit::AsExpected } else { Exit::Unexpected })
}

/// How many columns a terminal has, or what `COLUMNS` says; a file has room for all.
fn width() -> usize {
    let named = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    named.or_else(seen).unwrap_or(usize::MAX)
}

/// Validators that share no code with each other. delv stands for BIND.
const INDEPENDENT: [&str; 8] =
    ["hickory-resolver", "domain", "unbound", "delv", "drill", "knot-resolver", "pdns-recursor", "dnsmasq"];

/// Those of them that are here. The libraries always are.
fn installed() -> Result<Vec<Box<dyn Subject>>, Failure> {
    let mut subjects = Vec::new();
    for name in INDEPENDENT {
        let recipe = Recipe::named(name)?;
        match recipe.map(|recipe| recipe.find(None)) {
            Some(Err(missing)) if !subject::are_programs_required() => tell(&format!("left out: {missing}")),
            Some(Err(missing)) => return Err(Failure::not_started(missing)),
            Some(Ok(subject)) => subjects.push(subject),
            None => subjects.push(subject::named(name, None, false)?),
        }
    }
    Ok(subjects)
}

fn markdown(rows: &[Row], subjects: &[Box<dyn Subject>]) -> String {
    let mut text = String::new();
    for subject in subjects {
        let _ = writeln!(text, "- {}: {}", visible(subject.name()), visible(subject.version()));
    }
    text.push_str("\n| case | RFC |");
    for subject in subjects {
        let _ = write!(text, " {} |", subject.name());
    }
    let _ = writeln!(text, "\n|---|---|{}", "---|".repeat(subjects.len()));
    for row in rows {
        let id = row.case.scenario.id.as_str();
        let _ = write!(text, "| [{id}](../scenarios/{id}.toml) | {} |", expected(&row.case));
        for answer in &row.answers {
            let said = said(answer);
            let _ = if answer.wrong.is_none() {
                write!(text, " {said} |")
            } else {
                write!(text, " **{said}** |")
            };
        }
        text.push('\n');
    }
    let disputed: Vec<(&str, &str)> = rows
        .iter()
        .filter_map(|row| Some((row.case.scenario.id.as_str(), row.case.scenario.part.dispute()?)))
        .collect();
    if !disputed.is_empty() {
        let _ = writeln!(text, "\nWhere fewer than {ENOUGH} agree with the RFC:\n");
    }
    for (id, why) in disputed {
        let _ = writeln!(text, "- **{id}.** {why}");
    }
    text
}

fn json(rows: &[Row], subjects: &[Box<dyn Subject>]) -> serde_json::Value {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let answers: Vec<_> = subjects
                .iter()
                .zip(&row.answers)
                .map(|(subject, answer)| {
                    json!({
                        "subject": subject.name(),
                        "version": subject.version(),
                        "status": answer.status,
                        "ede": answer.ede,
                        "as_expected": answer.is_as_expected,
                        "wrong": answer.wrong,
                        "control_passes": answer.counts,
                    })
                })
                .collect();
            json!({
                "case": row.case.id,
                "expected": outcomes(&row.case).concat(),
                "agreement": row.agreement(),
                "dispute": row.case.scenario.part.dispute(),
                "answers": answers,
            })
        })
        .collect();
    serde_json::Value::Array(rows)
}

//! `signpost explain`: one case, in full.

use std::fmt::Write as _;

use signpost_conformance::case::Case;
use signpost_conformance::judge::Expectation;
use signpost_conformance::suite::Suite;

use super::{find_case, load_suite, print};
use crate::argument::ExplainOptions;
use crate::exit::{Exit, Failure};

/// Shows what a case tests, why, and how to reproduce it.
pub(crate) fn explain(options: &ExplainOptions) -> Result<Exit, Failure> {
    let suite = load_suite(&options.suite)?;
    let case = find_case(&suite, &options.case)?;
    print(&text(&suite, case))?;
    Ok(Exit::AsExpected)
}

fn text(suite: &Suite, case: &Case) -> String {
    let table = &case.scenario.table;
    let mut text = format!("{}\n  {}\n  {}\n", case.id, table.title, table.why);
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<14}{value}");
    };
    line("severity", &table.severity.to_string());
    let profiles: Vec<&str> = table.profiles.get_ref().iter().map(|profile| profile.name()).collect();
    line("profiles", &profiles.join(", "));
    line("world", &format!("{}: {}", case.world.name, case.world.title));
    line("control", case.control.as_deref().unwrap_or("none: it is one"));
    if let Some(question) = &case.question {
        line("question", &question.to_string());
    }
    for fault in &case.faults {
        let only = fault.view().map(|view| format!(", for the view {view} only")).unwrap_or_default();
        line("fault", &format!("{} at {}{only}", fault.kind(), fault.at()));
    }
    for (slug, level) in &case.requirements {
        let requirement = suite.requirements.find(slug);
        let source = requirement.map_or("", |requirement| &requirement.source);
        line("requirement", &format!("{slug}, {level}, {source}"));
        line("", requirement.map_or("", |requirement| &requirement.text));
    }
    let expectation = &case.expectation;
    let outcomes: Vec<&str> = expectation.outcomes.iter().map(|outcome| outcome.name()).collect();
    line("expected", &outcomes.join(" or "));
    if !expectation.reasons.is_empty() {
        line("  because", &expectation.reasons.join(" or "));
    }
    if !expectation.rcodes.is_empty() {
        line("  RCODE", &expectation.rcodes.join(" or "));
    }
    if !expectation.ede.is_empty() {
        let codes: Vec<String> = expectation.ede.iter().map(u16::to_string).collect();
        line("  EDE", &codes.join(" or "));
    }
    for selector in &expectation.reached {
        line("  reached", &selector.to_string());
    }
    for selector in &expectation.never {
        line("  never", &selector.to_string());
    }
    for view in &case.views {
        let Expectation { outcomes, reasons, endpoint, reached, never, .. } = &view.expectation;
        let outcomes: Vec<&str> = outcomes.iter().map(|outcome| outcome.name()).collect();
        let host = endpoint.as_ref().map(|host| format!(" {host}")).unwrap_or_default();
        line("from view", &format!("{}: {}{host}", view.name, outcomes.join(" or ")));
        if !reasons.is_empty() {
            line("  because", &reasons.join(" or "));
        }
        for selector in reached {
            line("  reached", &selector.to_string());
        }
        for selector in never {
            line("  never", &selector.to_string());
        }
    }
    if let Some(selection) = &expectation.selection {
        for (server, (low, high)) in selection.servers.iter().zip(&selection.test.accepted) {
            line("  chosen first", &format!("{server}: {low} to {high} of {} runs", selection.test.runs));
        }
    }
    for server in &case.rejected {
        line("  rejected", &format!("the certificate of {server}"));
    }
    if let Some(dispute) = &table.dispute {
        line("dispute", dispute);
    }
    for defect in case.defects() {
        line("shown by", &format!("signpost run '{}' --subject 'reference?defect={defect}'", case.id));
    }
    line("reproduce", &format!("signpost run '{}'", case.id));
    line("by hand", &format!("signpost lab '{}'", case.id));
    text
}

//! `signpost explain`: one case, in full.

use std::fmt::Write as _;

use signpost_conformance::case::{Case, Step};
use signpost_conformance::suite::Suite;
use signpost_format::Task;

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
        let _ = writeln!(text, "{name:<13} {value}");
    };
    line("severity", &table.severity.to_string());
    let profiles: Vec<&str> = table.profiles.get_ref().iter().map(|profile| profile.name()).collect();
    line("profiles", &profiles.join(", "));
    line("world", &format!("{}: {}", case.world.name, case.world.title));
    line("control", case.control.as_deref().unwrap_or("none: it is one"));
    for fault in &case.faults {
        let only = fault.view.as_ref().map(|view| format!(", for the view {view} only")).unwrap_or_default();
        line("fault", &format!("{} at {}{only}", fault.kind(), fault.at));
    }
    for (slug, level) in &case.requirements {
        let requirement = suite.requirements.find(slug);
        let source = requirement.map_or("", |requirement| &requirement.source);
        line("requirement", &format!("{slug}, {level}, {source}"));
        line("", requirement.map_or("", |requirement| &requirement.text));
    }
    for visit in &case.visits {
        for (number, step) in visit.steps.iter().enumerate() {
            let view = visit.view.as_ref().map(|view| format!("from view {view}"));
            let step_name = (visit.steps.len() > 1).then(|| format!("step {}", number + 1));
            let place: Vec<String> = view.into_iter().chain(step_name).collect();
            if !place.is_empty() {
                line(&place.join(", "), "");
            }
            explain_step(step, &mut line);
        }
    }
    if let Some(dispute) = case.scenario.part.dispute() {
        line("dispute", dispute);
    }
    for defect in case.defects() {
        line("shown by", &format!("signpost run '{}' --subject 'reference?defect={defect}'", case.id));
    }
    line("reproduce", &format!("signpost run '{}'", case.id));
    line("by hand", &format!("signpost lab '{}'", case.id));
    text
}

/// What is asked in a step, what changed before it, and what is expected of it.
fn explain_step(step: &Step, line: &mut impl FnMut(&str, &str)) {
    for fault in &step.changes {
        line("change", &format!("{} at {}", fault.kind(), fault.at));
    }
    if let Task::Resolve(question) = &step.task {
        line("question", &question.to_string());
    }
    let expectation = &step.expectation;
    line("expected", &expectation.end.outcomes().join(" or "));
    for (name, value) in expectation.end.particulars() {
        line(&format!("  {name}"), &value);
    }
    for selector in &expectation.reached {
        line("  reached", &selector.to_string());
    }
    for selector in &expectation.never {
        line("  never", &selector.to_string());
    }
    for server in &step.rejected {
        line("  rejected", &format!("the certificate of {server}"));
    }
}

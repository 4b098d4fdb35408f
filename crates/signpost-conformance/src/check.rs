//! What a scenario says of the rest of the suite, held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_spanned::Spanned;
use signpost_source::{Problem, nearest};

use crate::requirement::Requirements;
use crate::role::is_empty;
use crate::scenario::{CONTROLS, Scenario};
use crate::tombstone::Tombstones;
use crate::vocabulary::Vocabulary;

/// Every mistake that shows without the world. Of a scenario whose file is `broken`, nothing is said here.
pub(crate) fn check(
    scenario: &Scenario,
    scenarios: &BTreeMap<String, Arc<Scenario>>,
    broken: &BTreeSet<String>,
    requirements: &Requirements,
    tombstones: &Tombstones,
    vocabulary: &Vocabulary,
) -> Vec<Problem> {
    let table = &scenario.table;
    let mut problems: Vec<Problem> = check_id(scenario, tombstones).into_iter().collect();
    let slugs: Vec<&str> = requirements.iter().map(|(slug, _)| slug).collect();
    let (retired, others): (Vec<_>, Vec<_>) =
        table.requirements.iter().partition(|slug| tombstones.find_requirement(slug.get_ref()).is_some());
    problems.extend(retired.into_iter().map(|slug| {
        let became = tombstones.find_requirement(slug.get_ref()).unwrap_or_default();
        Problem::at(slug.span(), format!("the requirement `{}` is retired", slug.get_ref()))
            .help(format!("tombstones.toml says of it: {became}"))
    }));
    problems.extend(unknown("requirement", others, &slugs));
    problems.extend(unknown("defect", scenario.part.defects(), &vocabulary.defects()));
    problems.extend(unknown("reason", scenario.part.reasons(), &vocabulary.reasons()));
    problems.extend(unknown("note", scenario.part.notes(), &vocabulary.notes()));
    problems.extend(check_control(scenario, scenarios, broken));
    if table.requirements.is_empty() {
        problems.push(
            Problem::at(0..0, "the scenario tests no requirement")
                .help("name at least one slug of requirements.toml in `requirements`"),
        );
    }
    if !scenario.is_control() && scenario.part.defects().is_empty() {
        problems.push(
            Problem::at(0..0, "no defect is named that must fail here").help(
                "a scenario counts when a defective subject fails it: add `defects = […]` to `[expect]`",
            ),
        );
    }
    if table.profiles.get_ref().is_empty() {
        problems.push(is_empty("profiles", table.profiles.span()));
    }
    problems.extend(scenario.part.check());
    problems
}

/// The ID is the file's path, so what is wrong with it stands on no line.
fn check_id(scenario: &Scenario, tombstones: &Tombstones) -> Option<Problem> {
    let is_slug = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !scenario.id.contains('/') || !scenario.id.split('/').all(is_slug) {
        return Some(
            Problem::at(0..0, format!("`{}` is no ID", scenario.id))
                .help("the path is the ID: `area/name.toml` in lower case, with digits and hyphens"),
        );
    }
    tombstones.find(&scenario.id).map(|became| {
        Problem::at(0..0, format!("the ID `{}` is retired", scenario.id))
            .help(format!("choose another name; tombstones.toml says of it: {became}"))
    })
}

/// A problem for each of the names that is not known.
fn unknown<'n>(
    what: &str,
    names: impl IntoIterator<Item = &'n Spanned<String>>,
    known: &[&str],
) -> Vec<Problem> {
    names
        .into_iter()
        .filter(|name| !known.contains(&name.get_ref().as_str()))
        .map(|name| {
            Problem::at(name.span(), format!("there is no {what} `{}`", name.get_ref()))
                .one_of(name.get_ref(), known)
        })
        .collect()
}

fn check_control(
    scenario: &Scenario,
    scenarios: &BTreeMap<String, Arc<Scenario>>,
    broken: &BTreeSet<String>,
) -> Option<Problem> {
    let Some(control) = &scenario.table.control else {
        return (!scenario.is_control()).then(|| {
            Problem::at(0..0, "the scenario has no control")
                .help(format!("add `control = \"{CONTROLS}…\"`, the honest scenario that must pass first"))
        });
    };
    if scenario.is_control() {
        return Some(
            Problem::at(control.span(), "a control has no control of its own")
                .help(format!("remove it, or move the file out of {CONTROLS}")),
        );
    }
    if broken.contains(control.get_ref()) {
        return None;
    }
    let known: Vec<&str> =
        scenarios.values().filter(|other| other.is_control()).map(|other| other.id.as_str()).collect();
    let Some(named) = scenarios.get(control.get_ref()).filter(|named| named.is_control()) else {
        let help = match nearest(control.get_ref(), &known) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("controls are the scenarios below {CONTROLS}"),
        };
        return Some(
            Problem::at(control.span(), format!("there is no control `{}`", control.get_ref())).help(help),
        );
    };
    if named.table.role.get_ref() != scenario.table.role.get_ref() {
        return Some(
            Problem::at(
                control.span(),
                format!("the control is of the role `{}`", named.table.role.get_ref()),
            )
            .help("name an honest scenario in which the same is asked of the subject"),
        );
    }
    let given = named.part.services();
    let wanted = scenario.part.services();
    let missing = wanted.into_iter().filter(|service| !given.contains(service)).flatten().next()?;
    Some(
        Problem::at(control.span(), format!("the control has no case for {missing}"))
            .help("add the service to the control, or remove it here"),
    )
}

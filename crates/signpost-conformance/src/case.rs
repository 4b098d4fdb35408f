//! A scenario for one service: what runs.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_spanned::Spanned;
use signpost_lab::{Fault, Question, Service, World, expand};
use signpost_source::Problem;

use crate::judge::{Expectation, Outcome, SelectionExpectation, Selector};
use crate::requirement::{Level, Requirements};
use crate::scenario::{ExpectTable, Scenario};
use crate::selection::{MOST_RUNS, SelectionTest};
use crate::subject::Subject;

/// What runs: a scenario for one service, ready to be raised and judged.
#[derive(Clone, Debug)]
pub struct Case {
    /// Permanent ID: `downgrade/starttls-stripped[pop3]`.
    pub id: String,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The service.
    pub service: Service,
    /// What a resolver is asked.
    pub question: Option<Question>,
    /// The honest world.
    pub world: Arc<World>,
    /// What is broken in it.
    pub faults: Vec<Fault>,
    /// What is expected.
    pub expectation: Expectation,
    /// The views from which the subject runs, once from each. None: it runs from where it likes.
    pub views: Vec<CaseView>,
    /// Slugs and levels of the requirements.
    pub requirements: Vec<(String, Level)>,
    /// ID of the control's case.
    pub control: Option<String>,
    /// Servers that only forged data names.
    pub attackers: Vec<String>,
    /// Servers whose certificate the rules reject.
    pub rejected: Vec<String>,
}

/// A view from which the subject runs, and what is expected there.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// Its name in the world.
    pub name: String,
    /// What is expected of this run.
    pub expectation: Expectation,
}

impl Case {
    /// How often the subject runs.
    #[must_use]
    pub fn runs(&self) -> u32 {
        let of_views = u32::try_from(self.views.len()).unwrap_or(u32::MAX).max(1);
        self.expectation.selection.as_ref().map_or(of_views, |selection| selection.test.runs)
    }

    /// Whether nothing but a SHOULD is tested, so that breaking it is weak and no failure.
    #[must_use]
    pub fn is_only_recommended(&self) -> bool {
        self.requirements.first().is_some_and(|(_, level)| *level == Level::Should)
    }

    /// Whether a subject claims the rules that are tested, and can set up the service at all.
    #[must_use]
    pub fn is_for(&self, subject: &dyn Subject) -> bool {
        let profiles = self.scenario.table.profiles.get_ref();
        subject.services().contains(&self.service)
            && subject.profiles().iter().any(|profile| profiles.contains(profile))
    }

    /// The folder that the scenario stands in.
    #[must_use]
    pub fn area(&self) -> &str {
        self.scenario.area()
    }

    /// Defects of the reference that must fail here.
    pub fn defects(&self) -> impl Iterator<Item = &str> {
        self.scenario.table.expect.defects.iter().map(|defect| defect.get_ref().as_str())
    }
}

fn case_id(scenario: &str, service: Service) -> String {
    format!("{scenario}[{service}]")
}

/// Expands a scenario to its cases, or says all that is wrong with it.
pub(crate) fn cases_of(
    scenario: &Arc<Scenario>,
    world: &Arc<World>,
    requirements: &Requirements,
) -> Result<Vec<Case>, Vec<Problem>> {
    let mut cases = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for &service in scenario.table.services.get_ref() {
        match case(scenario, world, requirements, service) {
            Ok(case) => cases.push(case),
            // The same mistake shows in every service.
            Err(found) => {
                problems.extend(found.into_iter().filter(|new| !problems.contains(new)).collect::<Vec<_>>())
            }
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn case(
    scenario: &Arc<Scenario>,
    world: &Arc<World>,
    requirements: &Requirements,
    service: Service,
) -> Result<Case, Vec<Problem>> {
    let table = &scenario.table;
    let mut problems = Vec::new();
    let mut faults = Vec::new();
    for spec in &table.fault {
        if let Some(view) = &spec.view {
            let is_asked = table.expect.views.keys().any(|named| named.get_ref() == view.get_ref());
            // A fault that nobody can come upon would be none.
            let idle = (!is_asked).then(|| {
                Problem::at(view.span(), format!("nobody runs from the view `{}`", view.get_ref()))
                    .help("say in `[expect.views.NAME]` what is expected there")
            });
            problems.extend(unknown_view(world, view).or(idle));
        }
        match Fault::read(spec, service).and_then(|fault| fits(fault, spec.at.span(), world)) {
            Ok(fault) => faults.push(fault),
            Err(problem) => problems.push(problem),
        }
    }
    let everywhere = expectation(&table.expect, world, service, &mut problems);
    let views = views(&table.expect, world, service, &mut problems);
    let question = table.question.as_ref().and_then(|question| {
        let read = question.get_ref().parse::<Question>();
        read.map_err(|error| problems.push(Problem::at(question.span(), error.to_string()))).ok()
    });
    let mut servers = |names: &[serde_spanned::Spanned<String>]| {
        names
            .iter()
            .filter_map(|name| match known_server(world, &expand(name.get_ref(), service), name.span()) {
                Ok(server) => Some(server),
                Err(problem) => {
                    problems.push(problem);
                    None
                }
            })
            .collect::<Vec<_>>()
    };
    let accepted = servers(&table.expect.accepted);
    let mut rejected = servers(&table.expect.rejected);
    for fault in &faults {
        if let Fault::Certificate(fault) = fault {
            rejected.extend(
                world.servers_below(&fault.certificate).into_iter().map(|server| server.name.clone()),
            );
        }
    }
    rejected.retain(|server| !accepted.contains(server));
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Case {
        id: case_id(&scenario.id, service),
        scenario: Arc::clone(scenario),
        service,
        question,
        world: Arc::clone(world),
        faults,
        expectation: everywhere,
        views,
        requirements: table
            .requirements
            .iter()
            .filter_map(|slug| Some((slug.get_ref().clone(), requirements.find(slug.get_ref())?.level)))
            .collect(),
        control: table.control.as_ref().map(|control| case_id(control.get_ref(), service)),
        attackers: world
            .servers
            .iter()
            .filter(|server| server.attacker)
            .map(|server| server.name.clone())
            .collect(),
        rejected,
    })
}

/// A fault at a server, certificate or zone that the world has.
fn fits(fault: Fault, span: Range<usize>, world: &World) -> Result<Fault, Problem> {
    match fault.everywhere() {
        Fault::Certificate(fault) => {
            let known: Vec<&str> = world.certificates.iter().map(|spec| spec.name.as_str()).collect();
            if !known.contains(&fault.certificate.as_str()) {
                return Err(Problem::at(
                    span,
                    format!("the world has no certificate `{}`", fault.certificate),
                )
                .one_of(&fault.certificate, &known));
            }
        }
        Fault::Server { server, .. } | Fault::Unreachable { server, .. } if server != "*" => {
            known_server(world, server, span)?;
        }
        Fault::Zone { origin, .. } => {
            let known: Vec<&str> = world.zones.iter().map(|zone| zone.origin.as_str()).collect();
            if !known.iter().any(|zone| zone.eq_ignore_ascii_case(&origin.to_ascii())) {
                return Err(Problem::at(span, format!("the world has no zone `{origin}`"))
                    .help(format!("known are {}", known.join(", "))));
            }
        }
        _ => {}
    }
    Ok(fault)
}

fn known_server(world: &World, name: &str, span: Range<usize>) -> Result<String, Problem> {
    let known: Vec<&str> = world.servers.iter().map(|server| server.name.as_str()).collect();
    if known.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Problem::at(span, format!("the world has no server `{name}`")).one_of(name, &known))
}

fn unknown_view(world: &World, name: &Spanned<String>) -> Option<Problem> {
    let known: Vec<&str> = world.views.iter().map(|view| view.name.as_str()).collect();
    if known.contains(&name.get_ref().as_str()) {
        return None;
    }
    let problem = Problem::at(name.span(), format!("the world has no view `{}`", name.get_ref()));
    Some(match known[..] {
        [] => problem.help("views are `[[view]]` tables of world.toml; this world has none"),
        _ => problem.one_of(name.get_ref(), &known),
    })
}

/// What is expected of the run from each view.
fn views(
    expect: &ExpectTable,
    world: &World,
    service: Service,
    problems: &mut Vec<Problem>,
) -> Vec<CaseView> {
    let mut found = Vec::new();
    let mut views = Vec::new();
    for (name, table) in &expect.views {
        found.extend(unknown_view(world, name));
        let expectation = expectation(&expect.in_view(table), world, service, &mut found);
        views.push(CaseView { name: name.get_ref().clone(), expectation });
    }
    if let (Some(selection), false) = (&expect.selection, views.is_empty()) {
        found.push(
            Problem::at(selection.span(), "a selection is not judged from several views")
                .help("make it a scenario of its own"),
        );
    }
    // What stands in `[expect]` has been looked at already, and is looked at again for every view.
    for problem in found {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    views
}

fn expectation(
    expect: &ExpectTable,
    world: &World,
    service: Service,
    problems: &mut Vec<Problem>,
) -> Expectation {
    let mut outcomes = Vec::new();
    for name in &expect.outcome {
        match name.get_ref().parse::<Outcome>() {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => problems.push(Problem::at(name.span(), error.to_string())),
        }
    }
    let mut selectors = |names: &[serde_spanned::Spanned<String>]| {
        let mut selectors = Vec::new();
        for name in names {
            match expand(name.get_ref(), service).parse::<Selector>() {
                Ok(selector) => {
                    if let Some(server) = selector.server()
                        && let Err(problem) = known_server(world, server, name.span())
                    {
                        problems.push(problem);
                    }
                    selectors.push(selector);
                }
                Err(error) => problems.push(Problem::at(name.span(), error.to_string())),
            }
        }
        selectors
    };
    let reached = selectors(&expect.reached);
    let never = selectors(&expect.never);
    Expectation {
        outcomes,
        reasons: expect.reason.iter().map(|reason| reason.get_ref().clone()).collect(),
        ede: expect.ede.clone(),
        ttl: expect.ttl,
        rcodes: expect.rcode.iter().map(|rcode| rcode.get_ref().clone()).collect(),
        notes: expect.notes.iter().map(|note| note.get_ref().clone()).collect(),
        endpoint: expect.endpoint.as_ref().map(|endpoint| expand(endpoint.get_ref(), service)),
        reached,
        never,
        selection: expect.selection.as_ref().and_then(|selection| {
            selection_of(selection.get_ref(), selection.span(), world, service)
                .map_err(|problem| problems.push(problem))
                .ok()
        }),
    }
}

fn selection_of(
    weights: &BTreeMap<String, u16>,
    span: Range<usize>,
    world: &World,
    service: Service,
) -> Result<SelectionExpectation, Problem> {
    let servers = weights
        .keys()
        .map(|server| known_server(world, &expand(server, service), span.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    let weights: Vec<u16> = weights.values().copied().collect();
    let test = SelectionTest::derive(&weights).ok_or_else(|| {
        Problem::at(
            span,
            format!("{MOST_RUNS} runs are not enough to tell these weights from a wrong choice"),
        )
        .help("use weights that differ more, such as 10 and 90")
    })?;
    Ok(SelectionExpectation { servers, test })
}

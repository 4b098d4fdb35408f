//! A scenario for one service: what runs.

use std::collections::BTreeSet;
use std::ops::RangeFrom;
use std::sync::Arc;

use serde_spanned::Spanned;
use signpost_format::set_up::Stance;
use signpost_format::{Role, Service, Task};
use signpost_lab::{Blueprint, Broken, Fault, FaultTable, LabError, World, WorldNames, expand};
use signpost_source::Problem;

use crate::idle::{hidden_faults, idle_faults};
use crate::requirement::{Level, Requirements};
use crate::role::{End, Expectation, Reading, StepPart};
use crate::scenario::Scenario;
use crate::selection::SelectionExpectation;
use crate::subject::Subject;

/// What runs: a scenario for one service, ready to be raised and judged.
#[derive(Clone, Debug)]
pub struct Case {
    /// Permanent ID: `downgrade/starttls-stripped[pop3]`.
    pub id: String,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The service that is set up, in a role that has services.
    pub service: Option<Service>,
    /// The honest world.
    pub world: Arc<World>,
    /// What is broken in it from the start.
    pub faults: Vec<Fault>,
    /// The subject begins anew in each of these: once from each view, or once only.
    pub visits: Vec<Visit>,
    /// Slugs and levels of the requirements.
    pub requirements: Vec<(String, Level)>,
    /// ID of the control's case.
    pub control: Option<String>,
    /// Servers that only forged data names.
    pub attackers: Vec<String>,
}

/// What a subject goes through from its start to its end.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The view of the world that it asks from. None: it asks from where it likes.
    pub view: Option<String>,
    /// What it is asked, one after the other. There is at least one.
    pub steps: Vec<Step>,
}

/// One thing asked of a subject.
#[derive(Clone, Debug)]
pub struct Step {
    /// What changes in the world before it, and stays so.
    pub changes: Vec<Fault>,
    /// What is asked.
    pub task: Task,
    /// What is expected.
    pub expectation: Expectation,
    /// Servers whose certificate the rules reject in this step.
    pub rejected: Vec<String>,
}

impl Case {
    /// How often the subject begins anew.
    #[must_use]
    pub fn runs(&self) -> u32 {
        let visits = u32::try_from(self.visits.len()).unwrap_or(u32::MAX).max(1);
        self.selection().map_or(visits, |selection| selection.test.runs)
    }

    /// The distribution of first choices over all runs, where one is tested.
    #[must_use]
    pub fn selection(&self) -> Option<&SelectionExpectation> {
        self.first_step()?.expectation.end.selection()
    }

    /// The lab as it will be in each step. What changes before a step is the same in every visit.
    ///
    /// # Errors
    ///
    /// A fault that does not fit the world.
    pub fn blueprint(&self) -> Result<Blueprint<'_>, LabError> {
        let changes = self.visits.first().into_iter().flat_map(|visit| &visit.steps);
        Blueprint::in_steps(&self.world, &self.faults, changes.map(|step| &step.changes[..]))
    }

    /// The views from which the subject runs, once from each.
    pub fn views(&self) -> impl Iterator<Item = &str> {
        self.visits.iter().filter_map(|visit| visit.view.as_deref())
    }

    /// Every step of every visit.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.visits.iter().flat_map(|visit| &visit.steps)
    }

    /// The step that a case of one step consists of.
    #[must_use]
    pub fn first_step(&self) -> Option<&Step> {
        self.steps().next()
    }

    /// Whether the subject must remember from one step to the next.
    #[must_use]
    pub fn asks_again(&self) -> bool {
        self.visits.iter().any(|visit| visit.steps.len() > 1)
    }

    /// What the subject is asked to do.
    #[must_use]
    pub fn role(&self) -> Role {
        *self.scenario.table.role.get_ref()
    }

    /// What the user asked for.
    #[must_use]
    pub fn stance(&self) -> Stance {
        match self.first_step().map(|step| &step.task) {
            Some(Task::SetUp { stance, .. }) => *stance,
            Some(Task::Relay | Task::Resolve(_)) | None => Stance::Verified,
        }
    }

    /// Whether nothing but a SHOULD is tested, so that breaking it is weak and no failure.
    #[must_use]
    pub fn is_only_recommended(&self) -> bool {
        self.requirements.first().is_some_and(|(_, level)| *level == Level::Should)
    }

    /// Whether a subject claims the rules that are tested, and can do what is asked at all.
    #[must_use]
    pub fn is_for(&self, subject: &dyn Subject) -> bool {
        let profiles = self.scenario.table.profiles.get_ref();
        subject.roles().contains(&self.role())
            && self.service.is_none_or(|service| subject.services().contains(&service))
            && subject.profiles().iter().any(|profile| profiles.contains(profile))
    }

    /// The folder that the scenario stands in.
    #[must_use]
    pub fn area(&self) -> &str {
        self.scenario.area()
    }

    /// Defects of the reference that must fail here.
    pub fn defects(&self) -> impl Iterator<Item = &str> {
        self.scenario.part.defects().iter().map(|defect| defect.get_ref().as_str())
    }
}

/// What stands in a case's ID where no service is set up.
const NO_SERVICE: &str = "dns";

fn case_id(scenario: &str, service: Option<Service>) -> String {
    format!("{scenario}[{}]", service.map_or(NO_SERVICE, Service::name))
}

/// Expands a scenario to its cases, or says all that is wrong with it.
pub(crate) fn cases_of(
    scenario: &Arc<Scenario>,
    world: &Arc<World>,
    names: &WorldNames,
    requirements: &Requirements,
) -> Result<Vec<Case>, Vec<Problem>> {
    let mut cases = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for service in scenario.part.services() {
        match case(scenario, world, names, requirements, service) {
            Ok(case) => cases.push(case),
            // The same mistake shows in every service.
            Err(found) => add_new(&mut problems, found),
        }
    }
    if problems.is_empty() { Ok(cases) } else { Err(problems) }
}

fn add_new(problems: &mut Vec<Problem>, found: Vec<Problem>) {
    for problem in found {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
}

fn case(
    scenario: &Arc<Scenario>,
    world: &Arc<World>,
    names: &WorldNames,
    requirements: &Requirements,
    service: Option<Service>,
) -> Result<Case, Vec<Problem>> {
    let table = &scenario.table;
    let mut problems = Vec::new();
    let views = scenario.part.views();
    problems.extend(views.iter().filter_map(|view| unknown_view(world, view)));
    let mut numbers = 1..;
    let faults = faults(&table.fault, &mut numbers, world, service, &views, &mut problems);
    let parts = scenario.part.steps();
    let changes = changes(&parts, &mut numbers, world, service, &views, &mut problems);
    let of_certificates: Vec<String> = faults.iter().flat_map(|fault| below(fault, world)).collect();
    let tables = || table.fault.iter().chain(parts.iter().flat_map(|step| step.fault));
    let kinds: BTreeSet<&str> = tables().map(|table| table.kind.get_ref().as_str()).collect();
    let mut steps_from = |view: Option<&str>| {
        let steps = changes.iter().enumerate().filter_map(|(number, changes)| {
            let mut reading = Reading { world, service, kinds: &kinds, problems: Vec::new() };
            let demand = scenario.part.demand(number, view, service, &mut reading);
            // What stands in `[expect]` is looked at again for every step and view.
            add_new(&mut problems, reading.problems);
            let (task, expectation) = demand?;
            let rejected = rejected(&expectation, &of_certificates);
            Some(Step { changes: changes.clone(), task, expectation, rejected })
        });
        steps.collect::<Vec<_>>()
    };
    let visits: Vec<Visit> = if views.is_empty() {
        vec![Visit { view: None, steps: steps_from(None) }]
    } else {
        let names = views.iter().map(|view| view.get_ref().as_str());
        names.map(|view| Visit { view: Some(view.to_owned()), steps: steps_from(Some(view)) }).collect()
    };
    if problems.is_empty() {
        let all = tables().zip(faults.iter().chain(changes.iter().flatten()));
        let steps = visits.iter().flat_map(|visit| &visit.steps).map(|step| (&step.task, &step.expectation));
        problems = hidden_faults(all.clone(), world);
        problems.extend(idle_faults(all, steps, world, names, service));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Case {
        id: case_id(&scenario.id, service),
        scenario: Arc::clone(scenario),
        service,
        world: Arc::clone(world),
        faults,
        visits,
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
    })
}

/// The faults of a `[[fault]]` list, each at something that the world has. Their numbers go on through the whole scenario.
fn faults(
    tables: &[FaultTable],
    numbers: &mut RangeFrom<u32>,
    world: &World,
    service: Option<Service>,
    views: &[&Spanned<String>],
    problems: &mut Vec<Problem>,
) -> Vec<Fault> {
    let mut faults = Vec::with_capacity(tables.len());
    for (table, number) in tables.iter().zip(numbers) {
        if let Some(view) = &table.view {
            let is_asked = views.iter().any(|named| named.get_ref() == view.get_ref());
            // A fault that nobody can come upon would be none.
            let idle = (!is_asked).then(|| {
                Problem::at(view.span(), format!("nobody runs from the view `{}`", view.get_ref()))
                    .help("say in `[expect.views.NAME]` what is expected there")
            });
            problems.extend(unknown_view(world, view).or(idle));
        }
        match table.read(number, |text| expand(text, service), world) {
            Ok(fault) => {
                problems.extend(idle(&fault, table, service));
                faults.push(fault);
            }
            Err(found) => problems.extend(found),
        }
    }
    faults
}

/// What is said of a fault that nobody in a dialogue of this service would come upon.
fn idle(fault: &Fault, table: &FaultTable, service: Option<Service>) -> Option<Problem> {
    let Broken::Server { fault, .. } = &fault.broken else { return None };
    let applies = |service: Service| service.labels().iter().any(|label| fault.kind.applies_to(*label));
    let service = service.filter(|&service| !applies(service))?;
    let problem = format!("`{}` changes nothing there in a dialogue of {service}", fault.kind);
    Some(
        Problem::at(table.kind.span(), problem)
            .help("leave the service out of `services`, or break another step"),
    )
}

/// What changes before each step; before the only one of a scenario without `[[step]]`, nothing does.
fn changes(
    steps: &[StepPart<'_>],
    numbers: &mut RangeFrom<u32>,
    world: &World,
    service: Option<Service>,
    views: &[&Spanned<String>],
    problems: &mut Vec<Problem>,
) -> Vec<Vec<Fault>> {
    if steps.is_empty() {
        return vec![Vec::new()];
    }
    let mut changes = Vec::with_capacity(steps.len());
    for step in steps {
        let changed = faults(step.fault, numbers, world, service, views, problems);
        for (fault, spec) in changed.iter().zip(step.fault) {
            if matches!(fault.broken, Broken::Certificate(_)) {
                problems.push(
                    Problem::at(spec.at.span(), "a certificate does not change once it is issued").help(
                        "break it from the start, and let a server present another before this step: `presents` at \
                         `mail:SERVER`",
                    ),
                );
            }
        }
        changes.push(changed);
    }
    changes
}

/// The servers that present a certificate which a fault touches in a way that the rules reject.
fn below(fault: &Fault, world: &World) -> Vec<String> {
    let Broken::Certificate(fault) = &fault.broken else { return Vec::new() };
    if !fault.kind.is_rejected() {
        return Vec::new();
    }
    world.servers_below(&fault.certificate).into_iter().map(|server| server.name.clone()).collect()
}

/// Servers whose certificate the rules reject: by what the step says, or because of a fault that makes it so and unless it
/// says otherwise.
fn rejected(expectation: &Expectation, of_certificates: &[String]) -> Vec<String> {
    let (accepted, rejected) = match &expectation.end {
        // Where no policy binds the exchanges, no certificate is too bad.
        End::Relay(expected) if expected.opportunistic => return Vec::new(),
        End::Relay(expected) => (&expected.accepted, &expected.rejected),
        End::Resolve(_) => return of_certificates.to_vec(),
        End::SetUp(expected) => (&expected.accepted, &expected.rejected),
    };
    let named = rejected.iter().chain(of_certificates);
    named.filter(|server| !accepted.contains(server)).cloned().collect()
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

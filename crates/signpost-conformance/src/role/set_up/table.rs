//! The keys of a client's scenario.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::set_up::Stance;
use signpost_format::{Service, Task};
use signpost_lab::{FaultTable, World, expand};
use signpost_source::Problem;

use super::expectation::Expectation;
use crate::role::reading::{Demanded, Reading, StepPart, is_empty, known_server, names_outcomes, or_else};
use crate::selection::{MOST_RUNS, SelectionExpectation, SelectionTest};

/// The keys that a client's scenario has besides those of every scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SetUpTable")]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// One case for each.
    #[schemars(with = "Vec<Service>")]
    pub services: Spanned<Vec<Service>>,
    /// What the user asked for.
    #[serde(default)]
    pub stance: Stance,
    /// What a conforming client does.
    pub expect: ExpectTable,
    /// What it is asked to do one after the other, in one process.
    #[serde(default)]
    pub step: Vec<StepTable>,
}

/// The `[expect]` table of a client's scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SetUpExpectTable")]
#[serde(deny_unknown_fields)]
pub struct ExpectTable {
    /// Any of `configured`, `refused`, `ask-user`, `unavailable`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub outcome: Vec<Spanned<String>>,
    /// Reasons that count, where the subject gives one.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub reason: Vec<Spanned<String>>,
    /// What a subject that succeeds must tell the user all the same.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub notes: Vec<Spanned<String>>,
    /// Host of the configured endpoint.
    #[schemars(with = "Option<String>")]
    pub endpoint: Option<Spanned<String>>,
    /// What must have been seen before a refusal counts.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub reached: Vec<Spanned<String>>,
    /// What must not be seen.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub never: Vec<Spanned<String>>,
    /// Servers whose certificate the rules accept although a fault touches it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub accepted: Vec<Spanned<String>>,
    /// Servers whose certificate the rules reject although no fault touches it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub rejected: Vec<Spanned<String>>,
    /// Whether the faults are alternatives: a client may stop at the first that it comes upon.
    #[serde(rename = "any-fault", default)]
    pub any_fault: bool,
    /// Whether the case rests on guessed hosts. A client that guesses none and asks the user at once passes where
    /// `ask-user` is expected, and is `unsupported` elsewhere.
    #[serde(default)]
    pub guessing: bool,
    /// Defects of the reference that must fail here.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub defects: Vec<Spanned<String>>,
    /// One run from each of these views of the world, and what is expected there instead of what stands above.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, PartExpectTable>")]
    pub views: BTreeMap<Spanned<String>, PartExpectTable>,
    /// Weights of the servers of one priority: their share of first choices is tested.
    #[schemars(with = "Option<BTreeMap<String, u16>>")]
    pub selection: Option<Spanned<BTreeMap<String, u16>>>,
}

/// The `[expect.views.NAME]` and `[step.expect]` tables. What they leave out is as in `[expect]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "SetUpPartExpectTable")]
#[serde(deny_unknown_fields)]
pub struct PartExpectTable {
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub outcome: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub reason: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<String>")]
    pub endpoint: Option<Spanned<String>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub reached: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub never: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub rejected: Option<Vec<Spanned<String>>>,
}

/// A `[[step]]` of a client's scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "SetUpStepTable")]
#[serde(deny_unknown_fields)]
pub struct StepTable {
    /// What changes in the world before this step, and stays so.
    #[serde(default)]
    pub fault: Vec<FaultTable>,
    /// What is expected of this step.
    #[serde(default)]
    pub expect: PartExpectTable,
}

impl ExpectTable {
    /// What is expected in a part of the case: from a view, or in a step.
    fn in_part(&self, part: &PartExpectTable) -> Self {
        Self {
            outcome: or_else(part.outcome.as_ref(), &self.outcome),
            reason: or_else(part.reason.as_ref(), &self.reason),
            endpoint: part.endpoint.clone().or_else(|| self.endpoint.clone()),
            reached: or_else(part.reached.as_ref(), &self.reached),
            never: or_else(part.never.as_ref(), &self.never),
            rejected: or_else(part.rejected.as_ref(), &self.rejected),
            ..self.clone()
        }
    }
}

impl Table {
    fn parts(&self) -> impl Iterator<Item = &PartExpectTable> {
        self.expect.views.values().chain(self.step.iter().map(|step| &step.expect))
    }

    pub(in crate::role) fn reasons(&self) -> Vec<&Spanned<String>> {
        self.expect.reason.iter().chain(self.parts().flat_map(|part| part.reason.iter().flatten())).collect()
    }

    pub(in crate::role) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.services.get_ref().is_empty() {
            problems.push(is_empty("services", self.services.span()));
        }
        if self.services.get_ref().contains(&Service::Mx) {
            problems.push(
                Problem::at(self.services.span(), "nobody sets up mail between servers")
                    .help("a scenario of the role `relay` is about it, and needs no `services`"),
            );
        }
        if !names_outcomes(&self.expect.outcome, self.parts().map(|part| part.outcome.as_ref())) {
            problems.push(is_empty("outcome", 0..0));
        }
        if let Some(selection) = &self.expect.selection {
            let several =
                [(!self.expect.views.is_empty(), "from several views"), (!self.step.is_empty(), "in steps")];
            problems.extend(several.into_iter().filter(|(is, _)| *is).map(|(_, how)| {
                Problem::at(selection.span(), format!("a selection is not judged {how}"))
                    .help("make it a scenario of its own")
            }));
        }
        problems
    }

    pub(in crate::role) fn steps(&self) -> Vec<StepPart<'_>> {
        self.step.iter().map(|step| StepPart { fault: &step.fault }).collect()
    }

    pub(in crate::role) fn demand(
        &self,
        step: usize,
        view: Option<&str>,
        service: Service,
        reading: &mut Reading<'_>,
    ) -> Option<Demanded<Expectation>> {
        let mut table = self.expect.clone();
        let of_view = self.expect.views.iter().find(|(name, _)| Some(name.get_ref().as_str()) == view);
        if let Some((_, part)) = of_view {
            table = table.in_part(part);
        }
        if let Some(step) = self.step.get(step) {
            table = table.in_part(&step.expect);
        }
        let selection = table.selection.as_ref().and_then(|selection| {
            selection_of(selection.get_ref(), selection.span(), reading.world, service)
                .map_err(|problem| reading.problems.push(problem))
                .ok()
        });
        Some(Demanded {
            task: Task::SetUp { service, stance: self.stance },
            reached: reading.selectors(&table.reached),
            never: reading.selectors(&table.never),
            end: Expectation {
                outcomes: reading.each(&table.outcome),
                reasons: table.reason.iter().map(|reason| reason.get_ref().clone()).collect(),
                notes: table.notes.iter().map(|note| note.get_ref().clone()).collect(),
                endpoint: table.endpoint.as_ref().map(|endpoint| reading.expand(endpoint)),
                accepted: reading.servers(&table.accepted),
                rejected: reading.servers(&table.rejected),
                any_fault: table.any_fault,
                guessing: table.guessing,
                selection,
            },
        })
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
        .map(|server| known_server(world, &expand(server, Some(service)), span.clone()))
        .collect::<Result<Vec<_>, _>>()?;
    let weights: Vec<u16> = weights.values().copied().collect();
    let test = SelectionTest::derive(&weights).ok_or_else(|| {
        Problem::at(
            span,
            format!("{MOST_RUNS} runs are not enough to tell these weights from a wrong choice"),
        )
        .help("use weights that differ more, such as 10 and 90, or equal ones that are not 0")
    })?;
    Ok(SelectionExpectation { servers, test })
}

//! The keys of a relay's scenario.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::Task;
use signpost_lab::FaultTable;
use signpost_source::Problem;

use super::expectation::Expectation;
use crate::role::reading::{Demanded, Reading, StepPart, is_empty, names_outcomes, or_else};
use crate::selection::{SelectionExpectation, SelectionTest};

/// The keys that a relay's scenario has besides those of every scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RelayTable")]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What a conforming relay does.
    pub expect: ExpectTable,
    /// What it is asked to do one after the other, in one process.
    #[serde(default)]
    pub step: Vec<StepTable>,
}

/// The `[expect]` table of a relay's scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RelayExpectTable")]
#[serde(deny_unknown_fields)]
pub struct ExpectTable {
    /// Any of `relayed`, `delayed`, `failed`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub outcome: Vec<Spanned<String>>,
    /// Reasons that count, where the subject gives one.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub reason: Vec<Spanned<String>>,
    /// What a subject that succeeds must tell all the same.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub notes: Vec<Spanned<String>>,
    /// Host of the exchange that takes the message.
    #[schemars(with = "Option<String>")]
    pub exchange: Option<Spanned<String>>,
    /// Whether no policy binds the exchanges: mail may then go in clear, and to any certificate.
    #[serde(default)]
    pub opportunistic: bool,
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
    /// Whether the faults are alternatives: a relay may stop at the first that it comes upon.
    #[serde(rename = "any-fault", default)]
    pub any_fault: bool,
    /// Servers of one preference, which share first choices evenly.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub equals: Vec<Spanned<String>>,
    /// Defects of the reference that must fail here.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub defects: Vec<Spanned<String>>,
}

/// The `[step.expect]` table. What it leaves out is as in `[expect]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "RelayPartExpectTable")]
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
    pub exchange: Option<Spanned<String>>,
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

/// A `[[step]]` of a relay's scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RelayStepTable")]
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
    fn in_part(&self, part: &PartExpectTable) -> Self {
        Self {
            outcome: or_else(part.outcome.as_ref(), &self.outcome),
            reason: or_else(part.reason.as_ref(), &self.reason),
            exchange: part.exchange.clone().or_else(|| self.exchange.clone()),
            reached: or_else(part.reached.as_ref(), &self.reached),
            never: or_else(part.never.as_ref(), &self.never),
            rejected: or_else(part.rejected.as_ref(), &self.rejected),
            ..self.clone()
        }
    }
}

impl Table {
    pub(in crate::role) fn reasons(&self) -> Vec<&Spanned<String>> {
        let of_steps = self.step.iter().flat_map(|step| step.expect.reason.iter().flatten());
        self.expect.reason.iter().chain(of_steps).collect()
    }

    pub(in crate::role) fn check(&self) -> Vec<Problem> {
        let of_steps = self.step.iter().map(|step| step.expect.outcome.as_ref());
        if names_outcomes(&self.expect.outcome, of_steps) {
            Vec::new()
        } else {
            vec![is_empty("outcome", 0..0)]
        }
    }

    pub(in crate::role) fn steps(&self) -> Vec<StepPart<'_>> {
        self.step.iter().map(|step| StepPart { fault: &step.fault }).collect()
    }

    pub(in crate::role) fn demand(&self, step: usize, reading: &mut Reading<'_>) -> Demanded<Expectation> {
        let own = self.step.get(step).map(|step| self.expect.in_part(&step.expect));
        let table = own.as_ref().unwrap_or(&self.expect);
        Demanded {
            task: Task::Relay,
            reached: reading.selectors(&table.reached),
            never: reading.selectors(&table.never),
            end: Expectation {
                outcomes: reading.each(&table.outcome),
                reasons: table.reason.iter().map(|reason| reason.get_ref().clone()).collect(),
                notes: table.notes.iter().map(|note| note.get_ref().clone()).collect(),
                exchange: table.exchange.as_ref().map(|exchange| reading.expand(exchange)),
                opportunistic: table.opportunistic,
                accepted: reading.servers(&table.accepted),
                rejected: reading.servers(&table.rejected),
                any_fault: table.any_fault,
                equals: equals(reading.servers(&table.equals)),
            },
        }
    }
}

/// Without two of them there is nothing to choose.
fn equals(servers: Vec<String>) -> Option<SelectionExpectation> {
    let test = SelectionTest::derive(&vec![1; servers.len()])?;
    Some(SelectionExpectation { servers, test })
}

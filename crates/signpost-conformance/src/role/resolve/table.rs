//! The keys of a resolver's scenario.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::Task;
use signpost_lab::{FaultTable, read_question};
use signpost_source::Problem;

use super::expectation::Expectation;
use crate::role::reading::{Demanded, Reading, StepPart, is_empty, names_outcomes, or_else};

/// The keys that a resolver's scenario has besides those of every scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ResolveTable")]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What the resolver is asked, as `NAME/TYPE`; each step may ask something else.
    #[schemars(with = "Option<String>")]
    pub question: Option<Spanned<String>>,
    /// Where fewer than two independent validators give the expected verdict: which sentence decides, and who is wrong.
    pub dispute: Option<String>,
    /// What a conforming resolver does.
    pub expect: ExpectTable,
    /// What it is asked one after the other, in one process.
    #[serde(default)]
    pub step: Vec<StepTable>,
}

/// The `[expect]` table of a resolver's scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ResolveExpectTable")]
#[serde(deny_unknown_fields)]
pub struct ExpectTable {
    /// Any of `secure`, `insecure`, `bogus`, `indeterminate`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub outcome: Vec<Spanned<String>>,
    /// Extended DNS error codes (RFC 8914) of which one must be there, where a resolver gives any.
    #[serde(default)]
    pub ede: Vec<u16>,
    /// RCODE mnemonics of which the answer must have one.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub rcode: Vec<Spanned<String>>,
    /// Seconds that no TTL of the answer may exceed, where a resolver passes one on.
    pub ttl: Option<u32>,
    /// What must have been seen before a refusal counts.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub reached: Vec<Spanned<String>>,
    /// What must not be seen.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub never: Vec<Spanned<String>>,
    /// Defects of the reference that must fail here.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub defects: Vec<Spanned<String>>,
}

/// A `[[step]]` of a resolver's scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ResolveStepTable")]
#[serde(deny_unknown_fields)]
pub struct StepTable {
    /// What is asked in this step; by default the scenario's question.
    #[schemars(with = "Option<String>")]
    pub question: Option<Spanned<String>>,
    /// What changes in the world before this step, and stays so.
    #[serde(default)]
    pub fault: Vec<FaultTable>,
    /// What is expected of this step.
    #[serde(default)]
    pub expect: StepExpectTable,
}

/// The `[step.expect]` table. What it leaves out is as in `[expect]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "ResolveStepExpectTable")]
#[serde(deny_unknown_fields)]
pub struct StepExpectTable {
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub outcome: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    pub ede: Option<Vec<u16>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub rcode: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    pub ttl: Option<u32>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub reached: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub never: Option<Vec<Spanned<String>>>,
}

impl ExpectTable {
    /// What is expected in a step.
    fn in_step(&self, step: &StepExpectTable) -> Self {
        Self {
            outcome: or_else(step.outcome.as_ref(), &self.outcome),
            ede: or_else(step.ede.as_ref(), &self.ede),
            rcode: or_else(step.rcode.as_ref(), &self.rcode),
            ttl: step.ttl.or(self.ttl),
            reached: or_else(step.reached.as_ref(), &self.reached),
            never: or_else(step.never.as_ref(), &self.never),
            defects: self.defects.clone(),
        }
    }
}

impl Table {
    pub(in crate::role) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let of_steps = self.step.iter().map(|step| step.expect.outcome.as_ref());
        if !names_outcomes(&self.expect.outcome, of_steps) {
            problems.push(is_empty("outcome", 0..0));
        }
        let asks = if self.step.is_empty() {
            self.question.is_some()
        } else {
            self.step.iter().all(|step| step.question.is_some() || self.question.is_some())
        };
        if !asks {
            problems.push(
                Problem::at(0..0, "a resolver is asked nothing").help("add `question = \"NAME/TYPE\"`"),
            );
        }
        problems
    }

    pub(in crate::role) fn steps(&self) -> Vec<StepPart<'_>> {
        self.step.iter().map(|step| StepPart { fault: &step.fault }).collect()
    }

    pub(in crate::role) fn demand(
        &self,
        step: usize,
        reading: &mut Reading<'_>,
    ) -> Option<Demanded<Expectation>> {
        let step = self.step.get(step);
        let table = step.map_or_else(|| self.expect.clone(), |step| self.expect.in_step(&step.expect));
        let (reached, never) = (reading.selectors(&table.reached), reading.selectors(&table.never));
        let end = Expectation {
            outcomes: reading.each(&table.outcome),
            ede: table.ede,
            rcodes: table.rcode.iter().map(|rcode| rcode.get_ref().clone()).collect(),
            ttl: table.ttl,
        };
        let question = step.and_then(|step| step.question.as_ref()).or(self.question.as_ref())?;
        match read_question(question.get_ref()) {
            Ok(question) => Some(Demanded { task: Task::Resolve(question), reached, never, end }),
            Err(error) => {
                reading.problems.push(Problem::at(question.span(), error.to_string()));
                None
            }
        }
    }
}

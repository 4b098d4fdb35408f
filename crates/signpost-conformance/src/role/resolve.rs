//! The role *resolve*: what a resolver's scenario asks and expects, and what its word is worth.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::resolve::{Report, Status};
use signpost_format::{Finding, Task};
use signpost_lab::{FaultSpec, read_question};
use signpost_source::Problem;
use signpost_transcript::{Endpoint, Event};

use super::{End, Ending, Reading, is_empty, or_else};
use crate::judge::{GroundRule, Index};
use crate::scenario::StepPart;

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
    pub fault: Vec<FaultSpec>,
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
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let outcomes = self.outcomes_of_steps();
        problems.extend(
            outcomes.into_iter().filter(|outcome| outcome.is_empty()).map(|_| is_empty("outcome", 0..0)),
        );
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
        problems.dedup();
        problems
    }

    fn outcomes_of_steps(&self) -> Vec<Vec<Spanned<String>>> {
        if self.step.is_empty() {
            return vec![self.expect.outcome.clone()];
        }
        self.step.iter().map(|step| self.expect.in_step(&step.expect).outcome).collect()
    }

    pub(super) fn steps(&self) -> Vec<StepPart<'_>> {
        self.step.iter().map(|step| StepPart { fault: &step.fault }).collect()
    }

    pub(super) fn demand(
        &self,
        step: usize,
        reading: &mut Reading<'_>,
    ) -> Option<(Task, super::Expectation)> {
        let step = self.step.get(step);
        let table = step.map_or_else(|| self.expect.clone(), |step| self.expect.in_step(&step.expect));
        let expectation = super::Expectation {
            reached: reading.selectors(&table.reached),
            never: reading.selectors(&table.never),
            end: End::Resolve(Expectation {
                outcomes: reading.each(&table.outcome),
                ede: table.ede,
                rcodes: table.rcode.iter().map(|rcode| rcode.get_ref().clone()).collect(),
                ttl: table.ttl,
            }),
        };
        let question = step.and_then(|step| step.question.as_ref()).or(self.question.as_ref())?;
        match read_question(question.get_ref()) {
            Ok(question) => Some((Task::Resolve(question), expectation)),
            Err(error) => {
                reading.problems.push(Problem::at(question.span(), error.to_string()));
                None
            }
        }
    }
}

/// How a conforming resolver ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// Any of these.
    pub outcomes: Vec<Outcome>,
    /// Extended DNS error codes of which one must be there, where a resolver gives any; empty: any.
    pub ede: Vec<u16>,
    /// RCODE mnemonics of which the answer must have one; empty: any.
    pub rcodes: Vec<String>,
    /// Seconds that no TTL of the answer may exceed.
    pub ttl: Option<u32>,
}

impl Expectation {
    pub(super) fn particulars(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if !self.rcodes.is_empty() {
            lines.push(("RCODE", self.rcodes.join(" or ")));
        }
        if !self.ede.is_empty() {
            lines.push(("EDE", joined(&self.ede)));
        }
        lines.extend(self.ttl.map(|ttl| ("TTL", format!("at most {ttl}"))));
        lines
    }
}

fn joined(codes: &[u16]) -> String {
    codes.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

/// How far a resolver believes an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// It found the chain of trust broken.
    Bogus,
    /// It found nothing to judge.
    Indeterminate,
    /// It found it proven that there is no chain of trust.
    Insecure,
    /// It found the chain of trust whole.
    Secure,
}

impl Outcome {
    /// Every outcome, by name.
    pub const ALL: [Self; 4] = [Self::Bogus, Self::Indeterminate, Self::Insecure, Self::Secure];

    /// The name in scenario files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bogus => "bogus",
            Self::Indeterminate => "indeterminate",
            Self::Insecure => "insecure",
            Self::Secure => "secure",
        }
    }

    const fn is_met_by(self, status: Status) -> bool {
        matches!(
            (self, status),
            // SERVFAIL alone does not tell a broken chain from an answer that never came.
            (Self::Bogus, Status::Bogus | Status::Failed)
                | (Self::Indeterminate, Status::Indeterminate | Status::Failed)
                | (Self::Insecure, Status::Insecure)
                | (Self::Secure, Status::Secure)
        )
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name).ok_or(UnknownOutcome)
    }
}

/// A name that is no [`Outcome`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an outcome; a resolver ends with secure, insecure, bogus or indeterminate")]
pub struct UnknownOutcome;

/// "Other" (RFC 8914 section 4.1) says nothing, so it does not mislead.
const OTHER: u16 = 0;
/// The requirement on extended errors.
const EDE_FITS: &str = "rfc8914/info-code-fits";

/// A resolver's report beside what was expected.
pub(super) struct Ended<'a> {
    pub(super) expected: &'a Expectation,
    pub(super) report: &'a Report,
}

impl Ended<'_> {
    fn status(&self) -> Option<Status> {
        match self.report {
            Report::Answered { status, .. } => Some(*status),
            Report::Unsupported { .. } => None,
        }
    }
}

impl Ending for Ended<'_> {
    fn is_met(&self) -> bool {
        self.status()
            .is_some_and(|status| self.expected.outcomes.iter().any(|outcome| outcome.is_met_by(status)))
    }

    fn went_on(&self) -> bool {
        matches!(self.status(), Some(Status::Insecure | Status::Secure))
    }

    /// A resolver that came to an answer without a step which the case needs has found it another way.
    fn must_go_on(&self) -> bool {
        false
    }

    fn wrong_particular(&self) -> Option<String> {
        let Report::Answered { rcode, ttl, .. } = self.report else { return None };
        if !self.went_on() {
            return None;
        }
        let Expectation { rcodes, ttl: longest, .. } = self.expected;
        if rcode.as_ref().is_some_and(|given| !rcodes.is_empty() && !rcodes.contains(given)) {
            return Some(format!("with {}", rcodes.join(" or ")));
        }
        let longest = longest.filter(|longest| ttl.is_some_and(|ttl| ttl > *longest))?;
        Some(format!("with a TTL of at most {longest}"))
    }

    /// Nobody finds a chain whole for whose keys nobody asked.
    fn false_claim(&self, index: &Index<'_>) -> Option<&'static str> {
        let asked_for_keys =
            |event: &Event| matches!(event, Event::Query { record_type, .. } if record_type == "DNSKEY");
        (self.status() == Some(Status::Secure) && !index.has(asked_for_keys))
            .then_some("a question for the keys of the chain")
    }

    /// A resolver that asks the lab's own validating one says what that found, and nothing of itself.
    fn is_not_its_own(&self, index: &Index<'_>) -> Option<Finding> {
        self.status()?;
        let asks_the_validator =
            |event: &Event| matches!(event, Event::Query { endpoint: Endpoint::Resolver, .. });
        let asked = index.observations().find(|observation| asks_the_validator(&observation.event))?;
        Some(Finding {
            requirement: GroundRule::ResolvesByItself.slug().to_owned(),
            expected: "questions to `dns.authority` alone".to_owned(),
            seen: asked.event.to_string(),
            lines: vec![asked.sequence],
        })
    }

    /// An extended error that speaks of something else than what is wrong leads whoever reads it astray. It changes
    /// nothing in what is believed, so it is weak and no failure.
    fn misleading(&self) -> Option<(&'static str, String)> {
        let Report::Answered { ede, .. } = self.report else { return None };
        let accepted = &self.expected.ede;
        let fits = |code: &u16| *code == OTHER || accepted.contains(code);
        if self.went_on() || ede.is_empty() || accepted.is_empty() || ede.iter().any(fits) {
            return None;
        }
        Some((EDE_FITS, format!("EDE {}", joined(accepted))))
    }
}

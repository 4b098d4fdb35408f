//! The role *set up*: what a client's scenario expects, and what its word is worth.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use signpost_format::set_up::{ConfiguredEndpoint, Report, Security, Stance};
use signpost_format::{Service, Task};
use signpost_lab::{FaultSpec, World, expand};
use signpost_protocol::TlsStart;
use signpost_source::Problem;
use signpost_transcript::{Channel, Event};

use super::{End, Ending, Reading, is_empty, known_server, or_else};
use crate::judge::Index;
use crate::scenario::StepPart;
use crate::selection::{MOST_RUNS, SelectionTest};

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
    pub fault: Vec<FaultSpec>,
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

    pub(super) fn reasons(&self) -> Vec<&Spanned<String>> {
        self.expect.reason.iter().chain(self.parts().flat_map(|part| part.reason.iter().flatten())).collect()
    }

    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.services.get_ref().is_empty() {
            problems.push(is_empty("services", self.services.span()));
        }
        let mut outcomes = self.parts().map(|part| part.outcome.as_ref().unwrap_or(&self.expect.outcome));
        let is_whole = if self.parts().next().is_none() {
            !self.expect.outcome.is_empty()
        } else {
            outcomes.all(|outcome| !outcome.is_empty())
        };
        if !is_whole {
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

    pub(super) fn steps(&self) -> Vec<StepPart<'_>> {
        self.step.iter().map(|step| StepPart { fault: &step.fault }).collect()
    }

    pub(super) fn demand(
        &self,
        step: usize,
        view: Option<&str>,
        service: Service,
        reading: &mut Reading<'_>,
    ) -> Option<(Task, super::Expectation)> {
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
        let expectation = super::Expectation {
            reached: reading.selectors(&table.reached),
            never: reading.selectors(&table.never),
            end: End::SetUp(Expectation {
                outcomes: reading.each(&table.outcome),
                reasons: table.reason.iter().map(|reason| reason.get_ref().clone()).collect(),
                notes: table.notes.iter().map(|note| note.get_ref().clone()).collect(),
                endpoint: table.endpoint.as_ref().map(|endpoint| reading.expand(endpoint)),
                accepted: reading.servers(&table.accepted),
                rejected: reading.servers(&table.rejected),
                selection,
            }),
        };
        Some((Task::SetUp { service, stance: self.stance }, expectation))
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
        .help("use weights that differ more, such as 10 and 90")
    })?;
    Ok(SelectionExpectation { servers, test })
}

/// How a conforming client ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// Any of these.
    pub outcomes: Vec<Outcome>,
    /// Reasons that count where the subject gives one; empty: any.
    pub reasons: Vec<String>,
    /// What a subject that succeeds must tell the user all the same.
    pub notes: Vec<String>,
    /// Host of the configured endpoint, where only one is right.
    pub endpoint: Option<String>,
    /// Servers whose certificate the rules accept although a fault touches it.
    pub accepted: Vec<String>,
    /// Servers whose certificate the rules reject although no fault touches it.
    pub rejected: Vec<String>,
    /// The distribution of first choices.
    pub selection: Option<SelectionExpectation>,
}

/// Servers of one priority, their weights, and the test derived from these.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionExpectation {
    /// Names of the servers in the world.
    pub servers: Vec<String>,
    /// Runs and bounds, in the same order.
    pub test: SelectionTest,
}

impl Expectation {
    pub(super) fn particulars(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        lines.extend(self.endpoint.as_ref().map(|host| ("host", host.clone())));
        if !self.reasons.is_empty() {
            lines.push(("because", self.reasons.join(" or ")));
        }
        if !self.notes.is_empty() {
            lines.push(("told", self.notes.join(" and ")));
        }
        if let Some(selection) = &self.selection {
            for (server, (low, high)) in selection.servers.iter().zip(&selection.test.accepted) {
                let runs = selection.test.runs;
                lines.push(("chosen first", format!("{server}: {low} to {high} of {runs} runs")));
            }
        }
        lines
    }
}

/// How a client may end, apart from not supporting the case.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// It asks the user.
    AskUser,
    /// It set the account up.
    Configured,
    /// It stopped because of an attack or a fault.
    Refused,
    /// It found no service.
    Unavailable,
}

impl Outcome {
    /// Every outcome, by name.
    pub const ALL: [Self; 4] = [Self::AskUser, Self::Configured, Self::Refused, Self::Unavailable];

    /// The name in scenario files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AskUser => "ask-user",
            Self::Configured => "configured",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }

    const fn is_met_by(self, report: &Report) -> bool {
        matches!(
            (self, report),
            (Self::AskUser, Report::AskUser { .. })
                | (Self::Configured, Report::Configured { .. })
                | (Self::Refused, Report::Refused { .. })
                | (Self::Unavailable, Report::Unavailable { .. })
                // A program that only says no does not tell one way of stopping from another.
                | (Self::AskUser | Self::Refused | Self::Unavailable, Report::Declined { .. })
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
#[error("not an outcome; a mail client ends with configured, refused, ask-user or unavailable")]
pub struct UnknownOutcome;

/// A client's report beside what was expected.
pub(super) struct Ended<'a> {
    pub(super) expected: &'a Expectation,
    pub(super) report: &'a Report,
}

impl Ended<'_> {
    fn endpoint(&self) -> Option<&ConfiguredEndpoint> {
        match self.report {
            Report::Configured { endpoint, .. } => Some(endpoint),
            _ => None,
        }
    }
}

impl Ending for Ended<'_> {
    fn is_met(&self) -> bool {
        self.expected.outcomes.iter().any(|outcome| outcome.is_met_by(self.report))
    }

    fn went_on(&self) -> bool {
        self.endpoint().is_some()
    }

    fn must_go_on(&self) -> bool {
        self.expected.outcomes.contains(&Outcome::Configured)
    }

    fn wrong_particular(&self) -> Option<String> {
        let host = self.expected.endpoint.as_ref()?;
        let given = self.endpoint()?.host.trim_end_matches('.');
        (!given.eq_ignore_ascii_case(host)).then(|| host.clone())
    }

    /// An account works where a server let the client in over TLS that began as the endpoint says: what is set up is what
    /// is used from now on.
    fn false_claim(&self, index: &Index<'_>) -> Option<&'static str> {
        let endpoint = self.endpoint()?;
        (!index.has(|event| lets_in(event, endpoint.security, index)))
            .then_some("a login that a server accepted inside TLS, begun as the endpoint says")
    }

    fn untold(&self) -> Option<String> {
        let Report::Configured { notes, .. } = self.report else { return None };
        let missing: Vec<&str> =
            self.expected.notes.iter().filter(|note| !notes.contains(note)).map(String::as_str).collect();
        (!missing.is_empty()).then(|| format!("a note of {}", missing.join(" and ")))
    }

    /// A refusal for another reason than the one that the case is about proves nothing of it.
    fn other_reason(&self) -> Option<String> {
        let reasons = &self.expected.reasons;
        let reason = self.report.reason()?;
        (!reasons.is_empty() && !reasons.iter().any(|counts| counts == reason)).then(|| reasons.join(" or "))
    }
}

fn lets_in(event: &Event, security: Security, index: &Index<'_>) -> bool {
    let Event::Credential { connection, channel: Channel::Tls, accepted: true, .. } = event else {
        return false;
    };
    match security.tls() {
        None => false,
        Some(TlsStart::Starttls) => !index.is_implicit_tls(*connection),
        Some(TlsStart::Implicit) => index.is_implicit_tls(*connection),
    }
}

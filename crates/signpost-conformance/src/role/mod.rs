//! The table of roles: what each adds to a scenario file, and what the judge asks of it.
//!
//! A role is a module that owns its part of a scenario file (`Table`), what that expects (`Expectation`), and how a
//! subject's report is held against it (`Ending`). Here it has its arms; ARCHITECTURE.md says
//! who else has one.

mod ending;
mod reading;
pub mod relay;
pub mod resolve;
pub mod set_up;

use serde_spanned::Spanned;
use signpost_format::{Report, Role, Service, Task};
use signpost_source::{Document, Problem, Problems};

use crate::carriage::Carriage;
use crate::evidence::Selector;
use crate::selection::SelectionExpectation;
pub(crate) use ending::Ending;
use reading::Demanded;
pub(crate) use reading::{Reading, StepPart, is_empty};

/// What a role adds to a scenario file.
#[derive(Clone, Debug)]
pub enum Table {
    /// Of a relay's scenario.
    Relay(relay::Table),
    /// Of a resolver's scenario.
    Resolve(resolve::Table),
    /// Of a client's that sets itself up.
    SetUp(set_up::Table),
}

impl Table {
    /// Reads all keys of a file that are not common to every role.
    pub(crate) fn read(role: Role, document: Document<'_>) -> Result<Self, Problems> {
        match role {
            Role::Relay => document.rest().map(Self::Relay),
            Role::Resolve => document.rest().map(Self::Resolve),
            Role::SetUp => document.rest().map(Self::SetUp),
        }
    }

    /// The services of which each makes a case of its own; in a role without services there is one case.
    #[must_use]
    pub fn services(&self) -> Vec<Option<Service>> {
        match self {
            Self::Relay(_) => vec![Some(Service::Mx)],
            Self::Resolve(_) => vec![None],
            Self::SetUp(table) => table.services.get_ref().iter().copied().map(Some).collect(),
        }
    }

    /// Defects of the reference that must fail here.
    #[must_use]
    pub fn defects(&self) -> &[Spanned<String>] {
        match self {
            Self::Relay(table) => &table.expect.defects,
            Self::Resolve(table) => &table.expect.defects,
            Self::SetUp(table) => &table.expect.defects,
        }
    }

    /// Reasons that the file names.
    pub(crate) fn reasons(&self) -> Vec<&Spanned<String>> {
        match self {
            Self::Relay(table) => table.reasons(),
            Self::Resolve(_) => Vec::new(),
            Self::SetUp(table) => table.reasons(),
        }
    }

    /// Notes that the file names.
    pub(crate) fn notes(&self) -> &[Spanned<String>] {
        match self {
            Self::Relay(table) => &table.expect.notes,
            Self::Resolve(_) => &[],
            Self::SetUp(table) => &table.expect.notes,
        }
    }

    /// Where fewer than two independent validators give the expected verdict: which sentence decides, and who is wrong.
    #[must_use]
    pub fn dispute(&self) -> Option<&str> {
        match self {
            Self::Resolve(table) => table.dispute.as_deref(),
            Self::Relay(_) | Self::SetUp(_) => None,
        }
    }

    /// What the file lacks or says twice, as far as that shows without the world.
    pub(crate) fn check(&self) -> Vec<Problem> {
        match self {
            Self::Relay(table) => table.check(),
            Self::Resolve(table) => table.check(),
            Self::SetUp(table) => table.check(),
        }
    }

    /// The steps of the file, in their order; a file without `[[step]]` is one step.
    pub(crate) fn steps(&self) -> Vec<StepPart<'_>> {
        match self {
            Self::Relay(table) => table.steps(),
            Self::Resolve(table) => table.steps(),
            Self::SetUp(table) => table.steps(),
        }
    }

    /// The names of the views from which the subject runs, once from each. None: it runs from where it likes.
    pub(crate) fn views(&self) -> Vec<&Spanned<String>> {
        match self {
            Self::Relay(_) | Self::Resolve(_) => Vec::new(),
            Self::SetUp(table) => table.expect.views.keys().collect(),
        }
    }

    /// What is asked, and what is expected, in a step (by its number from 0) of a run from a view.
    pub(crate) fn demand(
        &self,
        step: usize,
        view: Option<&str>,
        service: Option<Service>,
        reading: &mut Reading<'_>,
    ) -> Option<(Task, Expectation)> {
        match self {
            Self::Relay(table) => Some(whole(table.demand(step, reading), End::Relay)),
            Self::Resolve(table) => table.demand(step, reading).map(|demanded| whole(demanded, End::Resolve)),
            Self::SetUp(table) => {
                table.demand(step, view, service?, reading).map(|demanded| whole(demanded, End::SetUp))
            }
        }
    }
}

/// What a conforming subject does in one step.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// What must have been seen before a refusal counts.
    pub reached: Vec<Selector>,
    /// What must not be seen at all.
    pub never: Vec<Selector>,
    /// How it may end.
    pub end: End,
}

fn whole<E>(demanded: Demanded<E>, end: fn(E) -> End) -> (Task, Expectation) {
    let Demanded { task, reached, never, end: of_role } = demanded;
    (task, Expectation { reached, never, end: end(of_role) })
}

/// How a conforming subject ends, in its role.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// As a relay.
    Relay(relay::Expectation),
    /// As a resolver.
    Resolve(resolve::Expectation),
    /// As a client that sets itself up.
    SetUp(set_up::Expectation),
}

impl End {
    /// The role in which it ends so.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Relay(_) => Role::Relay,
            Self::Resolve(_) => Role::Resolve,
            Self::SetUp(_) => Role::SetUp,
        }
    }

    /// The outcomes of which any is right, by their names.
    #[must_use]
    pub fn outcomes(&self) -> Vec<&'static str> {
        match self {
            Self::Relay(expected) => expected.outcomes.iter().map(|outcome| outcome.name()).collect(),
            Self::Resolve(expected) => expected.outcomes.iter().map(|outcome| outcome.name()).collect(),
            Self::SetUp(expected) => expected.outcomes.iter().map(|outcome| outcome.name()).collect(),
        }
    }

    /// What is expected besides, a line each: its name and what it is.
    #[must_use]
    pub fn particulars(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Relay(expected) => expected.particulars(),
            Self::Resolve(expected) => expected.particulars(),
            Self::SetUp(expected) => expected.particulars(),
        }
    }

    /// Whose mail it is. A user's is always protected; between servers it takes a policy.
    pub(crate) const fn carriage(&self) -> Carriage {
        match self {
            Self::Relay(expected) => Carriage::BetweenServers { bound: !expected.opportunistic },
            Self::Resolve(_) | Self::SetUp(_) => Carriage::OfUser,
        }
    }

    /// The distribution of first choices over all runs, where one is tested.
    #[must_use]
    pub const fn selection(&self) -> Option<&SelectionExpectation> {
        match self {
            Self::Relay(expected) => expected.equals.as_ref(),
            Self::Resolve(_) => None,
            Self::SetUp(expected) => expected.selection.as_ref(),
        }
    }

    /// Whether a subject ended in one of the ways that are expected, whatever the transcript says.
    #[must_use]
    pub fn is_met_by(&self, report: &Report) -> bool {
        self.held_against(report).is_some_and(|ending| ending.is_met())
    }

    /// The report beside what was expected; nothing where it is of another role.
    pub(crate) fn held_against<'a>(&'a self, report: &'a Report) -> Option<Box<dyn Ending + 'a>> {
        match (self, report) {
            (Self::Relay(expected), Report::Relay(report)) => {
                Some(Box::new(relay::Ended { expected, report }))
            }
            (Self::Resolve(expected), Report::Resolve(report)) => {
                Some(Box::new(resolve::Ended { expected, report }))
            }
            (Self::SetUp(expected), Report::SetUp(report)) => {
                Some(Box::new(set_up::Ended { expected, report }))
            }
            _ => None,
        }
    }
}

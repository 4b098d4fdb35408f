//! The table of roles: what each adds to a scenario file, and what the judge asks of it.
//!
//! A role is a module that owns its part of a scenario file (`Table`), what that expects (`Expectation`), and how a
//! subject's report is held against it (`Ending`). Here it has a line in each of two enums; nothing else knows it.

pub mod resolve;
pub mod set_up;

use std::ops::Range;
use std::str::FromStr;

use serde_spanned::Spanned;
use signpost_format::{Finding, Report, Role, Service, Task};
use signpost_lab::{World, expand};
use signpost_source::{Document, Problem, Problems};

use crate::judge::{Index, Selector};
use crate::scenario::StepPart;

/// What a role adds to a scenario file.
#[derive(Clone, Debug)]
pub enum Table {
    /// Of a resolver's scenario.
    Resolve(resolve::Table),
    /// Of a client's that sets itself up.
    SetUp(set_up::Table),
}

impl Table {
    /// Reads all keys of a file that are not common to every role.
    pub(crate) fn read(role: Role, document: Document<'_>) -> Result<Self, Problems> {
        match role {
            Role::Resolve => document.rest().map(Self::Resolve),
            Role::SetUp => document.rest().map(Self::SetUp),
        }
    }

    /// The services of which each makes a case of its own; in a role without services there is one case.
    #[must_use]
    pub fn services(&self) -> Vec<Option<Service>> {
        match self {
            Self::Resolve(_) => vec![None],
            Self::SetUp(table) => table.services.get_ref().iter().copied().map(Some).collect(),
        }
    }

    /// Defects of the reference that must fail here.
    #[must_use]
    pub fn defects(&self) -> &[Spanned<String>] {
        match self {
            Self::Resolve(table) => &table.expect.defects,
            Self::SetUp(table) => &table.expect.defects,
        }
    }

    /// Reasons that the file names.
    pub(crate) fn reasons(&self) -> Vec<&Spanned<String>> {
        match self {
            Self::Resolve(_) => Vec::new(),
            Self::SetUp(table) => table.reasons(),
        }
    }

    /// Notes that the file names.
    pub(crate) fn notes(&self) -> &[Spanned<String>] {
        match self {
            Self::Resolve(_) => &[],
            Self::SetUp(table) => &table.expect.notes,
        }
    }

    /// Where fewer than two independent validators give the expected verdict: which sentence decides, and who is wrong.
    #[must_use]
    pub fn dispute(&self) -> Option<&str> {
        match self {
            Self::Resolve(table) => table.dispute.as_deref(),
            Self::SetUp(_) => None,
        }
    }

    /// What the file lacks or says twice, as far as that shows without the world.
    pub(crate) fn check(&self) -> Vec<Problem> {
        match self {
            Self::Resolve(table) => table.check(),
            Self::SetUp(table) => table.check(),
        }
    }

    /// The steps of the file, in their order; a file without `[[step]]` is one step.
    pub(crate) fn steps(&self) -> Vec<StepPart<'_>> {
        match self {
            Self::Resolve(table) => table.steps(),
            Self::SetUp(table) => table.steps(),
        }
    }

    /// The names of the views from which the subject runs, once from each. None: it runs from where it likes.
    pub(crate) fn views(&self) -> Vec<&Spanned<String>> {
        match self {
            Self::Resolve(_) => Vec::new(),
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
            Self::Resolve(table) => table.demand(step, reading),
            Self::SetUp(table) => table.demand(step, view, service?, reading),
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

/// How a conforming subject ends, in its role.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
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
            Self::Resolve(_) => Role::Resolve,
            Self::SetUp(_) => Role::SetUp,
        }
    }

    /// The outcomes of which any is right, by their names.
    #[must_use]
    pub fn outcomes(&self) -> Vec<&'static str> {
        match self {
            Self::Resolve(expected) => expected.outcomes.iter().map(|outcome| outcome.name()).collect(),
            Self::SetUp(expected) => expected.outcomes.iter().map(|outcome| outcome.name()).collect(),
        }
    }

    /// What is expected besides, a line each: its name and what it is.
    #[must_use]
    pub fn particulars(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Resolve(expected) => expected.particulars(),
            Self::SetUp(expected) => expected.particulars(),
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

/// How a subject ended, beside what was expected of it: all that the judge asks of a role.
pub(crate) trait Ending {
    /// Whether the outcome is one that is expected.
    fn is_met(&self) -> bool;

    /// Whether the subject took what it was given for good, so that it went on with it.
    fn went_on(&self) -> bool;

    /// Whether nothing but going on is right, so that a step which is missing is a mistake and no want of opportunity.
    fn must_go_on(&self) -> bool;

    /// What is expected besides the outcome where the outcome is right and this is not.
    fn wrong_particular(&self) -> Option<String>;

    /// What the transcript would show if the report were true, and does not.
    fn false_claim(&self, index: &Index<'_>) -> Option<&'static str>;

    /// Why the report says nothing of the subject itself.
    fn is_not_its_own(&self, _index: &Index<'_>) -> Option<Finding> {
        None
    }

    /// What the user should have been told although it works, and was not.
    fn untold(&self) -> Option<String> {
        None
    }

    /// The reasons that count, where the subject stopped for another.
    fn other_reason(&self) -> Option<String> {
        None
    }

    /// What is right and only recommended, where the report says something else: the requirement, and what it asks.
    fn misleading(&self) -> Option<(&'static str, String)> {
        None
    }
}

/// Reads what an `[expect]` table names, held against the world.
pub(crate) struct Reading<'a> {
    pub(crate) world: &'a World,
    pub(crate) service: Option<Service>,
    pub(crate) problems: Vec<Problem>,
}

impl Reading<'_> {
    /// Each name as what it stands for; what stands for nothing is a problem.
    pub(crate) fn each<T: FromStr<Err: std::fmt::Display>>(&mut self, names: &[Spanned<String>]) -> Vec<T> {
        let mut read = Vec::with_capacity(names.len());
        for name in names {
            match self.expand(name).parse() {
                Ok(value) => read.push(value),
                Err(error) => self.problems.push(Problem::at(name.span(), format!("{error}"))),
            }
        }
        read
    }

    /// Observations, at servers that the world has.
    pub(crate) fn selectors(&mut self, names: &[Spanned<String>]) -> Vec<Selector> {
        let mut selectors = Vec::with_capacity(names.len());
        for name in names {
            match self.expand(name).parse::<Selector>() {
                Ok(selector) => {
                    if let Some(server) = selector.server() {
                        self.server(server, name.span());
                    }
                    selectors.push(selector);
                }
                Err(error) => self.problems.push(Problem::at(name.span(), error.to_string())),
            }
        }
        selectors
    }

    /// Servers that the world has.
    pub(crate) fn servers(&mut self, names: &[Spanned<String>]) -> Vec<String> {
        names.iter().filter_map(|name| self.server(&self.expand(name), name.span())).collect()
    }

    /// A server that the world has.
    pub(crate) fn server(&mut self, name: &str, span: Range<usize>) -> Option<String> {
        known_server(self.world, name, span).map_err(|problem| self.problems.push(problem)).ok()
    }

    /// The text with its placeholders filled in.
    pub(crate) fn expand(&self, text: &Spanned<String>) -> String {
        expand(text.get_ref(), self.service)
    }
}

/// A server of the world by its name.
pub(crate) fn known_server(world: &World, name: &str, span: Range<usize>) -> Result<String, Problem> {
    let known: Vec<&str> = world.servers.iter().map(|server| server.name.as_str()).collect();
    if known.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Problem::at(span, format!("the world has no server `{name}`")).one_of(name, &known))
}

/// A list that must name something.
pub(crate) fn is_empty(key: &str, span: Range<usize>) -> Problem {
    Problem::at(span, format!("`{key}` is empty")).help("name at least one")
}

/// What a table says for itself, or what the one above it says.
pub(crate) fn or_else<T: Clone>(own: Option<&Vec<T>>, above: &[T]) -> Vec<T> {
    own.map_or_else(|| above.to_vec(), Clone::clone)
}

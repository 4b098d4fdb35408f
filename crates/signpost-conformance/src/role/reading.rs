//! Reading what scenario files name, held against the world.

use std::collections::BTreeSet;
use std::ops::Range;
use std::str::FromStr;

use serde_spanned::Spanned;
use signpost_discovery::Reason;
use signpost_format::{Service, Task};
use signpost_lab::{FaultTable, World, expand};
use signpost_source::{Problem, nearest};

use crate::evidence::Selector;

/// What is asked in a step and what is expected, with the end that a role knows.
pub(crate) struct Demanded<E> {
    pub(crate) task: Task,
    pub(crate) reached: Vec<Selector>,
    pub(crate) never: Vec<Selector>,
    pub(crate) end: E,
}

/// What every `[[step]]` has, whatever the role.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepPart<'a> {
    /// What changes in the world before this step, and stays so.
    pub(crate) fault: &'a [FaultTable],
}

/// Reads what an `[expect]` table names, held against the world.
pub(crate) struct Reading<'a> {
    pub(crate) world: &'a World,
    pub(crate) service: Option<Service>,
    /// The kinds of the faults that the case has.
    pub(crate) kinds: &'a BTreeSet<&'a str>,
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

    /// Observations, at servers that the world has, and behind faults that the case has.
    pub(crate) fn selectors(&mut self, names: &[Spanned<String>]) -> Vec<Selector> {
        let mut selectors = Vec::with_capacity(names.len());
        for name in names {
            match self.expand(name).parse::<Selector>() {
                Ok(selector) => {
                    if let Some(server) = selector.server() {
                        self.server(server, name.span());
                    }
                    if let Some(kind) = selector.fault_kind().filter(|kind| !self.kinds.contains(kind)) {
                        let known: Vec<&str> = self.kinds.iter().copied().collect();
                        let problem = Problem::at(name.span(), format!("the case has no fault `{kind}`"));
                        self.problems.push(match nearest(kind, &known) {
                            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                            None => problem.help("what is never seen cannot be broken"),
                        });
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
    world.server(name, span).map(|server| server.name.clone())
}

/// A list that must name something.
pub(crate) fn is_empty(key: &str, span: Range<usize>) -> Problem {
    Problem::at(span, format!("`{key}` is empty")).help("name at least one")
}

/// What a table says for itself, or what the one above it says.
pub(crate) fn or_else<T: Clone>(own: Option<&Vec<T>>, above: &[T]) -> Vec<T> {
    own.map_or_else(|| above.to_vec(), Clone::clone)
}

/// Whether an outcome is named for each part of a case: each names its own, or has that of the whole.
pub(crate) fn names_outcomes<'t>(
    of_whole: &'t [Spanned<String>],
    of_parts: impl IntoIterator<Item = Option<&'t Vec<Spanned<String>>>>,
) -> bool {
    let mut parts = of_parts.into_iter().peekable();
    match parts.peek() {
        None => !of_whole.is_empty(),
        Some(_) => parts.all(|own| !own.map_or(of_whole, Vec::as_slice).is_empty()),
    }
}

/// The reasons that count and the notes that must be told, a line each where there are any.
pub(crate) fn words_expected(reasons: &[String], notes: &[String]) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if !reasons.is_empty() {
        lines.push(("because", reasons.join(" or ")));
    }
    if !notes.is_empty() {
        lines.push(("told", notes.join(" and ")));
    }
    lines
}

/// What a subject that succeeded was to tell and did not.
pub(crate) fn untold(expected: &[String], told: &[String]) -> Option<String> {
    let missing: Vec<&str> =
        expected.iter().filter(|note| !told.contains(note)).map(String::as_str).collect();
    (!missing.is_empty()).then(|| format!("a note of {}", missing.join(" and ")))
}

/// The reasons that count, where a subject stopped for another.
pub(crate) fn other_reason(counting: &[String], given: &str) -> Option<String> {
    let is_other = !counting.is_empty() && !counting.iter().any(|counts| counts == given);
    // A slip is told as one; who has other words than the specification has none.
    let known: Vec<&str> = Reason::ALL.iter().map(|reason| reason.slug()).collect();
    let meant = nearest(given, &known).filter(|meant| *meant != given);
    let meant = meant.map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"));
    is_other.then(|| format!("{}{meant}", counting.join(" or ")))
}

//! What a scenario expects, ready to be judged.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use signpost_lab::{Report, Status};
use signpost_transcript::Event;

use super::{Run, Selector};
use crate::result::Finding;
use crate::selection::{FALSE_ALARM_RATE, SelectionTest};

/// What a conforming subject does in a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// Any of these.
    pub outcomes: Vec<Outcome>,
    /// Reasons that count where the subject gives one; empty: any.
    pub reasons: Vec<String>,
    /// Extended DNS error codes of which one must be there, where a resolver gives any; empty: any.
    pub ede: Vec<u16>,
    /// RCODE mnemonics of which a resolver's answer must have one; empty: any.
    pub rcodes: Vec<String>,
    /// Seconds that no TTL of a resolver's answer may exceed.
    pub ttl: Option<u32>,
    /// What a subject that succeeds must tell the user all the same.
    pub notes: Vec<String>,
    /// Host of the configured endpoint, where only one is right.
    pub endpoint: Option<String>,
    /// What must have been seen before a refusal counts.
    pub reached: Vec<Selector>,
    /// What must not be seen at all.
    pub never: Vec<Selector>,
    /// The distribution of first choices.
    pub selection: Option<SelectionExpectation>,
}

impl Expectation {
    /// Whether a subject ended in one of the ways that are expected, whatever the transcript says.
    #[must_use]
    pub fn is_met_by(&self, report: &Report) -> bool {
        self.outcomes.iter().any(|outcome| outcome.is_met_by(report))
    }
}

/// How a subject may end, apart from not supporting the case.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// It asks the user.
    AskUser,
    /// A resolver found the chain of trust broken.
    Bogus,
    /// It set the account up.
    Configured,
    /// A resolver found nothing to judge.
    Indeterminate,
    /// A resolver found it proven that there is no chain of trust.
    Insecure,
    /// It stopped because of an attack or a fault.
    Refused,
    /// A resolver found the chain of trust whole.
    Secure,
    /// It found no service.
    Unavailable,
}

impl Outcome {
    const ALL: [Self; 8] = [
        Self::AskUser,
        Self::Bogus,
        Self::Configured,
        Self::Indeterminate,
        Self::Insecure,
        Self::Refused,
        Self::Secure,
        Self::Unavailable,
    ];

    /// The name in scenario files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AskUser => "ask-user",
            Self::Bogus => "bogus",
            Self::Configured => "configured",
            Self::Indeterminate => "indeterminate",
            Self::Insecure => "insecure",
            Self::Refused => "refused",
            Self::Secure => "secure",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether a resolver ends so, and no mail client.
    #[must_use]
    pub const fn is_of_resolver(self) -> bool {
        matches!(self, Self::Bogus | Self::Indeterminate | Self::Insecure | Self::Secure)
    }

    pub(super) fn is_met_by(self, report: &Report) -> bool {
        match report {
            // SERVFAIL alone does not tell a broken chain from an answer that never came.
            Report::Answered { status: Status::Failed, .. } => {
                matches!(self, Self::Bogus | Self::Indeterminate)
            }
            Report::Answered { status, .. } => status.name() == self.name(),
            // A program that only says no does not tell one way of stopping from another.
            Report::Declined { .. } => self != Self::Configured && !self.is_of_resolver(),
            report => report.outcome() == self.name(),
        }
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
#[error(
    "not an outcome; known are ask-user, configured, refused and unavailable, and of a resolver bogus, indeterminate, \
     insecure and secure"
)]
pub struct UnknownOutcome;

/// Servers of one priority, their weights, and the test derived from these.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionExpectation {
    /// Names of the servers in the world.
    pub servers: Vec<String>,
    /// Runs and bounds, in the same order.
    pub test: SelectionTest,
}

/// The servers whose share of first choices no reading of RFC 2782 explains.
pub(super) fn judge_selection(
    selection: &SelectionExpectation,
    runs: &[Run],
    requirement: &str,
) -> Vec<Finding> {
    let mut chosen: BTreeMap<&str, u32> = BTreeMap::new();
    for run in runs {
        if let Some(server) = first_server(run) {
            *chosen.entry(server).or_default() += 1;
        }
    }
    let counts: Vec<u32> = selection
        .servers
        .iter()
        .map(|server| chosen.get(server.as_str()).copied().unwrap_or_default())
        .collect();
    selection
        .test
        .rejected(&counts)
        .into_iter()
        .map(|server| {
            let (low, high) = selection.test.accepted[server];
            let runs = selection.test.runs;
            Finding {
                requirement: requirement.to_owned(),
                expected: format!(
                    "{} chosen first in {low} to {high} of {runs} runs (false alarms: {FALSE_ALARM_RATE:e})",
                    selection.servers[server]
                ),
                seen: format!("{} of {runs}", counts[server]),
                lines: Vec::new(),
            }
        })
        .collect()
}

fn first_server(run: &Run) -> Option<&str> {
    run.transcript.events().find_map(|event| match event {
        Event::Accepted { server, .. } => Some(server.as_str()),
        _ => None,
    })
}

//! How a relay may end, and what its word is worth.

use signpost_format::relay::Report;
use signpost_format::set_up::Security;
use signpost_transcript::{Channel, ConnectionId, Event, Transfer};

use crate::evidence::Index;
use crate::role::ending::Ending;
use crate::role::reading::{other_reason, untold, words_expected};
use crate::selection::SelectionExpectation;

/// How a conforming relay ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// Any of these.
    pub outcomes: Vec<Outcome>,
    /// Reasons that count where the subject gives one; empty: any.
    pub reasons: Vec<String>,
    /// What a subject that succeeds must tell all the same.
    pub notes: Vec<String>,
    /// Host of the exchange that takes the message, where only one is right.
    pub exchange: Option<String>,
    /// Whether no policy binds the exchanges, so that mail may go in clear and to any certificate.
    pub opportunistic: bool,
    /// Servers whose certificate the rules accept although a fault touches it.
    pub accepted: Vec<String>,
    /// Servers whose certificate the rules reject although no fault touches it.
    pub rejected: Vec<String>,
    /// Whether one fault that bit is enough, because a relay may stop at the first.
    pub any_fault: bool,
    /// The distribution of first choices among exchanges of equal preference.
    pub equals: Option<SelectionExpectation>,
}

impl Expectation {
    pub(in crate::role) fn particulars(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        lines.extend(self.exchange.as_ref().map(|host| ("exchange", host.clone())));
        lines.extend(words_expected(&self.reasons, &self.notes));
        if self.opportunistic {
            lines.push(("protection", "TLS where it is offered: no policy binds the exchanges".to_owned()));
        }
        lines.extend(self.equals.iter().flat_map(SelectionExpectation::particulars));
        lines
    }
}

/// How a relay may end, apart from not supporting the case.
#[derive(
    Clone, Copy, Debug, Eq, Hash, PartialEq, strum::Display, strum::EnumString, strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case", parse_err_fn = unknown_outcome, parse_err_ty = UnknownOutcome)]
pub enum Outcome {
    /// It keeps the message and tries again later.
    Delayed,
    /// It gives the message up.
    Failed,
    /// An exchange took the message.
    Relayed,
}

impl Outcome {
    /// The name in scenario files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    const fn is_met_by(self, report: &Report) -> bool {
        matches!(
            (self, report),
            (Self::Delayed, Report::Delayed { .. })
                | (Self::Failed, Report::Failed { .. })
                | (Self::Relayed, Report::Relayed { .. })
        )
    }
}

/// A name that is no [`Outcome`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an outcome; a relay ends with relayed, delayed or failed")]
pub struct UnknownOutcome;

fn unknown_outcome(_: &str) -> UnknownOutcome {
    UnknownOutcome
}

/// A relay's report beside what was expected.
pub(in crate::role) struct Ended<'a> {
    pub(in crate::role) expected: &'a Expectation,
    pub(in crate::role) report: &'a Report,
}

impl Ending for Ended<'_> {
    fn is_met(&self) -> bool {
        self.expected.outcomes.iter().any(|outcome| outcome.is_met_by(self.report))
    }

    fn went_on(&self) -> bool {
        matches!(self.report, Report::Relayed { .. })
    }

    fn must_go_on(&self) -> bool {
        self.expected.outcomes.contains(&Outcome::Relayed)
    }

    fn wrong_particular(&self) -> Option<String> {
        let Report::Relayed { exchange, .. } = self.report else { return None };
        let expected = self.expected.exchange.as_ref()?;
        (!exchange.trim_end_matches('.').eq_ignore_ascii_case(expected)).then(|| expected.clone())
    }

    fn may_stop_at_any_fault(&self) -> bool {
        self.expected.any_fault
    }

    /// A message was relayed where an exchange of this name had all of it, protected as is said.
    fn false_claim(&self, index: &Index<'_>) -> Option<&'static str> {
        let Report::Relayed { exchange, security, .. } = self.report else { return None };
        let has_taken = |holds: &dyn Fn(ConnectionId) -> bool| {
            index.has(|event| takes(event, *security).is_some_and(holds))
        };
        if !has_taken(&|_| true) {
            return Some("a message that a server took, protected as the report says");
        }
        let is_there = |connection: ConnectionId| {
            index.listener(connection).is_some_and(|listener| listener.is_known_as(exchange))
        };
        (!has_taken(&is_there)).then_some("a message that was taken at the exchange of the report")
    }

    fn untold(&self) -> Option<String> {
        let Report::Relayed { notes, .. } = self.report else { return None };
        untold(&self.expected.notes, notes)
    }

    fn other_reason(&self) -> Option<String> {
        other_reason(&self.expected.reasons, self.report.reason()?)
    }
}

/// The connection on which a server was handed the octets of a message, if they were protected so.
fn takes(event: &Event, security: Security) -> Option<ConnectionId> {
    let Event::Mail { connection, channel, action: Transfer::Submitted, octets: 1.. } = event else {
        return None;
    };
    let is_protected = security.tls().is_some();
    (is_protected == (*channel == Channel::Tls)).then_some(*connection)
}

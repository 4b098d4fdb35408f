//! How a client that sets itself up may end, and what its word is worth.

use signpost_format::set_up::{ConfiguredEndpoint, Report, Security};
use signpost_transcript::{Channel, ConnectionId, Event};

use crate::evidence::Index;
use crate::role::ending::Ending;
use crate::role::reading::{other_reason, untold, words_expected};
use crate::selection::SelectionExpectation;

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
    /// Whether one fault that bit is enough, because a client may stop at the first.
    pub any_fault: bool,
    /// Whether the case rests on guessed hosts, which a client may leave to the user.
    pub guessing: bool,
    /// The distribution of first choices.
    pub selection: Option<SelectionExpectation>,
}

impl Expectation {
    pub(in crate::role) fn particulars(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        lines.extend(self.endpoint.as_ref().map(|host| ("host", host.clone())));
        lines.extend(words_expected(&self.reasons, &self.notes));
        if self.guessing {
            lines.push(("or", "no host is guessed, and the user is asked".to_owned()));
        }
        if let Some(selection) = &self.selection {
            lines.extend(selection.particulars());
        }
        lines
    }
}

/// How a client may end, apart from not supporting the case.
#[derive(
    Clone, Copy, Debug, Eq, Hash, PartialEq, strum::Display, strum::EnumString, strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case", parse_err_fn = unknown_outcome, parse_err_ty = UnknownOutcome)]
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
    /// The name in scenario files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
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

/// A name that is no [`Outcome`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an outcome; a mail client ends with configured, refused, ask-user or unavailable")]
pub struct UnknownOutcome;

fn unknown_outcome(_: &str) -> UnknownOutcome {
    UnknownOutcome
}

/// A client's report beside what was expected.
pub(in crate::role) struct Ended<'a> {
    pub(in crate::role) expected: &'a Expectation,
    pub(in crate::role) report: &'a Report,
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

    fn may_stop_at_any_fault(&self) -> bool {
        self.expected.any_fault
    }

    /// Who neither asked for an address nor connected has guessed nothing, and says so by asking the user.
    fn left_out(&self, index: &Index<'_>) -> Option<&'static str> {
        let Report::AskUser { reason, .. } = self.report else { return None };
        let asks_at_once = reason.as_deref().is_none_or(|reason| reason == NOTHING_FITS);
        let has_guessed = index.has(|event| match event {
            Event::Accepted { .. } => true,
            Event::Query { record_type, .. } => ADDRESS_TYPES.contains(&record_type.as_str()),
            _ => false,
        });
        (self.expected.guessing && asks_at_once && !has_guessed).then_some("hosts are guessed")
    }

    /// An account works where a server let the client in over TLS that began as the endpoint says, at its host and port and by
    /// its login name, where one is told: what is set up is what is used from now on.
    fn false_claim(&self, index: &Index<'_>) -> Option<&'static str> {
        let endpoint = self.endpoint()?;
        let has_login = |holds: &dyn Fn(ConnectionId) -> bool| {
            index.has(|event| lets_in(event, endpoint.security, index).is_some_and(holds))
        };
        if !has_login(&|_| true) {
            return Some("a login that a server accepted inside TLS, begun as the endpoint says");
        }
        if !has_login(&|connection| is_at(endpoint, connection, index)) {
            return Some("a login that was accepted at the host and port of the endpoint");
        }
        let Report::Configured { user: Some(named), .. } = self.report else { return None };
        let is_by_name =
            |event: &Event| matches!(event, Event::Credential { user, accepted: true, .. } if user == named);
        (!index.has(is_by_name)).then_some("a login that was accepted by the name of the report")
    }

    fn untold(&self) -> Option<String> {
        let Report::Configured { notes, .. } = self.report else { return None };
        untold(&self.expected.notes, notes)
    }

    /// A refusal for another reason than the one that the case is about proves nothing of it.
    fn other_reason(&self) -> Option<String> {
        other_reason(&self.expected.reasons, self.report.reason()?)
    }
}

/// The reason of a client that asks the user because nothing is published and no guess fits.
const NOTHING_FITS: &str = "nothing-fits";

/// The types of records that a client asks for at a host that it guesses.
const ADDRESS_TYPES: [&str; 2] = ["A", "AAAA"];

/// The connection on which a server let the client in, if TLS began there as the endpoint says.
fn lets_in(event: &Event, security: Security, index: &Index<'_>) -> Option<ConnectionId> {
    let Event::Credential { connection, channel: Channel::Tls, accepted: true, .. } = event else {
        return None;
    };
    let tls = index.listener(*connection)?.label.tls();
    (security.tls() == Some(tls)).then_some(*connection)
}

/// Whether a connection went to the endpoint's port, at a server to which its host leads. A server may be known by several
/// names; the one that the client asked it for is the one that it was verified by.
fn is_at(endpoint: &ConfiguredEndpoint, connection: ConnectionId, index: &Index<'_>) -> bool {
    let Some(listener) = index.listener(connection) else { return false };
    let is_meant = |host: &str| host.eq_ignore_ascii_case(endpoint.host.trim_end_matches('.'));
    listener.port == endpoint.port
        && listener.is_known_as(&endpoint.host)
        && index.sni(connection).is_none_or(|asked| is_meant(asked) || !listener.is_known_as(asked))
}

//! What the two mail protocols' sessions have in common.

use std::sync::Arc;

use crate::outcome::{Note, Reason};
use crate::pop3::Pop3;
use crate::request::{Mode, Request, Service};
use crate::rules::Rules;
use crate::sasl::Mechanism;
use crate::smtp::Smtp;

/// What a policy and the way to the server demand of a session.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) request: Arc<Request>,
    pub(crate) rules: Rules,
    /// Whether the session begins in clear and is to be upgraded before anything else.
    pub(crate) upgrade: bool,
    /// Whether the policy says that submission is authenticated.
    pub(crate) authentication_required: bool,
    /// The only mechanisms that the policy allows; none if it says nothing of them.
    pub(crate) mechanisms: Option<Vec<String>>,
}

impl Terms {
    /// The login names in the order in which they are tried (RFC 6186 §4).
    pub(crate) fn users(&self) -> [String; 2] {
        let address = &self.request.address;
        [address.to_string(), address.local_part().to_owned()]
    }

    pub(crate) fn exchanges(&self) -> bool {
        self.request.mode == Mode::Exchange
    }

    /// Whether the policy allows a mechanism, by its registered name.
    pub(crate) fn allows(&self, name: &str) -> bool {
        match &self.mechanisms {
            Some(allowed) if self.rules.honours_allowed_mechanisms() => {
                allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
            }
            Some(_) | None => true,
        }
    }

    /// The best mechanism that the server offers, the policy allows and this client knows.
    pub(crate) fn choose(&self, offered: &[Mechanism]) -> Option<Mechanism> {
        Mechanism::BY_PREFERENCE
            .into_iter()
            .find(|mechanism| offered.contains(mechanism) && self.allows(mechanism.name()))
    }
}

/// What a session wants next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The session is over; the connection is to be closed.
    End(Ending),
    Send(Vec<u8>),
    StartTls,
}

/// How a session ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Failed(Failure),
    /// The server takes neither login name. Nobody else may be offered them.
    Rejected(String),
    Succeeded(Success),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Success {
    pub(crate) user: String,
    pub(crate) retrieved: Option<Vec<u8>>,
    pub(crate) note: Option<Note>,
}

/// Why a target does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
    /// Whether no other target may be tried, because this one may have taken the message.
    pub(crate) is_final: bool,
}

impl Failure {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), is_final: false }
    }
}

/// A session of either protocol.
#[derive(Debug)]
pub(crate) enum Session {
    Pop3(Box<Pop3>),
    Smtp(Box<Smtp>),
}

impl Session {
    /// A session that begins with the server's greeting, in clear if `terms` say that it is to be upgraded.
    pub(crate) fn new(terms: Terms, protected: bool) -> Self {
        match terms.request.service {
            Service::Pop3 => Self::Pop3(Box::new(Pop3::new(terms, protected))),
            Service::Submission => Self::Smtp(Box::new(Smtp::new(terms, protected))),
        }
    }

    /// A session on a connection whose handshake failed, which only a defect begins. Nobody greets there.
    pub(crate) fn begun_in_clear(terms: Terms) -> Self {
        let mut session = Self::new(terms, false);
        match &mut session {
            Self::Pop3(pop3) => pop3.begin(),
            Self::Smtp(smtp) => smtp.begin(),
        }
        session
    }

    pub(crate) fn next_step(&mut self) -> Option<Step> {
        match self {
            Self::Pop3(pop3) => pop3.next_step(),
            Self::Smtp(smtp) => smtp.next_step(),
        }
    }

    pub(crate) fn received(&mut self, bytes: &[u8]) {
        match self {
            Self::Pop3(pop3) => pop3.received(bytes),
            Self::Smtp(smtp) => smtp.received(bytes),
        }
    }

    /// The handshake that [`Step::StartTls`] asked for is complete.
    pub(crate) fn secured(&mut self) {
        match self {
            Self::Pop3(pop3) => pop3.secured(),
            Self::Smtp(smtp) => smtp.secured(),
        }
    }

    /// The server said nothing more: it closed the connection or took too long, as `how` says.
    pub(crate) fn silent(&mut self, how: &str) {
        match self {
            Self::Pop3(pop3) => pop3.silent(how),
            Self::Smtp(smtp) => smtp.silent(how),
        }
    }
}

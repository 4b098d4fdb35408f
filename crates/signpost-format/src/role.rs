//! What a subject can be asked to do.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resolve::Question;
use crate::set_up::Stance;
use crate::{relay, resolve, set_up};

/// What a subject is asked to do: the first thing that is known of a scenario, an assignment and a report.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Hand a message over to an exchange of the recipient's domain, as a mail server.
    Relay,
    /// Give a validated answer to one question, as a resolver.
    Resolve,
    /// Find the server of an address by DNS, log in, and send or fetch one message.
    SetUp,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Relay, Self::Resolve, Self::SetUp];

    /// The name in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Resolve => "resolve",
            Self::SetUp => "set-up",
        }
    }

    /// Who is in this role, for a sentence.
    #[must_use]
    pub const fn who(self) -> &'static str {
        match self {
            Self::Relay => relay::WHO,
            Self::Resolve => resolve::WHO,
            Self::SetUp => set_up::WHO,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.name() == name).ok_or(UnknownRole)
    }
}

/// A name that is no [`Role`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a role; known are relay, resolve and set-up")]
pub struct UnknownRole;

/// What is asked of a subject in one step, apart from where it is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Task {
    /// Hand a message over.
    Relay,
    /// Answer this question.
    Resolve(Question),
    /// Set this service up.
    SetUp {
        /// The service.
        service: signpost_protocol::Service,
        /// What the user asked for.
        stance: Stance,
    },
}

impl Task {
    /// Who is asked.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Relay => Role::Relay,
            Self::Resolve(_) => Role::Resolve,
            Self::SetUp { .. } => Role::SetUp,
        }
    }
}

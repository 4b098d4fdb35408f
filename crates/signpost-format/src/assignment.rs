//! What a subject is told.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Role, relay, resolve, set_up};

/// Version of the assignment and report formats.
pub const ADAPTER_VERSION: u32 = 2;

/// All that a subject is told. It never learns which scenario it is in.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "role")]
pub enum Assignment {
    /// Hand a message over.
    Relay(relay::Assignment),
    /// Answer a question.
    Resolve(resolve::Assignment),
    /// Set up an account.
    SetUp(set_up::Assignment),
}

impl Assignment {
    /// The role that it is for.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Relay(_) => Role::Relay,
            Self::Resolve(_) => Role::Resolve,
            Self::SetUp(_) => Role::SetUp,
        }
    }

    /// Where DNS is asked: the same in every role.
    #[must_use]
    pub const fn dns(&self) -> &Dns {
        match self {
            Self::Relay(assignment) => &assignment.dns,
            Self::Resolve(assignment) => &assignment.dns,
            Self::SetUp(assignment) => &assignment.dns,
        }
    }

    /// Time for this step, in milliseconds.
    #[must_use]
    pub const fn deadline_ms(&self) -> u64 {
        match self {
            Self::Relay(assignment) => assignment.deadline_ms,
            Self::Resolve(assignment) => assignment.deadline_ms,
            Self::SetUp(assignment) => assignment.deadline_ms,
        }
    }
}

/// Where DNS is asked, and what its answers are validated with.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Dns {
    /// Does not validate: everything that the faults left comes through, for a client that validates itself.
    pub authority: SocketAddr,
    /// Validates: Bogus becomes SERVFAIL, Secure sets AD.
    pub resolver: SocketAddr,
    /// Address that DNS must be asked from, because the answers depend on it: bind the sockets to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// The root's trust anchor: DS and DNSKEY records as master-file lines.
    pub trust_anchor: Vec<String>,
}

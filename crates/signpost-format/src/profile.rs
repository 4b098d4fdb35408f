//! Sets of rules that a subject claims to follow.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A set of rules. The RFCs disagree in places, so a scenario names the profiles whose rules it tests.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// DNSSEC validation (RFC 4033 to 4035, 5155, 6840) by a resolver alone.
    Dnssec,
    /// Mail between servers: RFC 5321 and section 6 of `docs/policy-records.md`.
    MailTransfer,
    /// The project's own specification, `docs/policy-records.md`.
    PolicyRecords,
    /// SRV discovery after RFC 6186 and RFC 8314, DNSSEC left to the resolver.
    SrvDiscovery,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 4] = [Self::Dnssec, Self::MailTransfer, Self::PolicyRecords, Self::SrvDiscovery];

    /// The name in files and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dnssec => "dnssec",
            Self::MailTransfer => "mail-transfer",
            Self::PolicyRecords => "policy-records",
            Self::SrvDiscovery => "srv-discovery",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|profile| profile.name() == name).ok_or(UnknownProfile)
    }
}

/// A name that is no [`Profile`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a profile; known are dnssec, mail-transfer, policy-records and srv-discovery")]
pub struct UnknownProfile;

//! The scenario file: a world, what is broken in it, and what a conforming subject does.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_spanned::Spanned;
use signpost_lab::{FaultSpec, Service, Stance};
use signpost_source::{Problems, Source};

use crate::profile::Profile;

/// A scenario file, read but not yet held against the rest of the suite.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Permanent ID: the path below the suite without its ending.
    pub id: String,
    /// The file.
    pub source: Source,
    /// What it says.
    pub table: ScenarioTable,
}

impl Scenario {
    /// Reads a file of the suite.
    ///
    /// # Errors
    ///
    /// What in the file is not of the format, and where.
    pub fn parse(id: &str, source: Source) -> Result<Self, Problems> {
        let table = source.parse()?;
        Ok(Self { id: id.to_owned(), source, table })
    }

    /// Whether it is a control: an honest case that stands in the folder `honest`.
    #[must_use]
    pub fn is_control(&self) -> bool {
        self.id.starts_with(CONTROLS)
    }

    /// The folder that it stands in.
    #[must_use]
    pub fn area(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }
}

/// The folder of the controls.
pub(crate) const CONTROLS: &str = "honest/";

/// The keys of a scenario file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioTable {
    /// What happens, in one line.
    pub title: String,
    /// What a client that gets it wrong does to its user.
    pub why: String,
    /// Slugs of the requirements that are tested; the first is the one that a broken expectation breaks.
    #[schemars(with = "Vec<String>")]
    pub requirements: Vec<Spanned<String>>,
    /// How bad it is to fail.
    pub severity: Severity,
    /// Whose rules are tested.
    #[schemars(with = "Vec<Profile>")]
    pub profiles: Spanned<Vec<Profile>>,
    /// One case for each.
    #[schemars(with = "Vec<Service>")]
    pub services: Spanned<Vec<Service>>,
    /// Name of the world.
    #[schemars(with = "String")]
    pub world: Spanned<String>,
    /// ID of the honest scenario that must pass before a refusal counts.
    #[schemars(with = "Option<String>")]
    pub control: Option<Spanned<String>>,
    /// What the user asked for.
    #[serde(default)]
    pub stance: Stance,
    /// What a resolver is asked, as `NAME/TYPE`: for the service `dns`, and only for that.
    #[schemars(with = "Option<String>")]
    pub question: Option<Spanned<String>>,
    /// Where fewer than two independent validators give the expected verdict: which sentence decides, and who is wrong.
    pub dispute: Option<String>,
    /// What is broken.
    #[serde(default)]
    pub fault: Vec<FaultSpec>,
    /// What a conforming subject does.
    pub expect: ExpectTable,
}

/// The `[expect]` table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectTable {
    /// Any of `configured`, `refused`, `ask-user`, `unavailable`; of a resolver any of `secure`, `insecure`, `bogus`,
    /// `indeterminate`.
    #[schemars(with = "Vec<String>")]
    pub outcome: Vec<Spanned<String>>,
    /// Reasons that count, where the subject gives one.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub reason: Vec<Spanned<String>>,
    /// Extended DNS error codes (RFC 8914) of which one must be there, where a resolver gives any.
    #[serde(default)]
    pub ede: Vec<u16>,
    /// RCODE mnemonics of which the answer must have one.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub rcode: Vec<Spanned<String>>,
    /// What a subject that succeeds must tell the user all the same.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub notes: Vec<Spanned<String>>,
    /// Seconds that no TTL of the answer may exceed, where a resolver passes one on.
    pub ttl: Option<u32>,
    /// Host of the configured endpoint.
    #[schemars(with = "Option<String>")]
    pub endpoint: Option<Spanned<String>>,
    /// What must have been seen before a refusal counts.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub reached: Vec<Spanned<String>>,
    /// What must not be seen.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub never: Vec<Spanned<String>>,
    /// Servers whose certificate the rules accept although a fault touches it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub accepted: Vec<Spanned<String>>,
    /// Servers whose certificate the rules reject although no fault touches it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub rejected: Vec<Spanned<String>>,
    /// Defects of the reference that must fail here.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub defects: Vec<Spanned<String>>,
    /// One run from each of these views of the world, and what is expected there instead of what stands above.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, ViewExpectTable>")]
    pub views: BTreeMap<Spanned<String>, ViewExpectTable>,
    /// Weights of the servers of one priority: their share of first choices is tested.
    #[schemars(with = "Option<BTreeMap<String, u16>>")]
    pub selection: Option<Spanned<BTreeMap<String, u16>>>,
}

/// The `[expect.views.NAME]` table. What it leaves out is as in `[expect]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewExpectTable {
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub outcome: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub reason: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<String>")]
    pub endpoint: Option<Spanned<String>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub reached: Option<Vec<Spanned<String>>>,
    /// As in `[expect]`.
    #[schemars(with = "Option<Vec<String>>")]
    pub never: Option<Vec<Spanned<String>>>,
}

impl ExpectTable {
    /// What is expected of the run from a view.
    pub(crate) fn in_view(&self, view: &ViewExpectTable) -> Self {
        let or = |own: &Option<Vec<Spanned<String>>>, of_all: &[Spanned<String>]| {
            own.clone().unwrap_or_else(|| of_all.to_vec())
        };
        Self {
            outcome: or(&view.outcome, &self.outcome),
            reason: or(&view.reason, &self.reason),
            endpoint: view.endpoint.clone().or_else(|| self.endpoint.clone()),
            reached: or(&view.reached, &self.reached),
            never: or(&view.never, &self.never),
            ..self.clone()
        }
    }
}

/// How bad it is to fail a scenario.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Inconvenient.
    Low,
    /// Service is lost or load is spoiled.
    Medium,
    /// Protection is weakened.
    High,
    /// Passwords or mail reach an attacker.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

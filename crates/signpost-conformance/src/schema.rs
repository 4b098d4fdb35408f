//! JSON Schemas of the published formats, made from the types that read and write them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use signpost_lab::{Assignment, Report};

use crate::result::Line;
use crate::scenario::ScenarioTable;

/// A format that others read or write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// What an adapter reads: one line.
    Assignment,
    /// What an adapter writes: one line.
    Report,
    /// One line of the results.
    Results,
    /// A scenario file, as the JSON that its TOML stands for.
    Scenario,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Assignment, Self::Report, Self::Results, Self::Scenario];

    /// The format's name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assignment => "assignment",
            Self::Report => "report",
            Self::Results => "results",
            Self::Scenario => "scenario",
        }
    }

    /// Where the schema is published in the repository.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Assignment => "docs/assignment.schema.json",
            Self::Report => "docs/report.schema.json",
            Self::Results => "docs/results.schema.json",
            Self::Scenario => "scenarios/scenario.schema.json",
        }
    }

    /// The JSON Schema (2020-12).
    #[must_use]
    pub fn schema(self) -> serde_json::Value {
        match self {
            // A key with a default is always written, but need not be read.
            Self::Assignment => schema::<Assignment>(SchemaSettings::draft2020_12().for_serialize()),
            Self::Report => schema::<Report>(SchemaSettings::draft2020_12()),
            Self::Results => schema::<Line>(SchemaSettings::draft2020_12().for_serialize()),
            Self::Scenario => schema::<ScenarioTable>(SchemaSettings::draft2020_12()),
        }
    }
}

fn schema<T: JsonSchema>(settings: SchemaSettings) -> serde_json::Value {
    SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value()
}

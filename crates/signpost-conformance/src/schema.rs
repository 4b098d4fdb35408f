//! JSON Schemas of the published formats, made from the types that read and write them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use signpost_format::{AdapterCheck, Assignment, Line, ListedCase, Role, relay, resolve, set_up};

use crate::role::{relay as relay_role, resolve as resolve_role, set_up as set_up_role};
use crate::scenario::ScenarioTable;
use crate::subject::RecipeTable;

/// A format that others read or write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// What `signpost check-adapter --format json` writes.
    AdapterCheck,
    /// What an adapter reads: one line.
    Assignment,
    /// What `signpost list --format json` writes: all cases.
    Cases,
    /// A recipe file, as the JSON that its TOML stands for.
    Recipe,
    /// What an adapter writes: one line.
    Report,
    /// One line of the results.
    Results,
    /// A scenario file, as the JSON that its TOML stands for.
    Scenario,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::AdapterCheck,
        Self::Assignment,
        Self::Cases,
        Self::Recipe,
        Self::Report,
        Self::Results,
        Self::Scenario,
    ];

    /// The format's name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AdapterCheck => "adapter-check",
            Self::Assignment => "assignment",
            Self::Cases => "cases",
            Self::Recipe => "recipe",
            Self::Report => "report",
            Self::Results => "results",
            Self::Scenario => "scenario",
        }
    }

    /// Where the schema is published in the repository.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::AdapterCheck => "docs/adapter-check.schema.json",
            Self::Assignment => "docs/assignment.schema.json",
            Self::Cases => "docs/cases.schema.json",
            Self::Recipe => "fixtures/subjects/recipe.schema.json",
            Self::Report => "docs/report.schema.json",
            Self::Results => "docs/results.schema.json",
            Self::Scenario => "scenarios/scenario.schema.json",
        }
    }

    /// The JSON Schema (2020-12).
    #[must_use]
    pub fn schema(self) -> serde_json::Value {
        match self {
            Self::AdapterCheck => schema::<AdapterCheck>(SchemaSettings::draft2020_12().for_serialize()),
            // A key with a default is always written, but need not be read.
            Self::Assignment => schema::<Assignment>(SchemaSettings::draft2020_12().for_serialize()),
            Self::Cases => schema::<Vec<ListedCase>>(SchemaSettings::draft2020_12().for_serialize()),
            Self::Recipe => schema::<RecipeTable>(SchemaSettings::draft2020_12()),
            Self::Report => schema::<AdapterReport>(SchemaSettings::draft2020_12()),
            Self::Results => schema::<Line>(SchemaSettings::draft2020_12().for_serialize()),
            Self::Scenario => scenario(),
        }
    }
}

/// What an adapter writes: the report of the role that it was given, which need not be said again.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Report")]
#[expect(dead_code, reason = "only its schema is wanted")]
enum AdapterReport {
    Relay(relay::Report),
    Resolve(resolve::Report),
    SetUp(set_up::Report),
}

/// A scenario file: the keys of every scenario, and those of its role.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Scenario")]
#[expect(dead_code, reason = "only its schema is wanted")]
enum ScenarioFile {
    Relay(ScenarioOf<relay_role::Table>),
    Resolve(ScenarioOf<resolve_role::Table>),
    SetUp(ScenarioOf<set_up_role::Table>),
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct ScenarioOf<T> {
    #[serde(flatten)]
    table: ScenarioTable,
    /// Values, each of which is put in where its name stands in braces and makes a case of its own.
    sweep: Option<std::collections::BTreeMap<String, std::collections::BTreeMap<String, serde_json::Value>>>,
    #[serde(flatten)]
    part: T,
}

/// The schema of scenario files, in which the key `role` decides which keys there are besides.
fn scenario() -> serde_json::Value {
    let mut schema = schema::<ScenarioFile>(SchemaSettings::draft2020_12());
    for (definition, role) in
        [("ScenarioOf", Role::Relay), ("ScenarioOf2", Role::Resolve), ("ScenarioOf3", Role::SetUp)]
    {
        schema["$defs"][definition]["properties"]["role"]["const"] = role.name().into();
    }
    allow_placeholders(&mut schema);
    schema
}

/// Where a number belongs, the name of a sweep may stand in braces.
fn allow_placeholders(schema: &mut serde_json::Value) {
    match schema {
        serde_json::Value::Object(keys) => {
            keys.values_mut().for_each(allow_placeholders);
            let is_number = keys.get("type").is_some_and(|kind| match kind {
                serde_json::Value::Array(kinds) => kinds.iter().any(|kind| kind == "integer"),
                kind => kind == "integer",
            });
            if is_number {
                let number = std::mem::take(keys);
                let placeholder = serde_json::json!({ "type": "string", "pattern": r"^\{[a-z0-9-]+\}$" });
                keys.insert("anyOf".to_owned(), vec![number.into(), placeholder].into());
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(allow_placeholders),
        _ => {}
    }
}

fn schema<T: JsonSchema>(settings: SchemaSettings) -> serde_json::Value {
    SchemaGenerator::new(settings).into_root_schema_for::<T>().to_value()
}

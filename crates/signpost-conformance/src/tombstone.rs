//! IDs of scenarios and slugs of requirements that are gone: `scenarios/tombstones.toml`. None is ever used again.

use std::collections::BTreeMap;

use serde::Deserialize;
use signpost_source::{Problems, Source};

/// Retired IDs and slugs, with what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones {
    scenarios: BTreeMap<String, String>,
    requirements: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TombstonesFile {
    #[serde(default)]
    retired: BTreeMap<String, String>,
    #[serde(default)]
    retired_requirement: BTreeMap<String, String>,
}

impl Tombstones {
    pub(crate) fn parse(source: &Source) -> Result<Self, Problems> {
        let file: TombstonesFile = source.parse()?;
        Ok(Self { scenarios: file.retired, requirements: file.retired_requirement })
    }

    /// What became of the scenario with this ID, if there was one.
    pub(crate) fn find(&self, id: &str) -> Option<&str> {
        self.scenarios.get(id).map(String::as_str)
    }

    /// What became of the requirement with this slug, if there was one.
    pub(crate) fn find_requirement(&self, slug: &str) -> Option<&str> {
        self.requirements.get(slug).map(String::as_str)
    }
}

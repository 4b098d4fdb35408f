//! IDs of scenarios that are gone: `scenarios/tombstones.toml`. None is ever used again.

use std::collections::BTreeMap;

use serde::Deserialize;
use signpost_source::{Problems, Source};

/// Retired IDs, with what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tombstones(BTreeMap<String, String>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TombstonesFile {
    #[serde(default)]
    retired: BTreeMap<String, String>,
}

impl Tombstones {
    pub(crate) fn parse(source: &Source) -> Result<Self, Problems> {
        let file: TombstonesFile = source.parse()?;
        Ok(Self(file.retired))
    }

    /// What became of the scenario with this ID, if there was one.
    pub(crate) fn find(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}

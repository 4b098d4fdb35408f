//! Words that scenarios may use: those of the reference client, and those that a suite adds in `vocabulary.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use signpost_discovery::{Defect, Note, Reason};
use signpost_source::{Problems, Source};

/// The reasons, notes and defects that scenarios may name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    own: VocabularyFile,
}

/// A suite whose subjects have other words than the reference says here what each means.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    #[serde(default)]
    reason: BTreeMap<String, String>,
    #[serde(default)]
    note: BTreeMap<String, String>,
    #[serde(default)]
    defect: BTreeMap<String, String>,
}

impl Vocabulary {
    pub(crate) fn parse(source: &Source) -> Result<Self, Problems> {
        Ok(Self { own: source.parse()? })
    }

    /// Why a client stops.
    pub(crate) fn reasons(&self) -> Vec<&str> {
        with(Reason::ALL.iter().map(|reason| reason.slug()), &self.own.reason)
    }

    /// What a client that succeeds tells its user.
    pub(crate) fn notes(&self) -> Vec<&str> {
        with(Note::ALL.iter().map(|note| note.slug()), &self.own.note)
    }

    /// Flaws that a scenario must catch.
    pub(crate) fn defects(&self) -> Vec<&str> {
        with(Defect::ALL.iter().map(|defect| defect.name()), &self.own.defect)
    }
}

fn with<'v>(known: impl Iterator<Item = &'static str>, own: &'v BTreeMap<String, String>) -> Vec<&'v str> {
    let known = known.map(|word| -> &'v str { word });
    known.chain(own.keys().map(String::as_str)).collect()
}

//! A `[[fault]]` table of a scenario file.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_spanned::Spanned;
use signpost_source::{Parameters, Problem};

use super::place::{Place, Reading};
use super::{Fault, schema};
use crate::World;

/// A `[[fault]]` table: where, what, in which view, and the parameters of that kind, which its owner reads.
#[derive(Clone, Debug)]
pub struct FaultTable {
    /// `dns:NAME/TYPE`, `dns:*`, `zone:ORIGIN`, `pki:CERTIFICATE`, `mail:SERVER` or `mail:*`.
    pub at: Spanned<String>,
    /// What is done there, in kebab case.
    pub kind: Spanned<String>,
    /// View in which it is done, for faults at `dns:` and `zone:`; without it, in all.
    pub view: Option<Spanned<String>>,
    parameters: Parameters,
}

const PLACES: &str =
    "expected `dns:NAME/TYPE`, `dns:*`, `zone:ORIGIN`, `pki:CERTIFICATE`, `mail:SERVER` or `mail:*`";

impl FaultTable {
    /// Reads the fault for a world, with placeholders filled in everywhere. Its number is its place in the scenario, from
    /// 1.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, where it stands: a place or kind that there is not, a parameter that the kind does not
    /// take or lacks, a target that the world has not.
    pub fn read(
        &self,
        number: u32,
        expand: impl Fn(&str) -> String,
        world: &World,
    ) -> Result<Fault, Vec<Problem>> {
        let at = expand(self.at.get_ref());
        let wrong = |message: String| vec![Problem::at(self.at.span(), message).help(PLACES)];
        let Some((name, target)) = at.split_once(':').filter(|(_, target)| !target.is_empty()) else {
            return Err(wrong(format!("`{at}` names no place")));
        };
        let place = Place::named(name).ok_or_else(|| wrong(format!("`{name}:` is no place for a fault")))?;
        let misplaced = self.view.as_ref().filter(|_| !place.has_views()).map(|view| {
            Problem::at(view.span(), format!("a fault at `{name}:` is the same in every view"))
                .help("remove `view`, or break something at `dns:` or `zone:`")
        });
        if let Some(unknown) = place.unknown_kind(&self.kind) {
            return Err(misplaced.into_iter().chain([unknown]).collect());
        }
        let parameters = self.parameters.clone().map_strings(expand);
        let reading = Reading {
            world,
            number,
            at: &at,
            span: &self.at.span(),
            target,
            kind: &self.kind,
            parameters: &parameters,
        };
        let broken = place.read(reading);
        match (broken, misplaced) {
            (Ok(broken), None) => {
                let view = self.view.as_ref().map(|view| view.get_ref().clone());
                Ok(Fault { number, at, view, broken })
            }
            (broken, misplaced) => {
                Err(misplaced.into_iter().chain(broken.err().into_iter().flatten()).collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for FaultTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = FaultTable;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table with `at` and `kind`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<FaultTable, A::Error> {
        let (mut at, mut kind, mut view, mut parameters) = (None, None, None, Parameters::default());
        while let Some(key) = table.next_key::<Spanned<Key>>()? {
            let key = Spanned::new(key.span(), key.into_inner().0);
            match key.get_ref().as_str() {
                "at" => at = Some(table.next_value()?),
                "kind" => kind = Some(table.next_value()?),
                "view" => view = Some(table.next_value()?),
                _ => parameters.take(key, &mut table)?,
            }
        }
        Ok(FaultTable {
            at: at.ok_or_else(|| A::Error::missing_field("at"))?,
            kind: kind.ok_or_else(|| A::Error::missing_field("kind"))?,
            view,
            parameters,
        })
    }
}

/// A key that some kind of fault takes.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        if schema::keys().contains(&key.as_str()) {
            Ok(Self(key))
        } else {
            Err(D::Error::unknown_field(&key, schema::keys()))
        }
    }
}

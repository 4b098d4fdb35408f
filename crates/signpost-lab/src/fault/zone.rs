//! What a publisher did to a zone.

use std::fmt::Display;
use std::str::FromStr;

use hickory_proto::rr::{Name, RecordType};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use strum::{IntoStaticStr, VariantNames};

/// What a publisher did to a zone. Names and parameters are those of scenario files.
#[derive(Clone, Debug, Deserialize, IntoStaticStr, JsonSchema, VariantNames)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum ZoneChange {
    /// Records are there, in place of those with the same owner and type.
    Publish {
        /// Master-file lines, with placeholders.
        records: String,
    },
    /// Records are taken away.
    Remove {
        /// Their owner, relative to the zone or absolute.
        #[serde(deserialize_with = "name")]
        #[schemars(with = "String")]
        owner: Name,
        /// Their type; without it, all.
        #[serde(rename = "type", default, deserialize_with = "parsed")]
        #[schemars(with = "Option<String>")]
        record_type: Option<RecordType>,
    },
}

impl ZoneChange {
    /// The kind of fault, as scenarios write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.into()
    }
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
    Name::from_ascii(String::deserialize(deserializer)?)
        .map_err(|error| D::Error::custom(format_args!("not a domain name: {error}")))
}

/// Reads what has a form as text.
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    String::deserialize(deserializer)?.parse().map(Some).map_err(D::Error::custom)
}

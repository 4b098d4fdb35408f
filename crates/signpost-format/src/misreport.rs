//! What is wrong with a report, and where in it.

use std::fmt;

use serde::Deserializer;
use serde_json::{Map, Value};
use serde_path_to_error::{Segment, Track};

/// Why a text is no report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Misreport {
    /// Keys and numbers on the way to what is wrong, such as `endpoint.port`; empty where it is the whole.
    pub path: String,
    /// What serde says of it.
    pub message: String,
}

impl fmt::Display for Misreport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => formatter.write_str(&self.message),
            path => write!(formatter, "{path}: {}", self.message),
        }
    }
}

impl std::error::Error for Misreport {}

/// Reads a report whose outcome stands among its other keys. Serde reads such a thing twice and forgets where it was, so the
/// outcome is taken out first and what is left is read by its name.
pub(crate) fn read<R>(
    text: &str,
    by_outcome: impl FnOnce(Tracked<'_, '_>) -> Result<R, serde_json::Error>,
) -> Result<R, Misreport> {
    let whole = |message: String| Misreport { path: String::new(), message };
    let mut keys: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| whole(format!("column {}: {error}", error.column())))?;
    let outcome = match keys.remove("outcome") {
        Some(Value::String(outcome)) => outcome,
        Some(_) => {
            return Err(Misreport { path: "outcome".to_owned(), message: "expected a string".to_owned() });
        }
        None => return Err(whole("missing field `outcome`".to_owned())),
    };
    let named: Map<String, Value> = [(outcome, Value::Object(keys))].into_iter().collect();
    let mut track = Track::new();
    let read = by_outcome(Tracked::new(Value::Object(named), &mut track));
    read.map_err(|error| {
        let path = track.path();
        // The first is the outcome's name, which the writer knows as a value.
        let segments = path.iter().skip(1).filter(|segment| !matches!(segment, Segment::Unknown));
        let segments: Vec<String> = segments.map(ToString::to_string).collect();
        let message = error.to_string();
        let is_outcome = message.starts_with("unknown variant") && segments.is_empty();
        let path = if is_outcome { "outcome".to_owned() } else { segments.join(".") };
        Misreport { path, message }
    })
}

/// Where a value is read from, with the way to it.
pub(crate) type Tracked<'a, 'b> = serde_path_to_error::Deserializer<'a, 'b, Value>;

const _: fn() = || {
    fn is_deserializer<'de, D: Deserializer<'de, Error = serde_json::Error>>() {}
    is_deserializer::<Tracked<'_, '_>>();
};

//! The JSON Schema of a `[[fault]]` table: one table for each kind at each place, made from what the owners declare.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use signpost_dns::AnswerFaultKind;
use signpost_mail::ServerFaultKind;
use signpost_pki::CertificateFaultKind;
use strum::IntoEnumIterator as _;

use super::place::{Place, Premises};
use super::{FaultTable, ZoneChange};

impl JsonSchema for FaultTable {
    fn schema_name() -> Cow<'static, str> {
        "FaultTable".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut tables = Vec::new();
        for place in Place::iter() {
            for kinds in kinds_at(place, generator) {
                let kinds = kinds.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
                tables.extend(kinds.iter().map(|kind| table(place, kind)));
            }
        }
        json_schema!({
            "description": "A `[[fault]]` table: where, what, and the parameters of that kind. In every string, \
                            `{service}` stands for the case's service.",
            "oneOf": tables,
        })
    }
}

/// The keys that some kind of fault takes: any other is a mistake whatever the kind, and is shown with those of the other
/// tables.
pub(super) fn keys() -> &'static [&'static str] {
    static OWNED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let schema = FaultTable::json_schema(&mut SchemaGenerator::default());
        let tables = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
        let keys = tables.filter_map(|table| table.get("properties")?.as_object());
        keys.flat_map(|properties| properties.keys().cloned()).collect()
    });
    static KEYS: LazyLock<Vec<&'static str>> = LazyLock::new(|| OWNED.iter().map(String::as_str).collect());
    &KEYS
}

/// The externally tagged enums of the kinds at a place.
fn kinds_at(place: Place, generator: &mut SchemaGenerator) -> Vec<Schema> {
    match place {
        Place::Dns => vec![AnswerFaultKind::json_schema(generator)],
        Place::Mail => {
            vec![ServerFaultKind::json_schema(generator), Premises::json_schema(generator)]
        }
        Place::Pki => vec![CertificateFaultKind::json_schema(generator)],
        Place::Zone => vec![ZoneChange::json_schema(generator)],
    }
}

/// One variant of an externally tagged enum as a table whose `kind` is its tag: `"tag"` or `{"tag": {…}}`.
fn table(place: Place, kind: &Value) -> Value {
    let empty = Map::new();
    let object = |value: &'_ Value, key: &str| value.get(key).and_then(Value::as_object).cloned();
    let (name, parameters) = match object(kind, "properties").and_then(|tag| tag.into_iter().next()) {
        Some((name, parameters)) => (json!(name), parameters),
        None => (kind.get("const").cloned().unwrap_or_default(), Value::Object(empty)),
    };
    let mut properties = object(&parameters, "properties").unwrap_or_default();
    properties.insert("at".to_owned(), at(place));
    properties.insert("kind".to_owned(), json!({ "const": name }));
    if place.has_views() {
        let description = "View in which it is done; without it, in all.";
        properties
            .insert("view".to_owned(), json!({ "description": description, "type": ["string", "null"] }));
    }
    let mut required = vec![json!("at"), json!("kind")];
    required.extend(parameters.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
    json!({
        "additionalProperties": false,
        "description": kind.get("description"),
        "properties": properties,
        "required": required,
        "type": "object",
    })
}

fn at(place: Place) -> Value {
    let description = match place {
        Place::Dns => "`dns:NAME/TYPE`, `dns:NAME/*` or `dns:*`.",
        Place::Mail => "`mail:SERVER`, or `mail:*` for every server that is not an attacker's.",
        Place::Pki => "`pki:CERTIFICATE`.",
        Place::Zone => "`zone:ORIGIN`.",
    };
    let pattern = format!("^{}:.", place.name());
    json!({ "description": description, "pattern": pattern, "type": "string" })
}

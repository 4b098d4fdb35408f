//! The published schemas are those of the types, and what is published fits them.

use camino::{Utf8Path, Utf8PathBuf};
use signpost_conformance::schema::Format;
use signpost_source::Files;

#[test]
fn published_schemas_are_current() {
    for format in Format::ALL {
        let published = std::fs::read_to_string(root().join(format.path())).unwrap_or_default();
        let current = format!("{:#}\n", format.schema());
        assert!(
            published == current,
            "{path} is out of date: run `cargo run -- schema {name} > {path}`",
            name = format.name(),
            path = format.path()
        );
    }
}

#[test]
fn every_scenario_fits_its_schema() {
    let schema = jsonschema::validator_for(&Format::Scenario.schema()).unwrap();
    let files = Files::Folder(root().join("scenarios"));
    let paths: Vec<Utf8PathBuf> = files.list("toml").unwrap();
    let scenarios: Vec<_> =
        paths.iter().filter(|path| !path.starts_with("worlds") && path.components().count() > 1).collect();
    assert!(!scenarios.is_empty());
    for path in scenarios {
        let value: serde_json::Value = toml::from_str(&files.read(path).unwrap().text).unwrap();
        if let Err(error) = schema.validate(&value) {
            panic!("{path}: {error}");
        }
    }
}

#[test]
fn every_recipe_fits_its_schema() {
    let schema = jsonschema::validator_for(&Format::Recipe.schema()).unwrap();
    for folder in ["fixtures/subjects", "crates/signpost-conformance/tests/recipes"] {
        let files = Files::Folder(root().join(folder));
        let paths: Vec<Utf8PathBuf> = files.list("toml").unwrap();
        assert!(!paths.is_empty());
        for path in paths {
            let value: serde_json::Value = toml::from_str(&files.read(&path).unwrap().text).unwrap();
            if let Err(error) = schema.validate(&value) {
                panic!("{path}: {error}");
            }
        }
    }
}

#[test]
fn a_misspelt_key_does_not_fit() {
    for (format, folder) in
        [(Format::Scenario, "fixtures/scenarios-malformed"), (Format::Recipe, "fixtures/subjects-malformed")]
    {
        let schema = jsonschema::validator_for(&format.schema()).unwrap();
        let files = Files::Folder(root().join(folder));
        let text = files.read(Utf8Path::new("unknown-keys.toml")).unwrap().text;
        let value: serde_json::Value = toml::from_str(&text).unwrap();
        assert!(!schema.is_valid(&value), "{folder}");
    }
}

fn root() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

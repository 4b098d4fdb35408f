//! What is said of every file in `fixtures/subjects-malformed`, and nothing of what the documentation shows.

use camino::{Utf8Path, Utf8PathBuf};
use signpost_conformance::subject::Recipe;

#[test]
fn every_mistake_is_shown_where_it_is() {
    let folder = root().join("fixtures/subjects-malformed");
    let mut names: Vec<String> =
        folder.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let said = match Recipe::load(&folder.join(&name)) {
            Ok(recipe) => recipe.find(None).map(drop).expect_err(&name).to_string(),
            Err(error) => error.to_string(),
        };
        let said = said.replace(&format!("{folder}/"), "");
        insta::assert_snapshot!(name.trim_end_matches(".toml"), said);
    }
}

#[test]
fn the_example_of_the_documentation_is_a_recipe() {
    let text = std::fs::read_to_string(root().join("docs/recipes.md")).unwrap();
    let example = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("my-client.toml")).unwrap();
    std::fs::write(&path, example).unwrap();
    let recipe = Recipe::load(&path).unwrap_or_else(|error| panic!("{error}"));
    let modes: Vec<&str> = recipe.modes().iter().map(|mode| mode.name.as_str()).collect();
    assert_eq!(modes, ["default", "strict"]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Recipe::load(Utf8Path::new("no-such-client.toml")).unwrap_err();
    assert!(error.to_string().starts_with("no-such-client.toml: "), "{error}");
}

#[test]
fn a_mode_that_is_not_there_is_named() {
    let recipe = Recipe::named("msmtp").unwrap().unwrap();
    let said = |mode| recipe.find(Some(mode)).map(drop).unwrap_err().to_string();
    assert_eq!(said("strict"), "`msmtp` has no mode `strict`");
}

fn root() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

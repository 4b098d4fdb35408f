//! What is said of every file and folder in `fixtures/scenarios-malformed`, each put into the honest suite.
//!
//! A file is a scenario of the area `malformed`; a folder is laid over the whole suite.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use signpost_conformance::suite::Suite;
use signpost_source::Files;

#[test]
fn every_mistake_is_shown_where_it_is() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names: Vec<String> = root
        .join("fixtures/scenarios-malformed")
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_owned())
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        let suite = suite_with(&root, &name);
        let folder = Utf8Path::from_path(suite.path()).unwrap();
        let error = Suite::load(&Files::Folder(folder.to_owned())).expect_err(&name);
        // What is wrong with one file must not be said of another.
        assert_eq!(error.problems().len() + error.unreadable().len(), 1, "{error}");
        let text = error.to_string().replace(&format!("{folder}/"), "");
        insta::assert_snapshot!(name.trim_end_matches(".toml"), text);
    }
}

/// A suite of the honest scenarios, one that is not, and the malformed one.
fn suite_with(root: &Utf8Path, name: &str) -> tempfile::TempDir {
    let suite = tempfile::tempdir().unwrap();
    let folder = Utf8PathBuf::from_path_buf(suite.path().to_owned()).unwrap();
    for path in ["honest", "worlds"] {
        copy(&root.join("scenarios").join(path), &folder.join(path));
    }
    for path in ["requirements.toml", "downgrade/starttls-stripped.toml"] {
        copy(&root.join("scenarios").join(path), &folder.join(path));
    }
    let malformed = root.join("fixtures/scenarios-malformed").join(name);
    let over = if malformed.is_dir() { folder } else { folder.join("malformed").join(name) };
    copy(&malformed, &over);
    suite
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    if from.is_dir() {
        for entry in from.read_dir_utf8().unwrap() {
            let entry = entry.unwrap();
            copy(entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

//! Suites that are not ours: what they may say in words of their own.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use signpost_conformance::proof::{self, Controls};
use signpost_conformance::suite::Suite;
use signpost_source::Files;

fn root() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A suite of one control and one scenario that names this reason and this defect.
fn suite(folder: &Utf8Path, reason: &str, defect: &str) -> Files {
    for path in ["requirements.toml", "honest/two-servers.toml", "downgrade/starttls-stripped.toml"] {
        let text = fs::read_to_string(root().join("scenarios").join(path)).unwrap();
        let text = match path.starts_with("downgrade") {
            true => text.replace("starttls-not-offered", reason).replace("ignores-stripped-starttls", defect),
            false => text,
        };
        fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
        fs::write(folder.join(path), text).unwrap();
    }
    for world in ["two-servers", "shared"] {
        let from = root().join("scenarios/worlds").join(world);
        let to = folder.join("worlds").join(world);
        fs::create_dir_all(&to).unwrap();
        for entry in from.read_dir_utf8().unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    Files::Folder(folder.to_owned())
}

#[test]
fn a_suite_may_name_reasons_and_defects_that_the_reference_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let files = suite(folder, "no-tls-here", "talks-too-early");
    let error = Suite::load(&files).unwrap_err().to_string();
    assert!(error.contains("there is no reason `no-tls-here`"), "{error}");
    assert!(error.contains("there is no defect `talks-too-early`"), "{error}");
    let words = "[reason]\nno-tls-here = \"The server offers no TLS.\"\n\
                 [defect]\ntalks-too-early = \"Sends its password before TLS.\"\n";
    fs::write(folder.join("vocabulary.toml"), words).unwrap();
    let suite = Suite::load(&files).unwrap();
    let case = suite.case("downgrade/starttls-stripped[pop3]").unwrap();
    assert_eq!(case.defects().collect::<Vec<_>>(), ["talks-too-early"]);
}

#[test]
fn a_suite_need_be_no_package_and_may_be_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let files = suite(folder, "starttls-not-offered", "ignores-stripped-starttls");
    let alone = Suite::load(&files).unwrap().cases.len();
    fs::write(folder.join("Cargo.toml"), "[package]\nname = \"our-suite\"\n").unwrap();
    fs::write(folder.join("lib.rs"), "").unwrap();
    assert_eq!(Suite::load(&files).unwrap().cases.len(), alone);
}

/// The proof that `signpost check` gives a foreign suite: what is named and not caught is refuted, and what the reference does not
/// have is said to be unproven.
#[test]
fn what_a_suite_names_is_proven_and_what_it_does_not_catch_is_refuted() {
    for (defect, refuted, unproven) in [
        ("ignores-stripped-starttls", &[][..], &[][..]),
        (
            "skips-pin",
            &[
                "downgrade/starttls-stripped[imap]?defect=skips-pin",
                "downgrade/starttls-stripped[pop3]?defect=skips-pin",
                "downgrade/starttls-stripped[submission]?defect=skips-pin",
            ],
            &[],
        ),
        ("talks-too-early", &[], &["talks-too-early"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let files = suite(folder, "starttls-not-offered", defect);
        let words = "[defect]\ntalks-too-early = \"Sends its password before TLS.\"\n";
        fs::write(folder.join("vocabulary.toml"), words).unwrap();
        let suite = Suite::load(&files).unwrap();
        let claims = proof::claims(&suite, suite.cases.iter(), Controls::Every);
        let one = std::num::NonZeroUsize::MIN;
        let names: Vec<String> =
            proof::prove_all(&claims, one, || ()).into_iter().map(|(claim, _)| claim.name()).collect();
        assert_eq!(names, refuted);
        assert_eq!(proof::unknown_defects(&suite.cases), unproven);
    }
}

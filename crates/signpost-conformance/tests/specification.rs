//! `docs/policy-records.md` and `scenarios/requirements.toml` are twins.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use signpost_conformance::coverage::{self, coverage};
use signpost_conformance::ground_rule::GroundRule;
use signpost_conformance::requirement::Requirements;
use signpost_conformance::suite::Suite;
use signpost_source::Source;

const SPECIFICATION: &str = "docs/policy-records.md";

fn root() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Slug and level of each rule, as the document's list items give them.
fn rules_of_the_document() -> BTreeMap<String, String> {
    let mut rules = BTreeMap::new();
    for line in read(SPECIFICATION).lines() {
        let Some((slug, rest)) = line.strip_prefix("- **").and_then(|rest| rest.split_once("** (")) else {
            continue;
        };
        let (level, _) = rest.split_once(')').unwrap();
        if slug.contains('/') {
            assert!(rules.insert(slug.to_owned(), level.to_owned()).is_none(), "{slug} stands there twice");
        }
    }
    rules
}

#[test]
fn every_rule_stands_in_both_with_one_level() {
    let source = Source::new("requirements.toml", read("scenarios/requirements.toml"));
    let requirements = Requirements::parse(&source).unwrap();
    let twin: BTreeMap<String, String> = requirements
        .iter()
        .filter(|(_, requirement)| requirement.source == SPECIFICATION)
        .map(|(slug, requirement)| (slug.to_owned(), requirement.level.to_string()))
        .collect();
    assert!(twin.len() > 40);
    assert_eq!(rules_of_the_document(), twin);
}

#[test]
fn every_reason_of_the_reference_stands_in_the_document() {
    let text = read(SPECIFICATION);
    for reason in signpost_discovery::Reason::ALL {
        assert!(text.contains(&format!("| `{reason}` |")), "{reason}");
    }
}

/// A rule that no case tests is a promise: the catalogue says why, and which do not is known and may only become fewer.
#[test]
fn rules_without_a_case_say_why() {
    let suite = Suite::built_in().unwrap();
    let mut untested = String::new();
    for row in coverage(&suite) {
        match &row.requirement.uncovered {
            Some(why) => assert!(!row.is_covered(), "{}: covered by {:?}, not: {why}", row.slug, row.cases),
            None if row.is_covered() => {}
            None => untested += &format!("{}\n", row.slug),
        }
    }
    insta::assert_snapshot!("untested", untested);
}

/// The document shows what the suite has.
#[test]
fn the_document_of_the_coverage_is_up_to_date() {
    assert!(
        read("docs/coverage.md") == coverage::document(&Suite::built_in().unwrap()),
        "run `cargo run -- list --requirements --format markdown > docs/coverage.md`"
    );
}

/// Whoever reads a finding of the suite itself finds its text, in the program and in the document.
#[test]
fn every_rule_of_the_suite_itself_has_its_text() {
    let (suite, document) = (Suite::built_in().unwrap(), read("docs/results.md"));
    for rule in GroundRule::ALL {
        let found = suite.requirements.find(rule.slug()).unwrap();
        assert_eq!(found.text, rule.text());
        assert!(document.contains(&format!("| `{}` | {} |", rule.slug(), rule.text())), "{}", rule.slug());
    }
}

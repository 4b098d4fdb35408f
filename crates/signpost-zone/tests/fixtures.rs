//! Bad zones, each with the one code that it must raise, and right ones that raise none.

use std::collections::BTreeSet;

use include_dir::File;
use signpost_source::{Severity, Source};
use signpost_zone::ZoneFile;
use signpost_zone::lint::{Findings, RULES, Settings, lint};

/// 2026-01-10, by which the signatures of the fixtures are dated.
const NOW: u32 = 1_768_003_200;

fn zones(folder: Option<&str>) -> impl Iterator<Item = &'static File<'static>> {
    let folder = folder.map_or(&signpost_fixtures::LINT, |folder| {
        signpost_fixtures::LINT.get_dir(folder).expect("the folder is among the fixtures")
    });
    folder.files().filter(|file| file.path().extension().is_some_and(|extension| extension == "db"))
}

fn findings(file: &File<'_>, advice: bool) -> Findings {
    let path = file.path().to_str().expect("a path in ASCII");
    let source = Source::new(path, file.contents_utf8().expect("a text"));
    let zone = ZoneFile::read(source, None, false).unwrap_or_else(|problems| panic!("{problems}"));
    lint(&[zone], &Settings { now: Some(NOW), advice })
}

fn shown(findings: &Findings) -> String {
    findings.list.iter().map(|finding| format!("{}: {}\n", finding.rule.code, finding.message)).collect()
}

#[test]
fn each_bad_zone_breaks_the_rule_that_it_is_named_after_and_no_other() {
    let mut raised = BTreeSet::new();
    let mut wrong = String::new();
    for file in zones(None) {
        let name = file.path().file_stem().and_then(|stem| stem.to_str()).expect("a name in ASCII");
        let code = name.split("--").next().expect("a code");
        let Some(rule) = RULES.iter().find(|rule| rule.code == code) else {
            wrong += &format!("{name}: no such rule\n");
            continue;
        };
        let findings = findings(file, rule.severity == Severity::Advice);
        if findings.list.is_empty() || findings.list.iter().any(|finding| finding.rule.code != code) {
            wrong += &format!("{name}:\n{}", shown(&findings));
        }
        raised.insert(code);
    }
    assert!(wrong.is_empty(), "{wrong}");
    let untested: Vec<&str> =
        RULES.iter().map(|rule| rule.code).filter(|code| !raised.contains(code)).collect();
    assert!(untested.is_empty(), "no zone breaks {untested:?}");
}

#[test]
fn right_zones_break_no_rule() {
    let mut count = 0;
    for file in zones(Some("right")) {
        let findings = findings(file, false);
        assert!(findings.list.is_empty(), "{}:\n{}", file.path().display(), shown(&findings));
        count += 1;
    }
    assert!(count >= 4);
}

#[test]
fn the_document_is_that_of_the_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/lint.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == signpost_zone::lint::document(),
        "`signpost lint --rules > docs/lint.md` makes it anew"
    );
}

/// What is found is bounded, whatever a zone holds, and the rest is counted.
#[test]
fn findings_are_bounded() {
    let mut text =
        "$ORIGIN example.com.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n".to_owned();
    for number in 0..500 {
        text += &format!("_imaps._tcp.d{number} SRV 0 0 143 ns\n");
    }
    // As if it were signed, so that no host lies outside.
    let zone = ZoneFile::read(Source::new("a.db", text), None, true).unwrap();
    let findings = lint(&[zone], &Settings::default());
    assert_eq!(findings.list.len(), 10, "{}", shown(&findings));
    assert_eq!(
        findings.more.iter().map(|(rule, more)| (rule.code, *more)).collect::<Vec<_>>(),
        [("srv-port-of-another-label", 490)]
    );
}

#[test]
fn what_is_no_zone_is_told_with_its_place_and_a_remedy() {
    let wrong = |path: &str, text: &str| ZoneFile::read(Source::new(path, text), None, false).unwrap_err();
    let soa = "@ 60 SOA ns h 1 2 3 4 5\n";
    for (text, expected) in [
        (String::new(), "the file holds no record"),
        ("www 60 A 192.0.2.1\n".to_owned(), "the zone has no SOA record"),
        (format!("{soa}www 60 CH A 192.0.2.1\n"), "a record of another class than IN"),
        (format!("{soa}$INCLUDE hosts\n"), "what the file includes is not looked for"),
        (format!("{soa}$GENERATE 1-9 a$ A 192.0.2.$\n"), "not a line of a master file"),
        (format!("{soa}a 60 TXT \"open\n"), "not an entry of a master file"),
        (format!("{soa}\0\u{1}\u{2}"), "this is not a text"),
    ] {
        let problems = wrong("example.com.db", &text);
        let frame = problems.to_string();
        assert!(frame.contains(expected) && problems.problems()[0].help.is_some(), "{text:?}\n{frame}");
    }
    let frame = wrong("-", soa).to_string();
    assert!(frame.contains("--origin example.com"), "{frame}");
    let many = wrong("example.com.db", &format!("{soa}{}", "a A b\n".repeat(1_000_000)));
    assert_eq!(many.problems().len(), 20);
}

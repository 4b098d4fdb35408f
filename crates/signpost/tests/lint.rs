//! Zones are judged: those of the suite's honest worlds, and files on the command line.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use signpost_conformance::suite::Suite;
use signpost_lab::Network;
use signpost_source::Source;
use signpost_zone::ZoneFile;
use signpost_zone::lint::{Settings, lint};

/// What honest worlds hold on purpose, and no operator should: beginnings of their scenarios' IDs, the zone, the code that tells it.
const ON_PURPOSE: &[(&str, &str, &str)] = &[
    // It is there to be unsigned, for policies that lead into it.
    ("honest/", "example.org.", "key-record-unsigned"),
    ("honest/alias-to-unsigned-zone", "example.org.", "host-outside-unsigned-zone"),
    ("honest/alias-to-unsigned-zone", "example.org.", "pin-unsigned"),
    ("honest/exchanges-unsigned", "example.com.", "pin-unsigned"),
    ("honest/no-srv-unsigned", "example.com.", "pin-unsigned"),
    ("honest/unsigned", "example.com.", "pin-unsigned"),
    // What clients make of the alias is what it is about.
    ("honest/address-alias-to-unsigned", "example.com.", "host-is-alias"),
    // The records of the proposal, letter for letter, and every parameter that a resolver has to bear.
    ("honest/resolver-", "example.com.", "key-record-malformed"),
    ("honest/resolver-", "", "algorithm-not-recommended"),
    ("honest/resolver-", "", "nsec3-iterations"),
    ("honest/resolver-", "", "nsec3-opt-out"),
    ("honest/resolver-", "", "nsec3-salt"),
    // What clients do with it is what it is about.
    ("honest/wildcard-srv", "example.com.", "wildcard-servers"),
];

/// A zone that a careful operator would write breaks no rule, and but for what they are made to show the suite's honest worlds are
/// such zones.
#[test]
fn honest_worlds_break_no_rule() {
    let suite = Suite::built_in().expect("the built-in suite is well-formed");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut seen = BTreeSet::new();
    let mut used = BTreeSet::new();
    let mut broken = BTreeSet::new();
    for case in suite.cases.iter().filter(|case| case.scenario.id.starts_with("honest/")) {
        let id = case.scenario.id.as_str();
        if !seen.insert(id) {
            continue;
        }
        let files = runtime.block_on(async {
            let lab =
                case.blueprint().expect("an honest lab").start(Network::Loopback).expect("a lab that starts");
            lab.zone_files()
        });
        let zone = |(origin, text): (String, String)| {
            ZoneFile::read(Source::new(format!("{origin}zone"), text), None, false)
                .unwrap_or_else(|problems| panic!("{}:\n{problems}", case.id))
        };
        let zones: Vec<ZoneFile> = files.into_iter().map(zone).collect();
        for finding in lint(&zones, &Settings::default()).list {
            let apex = zones[finding.file].apex.to_ascii();
            let row = ON_PURPOSE.iter().position(|(scenario, zone, code)| {
                id.starts_with(scenario) && (zone.is_empty() || *zone == apex) && *code == finding.rule.code
            });
            match row {
                Some(row) => used.insert(row),
                None => broken.insert(format!("{id} {apex} {}: {}", finding.rule.code, finding.message)),
            };
        }
    }
    assert!(seen.len() > 50, "{} honest scenarios", seen.len());
    assert!(broken.is_empty(), "{broken:#?}");
    assert_eq!(used.len(), ON_PURPOSE.len(), "of what is there on purpose only {used:?} is");
}

fn signpost(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_signpost"))
        .args(arguments)
        .env("NO_COLOR", "1")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/lint"))
        .output()
        .expect("the program starts")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn a_finding_is_shown_in_its_line_with_the_sentence_and_the_remedy() {
    let output = signpost(&["lint", "srv-port-of-another-label.db"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    insta::assert_snapshot!(text(&output.stdout), @r#"
    error[srv-port-of-another-label]: port 465 is that of `submissions`; clients of `submission` will begin in clear and ask for TLS there
      --> srv-port-of-another-label.db:11:26
       |
    11 | _submission._tcp SRV 0 0 465 mail
       |                          ^^^
       |
       = note: docs/policy-records.md, client/port-and-label-decide; RFC 8314 sections 3.2 and 3.3
       = help: write the port of this label, or move the record to the label of that port

    1 thing found in 8 records, by 61 rules
    "#);
}

#[test]
fn what_is_allowed_is_not_told() {
    let all = |arguments: &[&str]| {
        let output = signpost(arguments);
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, stdout, _) = all(&["lint", "srv-port-zero.db", "--allow", "srv-port-zero"]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 1), "{stdout}");
    let (code, _, stderr) = all(&["lint", "right/plain.db", "--allow", "srv-port-zero"]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("not needed"), "{stderr}");
    let (code, _, stderr) = all(&["lint", "srv-port-zero.db", "--allow", "srv-port-zeros"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("did you mean `srv-port-zero`?"), "{stderr}");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("allowances.toml");
    let path = file.to_str().expect("a path in ASCII");
    let allow = |text: &str| {
        std::fs::write(&file, text).expect("the file is written");
        all(&["lint", "srv-port-zero.db", "--allowances", path])
    };
    let row = |code: &str, owner: &str, reason: &str| {
        format!("[[allow]]\ncode = \"{code}\"\nowner = \"{owner}\"\nreason = \"{reason}\"\n")
    };
    assert_eq!(allow(&row("srv-port-zero", "_imaps._tcp.example.com", "it is to be so")).0, Some(0));
    assert_eq!(allow(&row("srv-port-zero", "_imap._tcp.example.com", "it is to be so")).0, Some(1));
    let (code, _, stderr) = allow(&row("srv-port-zer", "_imaps._tcp.example.com", " "));
    assert_eq!(code, Some(2));
    assert!(stderr.contains("allowances.toml:2:8") && stderr.contains("srv-port-zero"), "{stderr}");
}

#[test]
fn findings_are_json_too() {
    let output = signpost(&["lint", "--format", "json", "signature-expired.db", "--now", "20260110000000"]);
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let first = &json["findings"][0];
    assert_eq!(first["code"], "signature-expired");
    assert_eq!(first["line"], 11, "{first}");
    let output = signpost(&["lint", "--format", "json", "right/plain.db"]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_is_no_zone_is_2() {
    for (arguments, expected) in [
        (&["lint"][..], "no zone is named"),
        (&["lint", "README.md"], "not an entry of a master file"),
        (&["lint", "no-such-file.db"], "failed to read no-such-file.db"),
        (&["lint", "right/plain.db", "right/plain.db"], "both of the zone example.org."),
        (&["lint", "right/plain.db", "--now", "yesterday"], "YYYYMMDDHHmmSS"),
    ] {
        let output = signpost(arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(expected) && output.stdout.is_empty(), "{stderr}");
    }
}

//! What checkers of zone files say of zones that carry a fault.

use std::path::Path;
use std::process::Command;

use crate::support::{has_program, hierarchy, name, run};
use signpost_dns::{CatalogueRow, Verdict, catalogue};

/// Kinds that stand in the file of `example.com` and that a checker passes all the same, and why.
type Passed = (&'static str, &'static str);

/// The beginnings of the kinds that break a zone, and not an answer or a message.
const OF_ZONES: [&str; 7] = ["dnskey-", "forge", "ksk-", "record-", "signature-", "zone-", "zsk-"];

/// What is bogus and stands in the file of `example.com`. Its DS record stands in the parent's, unlike its keys.
fn broken_files() -> impl Iterator<Item = &'static CatalogueRow> {
    catalogue().iter().filter(|row| {
        row.verdicts == [Verdict::Bogus]
            && OF_ZONES.iter().any(|beginning| row.kind.starts_with(beginning))
            && !row.kind.starts_with("forged-n")
            && !row.at.ends_with("/DS")
    })
}

fn check(program: &str, passed: &[Passed], command: impl Fn(&Path) -> Command) {
    if !has_program(program) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for row in broken_files() {
        let path = directory.path().join(row.kind);
        std::fs::write(&path, hierarchy(&[row.fault()]).write_zone(&name("example.com")).unwrap()).unwrap();
        let passes = run(&mut command(&path)).status.success();
        if passes != passed.iter().any(|(kind, _)| *kind == row.kind) {
            wrong.push(format!(
                "{} at {}: {}",
                row.kind,
                row.at,
                if passes { "passes" } else { "is refused" }
            ));
        }
    }
    assert!(wrong.is_empty(), "{program}:\n{}", wrong.join("\n"));
}

#[test]
fn dnssec_verify_refuses_what_is_broken() {
    const PASSED: &[Passed] = &[
        ("dnskey-protocol-wrong", "the protocol field is not looked at"),
        ("dnskey-zone-bit-clear", "nor is the zone bit"),
        ("dnskey-zone-bit-clear-ksk", "nor is the zone bit"),
        ("dnskey-zone-bit-clear-zsk", "nor is the zone bit"),
        ("signature-labels-too-few", "the signature verifies as that of an expanded wildcard"),
    ];
    check("dnssec-verify", PASSED, |path| {
        let mut command = Command::new("dnssec-verify");
        command.args(["-o", "example.com"]).arg(path);
        command
    });
}

#[test]
fn ldns_verify_zone_refuses_what_is_broken() {
    const PASSED: &[Passed] = &[
        ("dnskey-ksk-removed", "without the parent's DS any key is as good as another"),
        ("dnskey-protocol-wrong", "the protocol field is not looked at"),
        ("dnskey-revoked", "nor is the REVOKE bit"),
        ("dnskey-signed-by-zsk", "without the parent's DS any key is as good as another"),
        ("dnskey-zone-bit-clear", "nor is the zone bit"),
        ("dnskey-zone-bit-clear-ksk", "nor is the zone bit"),
        ("dnskey-zone-bit-clear-zsk", "nor is the zone bit"),
        ("signature-labels-too-few", "nor is the labels field"),
        ("signature-labels-too-many", "nor is the labels field"),
        ("signature-signer-unrelated", "nor is the signer's name, where key tag and algorithm fit"),
    ];
    check("ldns-verify-zone", PASSED, |path| {
        let mut command = Command::new("ldns-verify-zone");
        command.arg(path);
        command
    });
}

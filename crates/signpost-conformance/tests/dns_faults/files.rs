//! What checkers of zone files say of zones that carry a fault.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use hickory_proto::rr::RecordType;
use signpost_dns::{Hierarchy, KeyPool};

use crate::exhibits::{Exhibit, NOW, exhibits, name, zones};

/// Kinds that stand in the file of `example.com` and that a checker passes all the same, and why.
type Passed = (&'static str, &'static str);

/// The beginnings of the kinds that break a zone, and not an answer or a message.
const OF_ZONES: [&str; 7] = ["dnskey-", "forge", "ksk-", "record-", "signature-", "zone-", "zsk-"];

/// What is bogus and stands in the file of `example.com`. Its DS record stands in the parent's, unlike its keys.
fn broken_files() -> impl Iterator<Item = &'static Exhibit> {
    exhibits().iter().filter(|exhibit| {
        exhibit.outcomes == BTreeSet::from(["bogus"])
            && OF_ZONES.iter().any(|beginning| exhibit.kind().starts_with(beginning))
            && !exhibit.kind().starts_with("forged-n")
            && exhibit.fault.target.record_type != Some(RecordType::DS)
    })
}

fn check(program: &str, passed: &[Passed], command: impl Fn(&Path) -> Command) {
    if !has_program(program) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for exhibit in broken_files() {
        let path = directory.path().join(exhibit.kind());
        std::fs::write(&path, broken_file(exhibit)).unwrap();
        let passes = succeeds(command(&path));
        if passes != passed.iter().any(|(kind, _)| *kind == exhibit.kind()) {
            wrong.push(format!("{}: {}", exhibit.id, if passes { "passes" } else { "is refused" }));
        }
    }
    assert!(wrong.is_empty(), "{program}:\n{}", wrong.join("\n"));
}

/// The file of `example.com` with the fault, valid now but for it.
fn broken_file(exhibit: &Exhibit) -> String {
    #[expect(clippy::disallowed_methods, reason = "the checkers go by the clock")]
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let now = u32::try_from(since.as_secs()).unwrap();
    let faults = std::slice::from_ref(&exhibit.fault);
    let hierarchy = Hierarchy::build(zones(), KeyPool::global(), now, faults).unwrap();
    hierarchy.write_zone(&name("example.com")).unwrap()
}

/// Runs a program to its end, which must come within 20 seconds.
fn succeeds(mut command: Command) -> bool {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let id = child.id();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(Duration::from_secs(20)) else {
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        panic!("{command:?} did not end");
    };
    output.unwrap().status.success()
}

/// Whether a program is installed. A missing one is an error where `SIGNPOST_REQUIRE_PROGRAMS` says so.
fn has_program(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")])
        .any(|directory| directory.join(program).is_file());
    if !found {
        assert!(std::env::var_os("SIGNPOST_REQUIRE_PROGRAMS").is_none(), "{program} is not installed");
        println!("skipped: {program} is not installed");
    }
    found
}

/// What a publisher did stands in the file that a name server would load, and in the record that lists the types.
#[test]
fn a_file_holds_what_a_publisher_did() {
    let file = |kind: Option<&str>| {
        let faults: Vec<_> = exhibits()
            .iter()
            .filter(|exhibit| Some(exhibit.kind()) == kind)
            .map(|exhibit| exhibit.fault.clone())
            .collect();
        let hierarchy = Hierarchy::build(zones(), KeyPool::global(), NOW, &faults).unwrap();
        ["example.com", "nsec3.example.com"]
            .map(|origin| hierarchy.write_zone(&name(origin)).unwrap())
            .concat()
    };
    let check = |kind: Option<&str>, present: &[&str], absent: &[&str]| {
        let file = file(kind);
        for text in present {
            assert!(file.contains(text), "{kind:?}: no {text}");
        }
        // As words: keys and signatures are new in each run, and any three letters stand in one of them some day.
        let words = format!(" {} ", file.split_whitespace().collect::<Vec<_>>().join(" "));
        for text in absent {
            assert!(!words.contains(&format!(" {text} ")), "{kind:?}: {text}");
        }
    };
    // The salt, and the type in the record of the apex.
    check(None, &["IN NSEC3PARAM 1 0 0 -"], &["BAD5", "CDS", "CDNSKEY"]);
    check(Some("nsec3param-missing"), &[], &["NSEC3PARAM"]);
    check(Some("nsec3param-salt-wrong"), &["IN NSEC3PARAM 1 0 0 BAD5"], &["IN NSEC3PARAM 1 0 0 -"]);
    check(Some("cds-wrong"), &[" IN CDS ", "DNSKEY CDS\n"], &["CDNSKEY"]);
    check(Some("cds-delete"), &[" IN CDS 0 0 0 00", " IN CDNSKEY 0 3 0 AA==", "DNSKEY CDS CDNSKEY"], &[]);
}

/// RFC 7344 section 4.1: by a key that stands in both the DNSKEY and the DS RRset.
#[test]
fn what_speaks_to_the_parent_is_signed_by_the_key_that_it_knows() {
    let exhibit = exhibits().iter().find(|exhibit| exhibit.kind() == "cds-delete").unwrap();
    let faults = std::slice::from_ref(&exhibit.fault);
    let hierarchy = Hierarchy::build(zones(), KeyPool::global(), NOW, faults).unwrap();
    let [above, own] = ["com", "example.com"].map(|origin| hierarchy.write_zone(&name(origin)).unwrap());
    let fields = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let ds = above.lines().map(fields).find(|fields| fields.contains(&"DS".to_owned())).unwrap();
    let tag = &ds[ds.iter().position(|field| field == "DS").unwrap() + 1];
    for covered in ["CDS", "CDNSKEY", "DNSKEY"] {
        let signature = own
            .lines()
            .map(fields)
            .find(|fields| fields.windows(2).any(|pair| pair == ["RRSIG".to_owned(), covered.to_owned()]));
        assert!(signature.unwrap().contains(tag), "{covered} is not signed by {tag}");
    }
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

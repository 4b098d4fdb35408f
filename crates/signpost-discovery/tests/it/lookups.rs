//! What the answers about a domain lead to.

use hickory_proto::rr::RecordType::{self, SRV, TXT};
use signpost_protocol::Service;
use signpost_validate::{Answer, Failure, Lookup, SecurityStatus};

use crate::simulation::{SHA1, SHA256, World};

const LABEL: &str = "_submission._tcp.example.com.";
const KEYS: &str = "_certroot.example.com.";

#[test]
fn the_published_server_is_configured() {
    for world in [World::submission(), World::pop3(), World::imap()] {
        let run = world.check("configured");
        assert!(run.has("starttls"), "{run:#?}");
        assert!(run.notes().is_empty());
    }
}

#[test]
fn the_pinned_rule_verifies_the_target_of_the_srv_record() {
    let run = World::submission().check("configured");
    assert!(run.has("starttls submit1.example.com pinned Sha256"), "{run:#?}");
}

#[test]
fn a_failure_is_never_an_absence() {
    let labels = [LABEL, "_submissions._tcp.example.com."];
    let questions = labels.iter().flat_map(|label| [(*label, SRV), (*label, TXT)]).chain([(KEYS, TXT)]);
    for (owner, record_type) in questions {
        let check = |lookup: Lookup, reason: &str| {
            let mut world = World::submission();
            world.answer(owner, record_type, lookup);
            let run = world.check(reason);
            assert!(run.connections().is_empty(), "{owner} {record_type}: {run:#?}");
        };
        for failure in [Failure::ServFail, Failure::Refused, Failure::TimedOut, Failure::Malformed] {
            check(Lookup::failed(failure, ""), "refused lookup-failed");
        }
        check(Lookup::new(SecurityStatus::Bogus, Answer::NoData), "refused dnssec-bogus");
        check(Lookup::new(SecurityStatus::Bogus, Answer::Failed(Failure::ServFail)), "refused dnssec-bogus");
        check(Lookup::new(SecurityStatus::Indeterminate, Answer::NxDomain), "refused lookup-failed");
    }
}

#[test]
fn a_bogus_answer_is_refused_with_its_records() {
    for (owner, record_type) in [(LABEL, SRV), (LABEL, TXT), (KEYS, TXT)] {
        let mut world = World::submission();
        world.believe(owner, record_type, SecurityStatus::Bogus);
        world.check("refused dnssec-bogus");
    }
}

#[test]
fn policies_are_found_by_their_first_element() {
    let ours = "v=submission STARTTLS=_certroot.example.com";
    let check = |texts: &[&str], expected: &str| {
        let mut world = World::submission();
        world.txt(LABEL, texts);
        world.check(expected)
    };
    for stranger in [
        "v=spf1 -all",
        "v=mx STARTTLS=_other.example.com",
        "hello",
        "STARTTLS=_x v=submission",
        "",
        "v=submissions",
    ] {
        let run = check(&[stranger, ours], "configured");
        assert!(run.has("starttls submit1.example.com pinned"), "{stranger}: {run:#?}");
        let run = check(&[stranger], "configured");
        assert!(run.has("starttls submit1.example.com webpki"), "{stranger}: {run:#?}");
    }
    check(&["V=Submission StartTLS=_certroot.example.com"], "configured");
    check(&[ours, ours], "refused policy-ambiguous");
    check(&[ours, "v=submission"], "refused policy-ambiguous");
    for malformed in [
        "v=submission STARTTLS",
        "v=submission STARTTLS=_a.example.com STARTTLS=_a.example.com",
        "v=submission SMTP-AUTH=Optional",
        "v=submission STARTTLS=_a..example.com",
        "v=submission SASL=",
        "v=submission v=submission",
        "v=submission STARTTLS=_certroot\u{7}.example.com",
        "v=submission STARTTLS=_certröot.example.com",
    ] {
        check(&[malformed], "refused policy-malformed");
    }
}

#[test]
fn a_policy_must_be_understood_although_it_is_not_signed() {
    let mut world = World::submission();
    world.txt(LABEL, &["v=submission SMTP-AUTH=Optional"]);
    world.unsigned();
    world.check("refused policy-malformed");
}

#[test]
fn character_strings_are_joined_without_a_separator() {
    use hickory_proto::rr::rdata::TXT as Text;
    use hickory_proto::rr::{RData, Record};
    let mut world = World::submission();
    let halves = vec!["v=submission STARTTLS=_cert".to_owned(), "root.example.com".to_owned()];
    let name = crate::simulation::name(LABEL);
    let record = Record::from_rdata(name, 300, RData::TXT(Text::new(halves)));
    world.answer(LABEL, TXT, Lookup::new(SecurityStatus::Secure, Answer::Records(vec![record])));
    let run = world.check("configured");
    assert!(run.has("query _certroot.example.com. TXT"), "{run:#?}");
}

#[test]
fn key_records_must_be_usable_and_as_secure_as_their_policy() {
    let check = |texts: &[&str], expected: &str| {
        let mut world = World::submission();
        world.txt(KEYS, texts);
        world.check(expected)
    };
    check(&[], "refused key-record-unusable");
    check(&["v=spf1 -all"], "refused key-record-unusable");
    // The digest of the seed's own example.
    check(&["v=keyrecord sha1=a12w22wj2j1j2k1k12i1wd76123=="], "refused key-record-unusable");
    check(&["v=keyrecord uri=https://example.com/root"], "refused key-record-unusable");
    check(&["v=keyrecord uri=https://example.com/root", &format!("v=keyrecord {SHA256}")], "configured");
    // A weaker digest does not stand in for one that cannot be read.
    check(&[&format!("v=keyrecord {SHA1} sha256=AAAA")], "refused key-record-unusable");

    let mut world = World::submission();
    world.believe(KEYS, TXT, SecurityStatus::Insecure);
    world.check("refused key-record-insecure");
}

#[test]
fn the_strongest_digest_of_a_record_counts() {
    let mut world = World::submission();
    world.txt(KEYS, &[&format!("v=keyrecord {SHA1} {SHA256}")]);
    let run = world.check("configured");
    assert!(run.has("starttls submit1.example.com pinned Sha256"), "{run:#?}");
    assert!(run.notes().is_empty());
}

#[test]
fn a_weak_digest_is_reported_and_refused_if_wanted() {
    let mut world = World::submission();
    world.txt(KEYS, &[&format!("v=keyrecord {SHA1}")]);
    assert_eq!(world.check("configured").notes(), ["weak-digest"]);
    world.request.strict = true;
    world.check("refused weak-digest");

    world.txt(KEYS, &[&format!("v=keyrecord {SHA1}"), &format!("v=keyrecord {SHA256}")]);
    assert!(world.check("configured").notes().is_empty());
}

#[test]
fn an_unsigned_policy_only_tightens() {
    let mut world = World::submission();
    world.unsigned();
    let run = world.check("configured");
    assert!(run.has("starttls submit1.example.com webpki"), "{run:#?}");
    assert!(!run.has("query _certroot"), "{run:#?}");
    assert_eq!(run.notes(), ["unsigned-discovery", "pins-void"]);
}

#[test]
fn the_weaker_of_policy_and_srv_decides_about_pins() {
    let mut world = World::submission();
    world.believe(LABEL, TXT, SecurityStatus::Insecure);
    assert_eq!(world.check("configured").notes(), ["pins-void"]);

    let mut world = World::submission();
    world.believe(LABEL, SRV, SecurityStatus::Insecure);
    assert_eq!(world.check("configured").notes(), ["unsigned-discovery", "pins-void"]);
}

#[test]
fn a_declared_absence_ends_it() {
    let mut world = World::submission();
    world.srv("_submission", &[(0, 0, 0, ".")]);
    world.address("smtp.example.com.", "192.0.2.1");
    let run = world.check("unavailable declared-absent");
    assert!(!run.has("query smtp.example.com"), "{run:#?}");

    // The other label's server counts all the same.
    let mut world = World::submission();
    world.srv("_submissions", &[(0, 0, 0, ".")]);
    world.check("configured");
}

#[test]
fn the_root_beside_other_targets_and_port_zero_are_skipped() {
    let mut world = World::submission();
    world.srv(
        "_submission",
        &[(0, 0, 0, "."), (0, 9, 0, "submit1.example.com."), (7, 0, 587, "submit1.example.com.")],
    );
    let run = world.check("configured");
    assert_eq!(run.connections(), ["192.0.2.1:587"]);

    world.srv("_submission", &[(0, 0, 0, "."), (0, 9, 0, "submit1.example.com.")]);
    world.check("unavailable unreachable");
}

#[test]
fn the_four_questions_are_asked_at_once() {
    let run = World::bare(Service::Pop3).run();
    let asked: Vec<&str> = run.trace.iter().take(4).map(String::as_str).collect();
    assert_eq!(
        asked,
        [
            "query _pop3s._tcp.example.com. SRV",
            "query _pop3s._tcp.example.com. TXT",
            "query _pop3._tcp.example.com. SRV",
            "query _pop3._tcp.example.com. TXT",
        ]
    );
}

#[test]
fn other_types_in_an_answer_are_ignored() {
    let mut world = World::submission();
    let lookup = Lookup::new(SecurityStatus::Secure, Answer::Records(vec![]));
    world.answer("submit1.example.com.", RecordType::AAAA, lookup);
    world.check("configured");
}

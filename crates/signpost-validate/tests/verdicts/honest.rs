//! An honest hierarchy: every validator must agree with what was published, in each manner of denial.

use hickory_proto::rr::RecordType::{self, A, MX, SRV, TXT};
use signpost_dns::{Algorithm, Denial};
use signpost_validate::AuditedValidator;
use signpost_validate::SecurityStatus::{self, Insecure, Secure};

use crate::lab::{Lab, ask, describe};

/// A question, what was published, and whether the answer includes the denial of a next closer name.
type Published = (&'static str, RecordType, SecurityStatus, &'static str, bool);

const PUBLISHED: [Published; 29] = [
    ("submit1.example.com.", A, Secure, "192.0.2.11", false),
    ("_submission._tcp.example.com.", SRV, Secure, "1 1 587 submit1.example.com.", false),
    ("_certroot.example.com.", TXT, Secure, "v=keyrecord sha256=AAAA", false),
    ("_submission._tcp.example.com.", MX, Secure, "no data", false),
    ("example.com.", MX, Secure, "no data", false),
    ("_tcp.example.com.", SRV, Secure, "no data", false),
    ("ent.example.com.", TXT, Secure, "no data", false),
    ("nope.example.com.", A, Secure, "no name", true),
    ("_pop3s._tcp.example.com.", SRV, Secure, "no name", true),
    ("_pop3s._tcp.nope.example.com.", SRV, Secure, "no name", true),
    ("_pop3s._tcp.deep.ent.example.com.", SRV, Secure, "no name", true),
    ("example.", A, Secure, "no data", false),
    ("invalid-top.", A, Secure, "no name", false),
    ("_submission._tcp.wild.example.com.", SRV, Secure, "1 1 587 submit1.example.com.", true),
    ("x.wild.example.com.", A, Secure, "no data", true),
    ("exists.wild.example.com.", SRV, Secure, "no data", false),
    ("alias.example.com.", A, Secure, "192.0.2.11", false),
    ("first.example.com.", A, Secure, "192.0.2.11", false),
    ("any._wild.example.com.", A, Secure, "192.0.2.11", true),
    ("alias.example.com.", SRV, Secure, "no data", false),
    ("away.example.com.", A, Secure, "192.0.2.21", false),
    ("host.moved.example.com.", A, Secure, "192.0.2.21", false),
    ("alias-denied.example.com.", A, Secure, "no name", true),
    ("astray.example.com.", A, Insecure, "192.0.2.21", false),
    ("astray-denied.example.com.", A, Insecure, "no name", false),
    ("host.unsigned.com.", A, Insecure, "192.0.2.21", false),
    ("_submission._tcp.unsigned.com.", SRV, Insecure, "1 1 587 host.unsigned.com.", false),
    ("_pop3._tcp.unsigned.com.", SRV, Insecure, "no name", false),
    ("unsigned.com.", MX, Insecure, "no data", false),
];

/// hickory 0.26.3 judges the denial at the end of an alias as if it were about the alias, and the CNAME beside a
/// DNAME as if it had to be signed.
const HICKORY_MISTAKES: [&str; 3] =
    ["alias.example.com. SRV", "alias-denied.example.com. A", "host.moved.example.com. A"];

const OPT_OUT: Denial = Denial::Nsec3 { iterations: 1, salt: Some([1, 2, 3, 4]), opt_out: true };

/// More iterations than validators compute (RFC 9276): denials are weakened, data are not.
const LABORIOUS: Denial = Denial::Nsec3 { iterations: 150, salt: None, opt_out: false };

/// What a validator says, known mistakes of the libraries included.
fn expected(validator: &str, denial: Denial, algorithm: Algorithm, published: &Published) -> String {
    let (name, record_type, mut security, found, next_closer) = *published;
    let question = format!("{name} {record_type}");
    if validator == "hickory" {
        let wildcard_alias = question == "any._wild.example.com. A" && denial == Denial::Nsec;
        if HICKORY_MISTAKES.contains(&&*question) || wildcard_alias {
            return "bogus: malformed reply".into();
        }
        // It also takes opt-out for proof, against RFC 5155 §9.2: nothing changes here.
    } else if denial == OPT_OUT && next_closer {
        security = Insecure;
    }
    let below_root = name.matches('.').count() > 1;
    if denial == LABORIOUS && below_root && (next_closer || found.starts_with("no ")) {
        security = Insecure;
    }
    // For `domain`, zones with other algorithms than 13 and RSA are unsigned unless they are the anchor's.
    if validator == "domain" && algorithm != Algorithm::EcdsaP256Sha256 && below_root {
        security = Insecure;
    }
    format!("{security}: {found}")
}

/// Asks everything of one validator of each kind, one question after the other, as a client would.
async fn check(denial: Denial, algorithm: Algorithm) {
    let lab = Lab::start(denial, algorithm, &[]).await;
    let mut differences = Vec::new();
    for validator in lab.validators() {
        // hickory calls everything Bogus that lies below a delegation with many iterations.
        if denial == LABORIOUS && validator.name() == "hickory" {
            continue;
        }
        for published in PUBLISHED {
            let (name, record_type, ..) = published;
            let lookup = ask(&*validator, name, record_type).await;
            let (seen, expected) =
                (describe(&lookup), expected(validator.name(), denial, algorithm, &published));
            if seen != expected {
                let (validator, reason) = (validator.name(), lookup.reason);
                differences
                    .push(format!("{validator} {name} {record_type}: {seen} ({reason}), not {expected}"));
            }
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

#[tokio::test]
async fn nsec() {
    check(Denial::Nsec, Algorithm::EcdsaP256Sha256).await;
}

#[tokio::test]
async fn nsec3() {
    let denial = Denial::Nsec3 { iterations: 0, salt: None, opt_out: false };
    check(denial, Algorithm::EcdsaP256Sha256).await;
}

#[tokio::test]
async fn nsec3_opt_out() {
    check(OPT_OUT, Algorithm::EcdsaP256Sha256).await;
}

#[tokio::test]
async fn nsec3_with_many_iterations() {
    check(LABORIOUS, Algorithm::EcdsaP256Sha256).await;
}

#[tokio::test]
async fn ed25519() {
    check(Denial::Nsec, Algorithm::Ed25519).await;
}

#[tokio::test]
async fn p384() {
    check(Denial::Nsec, Algorithm::EcdsaP384Sha384).await;
}

/// RFC 6840 section 4.2: each RRset that came is validated. RFC 4035 section 2.2: signatures are not signed, so that nothing
/// is said of them, least of all that they are forged.
#[tokio::test]
async fn all_types_and_signatures_may_be_asked_for() {
    let lab = Lab::start(Denial::Nsec, Algorithm::default(), &[]).await;
    let audited = AuditedValidator::new(&lab.upstream);
    for (name, record_type, expected, found) in [
        ("submit1.example.com.", RecordType::ANY, Secure, 2),
        ("_submission._tcp.example.com.", RecordType::ANY, Secure, 3),
        ("example.com.", RecordType::ANY, Secure, 5),
        ("_submission._tcp.wild.example.com.", RecordType::ANY, Secure, 2),
        ("host.unsigned.com.", RecordType::ANY, Insecure, 1),
        ("nope.example.com.", RecordType::ANY, Secure, 0),
        ("submit1.example.com.", RecordType::RRSIG, SecurityStatus::Indeterminate, 2),
        ("nope.example.com.", RecordType::RRSIG, Secure, 0),
    ] {
        let lookup = ask(&audited, name, record_type).await;
        let seen = (lookup.security, lookup.records().len());
        assert_eq!(seen, (expected, found), "{name} {record_type}: {}", lookup.reason);
    }
}

#[tokio::test]
async fn a_reply_that_does_not_fit_is_asked_for_over_tcp() {
    let lab = Lab::start(Denial::Nsec, Algorithm::default(), &[]).await;
    for validator in lab.validators() {
        let lookup = ask(&*validator, "big.example.com.", TXT).await;
        assert_eq!(
            (lookup.security.to_string(), lookup.records().len()),
            ("secure".into(), 12),
            "{}: {}",
            validator.name(),
            lookup.reason
        );
    }
}

#[tokio::test]
async fn an_alias_loop_ends() {
    let lab = Lab::start(Denial::Nsec, Algorithm::default(), &[]).await;
    for validator in lab.validators() {
        let lookup = ask(&*validator, "loop1.example.com.", A).await;
        assert!(lookup.is_failure(), "{}: {}", validator.name(), describe(&lookup));
    }
}

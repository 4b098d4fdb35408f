//! Every fault that the lab can make, with the verdict of every validator.
//!
//! The RFCs' verdict is written here for the audited validator; what the libraries say is kept in a snapshot, so
//! that a release that changes a verdict is noticed.

use std::collections::HashMap;
use std::time::Duration;

use hickory_proto::rr::RecordType::{self, A, DNSKEY, DS, MX, SRV, TXT};
use signpost_dns::{
    Algorithm, AliasFault, AnswerFault, AnswerFaultKind, ClockShift, Denial, DenialFault, DnskeyFault,
    DsFault, OutOfValidity, PathFault, PublishFault, RcodeFault, RecordFault, SignatureFault, Target,
};
use signpost_validate::{AuditedValidator, Lookup};

use crate::forge::name;
use crate::lab::{Lab, ask, describe};

type Question = (&'static str, RecordType);

const SERVICE: Question = ("_submission._tcp.example.com.", SRV);
const NO_NAME: Question = ("_pop3s._tcp.nope.example.com.", SRV);
const NO_DATA: Question = ("_submission._tcp.example.com.", MX);
const NON_TERMINAL: Question = ("_tcp.example.com.", SRV);
const WILDCARD: Question = ("_submission._tcp.wild.example.com.", SRV);
const ALIAS: Question = ("alias.example.com.", A);
const MOVED: Question = ("host.moved.example.com.", A);
const MANY: Question = ("big.example.com.", TXT);

const NSEC3: Denial = Denial::Nsec3 { iterations: 0, salt: None, opt_out: false };

/// Years, for the faults of time.
const LONG: u32 = 5 * 365 * 86_400;

struct Case {
    kind: AnswerFaultKind,
    target: (&'static str, Option<RecordType>),
    question: Question,
    denial: Denial,
}

fn at(question: Question) -> (&'static str, Option<RecordType>) {
    (question.0, Some(question.1))
}

fn case(kind: AnswerFaultKind, target: (&'static str, Option<RecordType>), question: Question) -> Case {
    Case { kind, target, question, denial: Denial::Nsec }
}

/// The faults of time as small as a validator must mind them.
fn by_an_hour(fault: SignatureFault) -> SignatureFault {
    let seconds = OutOfValidity(3600);
    match fault {
        SignatureFault::Expired { .. } => SignatureFault::Expired { seconds },
        SignatureFault::NotYetValid { .. } => SignatureFault::NotYetValid { seconds },
        SignatureFault::ZoneExpired { .. } => SignatureFault::ZoneExpired { seconds },
        fault => fault,
    }
}

fn answers() -> Vec<Case> {
    let mut cases = Vec::new();
    for fault in SignatureFault::all() {
        let target = match fault {
            SignatureFault::ZoneExpired { .. } | SignatureFault::ZoneMissing => ("example.com.", None),
            _ => at(SERVICE),
        };
        cases.push(case(AnswerFaultKind::Signature(by_an_hour(fault)), target, SERVICE));
    }
    for fault in RecordFault::all() {
        let question = if fault == RecordFault::Dropped { MANY } else { SERVICE };
        cases.push(case(AnswerFaultKind::Record(fault), at(question), question));
    }
    for fault in AliasFault::all() {
        for question in [SERVICE, ALIAS, MOVED] {
            cases.push(case(AnswerFaultKind::Alias(fault), at(question), question));
        }
    }
    cases
}

fn chains() -> Vec<Case> {
    let mut cases = Vec::new();
    for fault in DnskeyFault::all() {
        cases.push(case(AnswerFaultKind::Dnskey(fault), ("example.com.", Some(DNSKEY)), SERVICE));
    }
    for fault in DsFault::all() {
        cases.push(case(AnswerFaultKind::Ds(fault), ("example.com.", Some(DS)), SERVICE));
    }
    for fault in PublishFault::all() {
        let origin = if fault == PublishFault::AnchorWrong { "." } else { "example.com." };
        let fault = match fault {
            PublishFault::ClockShifted { .. } => {
                PublishFault::ClockShifted { seconds: ClockShift(LONG.into()) }
            }
            fault => fault,
        };
        let kind = AnswerFaultKind::Publish(fault);
        let nsec3 = fault.name().starts_with("nsec3");
        let denial = if nsec3 { NSEC3 } else { Denial::Nsec };
        let questions: &[Question] = if nsec3 { &[SERVICE, NO_NAME] } else { &[SERVICE] };
        for question in questions {
            cases.push(Case { kind: kind.clone(), target: (origin, None), question: *question, denial });
        }
    }
    cases
}

fn paths() -> Vec<Case> {
    let mut cases = Vec::new();
    for fault in PathFault::all() {
        cases.push(case(AnswerFaultKind::Path(fault), at(SERVICE), SERVICE));
    }
    for fault in [RcodeFault::ServFail, RcodeFault::Refused] {
        for target in [at(SERVICE), ("example.com.", Some(DS)), ("example.com.", Some(DNSKEY))] {
            cases.push(case(AnswerFaultKind::Rcode(fault), target, SERVICE));
        }
    }
    cases
}

fn denials(denial: Denial) -> Vec<Case> {
    let mut cases = Vec::new();
    for fault in DenialFault::all() {
        for question in [NO_NAME, NO_DATA, NON_TERMINAL, WILDCARD, SERVICE] {
            cases.push(Case { kind: AnswerFaultKind::Denial(fault), target: at(question), question, denial });
        }
    }
    cases
}

/// The one fault after which what is found is the same to DNS and looks otherwise (RFC 4343).
const TARGET_CASE_CHANGED: &str = "target-case-changed";

/// The verdict of the RFCs on faults that leave an answer believable; all others make it Bogus, or a failure.
fn believable(fault: &str, question: Question) -> Option<&'static str> {
    match fault {
        // RFC 9276 §3.2 weakens denials, not data.
        "nsec3-iterations-high" => Some(if question == SERVICE { "secure" } else { "insecure" }),
        "nsec3-iterations-excessive" if question == SERVICE => Some("secure"),
        // Seven keys more to try is within what CVE-2023-50387 leaves.
        "dnskey-tag-collisions" | "dnskey-tag-shared" | "dnskey-no-points" => Some("secure"),
        "signature-inception-now" | "signature-longest" | "signature-extra" => Some("secure"),
        // Nobody may read the AD bit of an answer (RFC 4035 section 4.9.3), nor mind it.
        "ad-set" | "ttl-raised" | "owner-case-changed" | "question-case-changed" | "server-forged" => {
            Some("secure")
        }
        TARGET_CASE_CHANGED => Some("secure"),
        "ds-sha1-only"
        | "ds-sha384-only"
        | "ds-good-and-bad"
        | "ds-good-and-unknown"
        | "ds-many"
        | "ds-names-zsk" => Some("secure"),
        "dnskey-standby"
        | "dnskey-standby-algorithm"
        | "dnskey-pre-published"
        | "dnskey-multi-signer"
        | "dnskey-many" => Some("secure"),
        "nsec3param-missing" | "nsec3param-salt-wrong" | "cds-wrong" | "cds-delete" => Some("secure"),
        "ds-algorithm-unknown" | "ds-algorithm-dsa" | "ds-algorithm-rsamd5" | "ds-algorithm-gost" => {
            Some("insecure")
        }
        "ds-digest-type-unknown" => Some("insecure"),
        _ => None,
    }
}

/// What a validator says, in a word where it is what was published or a failure.
fn brief(lookup: &Lookup, honest: &str) -> String {
    let verdict = describe(lookup);
    if verdict == honest {
        "as published".into()
    } else if lookup.is_failure() {
        lookup.security.to_string()
    } else {
        verdict
    }
}

/// What was found, without how far it can be believed.
fn found(verdict: &str) -> &str {
    verdict.split_once(": ").map_or(verdict, |(_, found)| found)
}

/// What the audited validator gets wrong; what all three say is the returned table, one line for each fault that
/// shows.
async fn verdicts(cases: Vec<Case>) -> String {
    let mut table = String::new();
    let mut wrong = Vec::new();
    let mut published: HashMap<String, String> = HashMap::new();
    for Case { kind, target, question, denial } in cases {
        let (owner, record_type) = question;
        // What an honest lab says does not depend on the manner of denial.
        let place = format!("{owner} {record_type}");
        let honest = match published.get(&place) {
            Some(honest) => honest.clone(),
            None => {
                let lab = Lab::start(denial, Algorithm::default(), &[]).await;
                describe(&ask(&AuditedValidator::new(&lab.upstream), owner, record_type).await)
            }
        };
        published.insert(place.clone(), honest.clone());
        let fault = kind.name();
        let target = Target { owner: Some(name(target.0)), record_type: target.1 };
        let faults =
            [AnswerFault { number: 1, at: fault.into(), target: target.clone(), kind: kind.clone() }];
        let mut lab = Lab::start(denial, Algorithm::default(), &faults).await;
        if matches!(kind, AnswerFaultKind::Path(_)) {
            // Nothing comes back for many of them; for the others, the wait is long enough for a busy machine.
            lab.upstream.timeout = Duration::from_millis(200);
            lab.upstream.attempts = 1;
        }
        let mut seen = Vec::new();
        for validator in lab.validators() {
            let lookup = ask(&*validator, owner, record_type).await;
            seen.push(brief(&lookup, &honest));
            if validator.name() != "audited" {
                continue;
            }
            let verdict = describe(&lookup);
            // A fault of denials leaves alone what rests on no denial, one of aliases what can be asked for anew.
            let untouched =
                matches!(kind, AnswerFaultKind::Denial(_) | AnswerFaultKind::Alias(_)) && verdict == honest;
            let right = match believable(fault, question) {
                Some(security) => {
                    let (seen, published) = (found(&verdict), found(&honest));
                    let is_published = match fault {
                        TARGET_CASE_CHANGED => seen.eq_ignore_ascii_case(published),
                        _ => seen == published,
                    };
                    is_published && verdict.starts_with(security)
                }
                None => lookup.is_failure() || untouched,
            };
            if !right {
                let reason = lookup.reason;
                wrong.push(format!("{fault} {place} {denial:?}: {verdict} ({reason}), honest is {honest}"));
            }
        }
        // A validator that tries some of many DS records finds the right one where the keys of the day put it.
        let is_a_matter_of_luck = fault == "ds-many";
        if !is_a_matter_of_luck && seen.iter().any(|verdict| verdict != "as published") {
            let target = target.record_type.map(|record_type| record_type.to_string()).unwrap_or_default();
            table.push_str(&format!("{fault} {target} | {place} | {}\n", seen.join(" | ")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    table
}

#[tokio::test]
async fn of_answers() {
    insta::assert_snapshot!("answers", verdicts(answers()).await);
}

#[tokio::test]
async fn of_chains_of_trust() {
    insta::assert_snapshot!("chains", verdicts(chains()).await);
}

#[tokio::test]
async fn of_paths() {
    insta::assert_snapshot!("paths", verdicts(paths()).await);
}

#[tokio::test]
async fn of_nsec() {
    insta::assert_snapshot!("nsec", verdicts(denials(Denial::Nsec)).await);
}

#[tokio::test]
async fn of_nsec3() {
    insta::assert_snapshot!("nsec3", verdicts(denials(NSEC3)).await);
}

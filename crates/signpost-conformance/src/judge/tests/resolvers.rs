//! Verdicts on resolvers, which only say how far they believe an answer.

use std::net::SocketAddr;

use signpost_format::resolve::{self, Status};
use signpost_format::{Report, set_up};
use signpost_transcript::{Endpoint, Event, Transport};

use super::stage::*;
use crate::role::End;
use crate::role::resolve::{Expectation, Outcome};
use signpost_format::Verdict;

fn asked(record_type: &str) -> Event {
    Event::Query {
        query: 1,
        endpoint: Endpoint::Authority,
        peer: SocketAddr::from(([127, 0, 0, 1], 1)),
        transport: Transport::Udp,
        name: "example.com".to_owned(),
        record_type: record_type.to_owned(),
        dnssec_ok: true,
        checking_disabled: true,
    }
}

fn answered(status: Status, rcode: Option<&str>, ede: &[u16]) -> Report {
    resolve::Report::Answered {
        status,
        rcode: rcode.map(str::to_owned),
        ede: ede.to_vec(),
        ttl: None,
        detail: None,
    }
    .into()
}

fn expecting(outcome: Outcome) -> Case {
    Case::ending(End::Resolve(Expectation { outcomes: vec![outcome], ..Expectation::default() }))
}

fn end(case: &mut Case) -> &mut Expectation {
    match &mut case.expectation.end {
        End::Resolve(expected) => expected,
        End::Relay(_) | End::SetUp(_) => panic!("the case is no resolver's"),
    }
}

fn judged(case: &Case, events: &[Event], report: Report) -> (Verdict, Vec<String>) {
    let judgement = case.judge(&[run(events.to_vec(), Ok(report))]);
    (judgement.verdict, broken(&judgement).into_iter().map(str::to_owned).collect())
}

fn is(verdict: Verdict, requirements: &[&str]) -> (Verdict, Vec<String>) {
    (verdict, requirements.iter().map(|&requirement| requirement.to_owned()).collect())
}

/// A broken signature, on which a resolver has to say bogus.
fn broken_signature() -> (Case, Vec<Event>) {
    let mut case = expecting(Outcome::Bogus);
    end(&mut case).ede = vec![6, 7];
    case.faults = vec![demanded(1, "dns:a/A", "signature-broken")];
    (case, vec![asked("A"), fault("dns:a/A", "signature-broken"), asked("DNSKEY")])
}

#[test]
fn bogus_is_what_it_says_or_what_servfail_leaves_open() {
    let (case, events) = broken_signature();
    for status in [Status::Bogus, Status::Failed] {
        assert_eq!(judged(&case, &events, answered(status, None, &[])), is(Verdict::Pass, &[]));
    }
    for status in [Status::Secure, Status::Insecure, Status::Indeterminate] {
        assert_eq!(judged(&case, &events, answered(status, None, &[])), is(Verdict::Fail, &["area/must"]));
    }
    // What mail clients say is no answer of a resolver's, and no refusal.
    for report in [refused(None), set_up::Report::Declined { detail: None }.into()] {
        let errored = is(Verdict::Errored, &["suite/subject-ends-with-a-report"]);
        assert_eq!(judged(&case, &events, report), errored);
    }
}

#[test]
fn a_refusal_of_what_never_came_proves_nothing() {
    let (case, _) = broken_signature();
    let without_fault = [asked("A"), asked("DNSKEY")];
    assert_eq!(
        judged(&case, &without_fault, answered(Status::Bogus, None, &[])),
        is(Verdict::Inconclusive, &["suite/reached"])
    );
}

#[test]
fn a_verdict_that_the_lab_s_own_validator_gave_proves_nothing() {
    let case = expecting(Outcome::Secure);
    let Event::Query { query, peer, transport, name, record_type, .. } = asked("A") else { unreachable!() };
    let borrowed = Event::Query {
        query,
        endpoint: Endpoint::Resolver,
        peer,
        transport,
        name,
        record_type,
        dnssec_ok: true,
        checking_disabled: false,
    };
    let secure = || answered(Status::Secure, Some("NOERROR"), &[]);
    assert_eq!(judged(&case, &[asked("A"), asked("DNSKEY")], secure()), is(Verdict::Pass, &[]));
    assert_eq!(
        judged(&case, &[asked("A"), asked("DNSKEY"), borrowed], secure()),
        is(Verdict::Inconclusive, &["suite/resolves-by-itself"])
    );
}

#[test]
fn secure_needs_a_question_for_keys() {
    let case = expecting(Outcome::Secure);
    let secure = || answered(Status::Secure, Some("NOERROR"), &[]);
    assert_eq!(judged(&case, &[asked("A"), asked("DNSKEY")], secure()), is(Verdict::Pass, &[]));
    assert_eq!(judged(&case, &[asked("A")], secure()), is(Verdict::Fail, &["suite/claims-are-true"]));
    let insecure = expecting(Outcome::Insecure);
    let report = answered(Status::Insecure, Some("NOERROR"), &[]);
    assert_eq!(judged(&insecure, &[asked("A")], report), is(Verdict::Pass, &[]));
}

#[test]
fn an_rcode_counts_where_one_is_given() {
    let mut case = expecting(Outcome::Secure);
    end(&mut case).rcodes = vec!["NXDOMAIN".to_owned()];
    let judged = |rcode| judged(&case, &[asked("DNSKEY")], answered(Status::Secure, rcode, &[]));
    assert_eq!(judged(Some("NXDOMAIN")), is(Verdict::Pass, &[]));
    assert_eq!(judged(None), is(Verdict::Pass, &[]));
    assert_eq!(judged(Some("NOERROR")), is(Verdict::Fail, &["area/must"]));
}

#[test]
fn a_ttl_counts_where_one_is_given() {
    let mut case = expecting(Outcome::Secure);
    end(&mut case).ttl = Some(300);
    let judged = |ttl| {
        let report = resolve::Report::Answered {
            status: Status::Secure,
            rcode: None,
            ede: Vec::new(),
            ttl,
            detail: None,
        };
        judged(&case, &[asked("DNSKEY")], report.into())
    };
    for kept in [None, Some(0), Some(300)] {
        assert_eq!(judged(kept), is(Verdict::Pass, &[]));
    }
    assert_eq!(judged(Some(301)), is(Verdict::Fail, &["area/must"]));
}

#[test]
fn an_extended_error_that_misleads_is_weak() {
    let (case, events) = broken_signature();
    let judged = |ede: &[u16]| judged(&case, &events, answered(Status::Failed, Some("SERVFAIL"), ede));
    for fitting in [&[][..], &[7], &[22, 6], &[0]] {
        assert_eq!(judged(fitting), is(Verdict::Pass, &[]), "{fitting:?}");
    }
    assert_eq!(judged(&[22]), is(Verdict::Weak, &["rfc8914/info-code-fits"]));
    // It never makes a wrong answer better.
    assert_eq!(
        super::resolvers::judged(&case, &events, answered(Status::Secure, None, &[6])).0,
        Verdict::Fail
    );
}

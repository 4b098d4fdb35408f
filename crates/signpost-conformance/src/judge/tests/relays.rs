//! What a relay may say in clear, and what its word is worth.

use signpost_format::relay::Report;
use signpost_format::set_up::Security;
use signpost_format::{Report as AnyReport, Verdict};
use signpost_transcript::{Channel, Event};

use super::stage::{Case, EVIL, EXPIRED, GOOD, broken, clear, mail, run, shaken, tls, unshaken};
use crate::role::End;
use crate::role::relay::{Expectation, Outcome};

fn expecting(outcome: Outcome, opportunistic: bool) -> Case {
    Case::ending(End::Relay(Expectation { outcomes: vec![outcome], opportunistic, ..Expectation::default() }))
}

fn relayed(exchange: &str, security: Security) -> AnyReport {
    Report::Relayed { exchange: exchange.to_owned(), security, notes: Vec::new() }.into()
}

fn delayed() -> AnyReport {
    Report::Delayed { reason: None, detail: None }.into()
}

/// A message brought inside TLS, as it should be.
fn delivery(connection: u32) -> Vec<Event> {
    vec![
        clear(connection, "EHLO client\r\nSTARTTLS\r\n"),
        shaken(connection),
        tls(connection, "MAIL FROM:<bob@sender.example>\r\nRCPT TO:<alice@example.com>\r\nDATA\r\n"),
        mail(connection, Channel::Tls),
    ]
}

fn judged(case: &Case, events: Vec<Event>, report: AnyReport) -> (Verdict, Vec<String>) {
    let judgement = case.judge(&[run(events, Ok(report))]);
    (judgement.verdict, broken(&judgement).into_iter().map(str::to_owned).collect())
}

#[track_caller]
fn check(case: &Case, events: Vec<Event>, report: AnyReport, findings: &[&str]) {
    let verdict = if findings.is_empty() { Verdict::Pass } else { Verdict::Fail };
    assert_eq!(
        judged(case, events, report),
        (verdict, findings.iter().map(|&finding| finding.to_owned()).collect())
    );
}

#[test]
fn a_policy_forbids_the_envelope_in_clear_and_nothing_else_does() {
    let in_clear = "invariant/no-mail-in-clear";
    for said in [
        "MAIL FROM:<bob@sender.example>\r\n",
        "RCPT TO:<alice@example.com>\r\n",
        "VRFY alice\r\n",
        "EXPN <alice@example.com>",
    ] {
        let events = || vec![clear(GOOD, "EHLO relay.example\r\n"), clear(GOOD, said)];
        check(&expecting(Outcome::Delayed, false), events(), delayed(), &[in_clear]);
        check(&expecting(Outcome::Delayed, true), events(), delayed(), &[]);
    }
    let events = || vec![clear(GOOD, "EHLO relay.example\r\n"), mail(GOOD, Channel::Clear)];
    let report = || relayed("good.example.com", Security::None);
    check(&expecting(Outcome::Relayed, false), events(), report(), &[in_clear]);
    check(&expecting(Outcome::Relayed, true), events(), report(), &[]);
    check(
        &expecting(Outcome::Relayed, false),
        delivery(GOOD),
        relayed("good.example.com", Security::Starttls),
        &[],
    );
}

#[test]
fn what_holds_without_a_policy_too() {
    for opportunistic in [false, true] {
        let case = expecting(Outcome::Relayed, opportunistic);
        let report = |server: &str| relayed(&format!("{server}.example.com"), Security::Starttls);
        check(&case, delivery(EVIL), report("evil"), &["invariant/nothing-to-forged-host"]);
        let after_failure = vec![unshaken(GOOD), clear(GOOD, "QUIT\r\n")];
        let delayed_case = expecting(Outcome::Delayed, opportunistic);
        check(&delayed_case, after_failure, delayed(), &["invariant/silence-after-tls-failure"]);
    }
}

#[test]
fn a_rejected_certificate_gets_no_message() {
    let report = relayed("expired.example.com", Security::Starttls);
    let case = expecting(Outcome::Relayed, false);
    check(&case, delivery(EXPIRED), report, &["invariant/nothing-to-rejected-certificate"]);
}

#[test]
fn who_says_relayed_must_have_handed_the_message_over_as_it_says() {
    let case = expecting(Outcome::Relayed, true);
    let claims = "suite/claims-are-true";
    check(&case, delivery(GOOD), relayed("good.example.com.", Security::Starttls), &[]);
    check(&case, delivery(GOOD), relayed("evil.example.com", Security::Starttls), &[claims]);
    check(&case, delivery(GOOD), relayed("good.example.com", Security::None), &[claims]);
    check(&case, vec![], relayed("good.example.com", Security::None), &[claims]);
    let envelope_only = vec![clear(GOOD, "EHLO relay.example\r\n"), clear(GOOD, "MAIL FROM:<>\r\n")];
    check(&case, envelope_only, relayed("good.example.com", Security::None), &[claims]);
}

#[test]
fn the_exchange_that_is_expected_is_the_one_that_counts() {
    let mut case = expecting(Outcome::Relayed, true);
    if let End::Relay(expected) = &mut case.expectation.end {
        expected.exchange = Some("good.example.com".to_owned());
    }
    check(&case, delivery(GOOD), relayed("GOOD.example.com", Security::Starttls), &[]);
    check(&case, delivery(GOOD), relayed("mail.example.com", Security::Starttls), &["area/must"]);
}

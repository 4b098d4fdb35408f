//! No client is convicted for what the specification leaves free: the reference passes in every manner, with another order
//! of questions than its own, without guessing, and stopping where it may.

use signpost_conformance::ground_rule::GroundRule;
use signpost_conformance::runner::{Options, Stop, run};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;
use signpost_discovery::Manner;
use signpost_format::{CaseResult, Role, Verdict};

#[test]
fn asking_the_label_of_implicit_tls_first_and_stopping_at_an_attack_is_right() {
    check("asks-implicit-tls-first");
}

#[test]
fn asking_the_label_of_starttls_first_and_guessing_nothing_is_right() {
    check("asks-starttls-first");
}

#[test]
fn guessing_the_port_of_starttls_first_is_right() {
    check("guesses-starttls-first");
}

#[test]
fn every_manner_is_checked_here() {
    let names = Manner::NAMED.map(|(name, _)| name);
    assert_eq!(names, ["asks-implicit-tls-first", "asks-starttls-first", "guesses-starttls-first"]);
}

fn check(manner: &str) {
    let suite = Suite::built_in().unwrap();
    let cases: Vec<_> = suite.cases.iter().filter(|case| case.role() != Role::Resolve).cloned().collect();
    let subject = Reference::in_manner(manner).unwrap();
    let results = run(&suite, &cases, &subject, Options::default(), &Stop::default(), |_| {});
    assert_eq!(results.len(), cases.len());
    let wrong: Vec<String> = results.iter().filter(|result| !is_right(result)).map(tell).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case that rests on what this client may leave out says nothing of it, and says that.
fn is_right(result: &CaseResult) -> bool {
    let is_left_free =
        || result.findings.iter().all(|finding| finding.requirement == GroundRule::LeftFree.slug());
    match result.verdict {
        Verdict::Pass => true,
        Verdict::Unsupported => result.expected && is_left_free(),
        _ => false,
    }
}

fn tell(result: &CaseResult) -> String {
    let findings =
        result.findings.iter().map(|finding| format!("{} seen {}", finding.expected, finding.seen));
    format!("{} {}: {}", result.verdict, result.id, findings.collect::<Vec<_>>().join("; "))
}

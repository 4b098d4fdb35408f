//! Distributions of first choices over many runs.

use super::stage::*;
use crate::judge::Run;
use crate::requirement::Level;
use crate::role::set_up::Outcome;
use crate::selection::{SelectionExpectation, SelectionTest};
use signpost_format::Verdict;

/// A case of two servers with the weights 10 and 90.
fn case() -> (Case, SelectionTest) {
    let test = SelectionTest::derive(&[10, 90]).unwrap();
    let mut case = Case::expecting(Outcome::Configured);
    let servers = vec!["good".to_owned(), "other".to_owned()];
    case.end().selection = Some(SelectionExpectation { servers, test: test.clone() });
    (case, test)
}

/// Honest runs of which the first few choose the lighter server first and the other behind it.
fn runs(light: u32, all: u32) -> Vec<Run> {
    (0..all)
        .map(|number| {
            let (first, second) = if number < light { (GOOD, OTHER) } else { (OTHER, GOOD) };
            let events = [clear(first, b"QUIT\r\n"), closed(first)].into_iter().chain(session(second));
            run(events, Ok(configured()))
        })
        .collect()
}

#[test]
fn shares_that_a_reading_explains_are_accepted_and_others_rejected() {
    let (case, test) = case();
    let (low, high) = test.accepted[0];
    assert!(low > 0 && high < test.runs / 2, "{test:?}");
    for (light, verdict) in [
        (test.runs / 10, Verdict::Pass),
        (low, Verdict::Pass),
        (high, Verdict::Pass),
        (low - 1, Verdict::Fail),
        (high + 1, Verdict::Fail),
        (0, Verdict::Fail),
        (test.runs / 2, Verdict::Fail),
        (test.runs, Verdict::Fail),
    ] {
        let judgement = case.judge(&runs(light, test.runs));
        assert_eq!(judgement.verdict, verdict, "{light} of {}", test.runs);
        assert_eq!(broken(&judgement).first().copied(), (verdict == Verdict::Fail).then_some("area/must"));
    }
}

#[test]
fn a_recommended_distribution_is_weak() {
    let (mut case, test) = case();
    case.requirements = vec![("area/should".to_owned(), Level::Should)];
    assert_eq!(case.judge(&runs(0, test.runs)).verdict, Verdict::Weak);
    assert_eq!(case.judge(&runs(test.runs / 10, test.runs)).verdict, Verdict::Pass);
}

#[test]
fn a_choice_of_no_listed_server_counts_for_none() {
    let (case, test) = case();
    let elsewhere =
        (0..test.runs).map(|_| run(session(POP3).into_iter().chain(session(OTHER)), Ok(configured())));
    // The POP3 server is the good one under another service, so this is a choice of the lighter.
    assert_eq!(case.judge(&elsewhere.collect::<Vec<_>>()).verdict, Verdict::Fail);
    let elsewhere =
        (0..test.runs).map(|_| run(session(IMPLICIT).into_iter().chain(session(OTHER)), Ok(configured())));
    let judgement = case.judge(&elsewhere.collect::<Vec<_>>());
    assert_eq!((judgement.verdict, judgement.findings.len()), (Verdict::Fail, 2));
}

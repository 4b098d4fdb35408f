//! Several steps of one run, each with an expectation of its own.

use signpost_format::Verdict;
use signpost_transcript::{Channel, Event, Gap};

use super::stage::*;
use crate::judge::{Judgement, Part, Run, judge_parts};
use crate::role::set_up::Outcome;

/// A first step that should end configured, and a second that should end refused.
fn judged(runs: &[Run]) -> Judgement {
    let (first, second) = (Case::expecting(Outcome::Configured), Case::expecting(Outcome::Refused));
    first.demanding(|first| {
        second.demanding(|second| {
            let part = |step, demand| Part { view: None, step: Some(step), demand };
            judge_parts(&[part(1, first), part(2, second)], runs, Default::default())
        })
    })
}

fn worked() -> Run {
    run(session(GOOD), Ok(configured()))
}

fn stopped(events: Vec<Event>) -> Run {
    run(events, Ok(refused(None)))
}

#[test]
fn each_step_is_held_to_its_own_expectation() {
    assert_eq!(judged(&[worked(), stopped(vec![unshaken(OTHER)])]).verdict, Verdict::Pass);
    let judgement = judged(&[worked(), run(session(OTHER), Ok(configured()))]);
    assert_eq!((judgement.verdict, judgement.run), (Verdict::Fail, 1));
    assert_eq!(judgement.findings[0].expected, "in step 2: refused");
    let judgement = judged(&[stopped(vec![unshaken(OTHER)]), stopped(vec![unshaken(OTHER)])]);
    assert_eq!((judgement.verdict, judgement.run), (Verdict::Fail, 0));
    assert_eq!(judgement.findings[0].expected, "in step 1: configured");
}

#[test]
fn a_leak_on_a_connection_of_an_earlier_step_counts_where_it_happens() {
    let late = vec![credential(EVIL, Channel::Tls, true)];
    let earlier = run([closed(EVIL)].into_iter().chain(session(GOOD)), Ok(configured()));
    // Without the first step's listeners nobody would know whose connection that is.
    let mut second = stopped(late);
    second.transcript.observations.retain(|seen| !matches!(seen.event, Event::Accepted { .. }));
    let judgement = judged(&[earlier, second]);
    assert_eq!((judgement.verdict, judgement.run), (Verdict::Fail, 1));
    assert_eq!(broken(&judgement), ["invariant/nothing-to-forged-host"]);
}

#[test]
fn a_run_that_broke_off_is_errored_and_one_that_merely_lacks_a_step_is_too() {
    let crashed = run([], Err("the subject crashed".to_owned()));
    let judgement = judged(&[crashed]);
    assert_eq!(judgement.verdict, Verdict::Errored);
    assert_eq!(broken(&judgement), ["suite/subject-ends-with-a-report"]);
    for runs in [vec![], vec![worked()], vec![worked(), worked(), worked()]] {
        let judgement = judged(&runs);
        assert_eq!(judgement.verdict, Verdict::Errored);
        assert_eq!(broken(&judgement), ["suite/subject-runs"]);
    }
}

#[test]
fn who_answers_from_memory_has_not_come_upon_what_is_broken_now() {
    use signpost_format::resolve::{Report, Status};

    use crate::role::End;
    use crate::role::resolve::{Expectation, Outcome};

    let asked = || query("example.com", "DNSKEY");
    let report =
        |status| Report::Answered { status, rcode: None, ede: vec![], ttl: None, detail: None }.into();
    let ending = |outcome| {
        Case::ending(End::Resolve(Expectation { outcomes: vec![outcome], ..Expectation::default() }))
    };
    let first = ending(Outcome::Secure);
    let mut second = ending(Outcome::Bogus);
    second.faults = vec![demanded(1, "dns:a/A", "signature-broken")];
    let judged = |seen: Vec<Event>, status| {
        let runs = [run([asked()], Ok(report(Status::Secure))), run(seen, Ok(report(status)))];
        first.demanding(|first| {
            second.demanding(|second| {
                let part = |step, demand| Part { view: None, step: Some(step), demand };
                judge_parts(&[part(1, first), part(2, second)], &runs, Default::default()).verdict
            })
        })
    };
    let bitten = || vec![fault("dns:a/A", "signature-broken")];
    assert_eq!(judged(bitten(), Status::Bogus), Verdict::Pass);
    assert_eq!(judged(bitten(), Status::Secure), Verdict::Fail);
    assert_eq!(judged(vec![], Status::Secure), Verdict::Inconclusive);
    assert_eq!(judged(vec![], Status::Bogus), Verdict::Inconclusive);
}

#[test]
fn a_flood_in_a_step_ends_the_visit_and_is_what_there_is_to_say() {
    let flooded = run(session(GOOD).into_iter().chain([Event::Gap(Gap::Flood)]), Ok(configured()));
    let judgement = judged(&[flooded]);
    assert_eq!((judgement.verdict, judgement.run), (Verdict::Inconclusive, 0));
    assert_eq!(broken(&judgement), ["suite/whole-transcript"]);
}

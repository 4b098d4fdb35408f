//! Every way to each verdict.

use signpost_format::set_up::{self, Security, Stance};
use signpost_format::{Report, Role, Verdict};
use signpost_transcript::{Channel, Event, Gap};

use super::stage::*;
use crate::judge::Run;
use crate::requirement::Level;
use crate::role::set_up::Outcome;

fn judged(case: &Case, events: impl IntoIterator<Item = Event>, report: Report) -> (Verdict, Vec<String>) {
    let judgement = case.judge(&[run(events, Ok(report))]);
    (judgement.verdict, broken(&judgement).into_iter().map(str::to_owned).collect())
}

fn is(verdict: Verdict, requirements: &[&str]) -> (Verdict, Vec<String>) {
    (verdict, requirements.iter().map(|&requirement| requirement.to_owned()).collect())
}

/// A case in which the client has to refuse once it has seen the handshake, because of this fault.
fn refusal() -> Case {
    let mut case = Case::expecting(Outcome::Refused);
    case.end().reasons = vec!["pin-mismatch".to_owned()];
    case.expectation.reached = vec!["tls:good".parse().unwrap()];
    case.expectation.never = vec!["credential".parse().unwrap()];
    case.faults = vec![demanded(1, "mail:good", "expired")];
    case
}

/// What an honest client does there.
fn stopped() -> Vec<Event> {
    vec![clear(GOOD, b"STARTTLS\r\n"), fault("mail:good", "expired"), unshaken(GOOD), closed(GOOD)]
}

#[test]
fn a_refusal_counts_for_the_right_reason_at_the_right_place_with_the_fault_applied() {
    let case = refusal();
    let right = || refused(Some("pin-mismatch"));
    assert_eq!(judged(&case, stopped(), right()), is(Verdict::Pass, &[]));
    assert_eq!(judged(&case, stopped(), refused(None)), is(Verdict::Pass, &[]));
    assert_eq!(
        judged(&case, stopped(), set_up::Report::Declined { detail: None }.into()),
        is(Verdict::Pass, &[])
    );
    let inconclusive = |requirement| is(Verdict::Inconclusive, &[requirement]);
    assert_eq!(judged(&case, stopped(), refused(Some("timeout"))), inconclusive("suite/right-reason"));
    let without = |unwanted: fn(&Event) -> bool| stopped().into_iter().filter(move |event| !unwanted(event));
    let no_fault = without(|event| matches!(event, Event::Fault { .. }));
    assert_eq!(judged(&case, no_fault, right()), inconclusive("suite/reached"));
    let no_handshake = without(|event| matches!(event, Event::Handshake { .. }));
    assert_eq!(judged(&case, no_handshake, right()), inconclusive("suite/reached"));
    for other in [fault("mail:other", "expired"), fault("mail:good", "garbage")] {
        let events = stopped().into_iter().map(|event| match event {
            Event::Fault { .. } => other.clone(),
            event => event,
        });
        assert_eq!(judged(&case, events, right()), inconclusive("suite/reached"));
    }
    let elsewhere = [fault("mail:good", "expired"), unshaken(OTHER)];
    assert_eq!(judged(&case, elsewhere, right()), inconclusive("suite/reached"));
    let nothing = judged(&case, [], right());
    assert_eq!(nothing, is(Verdict::Inconclusive, &["suite/reached", "suite/reached"]));
}

#[test]
fn of_two_faults_of_one_place_and_kind_both_must_have_bitten() {
    let mut case = refusal();
    case.faults.push(demanded(2, "mail:good", "expired"));
    let right = || refused(Some("pin-mismatch"));
    let one = judged(&case, stopped(), right());
    assert_eq!(one, is(Verdict::Inconclusive, &["suite/reached"]));
    let twice_the_first = stopped().into_iter().chain([fault("mail:good", "expired")]);
    assert_eq!(judged(&case, twice_the_first, right()), one);
    let both = stopped().into_iter().chain([numbered_fault(2, "mail:good", "expired")]);
    assert_eq!(judged(&case, both, right()), is(Verdict::Pass, &[]));
}

#[test]
fn a_wrong_end_fails_however_far_it_came() {
    let case = refusal();
    let gone_on = stopped().into_iter().chain(session(OTHER));
    assert_eq!(judged(&case, gone_on, configured()), is(Verdict::Fail, &["area/must", "area/must"]));
    let unavailable = Report::from(set_up::Report::Unavailable { reason: None, detail: None });
    assert_eq!(judged(&case, stopped(), unavailable.clone()), is(Verdict::Fail, &["area/must"]));
    assert_eq!(judged(&case, [], unavailable.clone()).0, Verdict::Inconclusive);
    let mut either = refusal();
    either.end().outcomes.push(Outcome::Unavailable);
    assert_eq!(judged(&either, stopped(), unavailable), is(Verdict::Pass, &[]));
}

#[test]
fn never_fails_even_if_the_end_is_right() {
    let case = refusal();
    let told = stopped().into_iter().chain([credential(OTHER, Channel::Tls, false)]);
    let judgement = case.judge(&[run(told, Ok(refused(None)))]);
    assert_eq!((judgement.verdict, broken(&judgement)), (Verdict::Fail, vec!["area/must"]));
    assert_eq!(judgement.findings[0].expected, "never credential");
    assert_eq!(judgement.findings[0].lines.len(), 1);
    let twin = stopped().into_iter().chain([shaken(OTHER), tls(OTHER, b"QUIT\r\n")]);
    assert_eq!(judged(&case, twin, refused(None)), is(Verdict::Pass, &[]));
}

#[test]
fn a_success_needs_every_step_and_a_case_of_either_end_does_not_blame_a_refusal() {
    let mut case = Case::expecting(Outcome::Configured);
    case.expectation.reached = vec!["dns:_submission._tcp.example.com/SRV".parse().unwrap()];
    let asked = || query("_submission._tcp.example.com", "SRV");
    let honest = || std::iter::once(asked()).chain(session(GOOD));
    assert_eq!(judged(&case, honest(), configured()), is(Verdict::Pass, &[]));
    assert_eq!(judged(&case, session(GOOD), configured()), is(Verdict::Fail, &["suite/reached"]));
    assert_eq!(judged(&case, [asked()], refused(None)), is(Verdict::Fail, &["area/must"]));
    assert_eq!(judged(&case, [], refused(None)), is(Verdict::Fail, &["suite/reached", "area/must"]));
    case.end().outcomes.push(Outcome::Refused);
    assert_eq!(judged(&case, [asked()], refused(None)), is(Verdict::Pass, &[]));
    assert_eq!(judged(&case, [], refused(None)), is(Verdict::Inconclusive, &["suite/reached"]));
    assert_eq!(judged(&case, session(GOOD), configured()), is(Verdict::Fail, &["suite/reached"]));
}

#[test]
fn selectors_tell_what_happened_from_what_nearly_did() {
    let halves = || vec![clear(GOOD, b"EHLO x\r\nSTART"), clear(GOOD, b"tls \r\n")];
    for (selector, seen, unseen) in [
        ("tcp:good", vec![clear(GOOD, b"")], vec![clear(OTHER, b"")]),
        ("tcp", vec![clear(OTHER, b"")], vec![query("a", "A")]),
        ("starttls:good", vec![clear(GOOD, b"STARTTLS\r\n")], vec![clear(OTHER, b"STARTTLS\r\n")]),
        ("starttls", halves(), vec![clear(GOOD, b"START"), clear(OTHER, b"TLS\r\n")]),
        ("starttls", vec![clear(POP3, b"stls\r\n")], vec![clear(POP3, b"STLS please\r\n")]),
        ("starttls", vec![clear(GOOD, b"STARTTLS\r\n")], vec![tls(GOOD, b"STARTTLS\r\n")]),
        ("starttls", vec![clear(GOOD, b"STARTTLS\r\n")], vec![reply(GOOD, b"STARTTLS\r\n")]),
        ("tls:good", vec![unshaken(GOOD)], vec![unshaken(OTHER)]),
        ("tls-completed", vec![shaken(GOOD)], vec![unshaken(GOOD)]),
        ("sni-missing:good", vec![shaken_for_none(GOOD)], vec![shaken(GOOD), shaken_for_none(OTHER)]),
        (
            "sni-other",
            vec![shaken_for(GOOD, "other.example.com")],
            vec![shaken_for(GOOD, "GOOD.example.com")],
        ),
        (
            "sni-other:good",
            vec![shaken_for(GOOD, "a.example")],
            vec![shaken_for_none(GOOD), shaken_for(OTHER, "a.example")],
        ),
        ("tls-older", vec![shaken_offering(GOOD, "TLSv1_1")], vec![shaken_offering(GOOD, "TLSv1_2")]),
        (
            "clear-again",
            vec![unshaken(GOOD), clear(OTHER, b"STARTTLS\r\n"), unshaken(OTHER)],
            vec![unshaken(GOOD), clear(OTHER, b"STARTTLS\r\n"), shaken_for(OTHER, "other.example.com")],
        ),
        // Of two names that lead there, nobody can tell which was meant.
        (
            "clear-again",
            vec![unshaken(GOOD), clear(OTHER, b"EHLO x\r\n"), shaken(OTHER)],
            vec![unshaken(GOOD), clear(OTHER, b"EHLO x\r\n")],
        ),
        (
            "clear-again",
            vec![unshaken(GOOD), clear(OTHER, b"QUIT\r\n"), shaken(OTHER)],
            vec![unshaken(IMPLICIT), clear(OTHER, b"QUIT\r\n"), shaken(OTHER)],
        ),
        (
            "said-unwelcome:good",
            vec![reply(GOOD, b"554 no\r\n"), clear(GOOD, b"EHLO x\r\n")],
            vec![reply(GOOD, b"554 no\r\n"), clear(GOOD, b"QUIT\r\n"), clear(OTHER, b"EHLO x\r\n")],
        ),
        (
            "said-unwelcome",
            vec![
                reply(GOOD, b"220 hello\r\n42"),
                reply(GOOD, b"1 bye\r\n"),
                clear(GOOD, b"HE"),
                clear(GOOD, b"LO x\r\n"),
            ],
            vec![
                clear(GOOD, b"EHLO x\r\n"),
                reply(GOOD, b"220 hello\r\n"),
                reply(GOOD, b"500 what?\r\n"),
                clear(GOOD, b"HELO x\r\n"),
            ],
        ),
        ("mail:good", vec![mail(GOOD, Channel::Tls)], vec![mail(OTHER, Channel::Tls)]),
        ("credential:good", vec![credential(GOOD, Channel::Tls, false)], vec![tls(GOOD, b"AUTH PLAIN\r\n")]),
        ("dns:a.example/A", vec![query("A.example.", "a")], vec![query("a.example", "AAAA")]),
        ("dns:a.example/*", vec![query("a.example", "TXT")], vec![query("b.a.example", "TXT")]),
        ("dns:*/SRV", vec![query("a.example", "SRV")], vec![query("a.example", "TXT")]),
        ("dns", vec![query(".", "NS")], vec![clear(GOOD, b"")]),
    ] {
        let mut reached = Case::expecting(Outcome::Refused);
        reached.expectation.reached = vec![selector.parse().unwrap()];
        let mut never = Case::expecting(Outcome::Refused);
        never.expectation.never = vec![selector.parse().unwrap()];
        for (events, first, second) in
            [(seen, Verdict::Pass, Verdict::Fail), (unseen, Verdict::Inconclusive, Verdict::Pass)]
        {
            assert_eq!(judged(&reached, events.clone(), refused(None)).0, first, "{selector}: {events:?}");
            assert_eq!(judged(&never, events.clone(), refused(None)).0, second, "{selector}: {events:?}");
        }
    }
}

#[test]
fn a_claim_needs_a_login_inside_tls_that_began_as_is_claimed() {
    let case = Case::expecting(Outcome::Configured);
    let claim = |port, security| configured_at("mail.example.com", port, security);
    for (connection, port, security, is_true) in [
        (GOOD, 587, Security::Starttls, true),
        (POP3, 110, Security::Starttls, true),
        (IMPLICIT, 465, Security::Tls, true),
        (GOOD, 587, Security::Tls, false),
        (IMPLICIT, 465, Security::Starttls, false),
        (GOOD, 587, Security::None, false),
        (IMPLICIT, 465, Security::None, false),
        (GOOD, 465, Security::Starttls, false),
        (IMPLICIT, 587, Security::Tls, false),
    ] {
        let expected =
            if is_true { is(Verdict::Pass, &[]) } else { is(Verdict::Fail, &["suite/claims-are-true"]) };
        assert_eq!(
            judged(&case, session(connection), claim(port, security)),
            expected,
            "{connection} {port} {security:?}"
        );
    }
    let rejected = [shaken(GOOD), credential(GOOD, Channel::Tls, false)];
    assert_eq!(judged(&case, rejected, configured()), is(Verdict::Fail, &["suite/claims-are-true"]));
    let in_clear = judged(&case, [credential(GOOD, Channel::Clear, true)], configured());
    assert_eq!(in_clear, is(Verdict::Fail, &["invariant/no-credential-in-clear", "suite/claims-are-true"]));
    assert_eq!(judged(&case, [], configured()), is(Verdict::Fail, &["suite/claims-are-true"]));
}

#[test]
fn an_endpoint_is_right_in_any_case_and_with_a_final_dot() {
    let mut case = Case::expecting(Outcome::Configured);
    case.end().endpoint = Some("mail.example.com".to_owned());
    let false_too = || is(Verdict::Fail, &["suite/claims-are-true", "area/must"]);
    for (host, expected) in [
        ("mail.example.com", is(Verdict::Pass, &[])),
        ("Mail.EXAMPLE.com.", is(Verdict::Pass, &[])),
        ("mail.example.org", false_too()),
        ("xmail.example.com", false_too()),
        ("", false_too()),
    ] {
        assert_eq!(
            judged(&case, session(GOOD), configured_at(host, 587, Security::Starttls)),
            expected,
            "{host}"
        );
    }
}

#[test]
fn a_claim_names_the_host_and_port_at_which_the_login_was() {
    let case = Case::expecting(Outcome::Configured);
    let login = |handshake: Event| [handshake, credential(GOOD, Channel::Tls, true)];
    let both = |one: [Event; 2], other: Vec<Event>| one.into_iter().chain(other).collect::<Vec<_>>();
    let good = || "good.example.com";
    let true_of = [
        (login(shaken_for(GOOD, good())).to_vec(), good(), 587),
        (login(shaken_for(GOOD, "Good.Example.COM")).to_vec(), "good.example.com.", 587),
        // Who sends no name, or one that leads nowhere, is judged by what it says.
        (login(shaken_for_none(GOOD)).to_vec(), good(), 587),
        (login(shaken_for(GOOD, "example.com")).to_vec(), good(), 587),
        (both(login(shaken_for(GOOD, good())), session(OTHER)), good(), 587),
    ];
    let false_of = [
        // Another server, a server where nobody logged in, and the name of an alias that was not asked for.
        (login(shaken_for(GOOD, good())).to_vec(), "other.example.com", 587),
        (
            both(login(shaken_for(GOOD, good())), vec![shaken_for(OTHER, "other.example.com")]),
            "other.example.com",
            587,
        ),
        (login(shaken_for(GOOD, good())).to_vec(), "mail.example.com", 587),
        (login(shaken_for(GOOD, good())).to_vec(), "127.0.0.1", 587),
        (login(shaken_for(GOOD, good())).to_vec(), good(), 25),
        (login(shaken_for_none(GOOD)).to_vec(), "example.com", 587),
    ];
    for (expected, claims) in [
        (is(Verdict::Pass, &[]), &true_of[..]),
        (is(Verdict::Fail, &["suite/claims-are-true"]), &false_of[..]),
    ] {
        for (events, host, port) in claims {
            let report = configured_at(host, *port, Security::Starttls);
            assert_eq!(judged(&case, events.clone(), report), expected, "{host}:{port} {events:?}");
        }
    }
}

#[test]
fn a_wrong_name_in_sni_breaks_the_rule_of_sni_where_the_scenario_states_it() {
    let mut case = Case::expecting(Outcome::Configured);
    case.expectation.never = vec!["sni-missing".parse().unwrap(), "sni-other".parse().unwrap()];
    let events = |handshake| vec![handshake, credential(GOOD, Channel::Tls, true)];
    for handshake in [shaken_for_none(GOOD), shaken_for(GOOD, "example.com")] {
        let judged = |case: &Case| judged(case, events(handshake.clone()), configured());
        case.requirements.truncate(1);
        assert_eq!(judged(&case), is(Verdict::Fail, &["area/must"]));
        case.requirements.push(("tls/sni-is-the-target".to_owned(), Level::Must));
        assert_eq!(judged(&case), is(Verdict::Fail, &["tls/sni-is-the-target"]));
    }
    assert_eq!(judged(&case, events(shaken(GOOD)), configured()), is(Verdict::Pass, &[]));
}

#[test]
fn only_recommendations_are_weak() {
    let mut case = refusal();
    let wrong = || stopped().into_iter().chain([credential(OTHER, Channel::Tls, false)]);
    assert_eq!(judged(&case, wrong(), refused(None)).0, Verdict::Fail);
    case.requirements =
        vec![("area/should".to_owned(), Level::Should), ("area/must".to_owned(), Level::Must)];
    assert_eq!(judged(&case, wrong(), refused(None)), is(Verdict::Weak, &["area/should"]));
    let leaking = wrong().chain([mail(EVIL, Channel::Tls)]);
    assert_eq!(judged(&case, leaking, refused(None)).0, Verdict::Fail);
    assert_eq!(judged(&case, stopped(), refused(None)), is(Verdict::Pass, &[]));
}

#[test]
fn a_lesser_claim_covers_what_it_does_not_promise_and_nothing_else() {
    let before = |event: Event| [event].into_iter().chain(session(GOOD)).collect::<Vec<_>>();
    let behind = |event: Event| session(GOOD).into_iter().chain([event]).collect::<Vec<_>>();
    let told = [
        (session(EXPIRED), [Verdict::Weak, Verdict::Weak, Verdict::Fail]),
        (session(EVIL), [Verdict::Weak, Verdict::Weak, Verdict::Fail]),
        (before(credential(GOOD, Channel::Clear, true)), [Verdict::Weak, Verdict::Fail, Verdict::Fail]),
        (behind(clear(GOOD, b"QUIT\r\n")), [Verdict::Weak, Verdict::Fail, Verdict::Fail]),
        (Vec::new(), [Verdict::Fail, Verdict::Fail, Verdict::Fail]),
    ];
    let claims = [Stance::Opportunistic, Stance::Required, Stance::Verified];
    for (row, (events, verdicts)) in told.into_iter().enumerate() {
        for (claimed, verdict) in claims.into_iter().zip(verdicts) {
            let case = Case { claimed, ..Case::expecting(Outcome::Configured) };
            assert_eq!(judged(&case, events.clone(), configured()).0, verdict, "row {row}, {claimed:?}");
            let asked = Case { stance: claimed, claimed, ..Case::expecting(Outcome::Configured) };
            assert_eq!(
                judged(&asked, events.clone(), configured()).0,
                Verdict::Fail,
                "row {row}, {claimed:?}"
            );
            assert_eq!(judged(&case, session(GOOD), configured()).0, Verdict::Pass);
        }
    }
}

#[test]
fn no_report_is_an_error_unless_something_leaked_before() {
    for reason in ["the subject crashed: signal 11", "the subject did not end within 2s"] {
        let ended = |events: Vec<Event>| refusal().judge(&[run(events, Err(reason.to_owned()))]);
        let judgement = ended(stopped());
        assert_eq!(judgement.verdict, Verdict::Errored);
        assert_eq!(broken(&judgement), ["suite/subject-ends-with-a-report"]);
        assert_eq!(judgement.findings[0].seen, reason);
        let leak = stopped().into_iter().chain([clear(OTHER, PASSWORD)]).collect();
        assert_eq!(ended(leak).verdict, Verdict::Fail);
        let forbidden = stopped().into_iter().chain([credential(OTHER, Channel::Tls, true)]).collect();
        assert_eq!(ended(forbidden).verdict, Verdict::Fail);
    }
}

#[test]
fn unsupported_is_believed_unless_something_leaked_before() {
    let unsupported = || Report::unsupported(Role::SetUp, "no POP3");
    assert_eq!(judged(&refusal(), [], unsupported()), is(Verdict::Unsupported, &["suite/supported"]));
    assert_eq!(judged(&refusal(), stopped(), unsupported()).0, Verdict::Unsupported);
    let leak = stopped().into_iter().chain([clear(OTHER, PASSWORD)]);
    assert_eq!(judged(&refusal(), leak, unsupported()).0, Verdict::Fail);
}

#[test]
fn the_worst_run_decides() {
    let mut case = refusal();
    case.requirements = vec![("area/should".to_owned(), Level::Should)];
    let good = || run(stopped(), Ok(refused(None)));
    let weak =
        || run(stopped().into_iter().chain([credential(OTHER, Channel::Tls, false)]), Ok(refused(None)));
    let unsupported = || run([], Ok(Report::unsupported(Role::SetUp, "")));
    let inconclusive = || run([], Ok(refused(None)));
    let errored = || run([], Err("crashed".to_owned()));
    let leaking = || run(stopped().into_iter().chain([clear(OTHER, PASSWORD)]), Ok(refused(None)));
    let ranked: [(&dyn Fn() -> Run, Verdict); 6] = [
        (&good, Verdict::Pass),
        (&weak, Verdict::Weak),
        (&unsupported, Verdict::Unsupported),
        (&inconclusive, Verdict::Inconclusive),
        (&errored, Verdict::Errored),
        (&leaking, Verdict::Fail),
    ];
    for (better, (one, _)) in ranked.iter().enumerate() {
        for (worse, (other, verdict)) in ranked.iter().enumerate().skip(better) {
            let judgement = case.judge(&[one(), other()]);
            assert_eq!((judgement.verdict, judgement.run), (*verdict, usize::from(worse > better)));
            let judgement = case.judge(&[other(), one()]);
            assert_eq!((judgement.verdict, judgement.run), (*verdict, 0));
        }
    }
    assert_eq!(case.judge(&[]).verdict, Verdict::Errored);
}

#[test]
fn a_fault_that_never_bit_has_shown_nothing_even_of_who_was_right_to_go_on() {
    let case =
        Case { faults: vec![demanded(1, "dns:a/A", "ttl-raised")], ..Case::expecting(Outcome::Configured) };
    let worked = || session(GOOD);
    let bitten = [fault("dns:a/A", "ttl-raised")].into_iter().chain(worked());
    assert_eq!(judged(&case, bitten, configured()), is(Verdict::Pass, &[]));
    let idle = judged(&case, worked(), configured());
    assert_eq!(idle, is(Verdict::Inconclusive, &["suite/reached"]));
}

/// A case that rests on guessed hosts, which the specification only allows.
fn guess(outcome: Outcome) -> Case {
    let mut case = Case::expecting(outcome);
    case.end().guessing = true;
    case.expectation.reached = vec!["tcp:good".parse().unwrap()];
    case
}

fn asks(reason: Option<&str>) -> Report {
    let report = set_up::Report::AskUser { reason: reason.map(str::to_owned), detail: None };
    report.into()
}

#[test]
fn who_guesses_nothing_and_asks_the_user_has_done_no_wrong() {
    let none = || vec![query("_submission._tcp.example.com", "SRV")];
    for reason in [None, Some("nothing-fits")] {
        let judgement = judged(&guess(Outcome::AskUser), none(), asks(reason));
        assert_eq!(judgement, is(Verdict::Pass, &[]));
        let judgement = judged(&guess(Outcome::Configured), none(), asks(reason));
        assert_eq!(judgement, is(Verdict::Unsupported, &["suite/left-free"]));
    }
}

#[test]
fn who_guesses_and_fails_or_asks_for_another_reason_has_not_left_it_out() {
    let guessed = || vec![query("smtp.example.com", "A")];
    let inconclusive = is(Verdict::Inconclusive, &["suite/reached"]);
    assert_eq!(judged(&guess(Outcome::AskUser), guessed(), asks(Some("nothing-fits"))), inconclusive);
    let wrong = judged(&guess(Outcome::Configured), guessed(), asks(Some("nothing-fits")));
    assert_eq!(wrong.0, Verdict::Fail);
    assert_eq!(judged(&guess(Outcome::AskUser), vec![], asks(Some("target-out-of-domain"))), inconclusive);
    let mut other = guess(Outcome::AskUser);
    other.end().guessing = false;
    assert_eq!(judged(&other, vec![], asks(None)), inconclusive);
}

#[test]
fn where_faults_are_alternatives_the_first_is_enough_and_none_is_not() {
    let mut case = Case::expecting(Outcome::Refused);
    case.faults = vec![demanded(1, "dns:a/SRV", "servfail"), numbered(2)];
    let first = || vec![numbered_fault(1, "dns:a/SRV", "servfail")];
    assert_eq!(judged(&case, first(), refused(None)), is(Verdict::Inconclusive, &["suite/reached"]));
    case.end().any_fault = true;
    assert_eq!(judged(&case, first(), refused(None)), is(Verdict::Pass, &[]));
    let none = judged(&case, vec![], refused(None));
    assert_eq!(none, is(Verdict::Inconclusive, &["suite/reached", "suite/reached"]));
}

fn numbered(number: u32) -> crate::judge::DemandedFault {
    demanded(number, "dns:a/TXT", "servfail")
}

fn gap_of_harness() -> Event {
    Event::Gap(Gap::Harness { error: "accept a connection: too many open files".to_owned() })
}

#[test]
fn what_is_not_in_a_transcript_with_a_gap_says_nothing_and_what_is_in_it_convicts() {
    let case = refusal();
    let right = || refused(Some("pin-mismatch"));
    let judged_with = |gap: Event, report| judged(&case, stopped().into_iter().chain([gap]), report);
    // Neither a right end nor a wrong one, nor a claim that nothing bears out.
    for report in [right(), configured()] {
        let flooded = judged_with(Event::Gap(Gap::Flood), report.clone());
        assert_eq!(flooded, is(Verdict::Inconclusive, &["suite/whole-transcript"]));
        assert_eq!(judged_with(gap_of_harness(), report), is(Verdict::Errored, &["suite/lab-runs"]));
    }
    // Nor a report that never came: the flood is what kept it from being judged.
    let silent = case.judge(&[run([Event::Gap(Gap::Flood)], Err("the subject crashed".to_owned()))]);
    assert_eq!(silent.verdict, Verdict::Inconclusive);
    for gap in [Event::Gap(Gap::Flood), gap_of_harness()] {
        let leaked = stopped().into_iter().chain([credential(GOOD, Channel::Clear, false), gap]);
        assert_eq!(judged(&case, leaked, right()).0, Verdict::Fail);
    }
    let lacking = case.judge(&[run([gap_of_harness()], Ok(right()))]);
    let seen = &lacking.findings[0].seen;
    assert!(
        seen.starts_with("the lab failed to accept a connection: too many open files; run fewer cases"),
        "{seen}"
    );
}

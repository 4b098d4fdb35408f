//! Leaks, each beside an honest session that looks most like it.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL};
use signpost_transcript::{Channel, Event, HandshakeOutcome};

use super::stage::*;
use crate::role::set_up::Outcome;
use signpost_format::Verdict;

const CREDENTIAL: &str = "invariant/no-credential-in-clear";
const MAIL: &str = "invariant/no-mail-in-clear";
const FORGED: &str = "invariant/nothing-to-forged-host";
const REJECTED: &str = "invariant/nothing-to-rejected-certificate";
const SILENCE: &str = "invariant/silence-after-tls-failure";

/// Puts each before an honest session: the leak breaks exactly what is said, the twin nothing.
fn check(what: &str, leak: &[Event], twin: &[Event], requirements: &[&str]) {
    let case = Case::expecting(Outcome::Configured);
    let judged = |events: &[Event]| {
        let events = events.iter().cloned().chain(session(OTHER));
        case.judge(&[run(events, Ok(configured()))])
    };
    let judgement = judged(twin);
    assert_eq!((judgement.verdict, broken(&judgement)), (Verdict::Pass, Vec::new()), "twin of {what}");
    let judgement = judged(leak);
    assert_eq!((judgement.verdict, broken(&judgement)), (Verdict::Fail, requirements.to_vec()), "{what}");
    assert!(judgement.findings.iter().all(|finding| !finding.lines.is_empty()), "{what}");
}

/// The same octets are a leak in clear and none inside TLS.
fn check_octets(what: &str, octets: &[u8]) {
    check(what, &[clear(GOOD, octets)], &[tls(GOOD, octets)], &[CREDENTIAL]);
    for size in [1, 3, 7, 16] {
        let pieces: Vec<Event> = octets.chunks(size).map(|piece| clear(GOOD, piece)).collect();
        let inside: Vec<Event> = octets.chunks(size).map(|piece| tls(GOOD, piece)).collect();
        check(&format!("{what} in pieces of {size}"), &pieces, &inside, &[CREDENTIAL]);
    }
}

#[test]
fn a_password_in_clear_is_found_however_it_is_written() {
    let plain = |identity: &str, user: &str| format!("{identity}\0{user}\0{PASSWORD}");
    let folded = {
        let text = BASE64.encode(plain("", "alice@example.com").as_bytes());
        let (head, tail) = text.split_at(40);
        format!("{head}\r\n {tail}")
    };
    for (what, text) in [
        ("PASS", format!("PASS {PASSWORD}\r\n")),
        ("no line end", format!("USER alice {PASSWORD}")),
        ("password in MAIL's parameter", format!("VRFY <alice:{PASSWORD}@example.com>\r\n")),
        ("PLAIN, initial", format!("AUTH PLAIN {}\r\n", BASE64.encode(plain("", "alice").as_bytes()))),
        ("PLAIN, continued", format!("{}\r\n", BASE64.encode(plain("", "alice@example.com").as_bytes()))),
        (
            "PLAIN, for another",
            format!("{}\r\n", BASE64.encode(plain("alice@example.com", "alice").as_bytes())),
        ),
        ("PLAIN, unknown user", format!("{}\r\n", BASE64.encode(plain("bob", "robert").as_bytes()))),
        ("PLAIN, folded", format!("{folded}\r\n")),
        ("PLAIN, unpadded", format!("{}\r\n", BASE64_NOPAD.encode(plain("", "alice").as_bytes()))),
        ("PLAIN, URL-safe", format!("{}\r\n", BASE64URL.encode(plain("", "alice").as_bytes()))),
        ("PLAIN, padded too much", format!("{}===\r\n", BASE64_NOPAD.encode(plain("", "al").as_bytes()))),
        ("LOGIN", format!("{}\r\n", BASE64.encode(PASSWORD.as_bytes()))),
        (
            "LOGIN with a line end in it",
            format!("{}\r\n", BASE64.encode(format!("{PASSWORD}\r\n").as_bytes())),
        ),
        ("XOAUTH2", format!("{}\r\n", BASE64.encode(format!("user=a\x01auth={PASSWORD}\x01").as_bytes()))),
        ("behind STARTTLS in one segment", format!("STARTTLS\r\nPASS {PASSWORD}\r\n")),
    ] {
        check_octets(what, text.as_bytes());
    }
}

#[test]
fn what_is_no_password_is_left_alone() {
    let case = Case::expecting(Outcome::Configured);
    for text in [
        "PASS\r\n".to_owned(),
        "USER alice@example.com\r\n".to_owned(),
        "PASSIVE aggression\r\n".to_owned(),
        "AUTH LOGIN\r\nYWxpY2U=\r\n*\r\n".to_owned(),
        "APOP\r\n".to_owned(),
        "AUTH PLAIN\r\n".to_owned(),
        format!("NOOP {}\r\n", &PASSWORD[1..]),
        format!("{}\r\n", BASE64.encode(b"\0alice\0correct-horse-buttery")),
    ] {
        let events = [clear(GOOD, &text)].into_iter().chain(session(OTHER));
        let judgement = case.judge(&[run(events, Ok(configured()))]);
        assert_eq!(judgement.verdict, Verdict::Pass, "{text}: {:?}", judgement.findings);
    }
}

#[test]
fn a_short_password_is_found_as_a_whole_and_not_by_chance() {
    let case = Case { password: "abc".to_owned(), ..Case::expecting(Outcome::Configured) };
    for (octets, verdict) in [
        (BASE64.encode(b"\0alice\0abc"), Verdict::Fail),
        (BASE64.encode(b"alice\0alice\0abc"), Verdict::Fail),
        (BASE64.encode(b"abc"), Verdict::Fail),
        (BASE64.encode(b"xyz"), Verdict::Pass),
    ] {
        let judgement =
            case.judge(&[run([clear(GOOD, &octets)].into_iter().chain(session(OTHER)), Ok(configured()))]);
        assert_eq!(judgement.verdict, verdict, "{octets}");
    }
    let nothing = Case { password: String::new(), ..Case::expecting(Outcome::Configured) };
    let events = [clear(GOOD, "EHLO x\r\n"), query("example.com", "A")].into_iter().chain(session(OTHER));
    assert_eq!(nothing.judge(&[run(events, Ok(configured()))]).verdict, Verdict::Pass);
}

#[test]
fn a_password_is_not_pieced_together_from_two_connections() {
    let (head, tail) = PASSWORD.split_at(9);
    check(
        "two segments of one connection",
        &[clear(GOOD, head), clear(OTHER, b"NOOP\r\n"), clear(GOOD, tail)],
        &[clear(GOOD, head), clear(OTHER, tail)],
        &[CREDENTIAL],
    );
    check(
        "the server's words between",
        &[clear(GOOD, head), reply(GOOD, b"500 what?\r\n"), clear(GOOD, tail)],
        &[reply(GOOD, PASSWORD)],
        &[CREDENTIAL],
    );
}

#[test]
fn a_credential_that_the_server_understood_counts_without_its_octets() {
    for accepted in [true, false] {
        check(
            "credential",
            &[credential(GOOD, Channel::Clear, accepted)],
            &[credential(GOOD, Channel::Tls, accepted)],
            &[CREDENTIAL],
        );
    }
}

#[test]
fn commands_that_carry_a_secret_count_where_the_server_threw_them_away() {
    check(
        "APOP behind STLS",
        &[clear(POP3, b"STLS\r\nAPOP alice c4c9334bac560ecc979e58001b3e22fb\r\n")],
        &[clear(POP3, b"STLS\r\n"), tls(POP3, b"APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n")],
        &[CREDENTIAL],
    );
    check(
        "a password of another account",
        &[clear(POP3, b"pass some"), clear(POP3, b"thing\r\n")],
        &[clear(POP3, b"pass\r\n"), clear(POP3, b"NOOP\r\n")],
        &[CREDENTIAL],
    );
}

#[test]
fn names_are_seen_by_all() {
    check(
        "DNS",
        &[query("correct-horse-battery.example.com", "A")],
        &[query("correct-horse.example.com", "A")],
        &[CREDENTIAL],
    );
    let completed = || HandshakeOutcome::Completed { version: "TLSv1_2".to_owned() };
    check(
        "SNI",
        &[handshake(GOOD, "alice:Correct-Horse-Battery@mail.example.com", completed())],
        &[handshake(GOOD, "alice@mail.example.com", completed())],
        &[CREDENTIAL],
    );
}

#[test]
fn mail_in_clear_is_found() {
    check("mail", &[mail(GOOD, Channel::Clear)], &[mail(GOOD, Channel::Tls)], &[MAIL]);
    let envelope = b"STARTTLS\r\nmail  From:<alice@example.com>\r\n";
    check("mail behind STARTTLS", &[clear(GOOD, envelope)], &[clear(GOOD, &envelope[..10])], &[MAIL]);
    let (head, tail) = envelope.split_at(14);
    check("mail in two segments", &[clear(GOOD, head), clear(GOOD, tail)], &[tls(GOOD, envelope)], &[MAIL]);
}

#[test]
fn nothing_is_handed_to_a_forged_host() {
    let password = format!("XLOGIN alice {PASSWORD}");
    for (what, event) in [
        ("credential", credential as fn(u32, Channel, bool) -> Event),
        ("mail", |connection, channel, _| mail(connection, channel)),
    ] {
        check(what, &[event(EVIL, Channel::Tls, true)], &[event(GOOD, Channel::Tls, true)], &[FORGED]);
        let twin = [event(GOOD, Channel::Tls, false)];
        check(what, &[event(EXPIRED, Channel::Tls, false)], &twin, &[REJECTED]);
    }
    check("what no server understood", &[tls(EVIL, &password)], &[tls(GOOD, &password)], &[FORGED]);
    check("what no server understood", &[tls(EXPIRED, &password)], &[tls(GOOD, &password)], &[REJECTED]);
    check(
        "both",
        &[credential(EVIL, Channel::Clear, true)],
        &[clear(EVIL, b"EHLO client\r\n"), shaken(EVIL), tls(EVIL, b"QUIT\r\n"), closed(EVIL)],
        &[CREDENTIAL, FORGED],
    );
}

#[test]
fn nothing_is_said_in_clear_behind_a_handshake() {
    let quit = || clear(GOOD, b"QUIT\r\n");
    check("failed", &[unshaken(GOOD), quit()], &[quit(), unshaken(GOOD)], &[SILENCE]);
    // A client that looks at the certificate when the handshake is done fails after the server has seen it succeed.
    check("completed", &[shaken(GOOD), quit()], &[quit(), shaken(GOOD)], &[SILENCE]);
    check("failed", &[unshaken(GOOD), quit()], &[unshaken(GOOD), clear(OTHER, b"QUIT\r\n")], &[SILENCE]);
    check("failed", &[unshaken(GOOD), quit()], &[unshaken(GOOD), reply(GOOD, b"454 no\r\n")], &[SILENCE]);
    check("failed", &[unshaken(GOOD), quit()], &[unshaken(GOOD), clear(GOOD, b""), closed(GOOD)], &[SILENCE]);
}

/// What a subject left behind may speak in the next run of the case, on a connection that was accepted in the last.
#[test]
fn a_late_word_is_laid_to_the_server_that_heard_it() {
    let case = Case::expecting(Outcome::Configured);
    for (connection, verdict) in [(EVIL, Verdict::Fail), (GOOD, Verdict::Pass)] {
        let opened = [clear(connection, b"STARTTLS\r\n"), shaken(connection)];
        let first = run(opened.into_iter().chain(session(OTHER)), Ok(configured()));
        let late = [credential(connection, Channel::Tls, true)];
        let mut second = run(late.into_iter().chain(session(OTHER)), Ok(configured()));
        let is_new =
            |event: &Event| !matches!(event, Event::Accepted { connection: at, .. } if at.0 == connection);
        second.transcript.observations.retain(|observation| is_new(&observation.event));
        assert_eq!(case.judge(&[first, second]).verdict, verdict);
    }
}

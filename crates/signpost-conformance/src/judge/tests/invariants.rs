//! Leaks, each beside an honest session that looks most like it.

use std::num::NonZeroU32;

use data_encoding::{BASE32_NOPAD, BASE64, BASE64_NOPAD, BASE64URL, HEXLOWER, HEXUPPER};
use signpost_transcript::{Channel, Event, HandshakeOutcome};

use super::stage::*;
use crate::role::set_up::Outcome;
use signpost_format::Verdict;

const CREDENTIAL: &str = "invariant/no-credential-in-clear";
const LOGIN_NAME: &str = "invariant/no-login-name-in-clear";
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
fn check_octets(what: &str, octets: &[u8], requirements: &[&str]) {
    check(what, &[clear(GOOD, octets)], &[tls(GOOD, octets)], requirements);
    for size in [1, 3, 7, 16] {
        let pieces: Vec<Event> = octets.chunks(size).map(|piece| clear(GOOD, piece)).collect();
        let inside: Vec<Event> = octets.chunks(size).map(|piece| tls(GOOD, piece)).collect();
        check(&format!("{what} in pieces of {size}"), &pieces, &inside, requirements);
    }
}

#[test]
fn a_password_in_clear_is_found_however_it_is_written() {
    let base64 = |text: &str| BASE64.encode(text.as_bytes());
    let (head, tail) = PASSWORD.split_at(9);
    for (what, text) in [
        ("PASS", format!("PASS {PASSWORD}\r\n")),
        ("no line end", format!("USER {PASSWORD}")),
        ("LOGIN", format!("{}\r\n", base64(PASSWORD))),
        ("LOGIN with a line end in it", format!("{}\r\n", base64(&format!("{PASSWORD}\r\n")))),
        ("XOAUTH2", format!("{}\r\n", base64(&format!("user=a\x01auth={PASSWORD}\x01")))),
        ("behind STARTTLS in one segment", format!("STARTTLS\r\nPASS {PASSWORD}\r\n")),
        ("hexadecimal", format!("X {}\r\n", HEXLOWER.encode(PASSWORD.as_bytes()))),
        ("hexadecimal, upper case", format!("X {}\r\n", HEXUPPER.encode(PASSWORD.as_bytes()))),
        (
            "hexadecimal, folded",
            format!(
                "{}\r\n {}\r\n",
                &HEXLOWER.encode(PASSWORD.as_bytes())[..21],
                &HEXLOWER.encode(PASSWORD.as_bytes())[21..]
            ),
        ),
        ("quoted-printable", "X correct=2Dhorse=2Dbattery\r\n".to_owned()),
        ("quoted-printable, folded", "correct-h=\r\norse-battery\r\n".to_owned()),
        ("percent", "X http://a/correct%2dhorse%2Dbatter%79\r\n".to_owned()),
        ("xtext", "NOOP correct+2Dhorse+2Dbattery\r\n".to_owned()),
        ("in two lines", format!("{head}\r\n{tail}\r\n")),
        ("in two commands", format!("XONE {head}\r\nXTWO {tail}\r\n")),
        ("in two words", format!("NOOP {head} {tail}\r\n")),
        (
            "base64 in two commands",
            format!("XONE {}\r\nXTWO {}\r\n", &base64(PASSWORD)[..10], &base64(PASSWORD)[10..]),
        ),
    ] {
        check_octets(what, text.as_bytes(), &[CREDENTIAL]);
    }
    for before in 0..6 {
        for behind in 0..3 {
            let text = format!("{}{PASSWORD}{}", &"zzzzzz"[..before], &"zzz"[..behind]);
            check_octets(
                "base64 in each alignment",
                format!("{}\r\n", base64(&text)).as_bytes(),
                &[CREDENTIAL],
            );
        }
    }
}

#[test]
fn a_password_with_the_name_beside_it_gives_both_away() {
    let plain = |identity: &str, user: &str| format!("{identity}\0{user}\0{PASSWORD}");
    let folded = {
        let text = BASE64.encode(plain("", "bob@example.com").as_bytes());
        let (head, tail) = text.split_at(40);
        format!("{head}\r\n {tail}")
    };
    let both = &[CREDENTIAL, LOGIN_NAME][..];
    for (what, text, requirements) in [
        ("password in MAIL's parameter", format!("VRFY <alice:{PASSWORD}@example.com>\r\n"), both),
        ("PLAIN, initial", format!("AUTH PLAIN {}\r\n", BASE64.encode(plain("", "alice").as_bytes())), both),
        (
            "PLAIN, continued",
            format!("{}\r\n", BASE64.encode(plain("", "alice@example.com").as_bytes())),
            both,
        ),
        (
            "PLAIN, for another",
            format!("{}\r\n", BASE64.encode(plain("alice@example.com", "alice").as_bytes())),
            both,
        ),
        (
            "PLAIN, unknown user",
            format!("{}\r\n", BASE64.encode(plain("bob", "robert").as_bytes())),
            &both[..1],
        ),
        ("PLAIN, folded", format!("{folded}\r\n"), &both[..1]),
        ("PLAIN, unpadded", format!("{}\r\n", BASE64_NOPAD.encode(plain("", "alice").as_bytes())), both),
        ("PLAIN, URL-safe", format!("{}\r\n", BASE64URL.encode(plain("", "alice").as_bytes())), both),
        (
            "PLAIN, padded too much",
            format!("{}===\r\n", BASE64_NOPAD.encode(plain("", "al").as_bytes())),
            &both[..1],
        ),
    ] {
        check_octets(what, text.as_bytes(), requirements);
    }
}

#[test]
fn an_answer_to_a_challenge_counts_as_the_password_whatever_it_was_made_of() {
    let base64 = |text: &str| BASE64.encode(text.as_bytes());
    let both = &[CREDENTIAL, LOGIN_NAME][..];
    let proof = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfc,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    for (what, text, requirements) in [
        ("CRAM-MD5", base64("alice b913a602c7eda7a495b4e6e7334d3890"), both),
        ("CRAM-MD5, unknown user", base64("bob b913a602c7eda7a495b4e6e7334d3890"), &both[..1]),
        ("SCRAM", base64(proof), &both[..1]),
        ("SCRAM, as an initial response", format!("AUTH SCRAM-SHA-256 {}", base64(proof)), &both[..1]),
        ("OAUTHBEARER", base64("n,a=alice,\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRh\x01\x01"), both),
        ("DIGEST-MD5", base64("nonce=\"x\",response=d388dad90d4bbd760a152321f2143af7"), &both[..1]),
    ] {
        check_octets(what, format!("{text}\r\n").as_bytes(), requirements);
    }
}

#[test]
fn what_is_made_of_the_password_is_found_in_names_and_in_clear() {
    use signpost_sasl::scram::{Keys, ServerFirst};
    use signpost_sasl::{cram_md5, digest};
    let challenge = ServerFirst::new("fyko+d2lbbFgONRv9qkxdawL3rfc", b"salt", NonZeroU32::new(4096).unwrap());
    let keys = Keys::derive(PASSWORD, challenge.salt(), challenge.iterations());
    let said = |text: &str| reply(GOOD, format!("334 {}\r\n", BASE64.encode(text.as_bytes())).as_bytes());
    let (scram, cram) = (said(challenge.message()), said("<1896.697170952@postoffice.example.com>"));
    let other = HEXLOWER.encode(&digest::md5(b"correct-horse-buttery"));
    for (what, before, made) in [
        ("MD5", None, digest::md5(PASSWORD.as_bytes()).to_vec()),
        ("SHA-1", None, digest::sha1(PASSWORD.as_bytes())),
        ("SHA-256", None, digest::sha256(PASSWORD.as_bytes())),
        ("salted password", Some(&scram), keys.salted_password().to_vec()),
        ("client key", Some(&scram), keys.client_key().to_vec()),
        ("stored key", Some(&scram), keys.stored_key().to_vec()),
        (
            "CRAM-MD5",
            Some(&cram),
            cram_md5::keyed(PASSWORD, b"<1896.697170952@postoffice.example.com>").to_vec(),
        ),
    ] {
        let with = |event: Event| before.cloned().into_iter().chain([event]).collect::<Vec<Event>>();
        let hexadecimal = HEXLOWER.encode(&made);
        let (head, tail) = hexadecimal.split_at(16);
        let name = format!("{head}.{tail}.example.com");
        let twin = with(query(&format!("{other}.example.com"), "A"));
        check(&format!("{what} in a name"), &with(query(&name, "A")), &twin, &[CREDENTIAL]);
        // Resolvers write letters in either case, to be harder to forge an answer to.
        let mixed = BASE32_NOPAD.encode(&made).replace('A', "a");
        let mixed = format!("x.{}.example.com", mixed);
        check(&format!("{what} in base32"), &with(query(&mixed, "A")), &twin, &[CREDENTIAL]);
        for text in [hexadecimal, BASE64.encode(&made)] {
            let (leak, inside) =
                (clear(GOOD, format!("X {text}\r\n").as_bytes()), tls(GOOD, text.as_bytes()));
            check(what, &with(leak), &with(inside), &[CREDENTIAL]);
        }
    }
    let plain = BASE32_NOPAD.encode(PASSWORD.as_bytes());
    check(
        "the password in base32",
        &[query(&format!("{plain}.example.com"), "TXT")],
        &[query(&format!("{}.example.com", BASE32_NOPAD.encode(b"correct-horse-buttery")), "TXT")],
        &[CREDENTIAL],
    );
}

#[test]
fn a_login_name_in_clear_is_found_and_a_host_of_that_name_is_none() {
    let base64 = |text: &str| BASE64.encode(text.as_bytes());
    for text in [
        "USER alice@example.com\r\n".to_owned(),
        "user Alice@Example.com\r\n".to_owned(),
        "USER alice".to_owned(),
        "USER alice%example.com\r\n".to_owned(),
        "USER alice@submission-1.example.com\r\n".to_owned(),
        "EHLO alice\r\n".to_owned(),
        "EHLO alice@example.com\r\n".to_owned(),
        "EHLO alice.example.net\r\n".to_owned(),
        "ehlo Alice-laptop.localdomain\r\n".to_owned(),
        "HELO laptop-of-alice\r\n".to_owned(),
        "VRFY <alice>\r\n".to_owned(),
        "STARTTLS\r\nUSER alice@example.com\r\n".to_owned(),
        format!("AUTH PLAIN {}\r\n", base64("\0alice@example.com\0")),
        format!("AUTH LOGIN\r\n{}\r\n", base64("alice@example.com")),
        format!("AUTH LOGIN {}\r\n", base64("alice")),
        format!("AUTH XOAUTH2 {}\r\n", base64("user=alice@example.com\x01auth=Bearer x\x01\x01")),
        format!("AUTH SCRAM-SHA-256 {}\r\n", base64("n,,n=alice,r=fyko+d2lbbFgONRv9qkxdawL")),
        format!("X {}\r\n", HEXLOWER.encode(b"alice@example.com")),
        "NOOP AUTH=alice+40example.com\r\n".to_owned(),
        "X mailto:alice%40example.com\r\n".to_owned(),
        "X alice=40example.com\r\n".to_owned(),
    ] {
        check_octets(&text, text.as_bytes(), &[LOGIN_NAME]);
    }
    let envelope = "MAIL FROM:<alice@example.com> BODY=8BITMIME\r\n";
    check_octets("envelope", envelope.as_bytes(), &[LOGIN_NAME, MAIL]);
    let completed = || HandshakeOutcome::Completed { version: "TLSv1_2".to_owned() };
    for (what, leak, twin) in [
        ("DNS", query("alice@example.com", "MX"), query("alice.example.com", "MX")),
        ("DNS, escaped", query("alice\\@example.com", "A"), query("malice.example.com", "A")),
        (
            "SNI",
            handshake(GOOD, "alice@example.com", completed()),
            handshake(GOOD, "alice.example.com", completed()),
        ),
    ] {
        check(what, &[leak], &[twin], &[LOGIN_NAME]);
    }
    for text in [
        "EHLO queen-of-hearts.example.net\r\n",
        "EHLO malice-laptop\r\n",
        "EHLO example.com\r\n",
        "EHLO [127.0.0.1]\r\n",
        "ALICE\r\n",
        "USER malice@example.com\r\n",
        "USER alice@example.community\r\n",
        "USER bob@alice.example\r\n",
        "USER alice@example.net\r\n",
        "NOOP alice-in-wonderland\r\n",
        "USER\r\n",
    ] {
        for size in [usize::MAX, 1, 10] {
            let said: Vec<Event> = text.as_bytes().chunks(size).map(|piece| clear(GOOD, piece)).collect();
            check(text, &[said.clone(), vec![clear(OTHER, "USER alice\r\n")]].concat(), &said, &[LOGIN_NAME]);
        }
    }
}

#[test]
fn what_is_no_password_is_left_alone() {
    let case = Case::expecting(Outcome::Configured);
    for text in [
        "PASS\r\n".to_owned(),
        "USER bob@example.com\r\n".to_owned(),
        "PASSIVE aggression\r\n".to_owned(),
        "AUTH LOGIN\r\nYm9iYnk=\r\n*\r\n".to_owned(),
        "APOP\r\n".to_owned(),
        "AUTH PLAIN\r\n".to_owned(),
        format!("NOOP {}\r\n", &PASSWORD[1..]),
        format!("{}\r\n", BASE64.encode(b"\0bob\0correct-horse-buttery")),
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
        &[clear(POP3, b"STLS\r\nAPOP bob c4c9334bac560ecc979e58001b3e22fb\r\n")],
        &[clear(POP3, b"STLS\r\n"), tls(POP3, b"APOP bob c4c9334bac560ecc979e58001b3e22fb\r\n")],
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
    for name in [
        "correct-horse.-battery.example.com".to_owned(),
        format!("{}.example.com", HEXLOWER.encode(PASSWORD.as_bytes())),
        format!("{}.example.com", BASE64_NOPAD.encode(PASSWORD.as_bytes())),
        "correct%2dhorse%2dbattery.example.com".to_owned(),
    ] {
        check(&name, &[query(&name, "A")], &[query(&name[1..], "A")], &[CREDENTIAL]);
    }
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
    let envelope = b"STARTTLS\r\nmail  From:<bob@example.com>\r\n";
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
    let user = "USER alice@example.com\r\n";
    check("a login name", &[tls(EXPIRED, user)], &[tls(GOOD, user), tls(EVIL, user)], &[REJECTED]);
    check("a login name", &[clear(EXPIRED, user)], &[tls(GOOD, user)], &[LOGIN_NAME]);
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

//! Retrieval sessions, reply by reply.

use signpost_discovery::{Mode, Outcome, Reason};

use crate::simulation::Channel::{Clear, Tls};
use crate::simulation::{Reply, Run, Server, World, says};

#[track_caller]
fn check(change: impl Fn(&mut Server), expected: &str) -> Run {
    let mut world = World::pop3();
    change(world.server());
    world.check(expected)
}

#[test]
fn an_honest_session_retrieves_one_message() {
    let run = check(|_| {}, "configured");
    let session: Vec<&str> =
        run.trace.iter().map(String::as_str).skip_while(|line| !line.starts_with("connect")).collect();
    assert_eq!(
        session,
        [
            "connect 192.0.2.1:110",
            "clear CAPA",
            "clear STLS",
            "starttls pop1.example.com pinned Sha256",
            "tls CAPA",
            "tls USER alice@example.com",
            "tls PASS correct horse",
            "tls STAT",
            "tls RETR 1",
            "tls QUIT",
            "close",
        ]
    );
    let Outcome::Configured(configured) = run.outcome else { unreachable!() };
    assert_eq!(configured.retrieved.as_deref(), Some(&b"Subject: hello\r\n\r\n.dot\r\n"[..]));
}

#[test]
fn configuring_retrieves_nothing() {
    let mut world = World::pop3();
    world.request.mode = Mode::Configure;
    assert!(!world.check("configured").has("tls STAT"));
}

#[test]
fn an_empty_mailbox_is_reported() {
    let run = check(|server| _ = server.on(Tls, "STAT", says("+OK 0 0\r\n")), "configured");
    assert_eq!(run.notes(), ["empty-mailbox"]);
}

#[test]
fn stls_must_be_offered_where_anything_is() {
    check(
        |server| _ = server.on(Clear, "CAPA", says("+OK\r\nUSER\r\n.\r\n")),
        "refused starttls-not-offered",
    );
    // CAPA is optional; STLS is tried then, and its answer decides.
    check(|server| _ = server.on(Clear, "CAPA", says("-ERR what?\r\n")), "configured");
    check(
        |server| {
            server.on(Clear, "CAPA", says("-ERR what?\r\n"));
            server.on(Clear, "STLS", says("-ERR what?\r\n"));
        },
        "refused starttls-refused",
    );
}

#[test]
fn only_ok_begins_tls() {
    check(|server| _ = server.on(Clear, "STLS", says("-ERR no\r\n")), "refused starttls-refused");
    for reply in ["220 go\r\n", "+ go\r\n", "+ok go\r\n", "+OKgo\r\n", "* OK\r\n", "\r\n"] {
        check(|server| _ = server.on(Clear, "STLS", says(reply)), "refused starttls-protocol-error");
    }
    check(|server| _ = server.on(Clear, "STLS", Reply::Close), "refused starttls-protocol-error");
    check(
        |server| _ = server.on(Clear, "STLS", says("+OK go\r\n+OK\r\n")),
        "refused plaintext-after-starttls",
    );
    check(|server| server.handshake = Err(Reason::TlsFailed), "refused tls-failed");
}

#[test]
fn apop_is_not_used() {
    let greeting = "+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n";
    let run = check(|server| server.greeting = says(greeting), "configured");
    assert!(!run.has("clear APOP") && !run.has("tls APOP"), "{run:#?}");
}

#[test]
fn greetings() {
    check(|server| server.greeting = says("-ERR [SYS/TEMP] later\r\n"), "unavailable unreachable");
    check(|server| server.greeting = Reply::Close, "unavailable unreachable");
    for greeting in ["220 hello\r\n", "+OK\r\n+OK\r\n", "+\r\n", "ready\r\n"] {
        check(|server| server.greeting = says(greeting), "refused protocol-error");
    }
}

#[test]
fn capabilities_are_bounded() {
    let many = format!("+OK\r\n{}.\r\n", "X\r\n".repeat(200));
    check(|server| _ = server.on(Clear, "CAPA", says(&many)), "refused protocol-error");
    let long = format!("+OK\r\n{}\r\n.\r\n", "X".repeat(3000));
    check(|server| _ = server.on(Clear, "CAPA", says(&long)), "refused protocol-error");
}

#[test]
fn what_was_offered_in_clear_is_forgotten() {
    check(
        |server| {
            server.on(Clear, "CAPA", says("+OK\r\nSTLS\r\nUSER\r\nSASL PLAIN\r\n.\r\n"));
            server.on(Tls, "CAPA", says("+OK\r\nUIDL\r\n.\r\n"));
        },
        "refused auth-not-offered",
    );
}

#[test]
fn sasl_is_preferred_and_restricted() {
    let plain = |server: &mut Server| {
        server.on(Tls, "CAPA", says("+OK\r\nUSER\r\nSASL GSSAPI PLAIN\r\n.\r\n"));
        server.on(Tls, "AUTH PLAIN ", says("+OK\r\n"));
    };
    assert!(!check(plain, "configured").has("tls USER"));

    let mut world = World::pop3();
    world.txt("_pop3._tcp.example.com.", &["v=pop3 STARTTLS=_certroot.example.com SASL=PLAIN"]);
    let run = world.check("refused mechanism-not-allowed");
    assert!(!run.has("tls USER"), "USER is no SASL mechanism: {run:#?}");
    plain(world.server());
    world.check("configured");
}

#[test]
fn a_long_plain_response_waits_for_the_challenge() {
    let mut world = World::pop3();
    world.request.password = Some("x".repeat(250).parse().unwrap());
    world.server().on(Tls, "CAPA", says("+OK\r\nSASL PLAIN\r\n.\r\n"));
    world.server().on(Tls, "AUTH PLAIN", says("+ \r\n"));
    world.server().on(Tls, "AGFsaWNl", says("+OK\r\n"));
    world.check("configured");
}

#[test]
fn the_local_part_is_the_second_login_name() {
    let mut world = World::pop3();
    world.server().on(Tls, "USER alice@example.com", says("-ERR who?\r\n"));
    let run = world.check("configured");
    let Outcome::Configured(configured) = &run.outcome else { unreachable!() };
    assert_eq!(configured.user, "alice");
    world.server().on(Tls, "PASS", says("-ERR [AUTH] no\r\n"));
    world.check("ask-user credentials-rejected");
    world.server().on(Tls, "PASS", Reply::Close);
    world.check("ask-user credentials-rejected");
}

#[test]
fn a_temporary_failure_says_nothing_about_credentials() {
    for code in ["[SYS/TEMP]", "[in-use]", "[LOGIN-DELAY]"] {
        let reply = says(&format!("-ERR {code} later\r\n"));
        check(|server| _ = server.on(Tls, "PASS", reply.clone()), "unavailable unreachable");
    }
}

#[test]
fn a_message_that_is_cut_is_not_retrieved() {
    check(|server| _ = server.on(Tls, "RETR", says("+OK\r\nSubject: he")), "refused protocol-error");
    check(|server| _ = server.on(Tls, "RETR", says("+OK\r\nSubject: hello\r\n")), "refused protocol-error");
    check(|server| _ = server.on(Tls, "STAT", says("+OK many\r\n")), "refused protocol-error");
}

//! Submission sessions, reply by reply.

use signpost_discovery::{Mode, Outcome, Reason};
use signpost_protocol::TlsStart;

use crate::simulation::Channel::{Clear, Tls};
use crate::simulation::{Reply, Run, Server, World, says};

#[track_caller]
fn check(change: impl Fn(&mut Server), expected: &str) -> Run {
    let mut world = World::submission();
    change(world.server());
    world.check(expected)
}

#[test]
fn an_honest_session_says_no_more_than_it_must() {
    let mut world = World::submission();
    world.request.message = b"From: a\nTo: b\n\n.dot\r\nbye".to_vec();
    let run = world.check("configured");
    let session: Vec<&str> =
        run.trace.iter().map(String::as_str).skip_while(|line| !line.starts_with("connect")).collect();
    assert_eq!(
        session,
        [
            "connect 192.0.2.1:587",
            "clear EHLO [127.0.0.1]",
            "clear STARTTLS",
            "starttls submit1.example.com pinned Sha256",
            "tls EHLO [127.0.0.1]",
            "tls AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2U=",
            "tls MAIL FROM:<alice@example.com>",
            "tls RCPT TO:<alice@example.com>",
            "tls DATA",
            "tls From: a",
            "tls To: b",
            "tls ",
            "tls ..dot",
            "tls bye",
            "tls .",
            "tls QUIT",
            "close",
        ]
    );
    let Outcome::Configured(configured) = run.outcome else { unreachable!() };
    assert_eq!(configured.endpoint.tls, TlsStart::Starttls);
    assert_eq!(configured.user, "alice@example.com");
}

#[test]
fn configuring_submits_nothing() {
    let mut world = World::submission();
    world.request.mode = Mode::Configure;
    let run = world.check("configured");
    assert!(run.has("tls AUTH") && run.has("tls QUIT"), "{run:#?}");
}

#[test]
fn starttls_must_be_offered() {
    for reply in ["250 hello\r\n", "250-hello\r\n250 AUTH PLAIN\r\n", "250-STARTTLS\r\n250 AUTH PLAIN\r\n"] {
        check(|server| _ = server.on(Clear, "EHLO", says(reply)), "refused starttls-not-offered");
    }
    // HELO would be the way on, and has no extensions.
    for code in [500, 501, 502, 504, 530, 550, 451] {
        check(
            |server| _ = server.on(Clear, "EHLO", says(&format!("{code} no\r\n"))),
            "refused starttls-not-offered",
        );
    }
}

#[test]
fn only_220_begins_tls() {
    for code in [421, 454, 500, 501, 502, 503, 530, 554] {
        let reply = says(&format!("{code} no\r\n"));
        check(|server| _ = server.on(Clear, "STARTTLS", reply.clone()), "refused starttls-refused");
    }
    for reply in
        ["221 bye\r\n", "250 ok\r\n", "354 go on\r\n", "hello\r\n", "220\tgo\r\n", "220-go\r\n250 ahead\r\n"]
    {
        check(|server| _ = server.on(Clear, "STARTTLS", says(reply)), "refused starttls-protocol-error");
    }
    check(|server| _ = server.on(Clear, "STARTTLS", Reply::Close), "refused starttls-protocol-error");
    check(|server| _ = server.on(Clear, "STARTTLS", says("")), "refused starttls-protocol-error");
}

#[test]
fn plaintext_behind_the_answer_to_starttls_is_an_attack() {
    for more in ["250 evil\r\n", "2", "\r\n"] {
        let reply = says(&format!("220 go\r\n{more}"));
        let run = check(
            |server| _ = server.on(Clear, "STARTTLS", reply.clone()),
            "refused plaintext-after-starttls",
        );
        assert!(!run.has("starttls"), "{run:#?}");
    }
}

#[test]
fn a_failed_handshake_is_the_end_of_the_connection() {
    for reason in [Reason::TlsFailed, Reason::PinMismatch, Reason::CertificateNameMismatch] {
        let run = check(|server| server.handshake = Err(reason), &format!("refused {reason}"));
        assert_eq!(run.trace.last().unwrap(), "close");
        assert_eq!(run.connections().len(), 1);
    }
}

#[test]
fn what_was_offered_in_clear_is_forgotten() {
    let run = check(
        |server| {
            server.on(Clear, "EHLO", says("250-hello\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n"));
            server.on(Tls, "EHLO", says("250 hello\r\n"));
        },
        "refused auth-not-offered",
    );
    assert!(!run.has("tls AUTH"), "{run:#?}");
}

#[test]
fn greetings() {
    for greeting in ["421 busy\r\n", "450 later\r\n", "554 no mail here\r\n"] {
        check(|server| server.greeting = says(greeting), "unavailable unreachable");
    }
    for greeting in [
        "220",
        "220 x\n",
        "+OK\r\n",
        "\r\n",
        "999 x\r\n",
        "250 x\r\n",
        "221 x\r\n",
        "220 x\r\n250 y\r\n",
        "22O x\r\n",
    ] {
        let expected =
            if greeting.ends_with("\r\n") { "refused protocol-error" } else { "unavailable unreachable" };
        check(|server| server.greeting = says(greeting), expected);
    }
    check(|server| server.greeting = Reply::Close, "unavailable unreachable");
}

#[test]
fn replies_are_bounded() {
    let long = format!("220 {}\r\n", "x".repeat(3000));
    check(|server| server.greeting = says(&long), "refused protocol-error");
    let endless = "x".repeat(3000);
    check(|server| server.greeting = says(&endless), "refused protocol-error");
    let many = "220-x\r\n".repeat(200);
    check(|server| server.greeting = says(&many), "refused protocol-error");
    let enough = format!("{}220 x\r\n", "220-x\r\n".repeat(99));
    check(|server| server.greeting = says(&enough), "configured");
}

#[test]
fn a_login_must_be_offered() {
    for reply in [
        "250 hello\r\n",
        "250-hello\r\n250 AUTH\r\n",
        "250-hello\r\n250 AUTH GSSAPI\r\n",
        "250-hello\r\n250 AUTH=PLAIN\r\n",
    ] {
        let run = check(|server| _ = server.on(Tls, "EHLO", says(reply)), "refused auth-not-offered");
        assert!(!run.has("tls MAIL"), "{run:#?}");
    }
}

#[test]
fn a_long_list_of_mechanisms_is_read_to_its_end() {
    let reply = format!("250-hello\r\n250 AUTH {}PLAIN\r\n", "X-OTHER ".repeat(100));
    check(|server| _ = server.on(Tls, "EHLO", says(&reply)), "configured");
}

#[test]
fn what_a_server_says_reaches_no_terminal_raw() {
    let run = check(|server| server.greeting = says("554 \x1b[2J\r\n"), "unavailable unreachable");
    let Outcome::Unavailable { detail, .. } = run.outcome else { unreachable!() };
    assert!(!detail.contains('\x1b'), "{detail:?}");
}

#[test]
fn login_is_spoken_where_plain_is_not() {
    let run = check(
        |server| {
            server.on(Tls, "EHLO", says("250-hello\r\n250 AUTH GSSAPI login\r\n"));
            server.on(Tls, "AUTH LOGIN", says("334 VXNlcm5hbWU6\r\n"));
            server.on(Tls, "YWxpY2VAZXhhbXBsZS5jb20=", says("334 UGFzc3dvcmQ6\r\n"));
            server.on(Tls, "Y29ycmVjdCBob3JzZQ==", says("235 welcome\r\n"));
        },
        "configured",
    );
    assert!(run.has("tls AUTH LOGIN"), "{run:#?}");
}

#[test]
fn only_allowed_mechanisms_are_used() {
    let policy = |sasl: &str| {
        let mut world = World::submission();
        let text = format!("v=submission STARTTLS=_certroot.example.com SASL={sasl}");
        world.txt("_submission._tcp.example.com.", &[&text]);
        world
    };
    let run = policy("SCRAM-SHA-256").check("refused mechanism-not-allowed");
    assert!(!run.has("tls AUTH"), "{run:#?}");
    policy("SCRAM-SHA-256,PLAIN").check("configured");
    let mut world = policy("LOGIN");
    world.server().on(Tls, "AUTH LOGIN", says("235 welcome\r\n"));
    assert!(!world.check("configured").has("tls AUTH PLAIN"));
}

#[test]
fn the_local_part_is_the_second_login_name() {
    let mut world = World::submission();
    let full = "AUTH PLAIN AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2U=";
    world.server().on(Tls, full, says("535 no\r\n"));
    let run = world.check("configured");
    let Outcome::Configured(configured) = &run.outcome else { unreachable!() };
    assert_eq!(configured.user, "alice");

    world.server().on(Tls, "AUTH PLAIN", says("535 no\r\n"));
    world.check("ask-user credentials-rejected");
    world.server().on(Tls, "AUTH PLAIN AGFsaWNlAGNvcnJlY3QgaG9yc2U=", Reply::Close);
    world.check("ask-user credentials-rejected");
}

#[test]
fn rejected_credentials_go_to_no_other_host() {
    let mut world = World::submission();
    world.srv("_submission", &[(1, 1, 587, "submit1.example.com."), (2, 1, 587, "submit2.example.com.")]);
    world.address("submit2.example.com.", "192.0.2.2");
    world.server().on(Tls, "AUTH", says("535 no\r\n"));
    world.serve("192.0.2.2:587", Server::submission());
    assert_eq!(world.check("ask-user credentials-rejected").connections(), ["192.0.2.1:587"]);
}

#[test]
fn a_temporary_failure_of_login_says_nothing_about_credentials() {
    check(|server| _ = server.on(Tls, "AUTH", says("454 later\r\n")), "unavailable unreachable");
}

#[test]
fn every_reply_to_the_submission_counts() {
    for command in ["MAIL", "RCPT", "DATA", "From:"] {
        check(|server| _ = server.on(Tls, command, says("550 no\r\n")), "refused protocol-error");
        check(|server| _ = server.on(Tls, command, Reply::Close), "refused protocol-error");
        check(|server| _ = server.on(Tls, command, says("25")), "refused protocol-error");
    }
    check(|server| _ = server.on(Tls, "AUTH", says("334 \r\n")), "refused protocol-error");
}

#[test]
fn a_message_that_may_have_been_taken_is_not_sent_again() {
    let mut world = World::submission();
    world.srv("_submission", &[(1, 1, 587, "submit1.example.com."), (2, 1, 587, "submit2.example.com.")]);
    world.address("submit2.example.com.", "192.0.2.2");
    world.serve("192.0.2.2:587", Server::submission());
    let replies = ["451 later\r\n", "554 no\r\n", "250-half of it\r\n", "what?\r\n", ""];
    for reply in replies.map(says).into_iter().chain([Reply::Close]) {
        world.server().on(Tls, "From:", reply);
        assert_eq!(world.check("refused protocol-error").connections(), ["192.0.2.1:587"]);
    }
}

//! IMAP sessions, reply by reply.

use signpost_discovery::{Defect, Mode, Outcome, Rules};

use crate::simulation::Channel::{Clear, Tls};
use crate::simulation::{Reply, Run, Server, World, says};

#[track_caller]
fn check(change: impl Fn(&mut Server), expected: &str) -> Run {
    let mut world = World::imap();
    change(world.server());
    world.check(expected)
}

#[test]
fn an_honest_session_fetches_one_message() {
    let run = check(|_| {}, "configured");
    let session: Vec<&str> =
        run.trace.iter().map(String::as_str).skip_while(|line| !line.starts_with("connect")).collect();
    assert_eq!(
        session,
        [
            "connect 192.0.2.1:143",
            "clear a1 CAPABILITY",
            "clear a2 STARTTLS",
            "starttls imap1.example.com pinned Sha256",
            "tls a3 CAPABILITY",
            "tls a4 AUTHENTICATE PLAIN",
            "tls AGFsaWNlQGV4YW1wbGUuY29tAGNvcnJlY3QgaG9yc2U=",
            "tls a5 SELECT INBOX",
            "tls a6 FETCH 1 BODY.PEEK[]",
            "tls a7 LOGOUT",
            "close",
        ]
    );
    let Outcome::Configured(configured) = run.outcome else { unreachable!() };
    assert_eq!(configured.retrieved.as_deref(), Some(&b"Subject: hello\r\n\r\n.dot"[..]));
}

#[test]
fn configuring_fetches_nothing() {
    let mut world = World::imap();
    world.request.mode = Mode::Configure;
    assert!(!world.check("configured").has("tls a5 SELECT"));
}

#[test]
fn an_empty_mailbox_is_reported() {
    let empty = "* 0 EXISTS\r\na5 OK done\r\n";
    let run = check(|server| _ = server.on(Tls, "a5 SELECT", says(empty)), "configured");
    assert_eq!(run.notes(), ["empty-mailbox"]);
}

#[test]
fn a_greeting_that_leaves_no_place_for_tls_is_refused() {
    check(|server| server.greeting = says("* PREAUTH hello alice\r\n"), "refused starttls-not-offered");
    let mut world = World::imap();
    world.server().greeting = says("* PREAUTH hello alice\r\n");
    world.rules = Rules::default().with(Defect::BelievesPreauth);
    assert!(world.run().has("clear a1 SELECT INBOX"));
}

#[test]
fn a_server_that_takes_nobody_gives_way() {
    check(|server| server.greeting = says("* BYE too busy\r\n"), "unavailable unreachable");
    check(|server| server.greeting = says("+OK POP3 here\r\n"), "refused protocol-error");
}

#[test]
fn starttls_must_be_offered_where_anything_is() {
    check(
        |server| {
            _ = server.on(Clear, "a1 CAPABILITY", says("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\na1 OK done\r\n"))
        },
        "refused starttls-not-offered",
    );
    check(|server| _ = server.on(Clear, "a1 CAPABILITY", says("a1 BAD what?\r\n")), "configured");
}

#[test]
fn only_ok_to_the_command_itself_begins_tls() {
    for no in ["a2 NO no\r\n", "a2 BAD what?\r\n", "* BYE no\r\n"] {
        check(|server| _ = server.on(Clear, "a2 STARTTLS", says(no)), "refused starttls-refused");
    }
    for odd in ["+ go\r\n", "220 go\r\n", "a1 OK go\r\n", "* PREAUTH go\r\n", "a2 OKgo\r\n"] {
        check(|server| _ = server.on(Clear, "a2 STARTTLS", says(odd)), "refused starttls-protocol-error");
    }
    check(|server| _ = server.on(Clear, "a2 STARTTLS", Reply::Close), "refused starttls-protocol-error");
    let injected = "a2 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n";
    check(|server| _ = server.on(Clear, "a2 STARTTLS", says(injected)), "refused plaintext-after-starttls");
    // What is remarked before the answer belongs to it, and is forgotten with all else that was said in clear.
    let remarked = "* OK by the way\r\n* CAPABILITY IMAP4rev1 AUTH=X\r\na2 OK go\r\n";
    check(|server| _ = server.on(Clear, "a2 STARTTLS", says(remarked)), "configured");
}

#[test]
fn the_way_to_log_in_is_one_that_is_offered_inside_tls() {
    let offer = |listed: &str| format!("* CAPABILITY IMAP4rev1{listed}\r\na3 OK done\r\n");
    let offering = |listed: &str, expected: &str| {
        check(|server| _ = server.on(Tls, "a3 CAPABILITY", says(&offer(listed))), expected)
    };
    assert!(offering("", "configured").has("tls a4 LOGIN \"alice@example.com\" \"correct horse\""));
    assert!(offering(" LOGINDISABLED AUTH=PLAIN", "configured").has("tls a4 AUTHENTICATE PLAIN"));
    offering(" LOGINDISABLED", "refused auth-not-offered");
    offering(" LOGINDISABLED AUTH=GSSAPI", "refused auth-not-offered");
}

#[test]
fn a_policy_that_names_mechanisms_does_not_mean_the_command_login() {
    let mut world = World::imap();
    world.txt("_imap._tcp.example.com.", &["v=imap STARTTLS=_certroot.example.com SASL=LOGIN"]);
    world.server().on(Tls, "a3 CAPABILITY", says("* CAPABILITY IMAP4rev1\r\na3 OK done\r\n"));
    world.check("refused mechanism-not-allowed");
}

#[test]
fn a_rejection_is_told_from_trouble() {
    let no = |code: &str| format!("a4 NO [{code}] no\r\n");
    let answer = |code: &str, expected: &str| {
        check(|server| _ = server.on(Tls, "AGFsaWNl", says(&no(code))), expected)
    };
    answer("UNAVAILABLE", "unavailable unreachable");
    let run = answer("AUTHENTICATIONFAILED", "ask-user credentials-rejected");
    assert!(run.has("tls a5 AUTHENTICATE PLAIN"), "the local part is tried: {run:#?}");
}

#[test]
fn what_answers_no_command_is_refused() {
    for odd in ["a9 OK done\r\n", "a3 OK done\r\n", "\r\n", "+OK\r\n", "* SEARCH x\r\n"] {
        check(|server| _ = server.on(Tls, "a4 AUTHENTICATE", says(odd)), "refused protocol-error");
    }
}

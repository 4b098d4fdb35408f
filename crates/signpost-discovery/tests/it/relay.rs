//! Bringing a message to the exchanges of a domain.

use hickory_proto::rr::RecordType::{A, AAAA, MX, TXT};
use signpost_discovery::{Defect, Reason, Rules};
use signpost_validate::{Answer, Failure, Lookup, SecurityStatus};

use crate::simulation::Channel::{Clear, Tls};
use crate::simulation::{Run, Server, World, says};

const DOMAIN: &str = "example.com.";
const POLICY: &str = "_mx._tcp.example.com.";
const KEYS: &str = "_certroot.example.com.";
const FIRST: &str = "relayed mx1.example.com with starttls";
const SECOND: &str = "relayed mx2.example.com with starttls";

/// Whether anything of an envelope or a message went out in clear.
fn is_overheard(run: &Run) -> bool {
    ["MAIL", "RCPT", "DATA", "Subject"].iter().any(|word| run.has(&format!("clear {word}")))
}

#[test]
fn the_best_exchange_takes_the_message_inside_tls_by_the_pin() {
    let run = World::exchanges().check(FIRST);
    assert!(run.has("query example.com. MX") && run.has("query _mx._tcp.example.com. TXT"), "{run:#?}");
    assert!(run.has("starttls mx1.example.com pinned Sha256"), "{run:#?}");
    assert!(run.has("tls MAIL FROM:<bob@sender.example>") && run.has("tls RCPT TO:<alice@example.com>"));
    assert_eq!(run.connections(), ["192.0.2.1:25"]);
}

#[test]
fn trouble_with_any_lookup_delays_and_connects_to_nobody() {
    for (owner, record_type) in [(DOMAIN, MX), (POLICY, TXT), (KEYS, TXT)] {
        for (lookup, expected) in [
            (Lookup::failed(Failure::ServFail, ""), "delayed lookup-failed"),
            (Lookup::new(SecurityStatus::Bogus, Answer::NoData), "delayed dnssec-bogus"),
            (Lookup::new(SecurityStatus::Indeterminate, Answer::NxDomain), "delayed lookup-failed"),
        ] {
            let mut world = World::exchanges();
            world.answer(owner, record_type, lookup);
            let run = world.check(expected);
            assert!(run.connections().is_empty(), "{owner} {record_type}: {run:#?}");
        }
    }
}

#[test]
fn what_the_domain_says_of_its_exchanges_decides() {
    let denied = |answer: Answer| Lookup::new(SecurityStatus::Secure, answer);
    let check = |change: fn(&mut World), expected: &str, connections: &[&str]| {
        let mut world = World::exchanges();
        change(&mut world);
        let run = world.check(expected);
        assert_eq!(run.connections(), connections, "{run:#?}");
    };
    check(|world| world.mx(&[(0, ".")]), "failed declared-absent", &[]);
    check(|world| world.mx(&[(0, "."), (5, "mx2.example.com.")]), SECOND, &["192.0.2.2:25"]);
    check(|world| world.mx(&[(9, "mx2.example.com."), (10, "mx1.example.com.")]), SECOND, &["192.0.2.2:25"]);
    let mut world = World::exchanges();
    world.answer(DOMAIN, MX, denied(Answer::NxDomain));
    assert!(world.check("failed domain-unknown").connections().is_empty());
    world.answer(DOMAIN, MX, denied(Answer::NoData));
    assert!(world.check("failed domain-unknown").connections().is_empty());
    world.address(DOMAIN, "192.0.2.1");
    world.check("relayed example.com with starttls");
    for record_type in [A, AAAA] {
        world.answer(DOMAIN, record_type, Lookup::failed(Failure::TimedOut, ""));
        assert!(world.check("delayed lookup-failed").connections().is_empty());
    }
}

#[test]
fn where_a_policy_binds_nothing_goes_in_clear() {
    type Break = fn(&mut Server);
    let breaks: [(Break, &str); 4] = [
        (|server| _ = server.on(Clear, "EHLO", says("250 mx\r\n")), "delayed starttls-not-offered"),
        (|server| _ = server.on(Clear, "STARTTLS", says("454 no\r\n")), "delayed starttls-refused"),
        (|server| _ = server.on(Clear, "STARTTLS", says("250 ok\r\n")), "delayed starttls-protocol-error"),
        (|server| server.handshake = Err(Reason::PinMismatch), "delayed pin-mismatch"),
    ];
    for (break_it, expected) in breaks {
        let mut world = World::exchanges();
        for address in ["192.0.2.1:25", "192.0.2.2:25"] {
            let mut server = Server::exchange();
            break_it(&mut server);
            world.serve(address, server);
        }
        let run = world.check(expected);
        assert!(!is_overheard(&run), "{run:#?}");
        assert_eq!(run.connections(), ["192.0.2.1:25", "192.0.2.2:25"]);
        // One that fails does not keep the next one from the message.
        world.serve("192.0.2.2:25", Server::exchange());
        world.check(SECOND);
    }
}

#[test]
fn without_a_policy_tls_is_taken_where_it_is_offered_and_nobody_is_judged() {
    let mut world = World::exchanges();
    world.txt(POLICY, &["v=spf1 -all"]);
    let run = world.check(FIRST);
    assert!(run.has("starttls mx1.example.com anyone"), "{run:#?}");
    for (command, said) in [("EHLO", "250 mx\r\n"), ("STARTTLS", "454 no\r\n"), ("EHLO", "502 what\r\n")] {
        let mut world = world.clone();
        world.server().on(Clear, command, says(said)).on(Clear, "HELO", says("250 mx\r\n"));
        let run = world.run();
        assert_eq!(run.summary(), "relayed mx1.example.com in clear", "{run:#?}");
    }
}

#[test]
fn an_insecure_policy_demands_tls_and_pins_nobody() {
    let mut world = World::exchanges();
    world.unsigned();
    let run = world.check(FIRST);
    assert!(run.has("starttls mx1.example.com anyone"), "{run:#?}");
    world.serve("192.0.2.2:25", Server::exchange());
    world.server().on(Clear, "EHLO", says("250 mx\r\n"));
    assert!(!is_overheard(&world.check(SECOND)));
}

#[test]
fn a_rejection_is_final_and_a_wait_is_not() {
    for (command, said, expected) in [
        ("MAIL", "550 no\r\n", "failed message-rejected"),
        ("RCPT", "550 no\r\n", "failed message-rejected"),
        ("Subject:", "554 no\r\n", "failed message-rejected"),
        ("RCPT", "450 later\r\n", SECOND),
        ("Subject:", "451 later\r\n", "delayed message-put-off"),
        ("Subject:", "wat\r\n", "delayed protocol-error"),
    ] {
        let mut world = World::exchanges();
        world.server().on(Tls, command, says(said));
        let run = world.check(expected);
        assert_eq!(run.has("connect 192.0.2.2:25"), expected == SECOND, "{run:#?}");
    }
}

#[test]
fn nobody_logs_in_whatever_the_policy_says() {
    let mut world = World::exchanges();
    world.txt(POLICY, &["v=mx STARTTLS=_certroot.example.com SMTP-AUTH=Required SASL=PLAIN"]);
    world.server().on(Tls, "EHLO", says("250-mx\r\n250 AUTH PLAIN\r\n"));
    let run = world.check(FIRST);
    assert!(!run.has("tls AUTH"), "{run:#?}");
}

#[test]
fn no_defect_keeps_a_message_from_an_honest_exchange() {
    for &defect in Defect::ALL {
        let mut world = World::exchanges();
        world.rules = Rules::from(defect);
        let run = world.run();
        assert!(run.summary().starts_with("relayed mx"), "{defect}: {run:#?}");
        assert!(!is_overheard(&run) || defect == Defect::PrefersAuthInClear, "{defect}: {run:#?}");
    }
}

//! Which servers are tried, in which order, and what their failures add up to.

use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record, RecordType};
use signpost_discovery::Reason;
use signpost_protocol::{Label, Service};
use signpost_validate::{Answer, Failure, Lookup, SecurityStatus};

use crate::simulation::{Channel, Server, World, name, says};

/// Two servers: `submit1` with the better priority, and `submit2`.
fn two_servers() -> World {
    let mut world = World::submission();
    world.srv("_submission", &[(20, 1, 587, "submit2.example.com."), (10, 1, 587, "submit1.example.com.")]);
    world.address("submit2.example.com.", "192.0.2.2");
    world.serve("192.0.2.2:587", Server::submission());
    world
}

fn with_first(change: impl Fn(&mut Server)) -> World {
    let mut world = two_servers();
    let mut first = Server::submission();
    change(&mut first);
    world.serve("192.0.2.1:587", first);
    world
}

#[test]
fn the_better_priority_is_tried_first() {
    assert_eq!(two_servers().check("configured").connections(), ["192.0.2.1:587"]);
}

#[test]
fn an_unreachable_target_gives_way() {
    let run = with_first(|first| first.reachable = false).check("configured");
    assert_eq!(run.connections(), ["192.0.2.1:587", "192.0.2.2:587"]);
}

#[test]
fn a_target_under_attack_gives_way_without_a_word() {
    let run = with_first(|first| {
        first.on(Channel::Clear, "EHLO", says("250 hello\r\n"));
    })
    .check("configured");
    assert_eq!(run.host(), "submit2.example.com");
    let run = with_first(|first| first.handshake = Err(Reason::PinMismatch)).check("configured");
    assert_eq!(run.host(), "submit2.example.com");
}

#[test]
fn the_first_security_failure_is_the_reason() {
    let mut world = with_first(|first| first.handshake = Err(Reason::PinMismatch));
    let mut second = Server::submission();
    second.reachable = false;
    world.serve("192.0.2.2:587", second);
    world.check("refused pin-mismatch");

    let mut world = with_first(|first| first.reachable = false);
    let mut second = Server::submission();
    second.handshake = Err(Reason::CertificateExpired);
    world.serve("192.0.2.2:587", second);
    world.check("refused certificate-expired");
}

#[test]
fn merely_unreachable_is_unavailable() {
    let mut world = World::submission();
    world.server().reachable = false;
    world.check("unavailable unreachable");
}

#[test]
fn an_address_that_cannot_be_believed_excludes_its_host() {
    let host = "submit1.example.com.";
    let mut world = two_servers();
    world.believe(host, RecordType::A, SecurityStatus::Bogus);
    assert_eq!(world.check("configured").connections(), ["192.0.2.2:587"]);

    let mut world = World::submission();
    world.believe(host, RecordType::A, SecurityStatus::Bogus);
    world.check("refused dnssec-bogus");

    let mut world = World::submission();
    world.fail(host, RecordType::AAAA, Failure::ServFail);
    assert!(world.check("refused lookup-failed").connections().is_empty());
}

#[test]
fn an_unsigned_address_is_taken() {
    let mut world = World::submission();
    world.believe("submit1.example.com.", RecordType::A, SecurityStatus::Insecure);
    assert!(world.check("configured").notes().is_empty());
}

#[test]
fn a_host_without_address_is_unreachable() {
    let mut world = World::submission();
    world.answer(
        "submit1.example.com.",
        RecordType::A,
        Lookup::new(SecurityStatus::Secure, Answer::NxDomain),
    );
    world.check("unavailable unreachable");
}

#[test]
fn the_next_address_of_the_host_is_tried() {
    let mut world = World::submission();
    let host = name("submit1.example.com.");
    let records = ["192.0.2.77", "192.0.2.1"]
        .map(|address| Record::from_rdata(host.clone(), 300, RData::A(A(address.parse().unwrap()))));
    let lookup = Lookup::new(SecurityStatus::Secure, Answer::Records(records.to_vec()));
    world.answer("submit1.example.com.", RecordType::A, lookup);
    let run = world.check("configured");
    assert_eq!(run.connections(), ["192.0.2.77:587", "192.0.2.1:587"]);
}

#[test]
fn an_aliased_target_is_followed_and_reported() {
    let mut world = World::submission();
    world.alias("submit1.example.com.", "real.example.com.", "192.0.2.1");
    let run = world.check("configured");
    assert_eq!(run.notes(), ["aliased-target"]);
    assert!(run.has("starttls submit1.example.com"), "the alias is no reference identifier: {run:#?}");
}

#[test]
fn a_target_outside_the_domain_needs_a_signature_or_the_user() {
    let mut world = World::submission();
    world.srv("_submission", &[(1, 1, 587, "mx.example.net.")]);
    world.address("mx.example.net.", "192.0.2.1");
    assert_eq!(world.check("configured").host(), "mx.example.net");

    world.unsigned();
    assert!(world.check("ask-user target-out-of-domain").connections().is_empty());
}

#[test]
fn the_user_is_not_asked_for_a_way_round_an_attack() {
    let mut world = World::submission();
    world.srv("_submission", &[(1, 1, 587, "submit1.example.com."), (2, 1, 587, "mx.example.net.")]);
    world.server().handshake = Err(Reason::CertificateUntrusted);
    world.unsigned();
    world.check("refused certificate-untrusted");
}

#[test]
fn both_labels_make_one_list_and_keep_their_ways() {
    let mut world = World::submission();
    world.srv("_submissions", &[(0, 1, 465, "submit1.example.com.")]);
    world.serve("192.0.2.1:465", Server::submission());
    let run = world.check("configured");
    assert_eq!(run.connections(), ["192.0.2.1:465"]);
    // The policy of the other label does not bind this target.
    assert!(run.has("starttls submit1.example.com webpki"), "{run:#?}");
    assert!(!run.has("clear"), "{run:#?}");

    world.srv("_submissions", &[(2, 1, 465, "submit1.example.com.")]);
    assert_eq!(world.check("configured").connections(), ["192.0.2.1:587"]);
}

#[test]
fn weights_are_drawn() {
    let mut world = two_servers();
    world.srv("_submission", &[(1, 1, 587, "submit1.example.com."), (1, 9, 587, "submit2.example.com.")]);
    let hosts: Vec<String> = [0, 1, 9].map(|draw| world.run_drawing(draw).host().to_owned()).into();
    assert_eq!(hosts, ["submit1.example.com", "submit2.example.com", "submit2.example.com"]);
}

/// Nothing is published, and `mail.example.com` is a server at one port.
fn guessable(port: u16) -> World {
    let mut world = World::bare(Service::Submission);
    world.address("mail.example.com.", "192.0.2.1");
    world.serve(&format!("192.0.2.1:{port}"), Server::submission());
    world
}

#[test]
fn usual_hosts_are_guessed_if_nothing_is_published() {
    for port in [465, 587] {
        let run = guessable(port).check("configured");
        assert!(run.has("starttls mail.example.com webpki"), "{run:#?}");
        assert_eq!(run.notes(), ["guessed"]);
        assert_eq!(run.connections()[0], "192.0.2.1:465");
    }
    let mut world = World::bare(Service::Pop3);
    world.address("pop.example.com.", "192.0.2.1");
    world.serve("192.0.2.1:110", Server::pop3());
    assert_eq!(world.check("configured").host(), "pop.example.com");
}

#[test]
fn hosts_are_guessed_in_order_each_with_tls_first() {
    let mut world = World::bare(Service::Submission);
    for (host, address) in [("submission", "192.0.2.1"), ("smtp", "192.0.2.2"), ("mail", "192.0.2.3")] {
        world.address(&format!("{host}.example.com."), address);
    }
    let run = world.check("ask-user nothing-fits");
    assert_eq!(
        run.connections(),
        [
            "192.0.2.1:465",
            "192.0.2.1:587",
            "192.0.2.2:465",
            "192.0.2.2:587",
            "192.0.2.3:465",
            "192.0.2.3:587"
        ]
    );
}

#[test]
fn other_ports_may_stand_for_the_standard_ones() {
    let mut world = World::bare(Service::Submission);
    world.request.ports.set(Label::Submission, 40587);
    world.address("smtp.example.com.", "192.0.2.1");
    world.serve("192.0.2.1:40587", Server::submission());
    world.check("configured");
}

#[test]
fn a_guess_is_never_made_in_clear_nor_from_a_failure() {
    let mut world = guessable(587);
    world.server().on(Channel::Clear, "EHLO", says("250 hello\r\n"));
    world.check("ask-user nothing-fits");

    let mut world = guessable(587);
    world.fail("smtp.example.com.", RecordType::A, Failure::ServFail);
    assert!(world.check("refused lookup-failed").connections().is_empty());
}

#[test]
fn a_policy_binds_a_guess() {
    let mut world = guessable(587);
    world.txt("_submission._tcp.example.com.", &["v=submission STARTTLS=_certroot.example.com"]);
    world.check("refused key-record-unusable");
    world.txt("_certroot.example.com.", &[&format!("v=keyrecord {}", crate::simulation::SHA256)]);
    let run = world.check("configured");
    assert!(run.has("starttls mail.example.com pinned"), "{run:#?}");
}

#[test]
fn unsigned_denials_permit_a_guess() {
    let mut world = guessable(587);
    for label in ["_submission", "_submissions"] {
        let owner = format!("{label}._tcp.example.com.");
        world.answer(&owner, RecordType::SRV, Lookup::new(SecurityStatus::Insecure, Answer::NxDomain));
    }
    world.check("configured");
}

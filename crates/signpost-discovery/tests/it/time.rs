//! What becomes of a client for which nothing happens, in virtual time.

use std::time::Duration;

use hickory_proto::rr::RecordType;
use hickory_proto::rr::rdata::A;
use hickory_proto::rr::{RData, Record};
use signpost_discovery::{Defect, Limits, Reason};
use signpost_protocol::Service;
use signpost_validate::{Answer, Lookup, SecurityStatus};

use crate::simulation::Channel::{Clear, Tls};
use crate::simulation::{Reply, Run, Server, World, name, says};

const STEP: Duration = Duration::from_secs(7);
const OVERALL: Duration = Duration::from_secs(100);

fn limited(mut world: World) -> World {
    world.request.limits = Limits { step: STEP, overall: OVERALL };
    world
}

/// Two servers, of which the first is tried first and `change`d.
fn two_servers(change: impl Fn(&mut Server)) -> World {
    let mut world = limited(World::submission());
    world.srv("_submission", &[(1, 1, 587, "submit1.example.com."), (2, 1, 587, "submit2.example.com.")]);
    world.address("submit2.example.com.", "192.0.2.2");
    world.serve("192.0.2.2:587", Server::submission());
    change(world.server());
    world
}

/// The second server is tried at exactly `moment`, and takes no time.
#[track_caller]
fn gives_way_at(run: &Run, moment: Duration) {
    assert_eq!(run.connections(), ["192.0.2.1:587", "192.0.2.2:587"]);
    assert_eq!(run.when("connect 192.0.2.2"), moment, "{run:#?}");
    assert_eq!(run.end, moment);
}

#[test]
fn where_everything_answers_no_time_passes() {
    for world in [World::submission(), World::pop3(), World::imap()] {
        assert_eq!(limited(world).check("configured").end, Duration::ZERO);
    }
}

#[test]
fn a_server_that_never_answers_gives_way_after_one_step() {
    let silences: [fn(&mut Server); 7] = [
        |server| server.drops_packets = true,
        |server| server.greeting = says(""),
        |server| _ = server.on(Clear, "EHLO", says("250-hello\r\n")),
        |server| _ = server.on(Clear, "STARTTLS", says("")),
        |server| server.handshake_hangs = true,
        |server| _ = server.on(Tls, "EHLO", says("25")),
        |server| _ = server.on(Tls, "MAIL", says("")),
    ];
    for silence in silences {
        gives_way_at(&two_servers(silence).check("configured"), STEP);
    }
}

#[test]
fn implicit_tls_gives_way_after_one_step_too() {
    let mut world = limited(World::submission());
    world.srv("_submissions", &[(0, 1, 465, "submit1.example.com.")]);
    let mut server = Server::submission();
    server.handshake_hangs = true;
    world.serve("192.0.2.1:465", server);
    let run = world.check("configured");
    assert_eq!(run.connections(), ["192.0.2.1:465", "192.0.2.1:587"]);
    assert_eq!(run.end, STEP);
}

#[test]
fn every_address_of_a_host_has_a_step_of_its_own() {
    let mut world = limited(World::submission());
    let host = name("submit1.example.com.");
    let addresses = ["192.0.2.77", "192.0.2.78", "192.0.2.1"];
    let records =
        addresses.map(|address| Record::from_rdata(host.clone(), 300, RData::A(A(address.parse().unwrap()))));
    let lookup = Lookup::new(SecurityStatus::Secure, Answer::Records(records.to_vec()));
    world.answer("submit1.example.com.", RecordType::A, lookup);
    for address in ["192.0.2.77:587", "192.0.2.78:587"] {
        let mut server = Server::submission();
        server.drops_packets = true;
        world.serve(address, server);
    }
    let run = world.check("configured");
    assert_eq!((run.when("connect 192.0.2.78"), run.when("connect 192.0.2.1:")), (STEP, 2 * STEP));
}

#[test]
fn a_step_begins_anew_whenever_the_server_says_something() {
    let pause = STEP - Duration::from_nanos(1);
    let slow = |texts: &[&'static str]| Reply::SaysSlowly(pause, texts.to_vec());
    let run = two_servers(|server| server.greeting = slow(&["220-submit1", ".example.com\r\n22", "0 x\r\n"]))
        .check("configured");
    assert_eq!(run.connections().len(), 1);
    assert_eq!(run.end, 3 * pause);
    // It does not if the rest never comes.
    let run = two_servers(|server| server.greeting = slow(&["220-submit1", ".example.com\r\n22"]))
        .check("configured");
    gives_way_at(&run, 2 * pause + STEP);
    // Just at the limit is too late.
    let late = Reply::SaysSlowly(STEP, vec!["220 x\r\n"]);
    gives_way_at(&two_servers(|server| server.greeting = late.clone()).check("configured"), STEP);
}

#[test]
fn the_time_for_everything_ends_every_stage() {
    let check = |change: &dyn Fn(&mut World), expected: &str| {
        let mut world = limited(World::submission());
        // The step would be over later.
        world.request.limits.step = 2 * OVERALL;
        change(&mut world);
        assert_eq!(world.check(expected).end, OVERALL);
    };
    let label = "_submission._tcp.example.com.";
    check(&|world| world.mute(label, RecordType::SRV), "refused lookup-failed");
    check(&|world| world.mute(label, RecordType::TXT), "refused lookup-failed");
    check(&|world| world.mute("_certroot.example.com.", RecordType::TXT), "refused lookup-failed");
    check(&|world| world.mute("submit1.example.com.", RecordType::AAAA), "unavailable unreachable");
    check(&|world| world.server().drops_packets = true, "unavailable unreachable");
    check(&|world| world.server().greeting = says(""), "unavailable unreachable");
    check(&|world| world.server().handshake_hangs = true, "unavailable unreachable");
    check(&|world| _ = world.server().on(Tls, "AUTH", says("")), "unavailable unreachable");
}

#[test]
fn a_question_has_no_step_of_its_own() {
    let mut world = limited(World::bare(Service::Submission));
    world.mute("_submission._tcp.example.com.", RecordType::SRV);
    assert_eq!(world.check("refused lookup-failed").end, OVERALL);
}

#[test]
fn steps_do_not_add_up_to_more_than_everything() {
    let mut world = limited(World::bare(Service::Submission));
    world.request.limits.overall = 3 * STEP + STEP / 2;
    for (host, address) in [("submission", "192.0.2.1"), ("smtp", "192.0.2.2"), ("mail", "192.0.2.3")] {
        world.address(&format!("{host}.example.com."), address);
        for port in [465, 587] {
            let mut server = Server::submission();
            server.drops_packets = true;
            world.serve(&format!("{address}:{port}"), server);
        }
    }
    let run = world.check("ask-user nothing-fits");
    assert_eq!(run.connections().len(), 4);
    assert_eq!(run.end, world.request.limits.overall);
}

#[test]
fn a_handshake_that_hangs_is_a_failed_one() {
    let mut world = limited(World::submission());
    world.server().handshake_hangs = true;
    assert_eq!(world.check("refused tls-failed").end, STEP);
    world.rules = Defect::ContinuesInClear.into();
    assert!(world.run().leaks());
}

#[test]
fn a_farewell_that_nobody_takes_costs_its_step_and_nothing_else() {
    let hangs = |server: &mut Server| {
        server.handshake = Err(Reason::TlsFailed);
        server.farewell_hangs = true;
    };
    gives_way_at(&two_servers(hangs).check("configured"), STEP);

    // The addresses are known already, so that the next connection is the next action: it is not what took too long.
    let mut world = limited(World::bare(Service::Submission));
    world.address("mail.example.com.", "192.0.2.1");
    let mut server = Server::submission();
    hangs(&mut server);
    world.serve("192.0.2.1:465", server);
    world.serve("192.0.2.1:587", Server::submission());
    let run = world.check("configured");
    assert_eq!(run.connections(), ["192.0.2.1:465", "192.0.2.1:587"]);
    assert_eq!(run.when("connect 192.0.2.1:587"), STEP);

    let mut world = limited(World::submission());
    hangs(world.server());
    world.request.limits.overall = STEP / 2;
    assert_eq!(world.check("refused tls-failed").end, STEP / 2);
}

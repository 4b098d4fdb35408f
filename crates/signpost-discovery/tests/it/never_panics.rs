//! No bytes of a server, and no events out of turn, make the client panic, hang or speak in clear.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use signpost_discovery::{Action, Client, Event, Outcome, Reason, Request, Rules, Untrusted};
use signpost_protocol::Service;
use signpost_validate::{Answer, Failure, Lookup, SecurityStatus};

use crate::simulation::{Channel, Reply, World, name};

/// Bytes that look like the protocols', and others.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just(b"220 ".to_vec()),
        Just(b"250-".to_vec()),
        Just(b"334 ".to_vec()),
        Just(b"235 ".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"+OK ".to_vec()),
        Just(b"-ERR ".to_vec()),
        Just(b"+ ".to_vec()),
        Just(b".".to_vec()),
        Just(b"STARTTLS".to_vec()),
        Just(b"AUTH PLAIN LOGIN".to_vec()),
        Just(b"\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

fn event() -> impl Strategy<Value = Event> {
    let owner = prop_oneof![
        Just("_submission._tcp.example.com."),
        Just("_submissions._tcp.example.com."),
        Just("submit1.example.com."),
        Just("_certroot.example.com."),
    ];
    let record_type = prop_oneof![
        Just(hickory_proto::rr::RecordType::SRV),
        Just(hickory_proto::rr::RecordType::TXT),
        Just(hickory_proto::rr::RecordType::A),
        Just(hickory_proto::rr::RecordType::AAAA),
    ];
    let lookup = prop_oneof![
        Just(Lookup::new(SecurityStatus::Secure, Answer::NoData)),
        Just(Lookup::new(SecurityStatus::Insecure, Answer::NxDomain)),
        Just(Lookup::failed(Failure::ServFail, "")),
    ];
    prop_oneof![
        bytes().prop_map(Event::Received),
        (owner, record_type, lookup).prop_map(|(owner, record_type, lookup)| Event::Answer {
            name: name(owner),
            record_type,
            lookup
        }),
        Just(Event::Connected),
        Just(Event::Closed),
        Just(Event::TlsEstablished),
        Just(Event::ConnectFailed(String::new())),
        Just(Event::TlsFailed(Untrusted { reason: Reason::TlsFailed, detail: String::new() })),
    ]
}

fn world(service: Service) -> World {
    match service {
        Service::Imap => World::imap(),
        Service::Mx => World::exchanges(),
        Service::Pop3 => World::pop3(),
        Service::Submission => World::submission(),
    }
}

fn service() -> impl Strategy<Value = Service> {
    prop_oneof![Just(Service::Imap), Just(Service::Mx), Just(Service::Pop3), Just(Service::Submission)]
}

proptest! {
    #[test]
    fn any_reply_at_any_step_leads_to_an_outcome(service in service(), step in 0usize..12, said in bytes()) {
        let mut world = world(service);
        let commands = world.server().commands();
        match commands.get(step) {
            Some(&(channel, command)) => _ = world.server().on(channel, command, Reply::Says(said)),
            None => world.server().greeting = Reply::Says(said),
        }
        let run = world.run();
        prop_assert!(!run.leaks(), "{:#?}", run);
    }

    #[test]
    fn a_client_needs_tls_whatever_was_said_before_it(service in service(), said in bytes()) {
        let mut world = world(service);
        for (channel, command) in world.server().commands() {
            if channel == Channel::Clear {
                world.server().on(channel, command, Reply::Says(said.clone()));
            }
        }
        let run = world.run();
        prop_assert!(!run.leaks());
        prop_assert!(!matches!(run.outcome, Outcome::Configured(_)) || run.has("starttls"));
    }

    #[test]
    fn events_out_of_turn_are_ignored(
        service in service(),
        events in proptest::collection::vec((prop_oneof![Just(None), event().prop_map(Some)], 0u64..3), 0..40),
    ) {
        let request = Request::new("alice@example.com".parse().unwrap(), "secret".parse().unwrap(), service);
        let overall = request.limits.overall;
        let mut now = Duration::ZERO;
        let mut client = Client::new(Arc::new(request), Rules::default(), now, || 0);
        // Without an event, time alone passes, perhaps more than a step.
        for (event, seconds) in events {
            now += Duration::from_secs(seconds * 6);
            match event {
                Some(event) => client.handle(now, event),
                None => client.handle_timeout(now),
            }
            while let Some(action) = client.next_action(now) {
                prop_assert!(!matches!(action, Action::Done(Outcome::Configured(_))));
            }
        }
        client.handle_timeout(now.max(overall));
        let mut done = 0;
        while let Some(action) = client.next_action(now) {
            done += usize::from(matches!(action, Action::Done(_)));
        }
        prop_assert!(done <= 1);
        prop_assert_eq!(client.next_timeout(), None);
    }
}

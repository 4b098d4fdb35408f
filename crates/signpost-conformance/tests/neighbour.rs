//! Whoever else is on loopback is not the subject, and turns no verdict.
#![cfg(target_os = "linux")]

mod stand_in;

use std::process::{Child, Command, Stdio};

use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;
use signpost_format::Verdict;
use signpost_transcript::{Event, Recorder, Transport};
use stand_in::StandIn;

#[test]
fn a_neighbour_that_talks_to_every_port_turns_no_verdict_and_is_told_of() {
    let suite = Suite::built_in().unwrap();
    let neighbour = Neighbour::of_this_process();
    let deadline = std::time::Duration::from_secs(60);
    // It begins when the neighbour has been at a mail server and at a resolver.
    let patient = StandIn { waits_for: was_visited, ..StandIn::of(Reference::honest()) };
    for id in ["honest/two-servers[submission]", "pin/unknown-root[pop3]"] {
        let case = suite.case(id).unwrap();
        let result = run_case(case, &patient, Options { deadline, ..Options::default() });
        assert_eq!(result.verdict, Verdict::Pass, "{id}: {:?}", result.findings);
        let seen: Vec<&Event> = result.transcript.iter().map(|seen| &seen.event).collect();
        assert!(seen.iter().all(|event| matches!(event, Event::Stranger { .. })), "{seen:?}");
        assert!(!seen.is_empty(), "that it came is told of a case that passed, too");
    }
    drop(neighbour);
}

/// Whether somebody came by both transports. What came while nobody was turned away would stand here as a connection or as a
/// question, and the case would be judged by it.
fn was_visited(recorder: &Recorder) -> bool {
    let transcript = recorder.transcript();
    let came = |wanted: Transport| {
        transcript.events().any(|event| match event {
            Event::Stranger { transport, .. } => *transport == wanted,
            Event::Accepted { .. } => wanted == Transport::Tcp,
            Event::Query { transport, .. } => *transport == wanted,
            _ => false,
        })
    };
    came(Transport::Tcp) && came(Transport::Udp)
}

/// It ends when its standard input does. Nobody here is its parent, for then it would be kin.
struct Neighbour(Child);

impl Neighbour {
    fn of_this_process() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/hostile/neighbour.sh");
        let orphan = format!("exec 3<&0; bash '{script}' {} <&3 & exit", std::process::id());
        let mut shell = Command::new("sh").args(["-c", &orphan]).stdin(Stdio::piped()).spawn().unwrap();
        // Its standard input stays open; `wait` would close it.
        let input = shell.stdin.take();
        assert!(shell.wait().unwrap().success());
        shell.stdin = input;
        Self(shell)
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
    }
}

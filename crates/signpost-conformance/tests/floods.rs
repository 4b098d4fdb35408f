//! More is done than a transcript holds: nobody says pass then, whoever judges.

mod stand_in;

use signpost_conformance::judge::Run;
use signpost_conformance::runner::{self, Options};
use signpost_conformance::subject::{Environment, Reference, Subject as _};
use signpost_conformance::suite::Suite;
use signpost_format::{CaseResult, Verdict};
use signpost_lab::Network;
use signpost_transcript::{Channel, ConnectionId, Event, Recorder, SubjectLine};
use stand_in::StandIn;

const CASE: &str = "honest/two-servers[submission]";

/// More than a transcript holds.
fn flood(recorder: &Recorder) {
    for _ in 0..17 {
        recorder.record(Event::Subject { line: SubjectLine::Stderr, text: "x".repeat(1 << 20) });
    }
}

fn leak(recorder: &Recorder) {
    recorder.record(Event::Credential {
        connection: ConnectionId(1),
        channel: Channel::Clear,
        mechanism: "PLAIN".to_owned(),
        user: "alice@example.com".to_owned(),
        accepted: false,
    });
}

/// By the runner, and in a lab that a person has raised.
fn judged(besides: fn(&Recorder)) -> [CaseResult; 2] {
    let suite = Suite::built_in().unwrap();
    let case = suite.case(CASE).unwrap();
    let subject = StandIn { besides, ..StandIn::of(Reference::honest()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let by_hand = runtime.block_on(async {
        let mut lab = case.blueprint().unwrap().start(Network::Loopback).unwrap();
        lab.begin_run(None).unwrap();
        let recorder = lab.recorder().clone();
        let environment = Environment {
            recorder: &recorder,
            seed: 0,
            limits: signpost_sandbox::Limits::default(),
            namespace: None,
        };
        let report = subject.run(&lab.assign(&case.visits[0].steps[0].task), environment).await.unwrap();
        lab.settle().await;
        let run = Run { transcript: recorder.take_step(), ended: Ok(report) };
        runner::judge_by_hand(case, &lab, vec![run])
    });
    [runner::run_case(case, &subject, Options::default()), by_hand]
}

fn verdicts(besides: fn(&Recorder)) -> [Verdict; 2] {
    judged(besides).map(|result| result.verdict)
}

#[test]
fn a_leak_that_nobody_saw_for_the_flood_before_it_is_no_pass_and_one_before_the_flood_convicts() {
    assert_eq!(verdicts(|_| ()), [Verdict::Pass; 2]);
    for result in judged(|recorder| {
        flood(recorder);
        leak(recorder);
    }) {
        assert_eq!(result.verdict, Verdict::Inconclusive);
        assert_eq!(result.findings[0].requirement, "suite/whole-transcript");
        assert!(result.transcript.last().unwrap().event.to_string().contains("flooded"));
    }
    let leaked_first = |recorder: &Recorder| {
        leak(recorder);
        flood(recorder);
    };
    assert_eq!(verdicts(leaked_first), [Verdict::Fail; 2]);
}

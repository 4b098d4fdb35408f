//! Views: who asks from elsewhere is not judged, but for what is wrong wherever it asks.

mod stand_in;

use async_trait::async_trait;
use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::{Environment, Isolation, Reference, Subject, SubjectError};
use signpost_conformance::suite::Suite;
use signpost_discovery::Defect;
use signpost_format::{Assignment, CaseResult, Dns, Profile, Report, Role, Verdict, set_up};

use stand_in::StandIn;

/// The reference, told otherwise where to ask from.
fn run(case: &str, reference: Reference, mislead: fn(&Assignment) -> Assignment) -> CaseResult {
    let suite = Suite::built_in().unwrap();
    run_case(
        suite.case(case).unwrap(),
        &StandIn { told: mislead, ..StandIn::of(reference) },
        Options::default(),
    )
}

/// The assignment with another idea of where DNS is asked.
fn with_dns(assignment: &Assignment, change: fn(&mut Dns)) -> Assignment {
    let mut assignment = assignment.clone();
    match &mut assignment {
        Assignment::Relay(assignment) => change(&mut assignment.dns),
        Assignment::Resolve(assignment) => change(&mut assignment.dns),
        Assignment::SetUp(assignment) => change(&mut assignment.dns),
    }
    assignment
}

fn anywhere(assignment: &Assignment) -> Assignment {
    with_dns(assignment, |dns| dns.source = None)
}

const CASES: [&str; 3] = [
    "honest/partitioned[submission]",
    "views/guests-led-elsewhere[pop3]",
    "views/inside-srv-broken[submission]",
];

#[test]
fn the_reference_passes_from_every_view() {
    for case in CASES {
        let result = run(case, Reference::honest(), Assignment::clone);
        assert_eq!(result.verdict, Verdict::Pass, "{case}");
        assert!(result.runs > 1, "{case}");
    }
}

#[test]
fn who_asks_from_elsewhere_proves_nothing() {
    for case in CASES {
        let result = run(case, Reference::honest(), anywhere);
        assert_eq!(result.verdict, Verdict::Inconclusive, "{case}");
        let [finding] = &result.findings[..] else { panic!("{case}: {:?}", result.findings) };
        assert_eq!(finding.requirement, "suite/reached");
        assert!(finding.expected.contains("every DNS question from 127."), "{}", finding.expected);
        assert!(finding.seen.contains("from elsewhere, first from 127.0.0.1"), "{}", finding.seen);
        assert!(!finding.lines.is_empty(), "{case}");
    }
}

#[test]
fn a_defect_cannot_hide_by_asking_from_elsewhere_and_is_not_blamed_for_it() {
    // Seen from elsewhere, nothing is broken here and the defect shows nowhere: that must not pass.
    let defect = Reference::with_defect(Defect::AcceptsBogus);
    let result = run("views/inside-srv-broken[submission]", defect, anywhere);
    assert_eq!(result.verdict, Verdict::Inconclusive);
}

#[test]
fn who_asks_nothing_is_not_judged_for_refusing() {
    fn nowhere(assignment: &Assignment) -> Assignment {
        // Nothing listens at the discard port.
        with_dns(assignment, |dns| dns.authority.set_port(9))
    }
    let result = run("views/inside-srv-broken[pop3]", Reference::honest(), nowhere);
    assert_eq!(result.verdict, Verdict::Inconclusive);
    assert_eq!(result.findings[0].seen, "no question at all");
}

#[test]
fn a_false_claim_counts_wherever_it_asked_from() {
    struct Liar;

    #[async_trait(?Send)]
    impl Subject for Liar {
        fn name(&self) -> &str {
            "liar"
        }

        fn version(&self) -> &str {
            "1"
        }

        fn profiles(&self) -> &[Profile] {
            &[Profile::PolicyRecords]
        }

        fn roles(&self) -> &[Role] {
            &[Role::SetUp]
        }

        fn isolation(&self) -> Isolation {
            Isolation::Loopback
        }

        async fn run(&self, _: &Assignment, _: Environment<'_>) -> Result<Report, SubjectError> {
            let text = r#"{"outcome":"configured","endpoint":{"host":"outside.example.com","port":587,"security":"tls"}}"#;
            Ok(serde_json::from_str::<set_up::Report>(text).unwrap().into())
        }
    }

    let suite = Suite::built_in().unwrap();
    let case = suite.case("honest/partitioned[pop3]").unwrap();
    assert_eq!(run_case(case, &Liar, Options::default()).verdict, Verdict::Fail);
}

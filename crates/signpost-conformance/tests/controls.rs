//! Where a control fails, a refusal says nothing, but a leak is one all the same.

mod stand_in;

use std::sync::Arc;

use signpost_conformance::runner::{self, AfterControl, Options, Stop};
use signpost_conformance::subject::Reference;
use signpost_conformance::suite::Suite;
use signpost_discovery::Defect;
use signpost_format::{Verdict, set_up};

use stand_in::StandIn;

/// The reference, which works and says each time that it does not: it fails every honest case.
fn desponding(reference: Reference) -> StandIn {
    let tells = |_| set_up::Report::Declined { detail: None }.into();
    StandIn { tells: Box::new(tells), ..StandIn::of(reference) }
}

#[test]
fn a_failed_control_hides_no_leak() {
    let suite = Arc::new(Suite::built_in().unwrap());
    for (case, defect, expected) in [
        (
            "pin/unknown-root[pop3]",
            Some(Defect::AcceptsAnyCertificate),
            "invariant/nothing-to-rejected-certificate",
        ),
        (
            "downgrade/starttls-stripped[submission]",
            Some(Defect::IgnoresStrippedStarttls),
            "invariant/no-credential-in-clear",
        ),
        ("pin/unknown-root[pop3]", None, "suite/control-first"),
    ] {
        let verdict = if defect.is_some() { Verdict::Fail } else { Verdict::Inconclusive };
        let subject = || desponding(defect.map_or_else(Reference::honest, Reference::with_defect));
        let case = suite.case(case).unwrap();
        let results = runner::run(
            &suite,
            &[Arc::clone(case)],
            &subject(),
            Options::default(),
            &Stop::default(),
            |_| {},
        );
        let by_name = AfterControl::new(Arc::clone(&suite), Arc::new(subject()), Options::default());
        for result in results.into_iter().chain([by_name.run(case)]) {
            let findings: Vec<&str> =
                result.findings.iter().map(|finding| finding.requirement.as_str()).collect();
            assert_eq!(result.verdict, verdict, "{}: {findings:?}", case.id);
            assert_eq!(findings.first(), Some(&expected), "{}", case.id);
            assert_eq!(result.transcript.is_empty(), defect.is_none(), "{}", case.id);
        }
    }
}

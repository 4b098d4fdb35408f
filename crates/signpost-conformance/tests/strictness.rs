//! A client that refuses what the specification lets it refuse is right, and is not called weak for it.

use signpost_conformance::runner::{Options, run_case};
use signpost_conformance::subject::{Reference, Subject};
use signpost_conformance::suite::Suite;
use signpost_discovery::Defect;
use signpost_format::Verdict;

fn check(case: &str, subject: &dyn Subject, expected: Verdict) {
    let suite = Suite::built_in().unwrap();
    let case = suite.cases.iter().find(|known| known.id == case).unwrap();
    let result = run_case(case, subject, Options::default());
    assert_eq!(result.verdict, expected, "{}: {:?}", result.id, result.findings);
}

#[test]
fn a_pin_by_sha1_alone_may_be_refused_and_must_not_be_hidden() {
    for case in ["pin/sha1-alone[pop3]", "pin/sha1-alone[submission]", "key/sha1-in-another-record[pop3]"] {
        check(case, &Reference::honest(), Verdict::Pass);
        check(case, &Reference::strict(), Verdict::Pass);
        check(case, &Reference::with_defect(Defect::HidesWeakDigest), Verdict::Weak);
    }
}

/// Strictness is about SHA-1 and nothing else.
#[test]
fn a_strict_client_takes_a_better_digest_beside_sha1() {
    check("key/strongest-digest-amid[submission]", &Reference::strict(), Verdict::Pass);
    check("honest/two-servers[submission]", &Reference::strict(), Verdict::Pass);
}

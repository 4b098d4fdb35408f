//! How a subject is wrong in a case, for whoever counts: the one place that says what is dangerous.

use signpost_format::resolve::{self, Status};
use signpost_format::{CaseResult, Finding, Report, Role, Verdict, Wrong};

use crate::case::Case;
use crate::ground_rule::GroundRule;

/// What gives the user's secrets or mail away, if it is broken.
const LEAKS: [&str; 4] = [
    "invariant/no-credential-in-clear",
    "invariant/no-mail-in-clear",
    "invariant/nothing-to-forged-host",
    "invariant/nothing-to-rejected-certificate",
];

/// How a subject is wrong that came to this verdict and reported this in this one of all steps, from 0.
pub(crate) fn of(
    case: &Case,
    step: usize,
    verdict: Verdict,
    findings: &[Finding],
    report: Option<&Report>,
) -> Option<Wrong> {
    match case.role() {
        Role::Relay | Role::SetUp => of_client(verdict, findings),
        Role::Resolve => of_resolver(case, step, verdict, findings, report),
    }
}

/// The same of a result whose format did not say it yet. Of a case that the suite does not have, only what leaks is known.
#[must_use]
pub fn of_older(case: Option<&Case>, result: &CaseResult) -> Option<Wrong> {
    match case {
        Some(case) => of(case, 0, result.verdict, &result.findings, result.report.as_ref()),
        None => of_client(result.verdict, &result.findings),
    }
}

fn of_client(verdict: Verdict, findings: &[Finding]) -> Option<Wrong> {
    let leaks = findings.iter().any(|finding| LEAKS.contains(&finding.requirement.as_str()));
    (verdict == Verdict::Fail).then_some(if leaks { Wrong::Leak } else { Wrong::Other })
}

/// A resolver is asked for its word alone, so that this is what counts, as in the table of what several of them say.
fn of_resolver(
    case: &Case,
    step: usize,
    verdict: Verdict,
    findings: &[Finding],
    report: Option<&Report>,
) -> Option<Wrong> {
    let is_of_suite = |rule: GroundRule| findings.iter().any(|finding| finding.requirement == rule.slug());
    match report {
        Some(Report::Resolve(resolve::Report::Answered { status, .. })) => {
            let step = case.steps().nth(step)?;
            let is_met = report.is_some_and(|report| step.expectation.end.is_met_by(report));
            // Where it is asked again, it may have been wrong in another step, or by something else than its word.
            let is_right = is_met && (!case.asks_again() || verdict == Verdict::Pass);
            // An answer that is not its own is nothing that it said, and what it never came upon it did not judge.
            let is_open = verdict == Verdict::Inconclusive && is_of_suite(GroundRule::Reached);
            if is_right || is_open || is_of_suite(GroundRule::ResolvesByItself) {
                return None;
            }
            Some(if *status == Status::Secure && !is_met { Wrong::Secure } else { Wrong::Other })
        }
        Some(_) => None,
        // It crashed or hung, which is no answer either; what the lab lacked is not its doing.
        None => (verdict == Verdict::Errored && !is_of_suite(GroundRule::LabRuns)).then_some(Wrong::Other),
    }
}

#[cfg(test)]
mod tests {
    use signpost_format::set_up;

    use super::*;
    use crate::suite::Suite;

    fn answered(status: Status) -> Report {
        let report =
            resolve::Report::Answered { status, rcode: None, ede: Vec::new(), ttl: None, detail: None };
        report.into()
    }

    fn broken(requirement: &str) -> Finding {
        let [expected, seen] = [String::new(), String::new()];
        Finding { requirement: requirement.to_owned(), expected, seen, lines: Vec::new() }
    }

    #[test]
    fn a_client_is_wrong_where_it_fails_and_dangerous_where_that_leaks() {
        let suite = Suite::built_in().unwrap();
        let case = suite.case("downgrade/starttls-stripped[pop3]").unwrap();
        let report: Report = set_up::Report::Unsupported { reason: String::new() }.into();
        for (verdict, requirement, wrong) in [
            (Verdict::Fail, LEAKS[0], Some(Wrong::Leak)),
            (Verdict::Fail, LEAKS[2], Some(Wrong::Leak)),
            (Verdict::Fail, "policy/starttls-is-always-offered", Some(Wrong::Other)),
            (Verdict::Weak, LEAKS[0], None),
            (Verdict::Errored, "suite/subject-ends-with-a-report", None),
        ] {
            assert_eq!(of(case, 0, verdict, &[broken(requirement)], Some(&report)), wrong, "{requirement}");
        }
        assert_eq!(of(case, 0, Verdict::Pass, &[], Some(&report)), None);
    }

    #[test]
    fn a_resolver_is_wrong_in_what_it_says_and_dangerous_where_that_is_secure() {
        let suite = Suite::built_in().unwrap();
        let bogus = suite.case("resolver/signature-broken-srv[dns]").unwrap();
        let secure = suite.case("honest/resolver-address[dns]").unwrap();
        for (case, verdict, status, wrong) in [
            (bogus, Verdict::Fail, Status::Secure, Some(Wrong::Secure)),
            // Whatever the verdict: a control that failed, or extended errors that mislead.
            (bogus, Verdict::Inconclusive, Status::Secure, Some(Wrong::Secure)),
            (bogus, Verdict::Fail, Status::Insecure, Some(Wrong::Other)),
            (bogus, Verdict::Weak, Status::Failed, None),
            (secure, Verdict::Fail, Status::Bogus, Some(Wrong::Other)),
            // Right in what it says, and wrong in a particular.
            (secure, Verdict::Fail, Status::Secure, None),
        ] {
            assert_eq!(of(case, 0, verdict, &[], Some(&answered(status))), wrong, "{} {status}", case.id);
        }
        let never_came = [broken(GroundRule::Reached.slug())];
        assert_eq!(of(bogus, 0, Verdict::Inconclusive, &never_came, Some(&answered(Status::Secure))), None);
        let crashed = [broken(GroundRule::SubjectEndsWithAReport.slug())];
        assert_eq!(of(bogus, 0, Verdict::Errored, &crashed, None), Some(Wrong::Other));
        assert_eq!(of(bogus, 0, Verdict::Errored, &[broken(GroundRule::LabRuns.slug())], None), None);
    }
}

//! JUnit XML, for CI systems: a suite for each area, a test for each case.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};
use signpost_format::CaseResult;
use signpost_format::Verdict;
use signpost_source::visible;

use super::{Report, failures, human};
use crate::exit::Failure;

/// The results as JUnit XML.
pub(crate) fn render(report: &Report<'_>) -> Result<String, Failure> {
    let mut junit = JunitReport::new(visible(&format!("signpost {}", report.header.subject)).as_ref());
    junit.set_time(Duration::from_micros(report.summary.duration_us));
    let mut areas: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for result in report.results {
        areas.entry(result.id.split('/').next().unwrap_or_default()).or_default().push(result);
    }
    for (area, results) in areas {
        let mut suite = TestSuite::new(area);
        suite.add_test_cases(results.into_iter().map(|result| test_case(report, result)));
        junit.add_test_suite(suite);
    }
    if let Some(incomplete) = &report.summary.incomplete {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("incomplete").set_message(human::incomplete(incomplete));
        let mut suite = TestSuite::new("signpost");
        suite.add_test_case(TestCase::new("the run is complete", status));
        junit.add_test_suite(suite);
    }
    junit.to_string().map_err(|error| Failure::usage(format_args!("failed to write JUnit XML: {error}")))
}

fn test_case(report: &Report<'_>, result: &CaseResult) -> TestCase {
    let mut status = match result.verdict {
        // What is expected is no failure, whatever it is.
        _ if result.expected => TestCaseStatus::success(),
        Verdict::Unsupported => TestCaseStatus::skipped(),
        Verdict::Errored | Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Fail | Verdict::Pass | Verdict::Weak => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    if !result.expected {
        status.set_type(result.verdict.name());
        if let Some(finding) = result.findings.first() {
            let message =
                format!("{}: expected {}, seen {}", finding.requirement, finding.expected, finding.seen);
            status.set_message(visible(&message).as_ref());
        }
        let details = anstream::adapter::strip_str(&failures::failure(report.suite, result)).to_string();
        status.set_description(details);
    }
    let mut case = TestCase::new(&result.id, status);
    case.set_classname(result.id.split('/').next().unwrap_or_default());
    case.set_time(Duration::from_micros(result.duration_us));
    case
}

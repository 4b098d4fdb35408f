//! JUnit XML, for CI systems: a suite for each area, a test for each case. Of several subjects, a suite for each area of each.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};
use signpost_conformance::suite::Suite;
use signpost_format::{CaseResult, Verdict};
use signpost_source::visible;

use super::failures;
use super::run::{Run, Standing, area};
use super::runs::{Report, labels};
use crate::exit::Failure;

/// The results as JUnit XML.
pub(super) fn render(report: &Report<'_>) -> Result<String, Failure> {
    let labels = labels(report.runs);
    let mut junit = JunitReport::new(visible(&format!("signpost {}", labels.join(", "))).as_ref());
    junit.set_time(Duration::from_micros(
        report.runs.iter().fold(0, |all: u64, run| all.saturating_add(run.summary.duration_us)),
    ));
    for (run, label) in report.runs.iter().zip(&labels) {
        let subject = (report.runs.len() > 1).then(|| visible(label));
        let named = |name: &str| match &subject {
            Some(subject) => format!("{subject}: {}", visible(name)),
            None => visible(name).into_owned(),
        };
        junit.add_test_suites(suites(report.suite, run, named));
    }
    junit.to_string().map_err(|error| Failure::usage(format_args!("failed to write JUnit XML: {error}")))
}

fn suites(suite: &Suite, run: &Run, named: impl Fn(&str) -> String) -> Vec<TestSuite> {
    let mut areas: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for result in &run.results {
        areas.entry(area(&result.id)).or_default().push(result);
    }
    let mut suites = Vec::new();
    for (area, results) in areas {
        let mut tests = TestSuite::new(named(area));
        tests.add_test_cases(results.into_iter().map(|result| test_case(suite, result, &named(area))));
        suites.push(tests);
    }
    if !run.gaps.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("incomplete").set_message(visible(&run.gaps.join("; ")).as_ref());
        let mut tests = TestSuite::new(named("signpost"));
        tests.add_test_case(TestCase::new("the run is complete", status));
        suites.push(tests);
    }
    suites
}

fn test_case(suite: &Suite, result: &CaseResult, class: &str) -> TestCase {
    let mut case = TestCase::new(visible(&result.id).as_ref(), status(suite, result));
    case.set_classname(class);
    case.set_time(Duration::from_micros(result.duration_us));
    case
}

fn status(suite: &Suite, result: &CaseResult) -> TestCaseStatus {
    let finding = result.findings.first().map(|finding| {
        format!("{}: expected {}, seen {}", finding.requirement, finding.expected, finding.seen)
    });
    let (mut status, message) = match (Standing::of(result), result.verdict) {
        (Standing::Passed, _) => return TestCaseStatus::success(),
        // What is known is neither right nor news: a reader that only counts must not take it for a pass.
        (Standing::Known, _) => {
            let known = result.known.as_ref().map(|known| format!("known: {known}"));
            (TestCaseStatus::skipped(), known)
        }
        (Standing::LeftFree, _) | (_, Verdict::Unsupported) => (TestCaseStatus::skipped(), finding),
        (_, Verdict::Errored | Verdict::Inconclusive) => {
            (TestCaseStatus::non_success(NonSuccessKind::Error), finding)
        }
        (_, Verdict::Fail | Verdict::Pass | Verdict::Weak) => {
            (TestCaseStatus::non_success(NonSuccessKind::Failure), finding)
        }
    };
    status.set_type(result.verdict.name());
    if let Some(message) = message {
        status.set_message(visible(&message).as_ref());
    }
    if !result.expected {
        let details = anstream::adapter::strip_str(&failures::failure(suite, result)).to_string();
        status.set_description(details);
    }
    status
}

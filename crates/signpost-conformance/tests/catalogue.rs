//! Every row of the lab's catalogue of faults is a scenario with the same fault, question and verdicts.

use std::collections::BTreeSet;

use signpost_conformance::case::Case;
use signpost_conformance::suite::Suite;
use signpost_dns::{CatalogueRow, Verdict, catalogue};
use signpost_format::Task;
use signpost_format::resolve::Question;
use signpost_lab::Fault;

/// Each link of the loop is signed and no answer is at its end: the RFCs leave every verdict but Insecure open.
const WITHOUT_VERDICT: &str = "cname-loop";

#[test]
fn every_row_is_a_scenario() {
    let suite = Suite::built_in().unwrap();
    let cases: Vec<&Case> =
        suite.cases.iter().map(AsRef::as_ref).filter(|case| case.service == None).collect();
    let missing: Vec<&CatalogueRow> = catalogue()
        .iter()
        .filter(|row| row.kind != WITHOUT_VERDICT && !cases.iter().any(|case| is_same(case, row)))
        .collect();
    assert!(missing.is_empty(), "no scenario below scenarios/resolver shows {missing:#?}");
}

fn is_same(case: &Case, row: &CatalogueRow) -> bool {
    let [Fault::Answer(fault)] = case.faults.as_slice() else { return false };
    let wanted = row.fault();
    let (name, record_type) = row.asked();
    let asked =
        question_of(case).map(|question| (format!("{}.", question.name), question.record_type.as_str()));
    let expected: BTreeSet<&str> =
        case.first_step().unwrap().expectation.end.outcomes().into_iter().collect();
    fault.target == wanted.target
        && fault.kind == wanted.kind
        && asked == Some((name.to_ascii(), record_type.into()))
        && expected == row.verdicts.iter().copied().map(verdict_name).collect()
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Bogus => "bogus",
        Verdict::Indeterminate => "indeterminate",
        Verdict::Insecure => "insecure",
        Verdict::Secure => "secure",
    }
}

fn question_of(case: &Case) -> Option<&Question> {
    match &case.first_step()?.task {
        Task::Resolve(question) => Some(question),
        Task::SetUp { .. } => None,
    }
}

//! What several resolvers say of the same cases, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use signpost_format::resolve::{self, Status};
use signpost_format::{CaseResult, Report, Verdict, Wrong};

use crate::case::Case;

/// How many independent validators have to give the verdict of the RFC before the suite may ask it of others.
pub const ENOUGH: usize = 2;

/// One case and what each resolver said of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The case.
    pub case: Arc<Case>,
    /// In the order of the resolvers.
    pub answers: Vec<Answer>,
}

/// What one resolver said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// How far it believes the answer; nothing where it gave none, because it crashed for instance.
    pub status: Option<Status>,
    /// Its extended DNS error codes.
    pub ede: Vec<u16>,
    /// Whether that is what the case expects.
    pub is_as_expected: bool,
    /// How it is wrong, where it is: a resolver that cannot be asked again has not said anything wrong.
    pub wrong: Option<Wrong>,
    /// Whether it also passes the control, without which a refusal says nothing.
    pub counts: bool,
}

impl Row {
    /// How many of the resolvers give the expected verdict and pass the control.
    #[must_use]
    pub fn agreement(&self) -> usize {
        self.answers.iter().filter(|answer| answer.is_as_expected && answer.counts).count()
    }

    /// Whether enough agree, or else the scenario says who is wrong and by which sentence. A dispute that is over does not
    /// stand there any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        (self.agreement() >= ENOUGH) != self.case.scenario.part.dispute().is_some()
    }
}

/// Puts the results of several resolvers for the same cases beside each other.
#[must_use]
pub fn side_by_side(cases: &[Arc<Case>], results: &[Vec<CaseResult>]) -> Vec<Row> {
    let by_id: Vec<BTreeMap<&str, &CaseResult>> = results
        .iter()
        .map(|results| results.iter().map(|result| (result.id.as_str(), result)).collect())
        .collect();
    let by_case: BTreeMap<&str, &Arc<Case>> = cases.iter().map(|case| (case.id.as_str(), case)).collect();
    let answer = |results: &BTreeMap<&str, &CaseResult>, case: &Case| {
        let report = results.get(case.id.as_str()).and_then(|result| result.report.as_ref());
        let passes = |id: &String| match (by_case.get(id.as_str()), results.get(id.as_str())) {
            (Some(control), Some(result)) => {
                result.report.as_ref().is_some_and(|report| is_met(control, report))
            }
            _ => false,
        };
        let (status, ede) = match report {
            Some(Report::Resolve(resolve::Report::Answered { status, ede, .. })) => {
                (Some(*status), ede.clone())
            }
            _ => (None, Vec::new()),
        };
        Answer {
            status,
            ede,
            is_as_expected: match results.get(case.id.as_str()) {
                // What is right differs from step to step, so that the verdict on all of them has to tell.
                Some(result) if case.asks_again() => result.verdict == Verdict::Pass,
                _ => report.is_some_and(|report| is_met(case, report)),
            },
            wrong: results.get(case.id.as_str()).and_then(|result| result.wrong),
            counts: case.control.as_ref().is_none_or(passes),
        }
    };
    cases
        .iter()
        .map(|case| Row {
            case: Arc::clone(case),
            answers: by_id.iter().map(|results| answer(results, case)).collect(),
        })
        .collect()
}

fn is_met(case: &Case, report: &Report) -> bool {
    case.first_step().is_some_and(|step| step.expectation.end.is_met_by(report))
}

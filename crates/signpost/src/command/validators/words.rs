//! What is right and what was said, in words.

use std::fmt::Write as _;

use signpost_conformance::agreement::Answer;
use signpost_conformance::case::Case;

/// The outcomes of which any is right, step by step.
pub(super) fn outcomes(case: &Case) -> Vec<Vec<&'static str>> {
    case.steps().map(|step| step.expectation.end.outcomes()).collect()
}

pub(super) fn expected(case: &Case) -> String {
    outcomes(case).iter().map(|outcomes| outcomes.join(" or ")).collect::<Vec<_>>().join(", then ")
}

/// The status, with the extended errors behind it.
pub(super) fn said(answer: &Answer) -> String {
    let mut text = answer.status.map_or("none", |status| status.name()).to_owned();
    for code in &answer.ede {
        let _ = write!(text, " {code}");
    }
    text
}

//! In which order candidates are tried (RFC 2782).

use std::cmp::Reverse;

use signpost_select::{Selection, Target};

use crate::candidate::Candidate;
use crate::rules::Rules;

/// The candidates by priority and weight, those of both labels together.
pub(crate) fn order(mut candidates: Vec<Candidate>, rules: Rules) -> Selection<Candidate> {
    if !rules.draws_by_weight() {
        candidates.sort_by_key(|candidate| (candidate.target.priority, Reverse(candidate.target.weight)));
        for (rank, candidate) in (0..).zip(&mut candidates) {
            candidate.target.priority = rank;
        }
    }
    Selection::new(candidates.into_iter().map(|candidate| Target {
        priority: if rules.honours_priority() { candidate.target.priority } else { 0 },
        weight: candidate.target.weight,
        value: candidate,
    }))
}

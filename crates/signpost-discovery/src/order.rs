//! In which order candidates are tried (RFC 2782).

use std::cmp::Reverse;

use signpost_protocol::TlsStart;
use signpost_select::{Selection, Target};

use crate::candidate::Candidate;
use crate::rules::Rules;

/// The candidates by priority and weight, those of both labels together.
pub(crate) fn order(mut candidates: Vec<Candidate>, rules: Rules) -> Selection<Candidate> {
    if !rules.draws_by_weight() {
        rank(&mut candidates, |candidate| (candidate.target.priority, Reverse(candidate.target.weight)));
    }
    if !rules.takes_heavier_first() {
        rank(&mut candidates, |candidate| (candidate.target.priority, candidate.target.weight));
    }
    if !rules.draws_anew() {
        rank(&mut candidates, |candidate| candidate.target.priority);
    }
    if !rules.reads_every_target() {
        candidates.truncate(10);
    }
    if !rules.uses_weight_zero() {
        candidates.retain(|candidate| candidate.target.weight > 0);
    }
    if !rules.reads_priorities_unsigned() {
        regroup(&mut candidates, |candidate| candidate.target.priority.cast_signed());
    }
    if !rules.adds_large_weights() && has_overflow(&candidates) {
        // The sum is less than the first weight, so that every number that is drawn falls to the first record.
        rank(&mut candidates, |candidate| candidate.target.priority);
    }
    let is_second = |candidate: &Candidate, first: TlsStart| candidate.tls != first;
    if !rules.puts_labels_together() {
        regroup(&mut candidates, |candidate| {
            (is_second(candidate, rules.prefers()), candidate.target.priority)
        });
    }
    if !rules.puts_labels_together_within_priority() {
        regroup(&mut candidates, |candidate| {
            (candidate.target.priority, is_second(candidate, TlsStart::Implicit))
        });
    }
    Selection::new(candidates.into_iter().map(|candidate| Target {
        priority: if rules.honours_priority() { candidate.target.priority } else { 0 },
        weight: if rules.honours_weights() { candidate.target.weight } else { 1 },
        value: candidate,
    }))
}

/// Whether the weights of the best priority come to more than sixteen bits hold.
fn has_overflow(candidates: &[Candidate]) -> bool {
    let best = candidates.iter().map(|candidate| candidate.target.priority).min();
    let of_best = candidates.iter().filter(|candidate| Some(candidate.target.priority) == best);
    of_best.map(|candidate| u32::from(candidate.target.weight)).sum::<u32>() > u32::from(u16::MAX)
}

/// Puts one candidate behind the other, without a draw; equal ones in the order of the answer.
fn rank<K: Ord>(candidates: &mut [Candidate], key: impl Fn(&Candidate) -> K) {
    candidates.sort_by_key(key);
    for (rank, candidate) in (0..).zip(candidates) {
        candidate.target.priority = rank;
    }
}

/// Gives candidates with equal keys one priority, in the order of the keys.
fn regroup<K: Ord>(candidates: &mut [Candidate], key: impl Fn(&Candidate) -> K) {
    let mut keys: Vec<K> = candidates.iter().map(&key).collect();
    keys.sort_unstable();
    keys.dedup();
    for candidate in candidates {
        let position = keys.binary_search(&key(candidate)).unwrap_or_default();
        candidate.target.priority = u16::try_from(position).unwrap_or(u16::MAX);
    }
}

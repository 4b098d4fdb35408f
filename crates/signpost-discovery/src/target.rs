//! Which target is next (RFC 2782).

use crate::attempt::Candidate;
use crate::rules::Rules;

/// Draws one of the candidates that are left, by priority and weight. There must be one.
pub(crate) fn draw(left: &[Candidate], rules: Rules, entropy: &mut dyn FnMut(u32) -> u32) -> usize {
    let first = left.iter().map(|c| c.target.priority).min().unwrap_or(0);
    let eligible: Vec<usize> =
        (0..left.len()).filter(|&i| !rules.honours_priority() || left[i].target.priority == first).collect();
    if !rules.draws_by_weight() {
        return eligible.into_iter().max_by_key(|&i| left[i].target.weight).unwrap_or(0);
    }
    let sum: u32 = eligible.iter().map(|&i| u32::from(left[i].target.weight)).sum();
    let mut drawn = entropy(sum);
    for &index in &eligible {
        let weight = u32::from(left[index].target.weight);
        if weight >= drawn {
            return index;
        }
        drawn -= weight;
    }
    eligible.last().copied().unwrap_or(0)
}

//! One target after the other, as each before it fails.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

/// Where random numbers come from.
pub trait Entropy {
    /// A number of which every bit is equally likely 0 or 1, independent of all before.
    fn next_u64(&mut self) -> u64;
}

impl<F: FnMut() -> u64> Entropy for F {
    fn next_u64(&mut self) -> u64 {
        self()
    }
}

/// What one SRV record says of its target's place, and whatever the caller wants back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Target<T> {
    /// Lower is contacted first.
    pub priority: u16,
    /// Share among the targets of one priority.
    pub weight: u16,
    /// The target itself.
    pub value: T,
}

/// The targets of an SRV record set that have not been tried yet.
#[derive(Clone, Debug)]
pub struct Selection<T> {
    /// In order of priority.
    waiting: VecDeque<Target<T>>,
    /// Those of the lowest priority, weight 0 first.
    current: Vec<Target<T>>,
}

impl<T> Selection<T> {
    /// Takes the targets of all records, in any order.
    #[must_use]
    pub fn new(targets: impl IntoIterator<Item = Target<T>>) -> Self {
        let mut waiting: Vec<Target<T>> = targets.into_iter().collect();
        waiting.sort_by_key(|target| (target.priority, target.weight));
        Self { waiting: waiting.into(), current: Vec::new() }
    }

    /// The next target to try; none when all have been.
    pub fn next(&mut self, entropy: &mut impl Entropy) -> Option<Target<T>> {
        if self.current.is_empty() {
            let priority = self.waiting.front()?.priority;
            while let Some(target) = self.waiting.pop_front_if(|target| target.priority == priority) {
                self.current.push(target);
            }
        }
        let index = draw(self.current.iter().map(|target| target.weight), entropy);
        // The order of the rest decides nothing but which record of weight 0 is first, and that is drawn too; but
        // weight 0 has to stay in front.
        Some(self.current.remove(index))
    }

    /// How many targets have not been tried yet.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.waiting.len() + self.current.len()
    }
}

/// The index of the record to take among weights of which those that are 0 stand first. There is at least one.
///
/// RFC 2782 draws from 0 to the sum inclusive, which are sum + 1 numbers for sum units of weight. The one number too many
/// is the 0, and is there so that a record of weight 0 has "a very small chance" at all: standing first, with a running sum
/// of 0, only such a record is reached by it.
fn draw(weights: impl ExactSizeIterator<Item = u16> + Clone, entropy: &mut impl Entropy) -> usize {
    let zeros = weights.clone().take_while(|&weight| weight == 0).count();
    // At most 65,535 records fit into a message, so the sum stays below 2³².
    let sum: u64 = weights.clone().map(u64::from).sum();
    if sum == 0 {
        return below(weights.len() as u64, entropy) as usize;
    }
    // Without a record of weight 0 nothing stands for the draw of 0: to the letter it would fall to whichever record
    // happens to be first, so it is left out.
    let drawn = if zeros == 0 { 1 + below(sum, entropy) } else { below(sum + 1, entropy) };
    if drawn == 0 {
        return below(zeros as u64, entropy) as usize;
    }
    let mut running = 0;
    weights
        .clone()
        .position(|weight| {
            running += u64::from(weight);
            running >= drawn
        })
        .unwrap_or(weights.len() - 1)
}

/// A number from 0 to `bound - 1`, each exactly as likely as every other: numbers from an incomplete last round are
/// drawn again.
fn below(bound: u64, entropy: &mut impl Entropy) -> u64 {
    let excess = (u64::MAX % bound + 1) % bound;
    loop {
        let number = entropy.next_u64();
        if number <= u64::MAX - excess {
            return number % bound;
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;
    use crate::{Model, first_choice};

    /// Counts, over every draw that the weights allow, how often each target comes first.
    fn exact_first_choices(weights: &[u16]) -> Vec<f64> {
        let mut sorted = weights.to_vec();
        sorted.sort_unstable();
        let sum: u64 = sorted.iter().map(|&weight| u64::from(weight)).sum();
        let zeros = sorted.iter().filter(|&&weight| weight == 0).count() as u64;
        let draws = if sum == 0 {
            zeros
        } else if zeros == 0 {
            sum
        } else {
            sum + 1
        };
        let ties = zeros.max(1);
        let mut shares = vec![0.0; sorted.len()];
        for first in 0..draws {
            for second in 0..ties {
                let mut numbers = [first, second].into_iter();
                let mut entropy = || numbers.next().unwrap_or(0);
                let index = draw(sorted.iter().copied(), &mut entropy);
                shares[index] += 1.0 / (draws * ties) as f64;
            }
        }
        shares
    }

    #[test]
    fn every_draw_counted_gives_the_documented_shares() {
        for weights in [&[1, 1][..], &[1, 2], &[10, 30, 60], &[0, 10], &[0, 0, 5], &[0, 0]] {
            let expected = first_choice(weights, Model::Drawn);
            for (share, expected) in exact_first_choices(weights).iter().zip(expected) {
                assert!((share - expected).abs() < 1e-9, "{weights:?}: {share} instead of {expected}");
            }
        }
    }

    #[test]
    fn sums_beyond_sixteen_bits_do_not_overflow() {
        let targets = (0..1000).map(|value| Target { priority: 1, weight: u16::MAX, value });
        let mut selection = Selection::new(targets);
        // The greatest draw belongs to the last record.
        let sum = 1000 * u64::from(u16::MAX);
        assert_eq!(selection.next(&mut || sum - 1).map(|target| target.value), Some(999));
    }

    #[test]
    fn a_bound_that_does_not_divide_the_range_is_drawn_again() {
        let mut numbers = [u64::MAX, 7].into_iter();
        assert_eq!(below(10, &mut || numbers.next().unwrap_or(0)), 7);
    }

    proptest! {
        #[test]
        fn every_target_comes_once_and_priorities_never_go_back(
            records in prop::collection::vec((0_u16..4, any::<u16>()), 0..40),
            seed in any::<u64>(),
        ) {
            let mut state = seed | 1;
            let mut entropy = || { state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1); state ^ (state >> 33) };
            let targets = records.iter().enumerate().map(|(value, &(priority, weight))| Target { priority, weight, value });
            let mut selection = Selection::new(targets);
            let mut seen = Vec::new();
            let mut last = 0;
            while let Some(target) = selection.next(&mut entropy) {
                prop_assert!(target.priority >= last);
                last = target.priority;
                seen.push(target.value);
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..records.len()).collect::<Vec<_>>());
        }

        #[test]
        fn a_drawn_number_is_below_its_bound(bound in 1_u64.., number in any::<u64>()) {
            let mut numbers = [number].into_iter();
            prop_assert!(below(bound, &mut || numbers.next().unwrap_or(0)) < bound);
        }
    }
}

//! Whether first choices among SRV targets fit their weights: exact binomial bounds, with the number of runs derived.
//!
//! A subject is accepted if it fits any of the readings of RFC 2782 that implementations share: a real-valued draw
//! (P = w/S), and the draw between 0 and the sum inclusive, on records in any order or with weight 0 first. For each
//! server the accepted counts are those that no reading makes rarer than its share of the false-alarm rate; the number
//! of runs is the smallest that also tells every wrong selection named in [`wrong_selections`] apart.
//!
//! Where weights are equal, choosing evenly is right, and what is wrong is always to choose the same: a right client does
//! that in n runs with a probability that halves with each, however the extra unit of the letter falls. What is
//! in proportion to the weights is never counted as wrong.

use signpost_select::{Model, first_choice};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Probability that a conforming subject is called wrong.
pub const FALSE_ALARM_RATE: f64 = 1e-6;
/// Probability that a subject with one of the wrong selections is called right.
pub const MISS_RATE: f64 = 1e-6;
/// A weight set that needs more runs than this does not tell right from wrong well enough to be worth them.
pub const MOST_RUNS: u32 = 2_000;

/// A test of first choices for one set of weights.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionTest {
    /// How often the subject has to run.
    pub runs: u32,
    /// For each server, in the order given: the smallest and the greatest count that is accepted.
    pub accepted: Vec<(u32, u32)>,
}

/// Servers of one priority, their weights, and the test derived from these.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionExpectation {
    /// Names of the servers in the world.
    pub servers: Vec<String>,
    /// Runs and bounds, in the same order.
    pub test: SelectionTest,
}

impl SelectionExpectation {
    /// How often each is to be chosen first, a line each: its name and what it is.
    pub(crate) fn particulars(&self) -> impl Iterator<Item = (&'static str, String)> {
        let Self { servers, test } = self;
        servers.iter().zip(&test.accepted).map(|(server, (low, high))| {
            ("chosen first", format!("{server}: {low} to {high} of {} runs", test.runs))
        })
    }
}

impl SelectionTest {
    /// Derives the number of runs and the bounds for servers of one priority with these weights.
    ///
    /// Returns nothing where [`MOST_RUNS`] are not enough, or where there is nothing wrong to tell: of weights that are all
    /// 0, to the letter the first in line is always taken.
    #[must_use]
    pub fn derive(weights: &[u16]) -> Option<Self> {
        if weights.len() < 2 {
            return None;
        }
        let right = right_selections(weights);
        let wrong = wrong_selections(weights);
        let told_apart = |runs| {
            let test = Self { runs, accepted: accepted_counts(&right, runs) };
            wrong.iter().all(|(_, shares)| test.miss_rate(shares) <= MISS_RATE).then_some(test)
        };
        // The power is not quite monotone in the number of runs because counts are whole; a wrong selection that is
        // told apart at one number may just miss at the next, so the first that works is searched in order.
        (1..=MOST_RUNS).find_map(told_apart)
    }

    /// An upper bound of the probability that selection with these shares is accepted.
    fn miss_rate(&self, shares: &[f64]) -> f64 {
        shares
            .iter()
            .zip(&self.accepted)
            .map(|(&share, &(low, high))| probability_within(self.runs, share, low, high))
            .fold(1.0, f64::min)
    }

    /// The servers, by index, whose counts no reading of RFC 2782 explains.
    #[must_use]
    pub fn rejected(&self, counts: &[u32]) -> Vec<usize> {
        self.accepted
            .iter()
            .zip(counts)
            .enumerate()
            .filter(|(_, ((low, high), count))| !(low..=high).contains(count))
            .map(|(index, _)| index)
            .collect()
    }
}

/// First-choice shares under each accepted reading.
fn right_selections(weights: &[u16]) -> Vec<Vec<f64>> {
    let mut right: Vec<Vec<f64>> = [Model::Proportional, Model::LiteralShuffled, Model::LiteralSorted]
        .into_iter()
        .map(|model| first_choice(weights, model))
        .collect();
    right.extend(tied_selections(weights));
    right
}

/// Records of the same lowest weight in an order that stays the same: which of them stands first, and so has one unit more
/// to the letter, or all of weight 0, nobody says.
fn tied_selections(weights: &[u16]) -> Vec<Vec<f64>> {
    let Some(&lightest) = weights.iter().min() else { return Vec::new() };
    let tied: Vec<usize> = (0..weights.len()).filter(|&index| weights[index] == lightest).collect();
    let sum: f64 = weights.iter().copied().map(f64::from).sum();
    if tied.len() < 2 {
        return Vec::new();
    }
    let with_first = |&first: &usize| {
        let units = |index: usize| f64::from(weights[index]) + f64::from(u8::from(index == first));
        (0..weights.len()).map(|index| units(index) / (sum + 1.0)).collect()
    };
    tied.iter().map(with_first).collect()
}

/// Selections that real programs make instead, with the first-choice shares they give. Those that are in proportion to the
/// weights are right, and left out.
#[must_use]
pub fn wrong_selections(weights: &[u16]) -> Vec<(&'static str, Vec<f64>)> {
    let proportional = first_choice(weights, Model::Proportional);
    let is_right =
        |shares: &[f64]| proportional.iter().zip(shares).all(|(right, share)| (right - share).abs() < 1e-9);
    let mut wrong = other_selections(weights);
    wrong.retain(|(_, shares)| !is_right(shares));
    wrong
}

fn other_selections(weights: &[u16]) -> Vec<(&'static str, Vec<f64>)> {
    let count = weights.len();
    let always = |chosen: Option<usize>| {
        (0..count).map(|index| if Some(index) == chosen { 1.0 } else { 0.0 }).collect::<Vec<_>>()
    };
    let heaviest = (0..count).max_by_key(|&index| weights[index]);
    let lightest = (0..count).min_by_key(|&index| weights[index]);
    let uniform = vec![1.0 / count as f64; count];
    let rest: f64 =
        (0..count).filter(|&index| Some(index) != heaviest).map(|index| f64::from(weights[index])).sum();
    let never_heaviest = (0..count)
        .map(|index| match Some(index) == heaviest {
            true => 0.0,
            false if rest == 0.0 => 1.0 / (count - 1) as f64,
            false => f64::from(weights[index]) / rest,
        })
        .collect();
    let same = (0..count).map(|index| ("always the same", always(Some(index))));
    let named = [
        ("always the heaviest", always(heaviest)),
        ("always the lightest", always(lightest)),
        ("every server alike", uniform),
        ("never the heaviest", never_heaviest),
    ];
    named.into_iter().chain(same).collect()
}

/// For each server the counts that some reading does not make too rare: the union of the readings' central intervals,
/// each of which excludes at most the false-alarm rate divided among the servers and the two sides.
fn accepted_counts(right: &[Vec<f64>], runs: u32) -> Vec<(u32, u32)> {
    let servers = right.first().map_or(0, Vec::len);
    let tail = FALSE_ALARM_RATE / (2.0 * servers as f64);
    (0..servers)
        .map(|server| {
            right
                .iter()
                .map(|shares| central_interval(runs, shares[server], tail))
                .reduce(|(low, high), (other_low, other_high)| (low.min(other_low), high.max(other_high)))
                .unwrap_or((0, runs))
        })
        .collect()
}

/// The smallest interval that leaves out at most `tail` on each side.
fn central_interval(runs: u32, share: f64, tail: f64) -> (u32, u32) {
    let Some(binomial) = binomial(runs, share) else { return degenerate(runs, share) };
    let low = first_where(runs, |count| binomial.cdf(u64::from(count)) > tail);
    let high = first_where(runs, |count| binomial.sf(u64::from(count)) <= tail);
    (low, high)
}

/// The smallest count from 0 to `runs` for which a condition that turns true once holds.
fn first_where(runs: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, runs);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

fn probability_within(runs: u32, share: f64, low: u32, high: u32) -> f64 {
    let Some(binomial) = binomial(runs, share) else {
        let (certain, _) = degenerate(runs, share);
        return f64::from(u8::from((low..=high).contains(&certain)));
    };
    let below = if low == 0 { 0.0 } else { binomial.cdf(u64::from(low - 1)) };
    (binomial.cdf(u64::from(high)) - below).max(0.0)
}

/// A share of 0 or 1 leaves nothing to chance.
fn degenerate(runs: u32, share: f64) -> (u32, u32) {
    if share < 0.5 { (0, 0) } else { (runs, runs) }
}

fn binomial(runs: u32, share: f64) -> Option<Binomial> {
    if share <= 0.0 || share >= 1.0 { None } else { Binomial::new(share, u64::from(runs)).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_every_accepted_reading_to_the_false_alarm_rate() {
        for weights in [&[10, 90][..], &[10, 30, 60], &[60, 20, 10, 10], &[1, 1], &[0, 10], &[1, 1, 1]] {
            let test = SelectionTest::derive(weights).unwrap();
            for shares in right_selections(weights) {
                let alarm: f64 = shares
                    .iter()
                    .zip(&test.accepted)
                    .map(|(&share, &(low, high))| 1.0 - probability_within(test.runs, share, low, high))
                    .sum();
                assert!(alarm <= FALSE_ALARM_RATE * 1.001, "{weights:?}: {alarm}");
            }
        }
    }

    #[test]
    fn every_wrong_selection_is_told_apart() {
        for weights in [&[10, 30, 60][..], &[1, 1], &[0, 10], &[1, 1, 1]] {
            let test = SelectionTest::derive(weights).unwrap();
            for (name, shares) in wrong_selections(weights) {
                assert!(test.miss_rate(&shares) <= MISS_RATE, "{name} for {weights:?}");
            }
        }
        let test = SelectionTest::derive(&[10, 30, 60]).unwrap();
        assert_eq!(test.rejected(&[0, 0, test.runs]), [0, 1, 2]);
    }

    /// The proposal's own weights. A right client always takes the same of two with a probability of 2^(1-n).
    #[test]
    fn of_equal_weights_only_always_the_same_is_wrong() {
        let test = SelectionTest::derive(&[1, 1]).unwrap();
        assert!(0.5_f64.powf(f64::from(test.runs) - 1.0) <= FALSE_ALARM_RATE);
        assert_eq!(test.rejected(&[0, test.runs]), [0, 1]);
        assert_eq!(test.rejected(&[test.runs, 0]), [0, 1]);
        for count in 1..test.runs {
            assert!(test.rejected(&[count, test.runs - count]).is_empty(), "{count} of {}", test.runs);
        }
    }

    /// "In the presence of records containing weights greater than 0, records with weight 0 should have a very small
    /// chance of being selected" (RFC 2782): none is right, and so is one in eleven.
    #[test]
    fn a_weight_of_0_may_be_never_or_rarely_taken() {
        let test = SelectionTest::derive(&[0, 10]).unwrap();
        let rarely = test.runs / 11;
        assert!(test.rejected(&[0, test.runs]).is_empty());
        assert!(test.rejected(&[rarely, test.runs - rarely]).is_empty());
        assert_eq!(test.rejected(&[test.runs / 2, test.runs - test.runs / 2]), [0, 1]);
        assert_eq!(test.rejected(&[test.runs, 0]), [0, 1]);
    }

    #[test]
    fn weights_that_are_all_0_or_one_alone_ask_for_nothing() {
        assert_eq!(SelectionTest::derive(&[0, 0]), None);
        assert_eq!(SelectionTest::derive(&[10]), None);
    }

    /// To the letter, and sorted, one to two comes out as one to one: an even draw cannot be told from that.
    #[test]
    fn weights_that_the_letter_makes_equal_cannot_be_tested() {
        assert_eq!(SelectionTest::derive(&[1, 2]), None);
    }
}

//! Readings of RFC 2782's draw that implementations share, as exact probabilities.

use alloc::vec;
use alloc::vec::Vec;

/// One reading of the draw among records of one priority.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Model {
    /// [`Selection`](crate::Selection)'s own; see the crate's documentation.
    Drawn,
    /// To the letter, records of equal standing in uniformly random order: whatever stands first has one unit more.
    LiteralShuffled,
    /// To the letter, records in order of weight: the lightest has one unit more.
    LiteralSorted,
    /// A real-valued draw: w / S, and never a record of weight 0 beside others.
    Proportional,
}

/// The probability of each record to be the first of its priority, in the order of `weights`.
#[must_use]
pub fn first_choice(weights: &[u16], model: Model) -> Vec<f64> {
    let count = weights.len();
    let sum: f64 = weights.iter().copied().map(f64::from).sum();
    let zeros = weights.iter().filter(|&&weight| weight == 0).count();
    if sum == 0.0 {
        // To the letter the first in line is always taken; who that is, nobody says.
        return vec![1.0 / count as f64; count];
    }
    let share = |weight: u16| match (model, weight) {
        (Model::Proportional, _) => f64::from(weight) / sum,
        (_, 0) => 1.0 / (zeros as f64 * (sum + 1.0)),
        (_, weight) if zeros > 0 => f64::from(weight) / (sum + 1.0),
        (Model::Drawn, weight) => f64::from(weight) / sum,
        (Model::LiteralShuffled, weight) => (f64::from(weight) + 1.0 / count as f64) / (sum + 1.0),
        (Model::LiteralSorted, weight) => f64::from(weight) / (sum + 1.0),
    };
    let mut shares: Vec<f64> = weights.iter().map(|&weight| share(weight)).collect();
    if model == Model::LiteralSorted
        && zeros == 0
        && let Some(lightest) = (0..count).min_by_key(|&index| weights[index])
    {
        shares[lightest] += 1.0 / (sum + 1.0);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one() {
        for model in [Model::Drawn, Model::LiteralShuffled, Model::LiteralSorted, Model::Proportional] {
            for weights in [&[1, 2][..], &[10, 30, 60], &[0, 10], &[0, 0], &[65535, 65535, 1]] {
                let sum: f64 = first_choice(weights, model).iter().sum();
                assert!((sum - 1.0).abs() < 1e-12, "{model:?} {weights:?}: {sum}");
            }
        }
    }

    /// The table of published simulations: `{1, 2}` drawn to the letter.
    #[test]
    fn literal_readings_are_off_by_one_unit() {
        let near = |shares: Vec<f64>, expected: [f64; 2]| {
            shares.iter().zip(expected).all(|(share, expected)| (share - expected).abs() < 0.01)
        };
        assert!(near(first_choice(&[1, 2], Model::LiteralShuffled), [0.375, 0.625]));
        assert!(near(first_choice(&[1, 2], Model::LiteralSorted), [0.5, 0.5]));
        assert!(near(first_choice(&[1, 2], Model::Proportional), [0.333, 0.667]));
        assert!(near(first_choice(&[0, 10], Model::Drawn), [0.09, 0.91]));
    }
}

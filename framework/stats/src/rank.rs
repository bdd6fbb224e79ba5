//! Ranks, counted from 1, where tied values share the mean of their places.
//!
//! Ranks are kept doubled: a doubled rank is a whole number, so sums of ranks are exact.

use super::ties;

/// The ranks of some values.
#[derive(Debug)]
pub(super) struct Ranks {
    /// Twice the rank of each value, in the order in which the values were given.
    pub doubled: Vec<u64>,
    /// The sum of t³ − t over all sets of t tied values.
    pub ties: f64,
}

impl Ranks {
    /// Ranks scores, none of which may be NaN. Scores that differ by rounding are [tied](ties).
    pub(super) fn of(values: &[f64]) -> Self {
        Self::computed_from(values, values)
    }

    /// Ranks values that were computed from numbers of the given magnitudes; see [`ties::levels`].
    pub(super) fn computed_from(values: &[f64], magnitudes: &[f64]) -> Self {
        let levels = ties::levels(values, magnitudes);
        let mut sizes = vec![0_u64; values.len()];
        for &level in &levels {
            sizes[level] += 1;
        }
        let mut smaller = 0;
        let ranks_of_levels: Vec<u64> = sizes
            .iter()
            .map(|&tied| {
                // Twice the mean of `smaller + 1` to `smaller + tied`.
                let rank = 2 * smaller + tied + 1;
                smaller += tied;
                rank
            })
            .collect();
        let cubes = sizes.iter().map(|&tied| tied as f64);
        Self {
            doubled: levels.iter().map(|&level| ranks_of_levels[level]).collect(),
            ties: cubes.map(|tied| tied * tied * tied - tied).sum(),
        }
    }

    /// The sum of the ranks of the values at `places`.
    pub(super) fn sum(&self, places: std::ops::Range<usize>) -> f64 {
        self.doubled[places].iter().sum::<u64>() as f64 / 2.0
    }

    /// The ranks themselves.
    pub(super) fn plain(&self) -> Vec<f64> {
        self.doubled.iter().map(|&rank| rank as f64 / 2.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tied_values_share_the_mean_of_their_places() {
        let ranks = Ranks::of(&[20.0, 10.0, 20.0, 30.0, 20.0]);
        assert_eq!(ranks.plain(), [3.0, 1.0, 3.0, 5.0, 3.0]);
        assert_eq!(ranks.ties, 24.0);
        assert_eq!(ranks.sum(1..3), 4.0);
    }

    #[test]
    fn values_that_differ_by_rounding_are_tied() {
        assert_eq!(Ranks::of(&[0.1 + 0.2, 0.3, 0.4]).plain(), [1.5, 1.5, 3.0]);
        assert_eq!(Ranks::of(&[0.3 + 1e-12, 0.3, 0.4]).plain(), [2.0, 1.0, 3.0]);
    }

    #[test]
    fn a_diverged_score_changes_no_rank_among_the_others() {
        assert_eq!(
            Ranks::of(&[3.0, 1.0, -1e18, 2.0]).plain(),
            [4.0, 2.0, 1.0, 3.0]
        );
    }

    proptest! {
        #[test]
        fn ranks_always_add_up_to_the_same_sum(values in vec(-3..3_i8, 0..20)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let n = values.len() as f64;
            prop_assert_eq!(Ranks::of(&values).sum(0..values.len()), n * (n + 1.0) / 2.0);
        }
    }
}

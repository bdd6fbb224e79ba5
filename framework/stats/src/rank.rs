//! Ranks from 1, tied values sharing the mean of their places; what every rank test begins with.
//!
//! A rank is kept doubled, so that it is a whole number and sums of ranks are exact.

/// The ranks of some values.
#[derive(Debug)]
pub(super) struct Ranks {
    /// Twice the rank of each value, in the order given.
    pub doubled: Vec<u64>,
    /// The sum of t³ − t over groups of t tied values.
    pub ties: f64,
}

impl Ranks {
    /// Ranks `values`, none of which may be NaN. Values up to `rounding` above the least of a group are tied with it:
    /// 0.1 + 0.2 and 0.3 are the same score.
    pub(super) fn of(values: &[f64], rounding: f64) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
        let mut doubled = vec![0; values.len()];
        let mut ties = 0.0;
        let mut start = 0;
        while start < order.len() {
            let least = values[order[start]];
            let tied = order[start..]
                .iter()
                .take_while(|&&place| values[place] - least <= rounding)
                .count();
            for &place in &order[start..start + tied] {
                // Twice the mean of start + 1 to start + tied.
                doubled[place] = (2 * start + tied + 1) as u64;
            }
            let tied_float = tied as f64;
            ties += tied_float * tied_float * tied_float - tied_float;
            start += tied;
        }
        Self { doubled, ties }
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
        let ranks = Ranks::of(&[20.0, 10.0, 20.0, 30.0, 20.0], 0.0);
        assert_eq!(ranks.plain(), [3.0, 1.0, 3.0, 5.0, 3.0]);
        assert_eq!(ranks.ties, 24.0);
        assert_eq!(ranks.sum(1..3), 4.0);
    }

    #[test]
    fn values_that_differ_by_rounding_are_tied() {
        let values = [0.1 + 0.2, 0.3, 0.4];
        assert_eq!(Ranks::of(&values, 1e-15).plain(), [1.5, 1.5, 3.0]);
        assert_eq!(Ranks::of(&values, 0.0).plain(), [2.0, 1.0, 3.0]);
    }

    proptest! {
        #[test]
        fn ranks_always_add_up_to_the_same(values in vec(-3..3_i8, 0..20)) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let n = values.len() as f64;
            prop_assert_eq!(Ranks::of(&values, 0.0).sum(0..values.len()), n * (n + 1.0) / 2.0);
        }
    }
}

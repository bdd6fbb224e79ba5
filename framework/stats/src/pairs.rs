//! Differences between paired scores, which every paired test begins with.

use super::describe;
use super::test_error::TestError;
use super::ties;

/// The differences `a[i] − b[i]` of paired scores.
#[derive(Debug, Clone)]
pub(super) struct Differences {
    /// The differences; exactly 0 where the two scores of a pair differ by rounding only.
    pub values: Vec<f64>,
    /// For each pair the magnitude of its larger score, which is what limits the precision of the difference.
    pub magnitudes: Vec<f64>,
}

impl Differences {
    /// Takes the differences of at least one pair.
    ///
    /// # Errors
    ///
    /// Groups of unequal size, no pairs, or a value that is NaN, infinite or beyond `LARGEST`.
    pub(super) fn of(a: &[f64], b: &[f64]) -> Result<Self, TestError> {
        if a.len() != b.len() {
            return Err(TestError::Unpaired {
                first: a.len(),
                second: b.len(),
            });
        }
        if a.is_empty() {
            return Err(TestError::Empty {
                first: 0,
                second: 0,
            });
        }
        if !describe::is_sample(a) || !describe::is_sample(b) {
            return Err(TestError::NotANumber);
        }
        let difference = |(a, b): (&f64, &f64)| {
            let is_rounding = (a - b).abs() <= describe::rounding_of(&[*a], &[*b]);
            if is_rounding { 0.0 } else { a - b }
        };
        Ok(Self {
            values: a.iter().zip(b).map(difference).collect(),
            magnitudes: a.iter().zip(b).map(|(a, b)| a.abs().max(b.abs())).collect(),
        })
    }

    /// Whether all pairs differ by the same amount, if at all.
    pub(super) fn are_constant(&self) -> bool {
        ties::levels(&self.values, &self.magnitudes)
            .iter()
            .all(|&level| level == 0)
    }

    /// Whether no pair differs.
    pub(super) fn are_zero(&self) -> bool {
        self.values.iter().all(|&difference| difference == 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_differs_by_rounding_does_not_differ() {
        let differences = Differences::of(&[0.1 + 0.2, 2.0], &[0.3, 1.0]).unwrap();
        assert_eq!(differences.values, [0.0, 1.0]);
        assert!(!differences.are_constant());
        assert!(Differences::of(&[0.1 + 0.2], &[0.3]).unwrap().are_zero());
    }

    #[test]
    fn one_diverged_pair_makes_no_zeros_of_the_others() {
        let differences = Differences::of(&[1.0, 2.5, -1e18], &[2.0, 3.0, 5.0]).unwrap();
        assert_eq!(differences.values, [-1.0, -0.5, -1e18]);
        assert!(!differences.are_constant());
    }
}

//! Wilcoxon's signed-rank test: do paired scores differ, judged by the ranks of their differences?
//!
//! Sources: Wilcoxon, "Individual Comparisons by Ranking Methods", Biometrics Bulletin 1 (1945); Pratt, "Remarks on
//! Zeros and Ties in the Wilcoxon Signed Rank Procedures", JASA 54 (1959); Cureton, "The Normal Approximation to the
//! Signed-Rank Sampling Distribution When Zero Differences are Present", JASA 62 (1967); `scipy.stats.wilcoxon`. The
//! statistic is the smaller of the sums of positive and of negative ranks.
//!
//! [`exact`] counts all 2ⁿ assignments of signs by a dynamic programme over sums of ranks, ties and zeros included as
//! they are, for up to [`MOST_PAIRS`] pairs; beyond, and always in [`asymptotic`], p comes from the normal distribution.
//! The p value is two-sided by doubling: twice the smaller tail, the observed sum included. Under random signs the sum
//! of positive ranks is distributed symmetrically even with ties, so summing the probabilities of all sums no likelier
//! gives much the same.
//!
//! A difference of a few units in the last place of the scores of its pair is a zero, and two differences that are as
//! close in units of their own scores are ties: 0.05 and 0.0499999999999999 are the same difference. If every
//! difference is zero, p is 1 whatever is done with zeros (scipy answers NaN to two of the three).

use serde::{Deserialize, Serialize};

use super::distributions;
use super::pairs::Differences;
use super::rank::Ranks;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult, twice_the_smaller_tail};

/// The most pairs whose signs are counted.
pub const MOST_PAIRS: usize = 400;

/// What becomes of pairs that do not differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Zeros {
    /// They are left out.
    #[default]
    Wilcox,
    /// They are ranked with the others, then left out.
    Pratt,
    /// They are ranked with the others, and half of each rank goes to either side.
    Zsplit,
}

/// The test by counting signs, or by the normal distribution for more than [`MOST_PAIRS`] pairs.
///
/// ```
/// use spikebench_stats::signed_rank::{self, Zeros};
///
/// let test = signed_rank::exact(&[1.0, 2.0, 3.0, 4.0, 5.0], &[0.0; 5], Zeros::Wilcox).unwrap();
/// assert_eq!((test.statistic, test.p), (Some(0.0), 0.0625));
/// ```
///
/// # Errors
///
/// Groups of unequal size, no pairs, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn exact(a: &[f64], b: &[f64], zeros: Zeros) -> Result<TestResult, TestError> {
    let signed = Signed::of(a, b, zeros)?;
    Ok(if a.len() > MOST_PAIRS {
        signed.by_normal(true)
    } else {
        signed.by_counting()
    })
}

/// The test by the normal distribution, with tie-corrected variance; `continuity` moves the statistic by one half
/// towards its mean.
///
/// # Errors
///
/// Groups of unequal size, no pairs, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn asymptotic(
    a: &[f64],
    b: &[f64],
    zeros: Zeros,
    continuity: bool,
) -> Result<TestResult, TestError> {
    Signed::of(a, b, zeros).map(|signed| signed.by_normal(continuity))
}

/// The signed ranks of the differences.
struct Signed {
    /// Twice the rank of each difference that takes part.
    ranks: Vec<u64>,
    /// The sum of the ranks of positive differences.
    positive: f64,
    /// The sum of the ranks of negative differences.
    negative: f64,
    /// The sum of t³ − t over all sets of t tied differences that take part.
    ties: f64,
    /// The number of differences that were ranked.
    ranked: usize,
    /// The number of zeros among those.
    zero: usize,
    zeros: Zeros,
}

impl Signed {
    fn of(a: &[f64], b: &[f64], zeros: Zeros) -> Result<Self, TestError> {
        let differences = Differences::of(a, b)?;
        let takes_part = |difference: &f64| zeros != Zeros::Wilcox || *difference != 0.0;
        let (all, magnitudes): (Vec<f64>, Vec<f64>) = differences
            .values
            .into_iter()
            .zip(differences.magnitudes)
            .filter(|(difference, _)| takes_part(difference))
            .unzip();
        let sizes: Vec<f64> = all.iter().map(|difference| difference.abs()).collect();
        let ranks = Ranks::computed_from(&sizes, &magnitudes);
        let zero = all.iter().filter(|&&difference| difference == 0.0).count();
        let sum = |sign: f64| -> f64 {
            let ranks = ranks
                .doubled
                .iter()
                .zip(&all)
                .filter(|(_, difference)| **difference * sign > 0.0);
            ranks.map(|(&rank, _)| rank as f64 / 2.0).sum()
        };
        let (mut positive, mut negative) = (sum(1.0), sum(-1.0));
        if zeros == Zeros::Zsplit {
            // The zeros are the smallest, so their ranks are 1 to `zero`; each side gets half.
            let half = zero as f64 * (zero as f64 + 1.0) / 4.0;
            positive += half;
            negative += half;
        }
        let taking_part = ranks
            .doubled
            .iter()
            .zip(&all)
            .filter(|(_, difference)| **difference != 0.0);
        let t = zero as f64;
        Ok(Self {
            ranks: taking_part.map(|(&rank, _)| rank).collect(),
            positive,
            negative,
            ties: ranks.ties - (t * t * t - t),
            ranked: all.len(),
            zero,
            zeros,
        })
    }

    fn statistic(&self) -> f64 {
        self.positive.min(self.negative) + 0.0
    }

    fn nothing_differs(&self) -> TestResult {
        TestResult {
            statistic: Some(self.statistic()),
            df: None,
            p: 1.0,
            basis: Basis::EqualPairs,
        }
    }

    fn by_counting(&self) -> TestResult {
        if self.ranks.is_empty() {
            return self.nothing_differs();
        }
        let halves = if self.zeros == Zeros::Zsplit {
            self.zero as f64 * (self.zero as f64 + 1.0) / 4.0
        } else {
            0.0
        };
        let chances = sums_of_positive_ranks(&self.ranks);
        let observed = (2.0 * (self.positive - halves)).round() as usize;
        let below = chances[..=observed].iter().sum();
        let above = chances[observed..].iter().sum();
        let is_ordinary = self.ties == 0.0 && self.zero == 0;
        TestResult {
            statistic: Some(self.statistic()),
            df: None,
            p: twice_the_smaller_tail(below, above),
            basis: if is_ordinary {
                Basis::Exact
            } else {
                Basis::ExactTies
            },
        }
    }

    fn by_normal(&self, continuity: bool) -> TestResult {
        if self.ranks.is_empty() {
            return self.nothing_differs();
        }
        let moments = |n: f64| (n * (n + 1.0) / 4.0, n * (n + 1.0) * (2.0 * n + 1.0));
        let (mut mean, mut squares) = moments(self.ranked as f64);
        let mut ties = self.ties;
        let zero = self.zero as f64;
        match self.zeros {
            Zeros::Wilcox => {}
            Zeros::Pratt => {
                let (less, fewer) = moments(zero);
                mean -= less;
                squares -= fewer;
            }
            // The zeros are tied like any others.
            Zeros::Zsplit => ties += zero * zero * zero - zero,
        }
        let deviation = ((squares - ties / 2.0) / 24.0).sqrt();
        let distance = (self.statistic() - mean).abs();
        let distance = if continuity {
            (distance - 0.5).max(0.0)
        } else {
            distance
        };
        TestResult {
            statistic: Some(self.statistic()),
            df: None,
            p: distributions::normal_both(distance / deviation),
            basis: Basis::Normal,
        }
    }
}

/// The chance of each sum of positive ranks under random signs, by twice the sum; `ranks` are doubled.
pub(super) fn sums_of_positive_ranks(ranks: &[u64]) -> Vec<f64> {
    let largest: u64 = ranks.iter().sum();
    let mut chances = vec![0.0; largest as usize + 1];
    chances[0] = 1.0;
    let mut reached = 0;
    for &rank in ranks {
        let rank = rank as usize;
        reached += rank;
        for sum in (0..=reached).rev() {
            let with = if sum >= rank {
                chances[sum - rank]
            } else {
                0.0
            };
            chances[sum] = 0.5 * (chances[sum] + with);
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        a: Vec<f64>,
        b: Vec<f64>,
        zeros: Zeros,
        statistic: f64,
        exact: Option<f64>,
        asymptotic: f64,
        continuity: f64,
    }

    #[test]
    fn every_treatment_of_zeros_agrees_with_scipy() {
        for case in golden::cases::<Case>("signed_rank") {
            let normal = |continuity| asymptotic(&case.a, &case.b, case.zeros, continuity).unwrap();
            assert_eq!(normal(false).statistic, Some(case.statistic));
            assert_close(normal(false).p, case.asymptotic, 1e-10);
            assert_close(normal(true).p, case.continuity, 1e-10);
            if let Some(p) = case.exact {
                let counted = exact(&case.a, &case.b, case.zeros).unwrap();
                assert_eq!(counted.statistic, Some(case.statistic));
                assert_close(counted.p, p, 1e-12);
            }
        }
    }

    #[test]
    fn the_values_in_scipys_tests_are_reproduced() {
        let d = [6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75].map(f64::from);
        let test = exact(&d, &[0.0; 15], Zeros::Wilcox).unwrap();
        assert_eq!((test.statistic, test.p), (Some(24.0), 0.041_259_765_625));
        let frequencies = [1, 4, 16, 15, 8, 4, 5, 1, 2];
        let d: Vec<f64> = frequencies
            .iter()
            .enumerate()
            .flat_map(|(place, &count)| vec![place as f64 - 4.0; count])
            .collect();
        let zero = vec![0.0; d.len()];
        for (zeros, t, p) in [
            (Zeros::Pratt, 423.0, 0.003_172_456_800_676_256_7),
            (Zeros::Zsplit, 441.0, 0.003_214_534_317_247_305_5),
            (Zeros::Wilcox, 327.0, 0.006_413_461_158_61),
        ] {
            let test = asymptotic(&d, &zero, zeros, false).unwrap();
            assert_eq!(test.statistic, Some(t));
            assert_close(test.p, p, 1e-10);
        }
        let test = asymptotic(&[0.1; 10], &[0.0; 10], Zeros::Wilcox, false).unwrap();
        assert_close(test.p, 0.001_565_402_258_002_551, 1e-10);
    }

    #[test]
    fn differences_that_are_equal_but_for_rounding_are_tied() {
        let (a, b) = ([0.1 + 0.2, 0.7, 0.9, 0.4], [0.2, 0.6, 1.0, 0.4]);
        let test = exact(&a, &b, Zeros::Wilcox).unwrap();
        assert_eq!((test.statistic, test.p), (Some(2.0), 1.0));
    }

    #[test]
    fn pairs_that_never_differ_have_a_p_of_one() {
        for zeros in [Zeros::Wilcox, Zeros::Pratt, Zeros::Zsplit] {
            for test in [
                exact(&[1.0; 6], &[1.0; 6], zeros),
                asymptotic(&[1.0; 6], &[1.0; 6], zeros, true),
            ] {
                assert_eq!(
                    (test.unwrap().p, test.unwrap().basis),
                    (1.0, Basis::EqualPairs)
                );
            }
        }
        assert_eq!(
            exact(&[1.0], &[], Zeros::Wilcox),
            Err(TestError::Unpaired {
                first: 1,
                second: 0
            })
        );
    }

    proptest! {
        #[test]
        fn the_dynamic_programme_agrees_with_trying_every_sign(d in vec(-4..5_i8, 1..9)) {
            let d: Vec<f64> = d.into_iter().map(f64::from).collect();
            let zero = vec![0.0; d.len()];
            for zeros in [Zeros::Wilcox, Zeros::Pratt, Zeros::Zsplit] {
                let signed = Signed::of(&d, &zero, zeros).unwrap();
                let n = signed.ranks.len();
                let sum = |code: u32| (0..n).filter(|place| code >> place & 1 == 1).map(|place| signed.ranks[place]).sum::<u64>();
                let zero_half = if zeros == Zeros::Zsplit { (signed.zero * (signed.zero + 1)) as f64 / 4.0 } else { 0.0 };
                let observed = (2.0 * (signed.positive - zero_half)) as u64;
                let share = |holds: &dyn Fn(u64) -> bool| {
                    (0_u32..1 << n).filter(|&code| holds(sum(code))).count() as f64 / f64::from(1_u32 << n)
                };
                let p = twice_the_smaller_tail(share(&|sum| sum <= observed), share(&|sum| sum >= observed));
                prop_assert!((exact(&d, &zero, zeros).unwrap().p - p).abs() < 1e-13);
            }
        }

        #[test]
        fn neither_flipping_every_sign_nor_rescaling_changes_the_answer(d in vec(-50..50_i8, 1..20), power in -9..9_i32) {
            let d: Vec<f64> = d.into_iter().map(f64::from).collect();
            let zero = vec![0.0; d.len()];
            let stretched: Vec<f64> = d.iter().map(|d| d * 2.0_f64.powi(power)).collect();
            for zeros in [Zeros::Wilcox, Zeros::Pratt, Zeros::Zsplit] {
                let result = exact(&d, &zero, zeros).unwrap();
                prop_assert!((result.p - exact(&zero, &d, zeros).unwrap().p).abs() < 1e-14);
                prop_assert_eq!(result, exact(&stretched, &zero, zeros).unwrap());
                prop_assert!((0.0..=1.0).contains(&result.p));
            }
        }
    }
}

//! The Mann–Whitney U test: does a run of one group tend to beat one of the other?
//!
//! Sources: Mann and Whitney, "On a Test of Whether One of Two Random Variables is Stochastically Larger than the
//! Other", Annals of Mathematical Statistics 18 (1947); `scipy.stats.mannwhitneyu`. The statistic is U of the first
//! group: the number of pairs that it wins, where a tie counts one half.
//!
//! [`exact`] counts all labellings of the ranks by a dynamic programme over sums of ranks. Ties are part of what is
//! permuted, so the answer is exact with them too (scipy's `method="exact"` ignores them; its `permutation_test` on
//! ranks agrees). Where that would take more than [`LARGEST_COUNT`] additions, and always in [`asymptotic`], p comes
//! from the normal distribution with tie-corrected variance and a correction for continuity. [`TestResult::basis`] says
//! which it was.
//!
//! The p value of [`exact`] is two-sided by doubling: twice the smaller tail of U, the observed value included. With
//! groups of unequal size and ties the distribution of U is not symmetric, and summing the probabilities of all values
//! no likelier than the observed one would give another p.
//!
//! If every run scored the same, every labelling gives the same U and p is 1.

use super::describe;
use super::distributions;
use super::rank::Ranks;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult, twice_the_smaller_tail};

/// The most additions that the exact count may take: some 85 runs a side, a fraction of a second.
pub const LARGEST_COUNT: f64 = 2.5e8;

/// The test by counting, or by the normal distribution where there is too much to count.
///
/// ```
/// use spikebench_stats::mann_whitney;
///
/// let test = mann_whitney::exact(&[19.0, 22.0, 16.0, 29.0, 24.0], &[20.0, 11.0, 17.0, 12.0]).unwrap();
/// assert_eq!((test.statistic, test.p), (Some(17.0), 14.0 / 126.0));
/// ```
///
/// # Errors
///
/// An empty group, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn exact(a: &[f64], b: &[f64]) -> Result<TestResult, TestError> {
    let ranked = Ranked::of(a, b)?;
    let all = (ranked.n1 + ranked.n2) as f64;
    let few = ranked.n1.min(ranked.n2) as f64;
    let unit = if ranked.ranks.ties > 0.0 { 1.0 } else { 2.0 };
    if all * few * (all * (all + 1.0) / unit) > LARGEST_COUNT {
        return Ok(ranked.by_normal());
    }
    Ok(ranked.by_counting())
}

/// The test by the normal distribution.
///
/// # Errors
///
/// An empty group, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn asymptotic(a: &[f64], b: &[f64]) -> Result<TestResult, TestError> {
    Ranked::of(a, b).map(|ranked| ranked.by_normal())
}

/// Two groups, ranked together.
struct Ranked {
    n1: usize,
    n2: usize,
    ranks: Ranks,
}

impl Ranked {
    fn of(a: &[f64], b: &[f64]) -> Result<Self, TestError> {
        if a.is_empty() || b.is_empty() {
            return Err(TestError::Empty {
                first: a.len(),
                second: b.len(),
            });
        }
        if !describe::is_sample(a) || !describe::is_sample(b) {
            return Err(TestError::NotANumber);
        }
        Ok(Self {
            n1: a.len(),
            n2: b.len(),
            ranks: Ranks::of(&[a, b].concat()),
        })
    }

    fn u(&self) -> f64 {
        let n1 = self.n1 as f64;
        self.ranks.sum(0..self.n1) - n1 * (n1 + 1.0) / 2.0
    }

    fn by_counting(&self) -> TestResult {
        let tied = self.ranks.ties > 0.0;
        // Without ties every doubled rank is even.
        let unit = if tied { 1 } else { 2 };
        let ranks: Vec<usize> = self
            .ranks
            .doubled
            .iter()
            .map(|&rank| (rank / unit) as usize)
            .collect();
        let group = if self.n1 <= self.n2 {
            &ranks[..self.n1]
        } else {
            &ranks[self.n1..]
        };
        let counts = sums_of_subsets(&ranks, group.len());
        let observed: usize = group.iter().sum();
        let all: f64 = counts.iter().sum();
        let below = counts[..=observed].iter().sum::<f64>() / all;
        let above = counts[observed..].iter().sum::<f64>() / all;
        TestResult {
            statistic: Some(self.u()),
            df: None,
            p: twice_the_smaller_tail(below, above),
            basis: if tied { Basis::ExactTies } else { Basis::Exact },
        }
    }

    fn by_normal(&self) -> TestResult {
        let u = self.u();
        TestResult {
            statistic: Some(u),
            df: None,
            p: normal_p(u, self.n1 as f64, self.n2 as f64, self.ranks.ties),
            basis: Basis::Normal,
        }
    }
}

/// The two-sided p value of `u` by the normal distribution; 1 if every score is tied. `ties` is the sum of t³ − t over
/// all sets of t tied scores.
pub(super) fn normal_p(u: f64, n1: f64, n2: f64, ties: f64) -> f64 {
    let n = n1 + n2;
    let variance = n1 * n2 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let z = (u.max(n1 * n2 - u) - n1 * n2 / 2.0 - 0.5) / variance.sqrt();
    (2.0 * distributions::normal(z)).min(1.0)
}

/// For each sum, the number of subsets of `size` of the `ranks` that add up to it.
///
/// The counts outgrow the whole numbers that an `f64` can hold, but they are sums of positive numbers, so they lose no
/// more than their last digits.
pub(super) fn sums_of_subsets(ranks: &[usize], size: usize) -> Vec<f64> {
    let mut sorted = ranks.to_vec();
    sorted.sort_unstable();
    let largest: usize = sorted.iter().rev().take(size).sum();
    let mut counts = vec![vec![0.0; largest + 1]; size + 1];
    counts[0][0] = 1.0;
    for (taken, &rank) in sorted.iter().enumerate() {
        for chosen in (1..=size.min(taken + 1)).rev() {
            let (without, with) = counts.split_at_mut(chosen);
            let (from, to) = (&without[chosen - 1], &mut with[0]);
            if rank <= largest {
                for (to, from) in to[rank..].iter_mut().zip(from) {
                    *to += from;
                }
            }
        }
    }
    counts.swap_remove(size)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        a: Vec<f64>,
        b: Vec<f64>,
        u: f64,
        exact: Option<f64>,
        asymptotic: f64,
    }

    #[test]
    fn both_forms_agree_with_scipy() {
        for case in golden::cases::<Case>("mann_whitney") {
            let normal = asymptotic(&case.a, &case.b).unwrap();
            assert_eq!(normal.statistic, Some(case.u));
            assert_close(normal.p, case.asymptotic, 1e-10);
            if let Some(p) = case.exact {
                let counted = exact(&case.a, &case.b).unwrap();
                assert_eq!(counted.statistic, Some(case.u));
                assert_close(counted.p, p, 1e-12);
            }
        }
    }

    #[test]
    fn the_values_printed_by_r_and_scipy_are_reproduced() {
        let (males, females) = ([19.0, 22.0, 16.0, 29.0, 24.0], [20.0, 11.0, 17.0, 12.0]);
        assert_close(
            exact(&males, &females).unwrap().p,
            0.111_111_111_111_111_1,
            1e-15,
        );
        assert_close(
            asymptotic(&males, &females).unwrap().p,
            0.111_346_886_533_140_41,
            1e-10,
        );
        let ties = exact(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((ties.statistic, ties.basis), (Some(8.0), Basis::ExactTies));
        assert_close(ties.p, 0.793_650_793_650_793_7, 1e-14);
        let ties = exact(&[1.0, 2.0, 2.0, 3.0], &[2.0, 3.0, 3.0, 4.0, 5.0]).unwrap();
        assert_close(ties.p, 0.158_730_158_73, 1e-11);
        // statrs answers 1 to this one.
        let separated = exact(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
        assert_close(separated.p, 2.0 / 252.0, 1e-15);
    }

    #[test]
    fn runs_that_all_score_the_same_have_a_p_of_one() {
        for test in [exact, asymptotic] {
            let result = test(&[500.0; 5], &[500.0; 4]).unwrap();
            assert_eq!((result.statistic, result.p), (Some(10.0), 1.0));
        }
        assert_eq!(exact(&[1.0], &[2.0]).unwrap().p, 1.0);
        assert_close(exact(&[500.0; 5], &[9.0; 5]).unwrap().p, 2.0 / 252.0, 1e-15);
    }

    #[test]
    fn for_many_runs_p_is_normal_and_the_basis_says_so() {
        let many: Vec<f64> = (0..300).map(f64::from).collect();
        assert_eq!(exact(&many, &many[..200]).unwrap().basis, Basis::Normal);
        assert_eq!(
            exact(&many[..80], &many[100..180]).unwrap().basis,
            Basis::Exact
        );
    }

    #[test]
    fn groups_that_cannot_be_ranked_are_refused() {
        assert_eq!(
            exact(&[], &[1.0]),
            Err(TestError::Empty {
                first: 0,
                second: 1
            })
        );
        assert_eq!(asymptotic(&[1.0], &[f64::NAN]), Err(TestError::NotANumber));
    }

    fn floats(values: &[i8]) -> Vec<f64> {
        values.iter().map(|&value| f64::from(value)).collect()
    }

    proptest! {
        #[test]
        fn the_dynamic_programme_agrees_with_trying_every_labelling(a in vec(-3..3_i8, 1..6), b in vec(-3..3_i8, 1..6)) {
            let (a, b) = (floats(&a), floats(&b));
            let all = [a.clone(), b.clone()].concat();
            let ranks = Ranks::of(&all).doubled;
            let observed: u64 = ranks[..a.len()].iter().sum();
            let (mut count, mut below, mut above) = (0.0, 0.0, 0.0);
            for code in 0_u32..1 << all.len() {
                if code.count_ones() as usize == a.len() {
                    let sum: u64 = (0..all.len()).filter(|place| code >> place & 1 == 1).map(|place| ranks[place]).sum();
                    count += 1.0;
                    below += f64::from(u8::from(sum <= observed));
                    above += f64::from(u8::from(sum >= observed));
                }
            }
            let p = exact(&a, &b).unwrap().p;
            prop_assert!((p - twice_the_smaller_tail(below / count, above / count)).abs() < 1e-13);
        }

        #[test]
        fn only_the_order_of_scores_matters_and_the_groups_may_be_swapped(
            a in vec(-50..50_i8, 1..12), b in vec(-50..50_i8, 1..12),
        ) {
            let (a, b) = (floats(&a), floats(&b));
            let cubed = |values: &[f64]| values.iter().map(|value| value * value * value + 7.0).collect::<Vec<_>>();
            for test in [exact, asymptotic] {
                let result = test(&a, &b).unwrap();
                let turned = test(&b, &a).unwrap();
                prop_assert_eq!(result, test(&cubed(&a), &cubed(&b)).unwrap());
                prop_assert!((result.p - turned.p).abs() < 1e-13 && (0.0..=1.0).contains(&result.p));
                prop_assert_eq!(result.statistic.unwrap() + turned.statistic.unwrap(), (a.len() * b.len()) as f64);
            }
        }
    }
}

//! The permutation test of a difference of means, which assumes nothing but that the labels could have been otherwise.
//!
//! Sources: Fisher, "The Design of Experiments" (1935); Phipson and Smyth, "Permutation P-values Should Never Be Zero",
//! Statistical Applications in Genetics and Molecular Biology 9 (2010); `scipy.stats.permutation_test` of a difference
//! of means.
//!
//! Up to [`MOST_ARRANGEMENTS`] arrangements are all tried: 11 against 11 runs, 20 pairs. Beyond, [`DRAWS`] random ones
//! are, from a seed, and each tail is (b + 1)/(m + 1), so that p is never 0. [`TestResult::basis`] says which it was.
//! The statistic is the difference of the means. Nothing is degenerate here: if every run scored the same, p is 1.
//!
//! The p value is two-sided by doubling: twice the smaller tail, the observed arrangement included. With groups of
//! unequal size the distribution of the difference is not symmetric, and counting the arrangements whose difference is
//! at least as large in magnitude would give another p.
//!
//! An arrangement is compared with the observed one by what is exchanged between them. Runs that keep their label cancel
//! exactly, however large their scores, and what counts as equal but for rounding depends on the exchanged scores only.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::index;
use super::describe;
use super::pairs::Differences;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult, twice_the_smaller_tail};
use super::ties::{self, ScoreLevel};

/// The most arrangements that are all tried.
pub const MOST_ARRANGEMENTS: f64 = 1_000_000.0;

/// The number of random arrangements that are tried where there are more.
pub const DRAWS: u32 = 99_999;

/// The number of random arrangements of this many runs: [`DRAWS`], unless drawing that many would move more than fifty million
/// runs. With 1 999 arrangements a p of 0.05 has a Monte Carlo error of 0.005.
fn draws_for(runs: usize) -> u32 {
    let affordable = (50_000_000 / runs.max(1)).max(1_999);
    DRAWS.min(u32::try_from(affordable).unwrap_or(DRAWS))
}

/// The test of two independent groups, whose runs are relabelled.
///
/// ```
/// use spikebench_stats::permutation;
///
/// let test = permutation::independent(&[1.0, 2.0, 3.0], &[7.0, 8.0, 9.0], 0).unwrap();
/// assert_eq!((test.statistic, test.p), (Some(-6.0), 0.1));
/// ```
///
/// # Errors
///
/// An empty group, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn independent(a: &[f64], b: &[f64], seed: u64) -> Result<TestResult, TestError> {
    if a.is_empty() || b.is_empty() {
        return Err(TestError::Empty {
            first: a.len(),
            second: b.len(),
        });
    }
    if !describe::is_sample(a) || !describe::is_sample(b) {
        return Err(TestError::NotANumber);
    }
    let levels = ties::joint_levels(a, b);
    let mut tails = Tails::around(0.0, 0.0);
    let basis = if labellings(a.len(), b.len()) <= MOST_ARRANGEMENTS {
        every_labelling(&levels, a.len(), Exchange::default(), 1, &mut tails);
        Basis::Exact
    } else {
        tails.count(0.0, 1);
        let draws = draws_for(a.len() + b.len());
        random_labellings(a, b, seed, draws, |exchange| {
            tails.count(exchange.change(), 1);
        });
        Basis::MonteCarlo
    };
    let (moved_a, moved_b) = describe::from_common_origin(a, b);
    Ok(TestResult {
        statistic: Some(describe::mean_of(&moved_a) - describe::mean_of(&moved_b)),
        df: None,
        p: tails.p(),
        basis,
    })
}

/// The test of pairs: the signs of the differences `a[i] − b[i]` are flipped.
///
/// # Errors
///
/// Groups of unequal size, no pairs, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn paired(a: &[f64], b: &[f64], seed: u64) -> Result<TestResult, TestError> {
    let differences = Differences::of(a, b)?;
    let signed = SignedLevels::of(&differences);
    let n = differences.values.len();
    let mut tails = Tails::around(0.0, 0.0);
    let basis = if 2.0_f64.powi(n.min(5000) as i32) <= MOST_ARRANGEMENTS {
        every_sign(&signed.levels, Exchange::default(), 1, &mut tails);
        Basis::Exact
    } else {
        tails.count(0.0, 1);
        signed.random_signs(seed, draws_for(a.len()), |exchange| {
            tails.count(exchange.change(), 1)
        });
        Basis::MonteCarlo
    };
    Ok(TestResult {
        statistic: Some(describe::mean_of(&differences.values)),
        df: None,
        p: tails.p(),
        basis,
    })
}

/// The number of ways to label `n1 + n2` runs.
pub(super) fn labellings(n1: usize, n2: usize) -> f64 {
    let (few, many) = (n1.min(n2), n1.max(n2));
    (1..=few)
        .map(|k| (many + k) as f64 / k as f64)
        .product::<f64>()
        .round()
}

/// What separates an arrangement from the observed one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exchange {
    /// The change of the sum of the first group.
    sum: f64,
    /// The sum of the magnitudes that were exchanged, which limits the precision of `sum`.
    magnitude: f64,
}

impl Exchange {
    /// Adds `count` runs with this score to the first group; removes them if it is negative. `magnitude` is that of the numbers
    /// from which the score was computed.
    fn with(self, count: f64, score: f64, magnitude: f64) -> Self {
        Self {
            sum: self.sum + count * score,
            magnitude: self.magnitude + (count * magnitude).abs(),
        }
    }

    /// The change of the sum; exactly 0 where it is rounding.
    pub(super) fn change(self) -> f64 {
        if self.sum.abs() <= describe::rounding_of(&[self.magnitude], &[]) {
            0.0
        } else {
            self.sum
        }
    }
}

/// The arrangements on either side of the observed one, which counts on both.
pub(super) struct Tails {
    observed: f64,
    rounding: f64,
    below: u64,
    above: u64,
    all: u64,
}

impl Tails {
    /// Counts statistics within `rounding` of the observed one as equal to it.
    pub(super) fn around(observed: f64, rounding: f64) -> Self {
        Self {
            observed,
            rounding,
            below: 0,
            above: 0,
            all: 0,
        }
    }

    /// Counts an arrangement that arises in this many ways.
    pub(super) fn count(&mut self, statistic: f64, ways: u64) {
        self.all += ways;
        self.below += ways * u64::from(statistic <= self.observed + self.rounding);
        self.above += ways * u64::from(statistic >= self.observed - self.rounding);
    }

    /// The share of arrangements at least as large as the observed one.
    pub(super) fn above(&self) -> f64 {
        self.above as f64 / self.all as f64
    }

    /// The two-sided p value.
    pub(super) fn p(&self) -> f64 {
        let all = self.all as f64;
        twice_the_smaller_tail(self.below as f64 / all, self.above as f64 / all)
    }
}

/// Counts every way to choose `left` runs of the remaining levels for the first group.
fn every_labelling(
    levels: &[ScoreLevel],
    left: usize,
    exchange: Exchange,
    ways: u64,
    tails: &mut Tails,
) {
    let Some((level, rest)) = levels.split_first() else {
        tails.count(exchange.change(), ways);
        return;
    };
    let runs = level.runs[0] + level.runs[1];
    let above: usize = rest.iter().map(|level| level.runs[0] + level.runs[1]).sum();
    for first in left.saturating_sub(above)..=runs.min(left) {
        let ways = ways * labellings(first, runs - first) as u64;
        let count = first as f64 - level.runs[0] as f64;
        let exchange = exchange.with(count, level.score, level.score.abs());
        every_labelling(rest, left - first, exchange, ways, tails);
    }
}

/// Visits `draws` random labellings of two groups.
pub(super) fn random_labellings(
    a: &[f64],
    b: &[f64],
    seed: u64,
    draws: u32,
    mut visit: impl FnMut(Exchange),
) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let all = [a, b].concat();
    let level_of = ties::levels(&all, &all);
    let levels = ties::joint_levels(a, b);
    let mut shuffled = level_of;
    let mut chosen = vec![0_usize; levels.len()];
    for _ in 0..draws {
        chosen.fill(0);
        for place in 0..a.len() {
            let other = place + index(shuffled.len() - place, || generator.next_u64());
            shuffled.swap(place, other);
            chosen[shuffled[place]] += 1;
        }
        let exchange =
            levels
                .iter()
                .zip(&chosen)
                .fold(Exchange::default(), |exchange, (level, &first)| {
                    let count = first as f64 - level.runs[0] as f64;
                    exchange.with(count, level.score, level.score.abs())
                });
        visit(exchange);
    }
}

/// Differences of one size.
#[derive(Debug, Clone, Copy)]
struct SignedLevel {
    size: f64,
    magnitude: f64,
    pairs: usize,
    positive: usize,
}

/// The differences of pairs by size.
struct SignedLevels {
    levels: Vec<SignedLevel>,
    /// The level of each pair, and whether its difference is positive.
    pairs: Vec<(usize, bool)>,
}

impl SignedLevels {
    fn of(differences: &Differences) -> Self {
        let sizes: Vec<f64> = differences.values.iter().map(|value| value.abs()).collect();
        let level_of = ties::levels(&sizes, &differences.magnitudes);
        let none = SignedLevel {
            size: f64::INFINITY,
            magnitude: 0.0,
            pairs: 0,
            positive: 0,
        };
        let count = level_of.iter().max().map_or(0, |highest| highest + 1);
        let mut levels = vec![none; count];
        for (pair, &place) in level_of.iter().enumerate() {
            let level = &mut levels[place];
            level.size = level.size.min(sizes[pair]);
            // Flipping the sign of no difference costs no precision.
            if sizes[pair] > 0.0 {
                level.magnitude = level.magnitude.max(differences.magnitudes[pair]);
            }
            level.pairs += 1;
            level.positive += usize::from(differences.values[pair] > 0.0);
        }
        let signs = differences.values.iter().map(|&value| value > 0.0);
        Self {
            levels,
            pairs: level_of.into_iter().zip(signs).collect(),
        }
    }

    /// Visits `draws` random assignments of signs.
    fn random_signs(&self, seed: u64, draws: u32, mut visit: impl FnMut(Exchange)) {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut positive = vec![0_usize; self.levels.len()];
        for _ in 0..draws {
            positive.fill(0);
            let mut bits = 0;
            for (place, &(level, is_positive)) in self.pairs.iter().enumerate() {
                if place % 64 == 0 {
                    bits = generator.next_u64();
                }
                bits = bits.rotate_left(1);
                let keeps_its_sign = bits & 1 == 1;
                positive[level] += usize::from(keeps_its_sign == is_positive);
            }
            let exchange = self
                .levels
                .iter()
                .zip(&positive)
                .fold(Exchange::default(), |exchange, (level, &positive)| {
                    level.exchanged(exchange, positive)
                });
            visit(exchange);
        }
    }
}

impl SignedLevel {
    /// The arrangement in which this many differences are positive.
    fn exchanged(&self, exchange: Exchange, positive: usize) -> Exchange {
        let flips = 2.0 * (positive as f64 - self.positive as f64);
        exchange.with(flips, self.size, self.magnitude)
    }
}

/// Counts every assignment of signs to the remaining differences.
fn every_sign(levels: &[SignedLevel], exchange: Exchange, ways: u64, tails: &mut Tails) {
    let Some((level, rest)) = levels.split_first() else {
        tails.count(exchange.change(), ways);
        return;
    };
    for positive in 0..=level.pairs {
        let ways = ways * labellings(positive, level.pairs - positive) as u64;
        every_sign(rest, level.exchanged(exchange, positive), ways, tails);
    }
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
        independent: Option<f64>,
        paired: Option<f64>,
    }

    #[test]
    fn trying_every_arrangement_agrees_with_scipy() {
        for case in golden::cases::<Case>("permutation") {
            if let Some(p) = case.independent {
                assert_close(independent(&case.a, &case.b, 0).unwrap().p, p, 1e-13);
            }
            if let Some(p) = case.paired {
                assert_close(paired(&case.a, &case.b, 0).unwrap().p, p, 1e-13);
            }
        }
    }

    #[test]
    fn on_ranks_it_is_the_mann_whitney_test() {
        let (a, b) = ([1.0, 4.0, 5.0, 9.0], [2.0, 3.0, 6.0, 7.0, 8.0]);
        let ranks = independent(&a, &b, 0).unwrap().p;
        assert_close(ranks, crate::mann_whitney::exact(&a, &b).unwrap().p, 1e-14);
    }

    #[test]
    fn random_arrangements_approximate_the_exact_p() {
        let a: Vec<f64> = (0..30).map(|k| f64::from(k * 37 % 101)).collect();
        let b: Vec<f64> = (0..30).map(|k| f64::from(k * 53 % 101) + 12.0).collect();
        let some = independent(&a, &b, 1).unwrap();
        assert_eq!(some.basis, Basis::MonteCarlo);
        // At 30 a side the distribution of the difference is that of Student, to the error of this many draws.
        let student = crate::means::student(&a, &b, crate::interval::Level::P95).unwrap();
        assert!(
            (some.p - student.p).abs() < 0.005,
            "{} {}",
            some.p,
            student.p
        );
        let pairs = paired(&a, &b, 1).unwrap();
        let student = crate::means::paired(&a, &b, crate::interval::Level::P95).unwrap();
        assert_eq!(pairs.basis, Basis::MonteCarlo);
        assert!(
            (pairs.p - student.p).abs() < 0.005,
            "{} {}",
            pairs.p,
            student.p
        );
    }

    #[test]
    fn random_arrangements_never_give_a_p_of_zero() {
        let (a, b) = ([0.0; 40], [1.0; 40]);
        assert_close(independent(&a, &b, 3).unwrap().p, 2.0 / 100_000.0, 1e-12);
        assert_close(paired(&a, &b, 3).unwrap().p, 2.0 / 100_000.0, 1e-12);
        assert_eq!(independent(&a, &[0.0; 50], 3).unwrap().p, 1.0);
    }

    #[test]
    fn groups_that_cannot_be_permuted_are_refused() {
        assert!(independent(&[], &[1.0], 0).is_err());
        assert!(independent(&[1.0], &[f64::INFINITY], 0).is_err());
        assert!(paired(&[1.0, 2.0], &[1.0], 0).is_err());
        assert_eq!(independent(&[1.0], &[2.0], 0).unwrap().p, 1.0);
    }

    proptest! {
        #[test]
        fn swapping_shifting_and_rescaling_change_no_p(
            a in vec(-99..99_i32, 1..6), b in vec(-99..99_i32, 1..6), shift in -999..999_i32, power in -9..9_i32,
        ) {
            let moved = |values: &[i32], shift: i32, power: i32| {
                values.iter().map(|&value| f64::from(value + shift) * 2.0_f64.powi(power)).collect::<Vec<_>>()
            };
            let p = independent(&moved(&a, 0, 0), &moved(&b, 0, 0), 0).unwrap().p;
            prop_assert_eq!(independent(&moved(&b, 0, 0), &moved(&a, 0, 0), 0).unwrap().p, p);
            prop_assert_eq!(independent(&moved(&a, shift, power), &moved(&b, shift, power), 0).unwrap().p, p);
            prop_assert!(p > 0.0 && p <= 1.0);
        }
    }
}

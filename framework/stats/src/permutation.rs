//! The permutation test of a difference of means, which assumes nothing but that the labels could have been otherwise.
//!
//! Sources: Fisher, "The Design of Experiments" (1935); Phipson and Smyth, "Permutation P-values Should Never Be Zero",
//! Statistical Applications in Genetics and Molecular Biology 9 (2010); `scipy.stats.permutation_test` of a difference
//! of means. Two-sided p: twice the smaller tail.
//!
//! Up to [`MOST_ARRANGEMENTS`] arrangements are all tried: 11 against 11 runs, 20 pairs. Beyond, [`DRAWS`] random ones
//! are, from a seed, and each tail is (b + 1)/(m + 1), so that p is never 0. [`Verdict::basis`] says which it was.
//! The statistic is the difference of the means. Arrangements that differ from the observed one by rounding count as
//! equal to it. Nothing is degenerate here: if every run scored the same, p is 1.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::index;
use super::describe;
use super::means::differences;
use super::verdict::{Basis, Untestable, Verdict, both};

/// The most arrangements that are all tried.
pub const MOST_ARRANGEMENTS: f64 = 1_000_000.0;

/// How many random arrangements are tried otherwise.
pub const DRAWS: u32 = 99_999;

/// The test of two independent groups: runs are relabelled.
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
/// An empty group, or a value that is no usable number.
pub fn independent(a: &[f64], b: &[f64], seed: u64) -> Result<Verdict, Untestable> {
    if a.is_empty() || b.is_empty() {
        return Err(Untestable::Empty {
            first: a.len(),
            second: b.len(),
        });
    }
    if !describe::is_sample(a) || !describe::is_sample(b) {
        return Err(Untestable::NotANumber);
    }
    let (moved_a, moved_b) = describe::from_common_origin(a, b);
    let difference = describe::mean_of(&moved_a) - describe::mean_of(&moved_b);
    let all = [moved_a, moved_b].concat();
    let observed: f64 = all[..a.len()].iter().sum();
    let mut tails = Tails::around(observed, describe::rounding_of(a, b) * all.len() as f64);
    let basis = if labellings(a.len(), b.len()) <= MOST_ARRANGEMENTS {
        every_subset(&all, a.len(), 0.0, &mut tails);
        Basis::Exact
    } else {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut shuffled = all;
        tails.count(observed, 1);
        for _ in 0..DRAWS {
            for place in 0..a.len() {
                let other = place + index(shuffled.len() - place, || generator.next_u64());
                shuffled.swap(place, other);
            }
            tails.count(shuffled[..a.len()].iter().sum(), 1);
        }
        Basis::MonteCarlo
    };
    Ok(Verdict {
        statistic: Some(difference),
        df: None,
        p: tails.p(),
        basis,
    })
}

/// The test of pairs: the signs of the differences `a[i] − b[i]` are flipped.
///
/// # Errors
///
/// Groups of unequal size, no pairs, or a value that is no usable number.
pub fn paired(a: &[f64], b: &[f64], seed: u64) -> Result<Verdict, Untestable> {
    let differences = differences(a, b)?;
    let n = differences.len();
    let observed: f64 = differences.iter().sum();
    let mut tails = Tails::around(observed, describe::rounding_of(a, b) * n as f64);
    let basis = if 2.0_f64.powi(n.min(5000) as i32) <= MOST_ARRANGEMENTS {
        every_sign(&differences, 0.0, &mut tails);
        Basis::Exact
    } else {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        tails.count(observed, 1);
        for _ in 0..DRAWS {
            let mut bits = 0;
            let sum = differences.iter().enumerate().map(|(place, difference)| {
                if place % 64 == 0 {
                    bits = generator.next_u64();
                }
                bits = bits.rotate_left(1);
                if bits & 1 == 1 {
                    *difference
                } else {
                    -difference
                }
            });
            tails.count(sum.sum(), 1);
        }
        Basis::MonteCarlo
    };
    Ok(Verdict {
        statistic: Some(describe::mean_of(&differences)),
        df: None,
        p: tails.p(),
        basis,
    })
}

/// In how many ways `n1 + n2` runs can be labelled.
pub(super) fn labellings(n1: usize, n2: usize) -> f64 {
    let (few, many) = (n1.min(n2), n1.max(n2));
    (1..=few)
        .map(|k| (many + k) as f64 / k as f64)
        .product::<f64>()
        .round()
}

/// Arrangements on either side of the observed one, which counts for both.
pub(super) struct Tails {
    observed: f64,
    rounding: f64,
    below: u64,
    above: u64,
    all: u64,
}

impl Tails {
    pub(super) fn around(observed: f64, rounding: f64) -> Self {
        Self {
            observed,
            rounding,
            below: 0,
            above: 0,
            all: 0,
        }
    }

    /// An arrangement that arises in so many ways.
    pub(super) fn count(&mut self, statistic: f64, ways: u64) {
        self.all += ways;
        self.below += ways * u64::from(statistic <= self.observed + self.rounding);
        self.above += ways * u64::from(statistic >= self.observed - self.rounding);
    }

    /// The share of arrangements at least as large as the observed one.
    pub(super) fn above(&self) -> f64 {
        self.above as f64 / self.all as f64
    }

    pub(super) fn p(&self) -> f64 {
        let all = self.all as f64;
        both(self.below as f64 / all, self.above as f64 / all)
    }
}

fn every_subset(values: &[f64], left: usize, sum: f64, tails: &mut Tails) {
    if left == 0 {
        tails.count(sum, 1);
        return;
    }
    for place in 0..=values.len() - left {
        every_subset(&values[place + 1..], left - 1, sum + values[place], tails);
    }
}

fn every_sign(differences: &[f64], sum: f64, tails: &mut Tails) {
    match differences.split_first() {
        None => tails.count(sum, 1),
        Some((first, rest)) => {
            every_sign(rest, sum + first, tails);
            every_sign(rest, sum - first, tails);
        }
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
    fn random_arrangements_come_near_to_all_of_them() {
        let a: Vec<f64> = (0..30).map(|k| f64::from(k * 37 % 101)).collect();
        let b: Vec<f64> = (0..30).map(|k| f64::from(k * 53 % 101) + 12.0).collect();
        let some = independent(&a, &b, 1).unwrap();
        assert_eq!(some.basis, Basis::MonteCarlo);
        // At 30 a side the distribution of the difference is that of Student, to the error of so many draws.
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
    fn random_arrangements_never_give_nothing() {
        let (a, b) = ([0.0; 40], [1.0; 40]);
        assert_close(independent(&a, &b, 3).unwrap().p, 2.0 / 100_000.0, 1e-12);
        assert_close(paired(&a, &b, 3).unwrap().p, 2.0 / 100_000.0, 1e-12);
        assert_eq!(independent(&a, &[0.0; 50], 3).unwrap().p, 1.0);
    }

    #[test]
    fn what_cannot_be_arranged_is_refused() {
        assert!(independent(&[], &[1.0], 0).is_err());
        assert!(independent(&[1.0], &[f64::INFINITY], 0).is_err());
        assert!(paired(&[1.0, 2.0], &[1.0], 0).is_err());
        assert_eq!(independent(&[1.0], &[2.0], 0).unwrap().p, 1.0);
    }

    proptest! {
        #[test]
        fn swapping_shifting_and_stretching_change_no_p(
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

//! The Brunner–Munzel test: is a run of one group as likely to beat one of the other as to lose to it?
//!
//! Sources: Brunner and Munzel, "The Nonparametric Behrens–Fisher Problem: Asymptotic Theory and a Small-Sample
//! Approximation", Biometrical Journal 42 (2000), `scipy.stats.brunnermunzel` with its default t distribution; Neubert
//! and Brunner, "A Studentized Permutation Test for the Nonparametric Behrens–Fisher Problem", Computational Statistics
//! & Data Analysis 51 (2007). Unlike Mann–Whitney's it does not need the groups to vary equally. The statistic is
//! positive where the *second* group is better.
//!
//! With few runs the t distribution finds too much: at five a side 8 % where it promises 5 (`results/calibration`). By
//! permutation the test is exact wherever runs of both groups could have changed places, and keeps its level in large
//! groups even where they could not, because the statistic is studentised. So [`permuted`] is the test, and
//! [`asymptotic`] the approximation that others use. The p value of [`permuted`] is two-sided by doubling: twice the
//! smaller tail of the statistic, the observed value included.
//!
//! Where the groups do not overlap, no placement varies and the statistic is infinite (scipy: NaN). To the permutation
//! test that is simply the most extreme arrangement; the approximation gives the same p, 2 / C(n₁ + n₂, n₁). Where
//! every run scored the same, p is 1.

use rand_core::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::bootstrap::index;
use super::describe;
use super::permutation::{DRAWS, MOST_ARRANGEMENTS, Tails, labellings};
use super::student;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};
use super::ties;

/// The test by permutation of the studentised statistic, two-sided. Up to [`MOST_ARRANGEMENTS`] labellings are all
/// counted; beyond, [`DRAWS`] random ones from `seed`.
///
/// # Errors
///
/// Fewer than two values in a group, or one that is no usable number.
pub fn permuted(a: &[f64], b: &[f64], seed: u64) -> Result<TestResult, TestError> {
    let ladder = Ladder::of(a, b)?;
    if ladder.rungs.len() == 1 {
        return Ok(TestResult::nothing_differs());
    }
    let sizes = (a.len(), b.len());
    let observed = ladder.observed.statistic(sizes);
    let mut tails = Tails::around(observed, 1e-12 * observed.abs().min(f64::MAX));
    let basis = if labellings(a.len(), b.len()) <= MOST_ARRANGEMENTS {
        every_statistic(
            &ladder.rungs,
            Placements::default(),
            sizes,
            1,
            &mut |statistic, ways| {
                tails.count(statistic, ways);
            },
        );
        if ladder.rungs.iter().any(|&rung| rung > 1) {
            Basis::ExactTies
        } else {
            Basis::Exact
        }
    } else {
        tails.count(observed, 1);
        random_statistics(&ladder.rungs, sizes, seed, DRAWS, |statistic| {
            tails.count(statistic, 1);
        });
        Basis::MonteCarlo
    };
    Ok(TestResult {
        statistic: Some(observed).filter(|observed| observed.is_finite()),
        df: None,
        p: tails.p(),
        basis: if observed.is_finite() {
            basis
        } else {
            Basis::Separated
        },
    })
}

/// The test by Student's t distribution with the degrees of freedom of Satterthwaite, two-sided.
///
/// # Errors
///
/// As for [`permuted`].
pub fn asymptotic(a: &[f64], b: &[f64]) -> Result<TestResult, TestError> {
    let ladder = Ladder::of(a, b)?;
    if ladder.rungs.len() == 1 {
        return Ok(TestResult::nothing_differs());
    }
    Ok(ladder.observed.by_student((a.len(), b.len())))
}

/// The distinct scores of both groups in ascending order.
struct Ladder {
    /// For each score, the number of runs that have it.
    rungs: Vec<usize>,
    /// The placements of the two groups as they are.
    observed: Placements,
}

impl Ladder {
    fn of(a: &[f64], b: &[f64]) -> Result<Self, TestError> {
        if a.len() < 2 || b.len() < 2 {
            return Err(TestError::TooFew {
                first: a.len(),
                second: b.len(),
            });
        }
        if !describe::is_sample(a) || !describe::is_sample(b) {
            return Err(TestError::NotANumber);
        }
        let (mut rungs, mut observed) = (Vec::new(), Placements::default());
        for level in ties::joint_levels(a, b) {
            let [first, second] = level.runs;
            observed = observed.with(first, second);
            rungs.push(first + second);
        }
        Ok(Self { rungs, observed })
    }
}

/// The placements of each group: for a run, twice the number of runs of the other group below it, where ties count
/// half. Their sums and the sums of their squares are whole numbers; they grow with the fourth power of the number of
/// runs, so 64 bits hold no more than some 40 000 runs a side.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Placements {
    below: [u64; 2],
    sums: [u128; 2],
    squares: [u128; 2],
}

impl Placements {
    /// Adds the next higher score, which `first` runs of the first group have and `second` runs of the second.
    pub(super) fn with(mut self, first: usize, second: usize) -> Self {
        let counts = [first as u64, second as u64];
        for (group, other) in [(0, 1), (1, 0)] {
            let placement = u128::from(2 * self.below[other] + counts[other]);
            let count = u128::from(counts[group]);
            self.sums[group] += count * placement;
            self.squares[group] += count * placement * placement;
        }
        self.below[0] += counts[0];
        self.below[1] += counts[1];
        self
    }

    /// For each group, its size times the variance of its placements.
    fn weights(&self, sizes: (usize, usize)) -> (f64, f64) {
        let weight = |group: usize, n: usize| {
            let spread = n as u128 * self.squares[group] - self.sums[group] * self.sums[group];
            spread as f64 / 4.0 / (n as f64 - 1.0)
        };
        (weight(0, sizes.0), weight(1, sizes.1))
    }

    /// The answer of the approximation.
    pub(super) fn by_student(&self, sizes: (usize, usize)) -> TestResult {
        let statistic = self.statistic(sizes);
        if !statistic.is_finite() {
            return TestResult {
                statistic: None,
                df: None,
                p: (2.0 / labellings(sizes.0, sizes.1)).min(1.0),
                basis: Basis::Separated,
            };
        }
        let (n1, n2) = (sizes.0 as f64, sizes.1 as f64);
        let (first, second) = self.weights(sizes);
        let shares = first * first / (n1 - 1.0) + second * second / (n2 - 1.0);
        let df = (first + second).powi(2) / shares;
        TestResult {
            statistic: Some(statistic),
            df: Some(df),
            p: student::both_tails(statistic, df),
            basis: Basis::Student,
        }
    }

    /// The studentised statistic: infinite where no placement varies and one group is ahead, 0 where none is.
    pub(super) fn statistic(&self, sizes: (usize, usize)) -> f64 {
        let (n1, n2) = (sizes.0 as f64, sizes.1 as f64);
        // Twice n₁n₂ times the difference of the mean ranks, which is a whole number.
        let ahead = sizes.0 as i128 * self.sums[1] as i128 - sizes.1 as i128 * self.sums[0] as i128;
        let lead = ahead as f64 / 2.0 + n1 * n2 * (n2 - n1) / 2.0;
        let (first, second) = self.weights(sizes);
        if lead == 0.0 {
            return 0.0;
        }
        lead / ((n1 + n2) * (first + second).sqrt())
    }
}

/// Visits the statistic of every labelling of the rungs that are left, with the number of ways in which it arises.
pub(super) fn every_statistic(
    rungs: &[usize],
    so_far: Placements,
    sizes: (usize, usize),
    ways: u64,
    visit: &mut impl FnMut(f64, u64),
) {
    let Some((&rung, rest)) = rungs.split_first() else {
        visit(so_far.statistic(sizes), ways);
        return;
    };
    let left = sizes.0 - so_far.below[0] as usize;
    let above: usize = rest.iter().sum();
    for first in left.saturating_sub(above)..=rung.min(left) {
        let ways = ways * labellings(first, rung - first) as u64;
        every_statistic(rest, so_far.with(first, rung - first), sizes, ways, visit);
    }
}

/// Visits the statistics of `draws` random labellings of the rungs.
pub(super) fn random_statistics(
    rungs: &[usize],
    sizes: (usize, usize),
    seed: u64,
    draws: u32,
    mut visit: impl FnMut(f64),
) {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut runs: Vec<usize> = rungs
        .iter()
        .enumerate()
        .flat_map(|(place, &rung)| std::iter::repeat_n(place, rung))
        .collect();
    let mut chosen = vec![0; rungs.len()];
    for _ in 0..draws {
        chosen.fill(0);
        for place in 0..sizes.0 {
            let other = place + index(runs.len() - place, || generator.next_u64());
            runs.swap(place, other);
            chosen[runs[place]] += 1;
        }
        let climb = |so_far: Placements, (&rung, &first): (&usize, &usize)| {
            so_far.with(first, rung - first)
        };
        let placed = rungs.iter().zip(&chosen).fold(Placements::default(), climb);
        visit(placed.statistic(sizes));
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
        statistic: f64,
        p: f64,
    }

    #[test]
    fn the_approximation_agrees_with_scipy() {
        for case in golden::cases::<Case>("brunner_munzel") {
            let test = asymptotic(&case.a, &case.b).unwrap();
            assert_close(test.statistic.unwrap(), case.statistic, 1e-12);
            assert_close(test.p, case.p, 1e-10);
        }
    }

    #[derive(Deserialize)]
    struct Permuted {
        a: Vec<f64>,
        b: Vec<f64>,
        statistic: f64,
        p: f64,
    }

    #[test]
    fn the_permutation_test_agrees_with_scipys_statistic_over_all_labellings() {
        for case in golden::cases::<Permuted>("brunner_munzel_permuted") {
            let test = permuted(&case.a, &case.b, 0).unwrap();
            assert_close(test.statistic.unwrap(), case.statistic, 1e-12);
            assert_close(test.p, case.p, 1e-12);
        }
    }

    #[test]
    fn the_sums_of_a_hundred_thousand_runs_do_not_overflow() {
        let a: Vec<f64> = (0..110_000).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|value| value + 450.5).collect();
        // scipy.stats.brunnermunzel(numpy.arange(110_000), numpy.arange(110_000) + 450.5)
        let test = asymptotic(&a, &b).unwrap();
        assert_close(test.statistic.unwrap(), 3.320_500_969_513_275, 1e-9);
        assert_close(test.p, 8.987_065_504_530_584e-4, 1e-8);
    }

    #[test]
    fn random_labellings_agree_with_the_approximation() {
        let (a, b): (Vec<f64>, Vec<f64>) = (0..12)
            .map(|k| (f64::from(k * 7 % 12), f64::from(k * 5 % 12 + 3)))
            .unzip();
        let drawn = permuted(&a, &b, 1).unwrap();
        assert_eq!(drawn.basis, Basis::MonteCarlo);
        let near = asymptotic(&a, &b).unwrap();
        assert_eq!(drawn.statistic, near.statistic);
        assert!((drawn.p - near.p).abs() < 0.02, "{} {}", drawn.p, near.p);
    }

    #[test]
    fn groups_that_do_not_overlap_are_the_most_extreme_arrangement() {
        let (low, high) = ([1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0]);
        for apart in [asymptotic(&low, &high), permuted(&low, &high, 0)] {
            let apart = apart.unwrap();
            assert_eq!((apart.statistic, apart.basis), (None, Basis::Separated));
            assert_close(apart.p, 2.0 / 252.0, 1e-15);
        }
        for same in [
            asymptotic(&[5.0; 4], &[5.0; 6]),
            permuted(&[5.0; 4], &[5.0; 6], 0),
        ] {
            let same = same.unwrap();
            assert_eq!((same.p, same.basis), (1.0, Basis::ConstantEqual));
        }
        let wrong: [(&[f64], &[f64]); 2] = [(&[1.0], &[1.0, 2.0]), (&[1.0, f64::NAN], &[1.0, 2.0])];
        for (a, b) in wrong {
            assert!(asymptotic(a, b).is_err() && permuted(a, b, 0).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn only_the_order_of_scores_matters_and_swapping_groups_changes_the_sign(a in vec(-20..20_i8, 2..8), b in vec(-20..20_i8, 2..8)) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (a, b) = (floats(&a), floats(&b));
            let cubed = |values: &[f64]| values.iter().map(|value| value * value * value).collect::<Vec<_>>();
            for test in [asymptotic, |a: &[f64], b: &[f64]| permuted(a, b, 0)] {
                let result = test(&a, &b).unwrap();
                prop_assert_eq!(result, test(&cubed(&a), &cubed(&b)).unwrap());
                let turned = test(&b, &a).unwrap();
                prop_assert!((result.p - turned.p).abs() < 1e-12 && (0.0..=1.0).contains(&result.p));
                prop_assert!((result.statistic.unwrap_or(0.0) + turned.statistic.unwrap_or(0.0)).abs() < 1e-12);
            }
        }
    }
}

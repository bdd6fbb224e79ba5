//! Several methods on the same tasks: does any of them rank better than the others?
//!
//! Sources: Friedman, "The Use of Ranks to Avoid the Assumption of Normality", JASA 32 (1937), corrected for ties as in
//! `scipy.stats.friedmanchisquare`; Iman and Davenport, "Approximations of the Critical Region of the Friedman
//! Statistic", Communications in Statistics A 9 (1980); recommended over data sets by Demšar, "Statistical Comparisons
//! of Classifiers over Multiple Data Sets", JMLR 7 (2006), whose numbers lack the correction for ties.
//!
//! A block is a task, with one score for each method. A block that lacks the score of some method is refused: to drop
//! the task would silently change what is compared.

use serde::{Deserialize, Serialize};

use super::describe;
use super::distributions;
use super::rank::Ranks;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};

/// The answer of Friedman's test, from which the [tests after it](super::post_hoc) start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Friedman {
    /// The mean rank of each method over the tasks; 1 is the *lowest* score.
    pub mean_ranks: Vec<f64>,
    /// The number of tasks.
    pub blocks: usize,
    /// The chi-squared statistic, tie-corrected, with k − 1 degrees of freedom. If all methods score the same on every
    /// task, the statistic is `None` and p is 1.
    pub chi_squared: TestResult,
    /// Iman and Davenport's F, which is less conservative. `df` is that of the denominator, (k − 1)(n − 1). If all tasks
    /// rank the methods alike, F is infinite, and p is the chance of that if all orders are equally likely: (1/k!)ⁿ⁻¹.
    pub iman_davenport: TestResult,
    /// The sum of the squared ranks of all methods on all tasks.
    #[serde(skip)]
    pub(super) squares: f64,
}

impl Friedman {
    /// Tests `blocks`, each of which holds one score of every method, always in the same order.
    ///
    /// # Errors
    ///
    /// Fewer than three methods, fewer than two tasks, a block with a score missing, or a score that is NaN, infinite or beyond `LARGEST`.
    pub fn of(blocks: &[Vec<f64>]) -> Result<Self, TestError> {
        let k = blocks.first().map_or(0, Vec::len);
        if let Some(block) = blocks.iter().position(|block| block.len() != k) {
            return Err(TestError::Incomplete {
                block,
                found: blocks[block].len(),
                needed: k,
            });
        }
        if k < 3 {
            return Err(TestError::TooFewGroups {
                found: k,
                needed: 3,
            });
        }
        if blocks.len() < 2 {
            return Err(TestError::TooFewPairs {
                found: blocks.len(),
                needed: 2,
            });
        }
        if !blocks.iter().all(|block| describe::is_sample(block)) {
            return Err(TestError::NotANumber);
        }
        let ranked: Vec<Ranks> = blocks.iter().map(|block| Ranks::of(block)).collect();
        let ties: f64 = ranked.iter().map(|ranks| ranks.ties).sum();
        let ranks: Vec<Vec<f64>> = ranked.iter().map(Ranks::plain).collect();
        let (n, kf) = (blocks.len() as f64, k as f64);
        let mean_ranks = means_over_blocks(&ranks);
        let between: f64 = mean_ranks
            .iter()
            .map(|rank| (rank - (kf + 1.0) / 2.0).powi(2))
            .sum();
        let untied = 1.0 - ties / (n * (kf * kf * kf - kf));
        let squares = ranks.concat().iter().map(|rank| rank * rank).sum();
        let chi = (untied > 0.0).then(|| 12.0 * n / (kf * (kf + 1.0)) * between / untied);
        Ok(Self {
            mean_ranks,
            blocks: blocks.len(),
            chi_squared: chi_squared(chi, kf),
            iman_davenport: iman_davenport(chi, n, kf, ties == 0.0),
            squares,
        })
    }
}

/// The mean rank of each method over the blocks, as [`Friedman::mean_ranks`], also for a single block and for two methods;
/// 1 is the lowest score, ties share their ranks. `None` for blocks of different lengths, or a score that is NaN, infinite or beyond `LARGEST`.
pub fn mean_ranks(blocks: &[Vec<f64>]) -> Option<Vec<f64>> {
    let k = blocks.first()?.len();
    let is_whole = |block: &Vec<f64>| block.len() == k && (k == 0 || describe::is_sample(block));
    let ranks = |block: &Vec<f64>| Ranks::of(block).plain();
    blocks
        .iter()
        .all(is_whole)
        .then(|| means_over_blocks(&blocks.iter().map(ranks).collect::<Vec<_>>()))
}

fn means_over_blocks(ranks: &[Vec<f64>]) -> Vec<f64> {
    let methods = ranks.first().map_or(0, Vec::len);
    let sum = |method: usize| ranks.iter().map(|ranks| ranks[method]).sum::<f64>();
    (0..methods)
        .map(|method| sum(method) / ranks.len() as f64)
        .collect()
}

fn chi_squared(chi: Option<f64>, k: f64) -> TestResult {
    TestResult {
        statistic: chi,
        df: chi.map(|_| k - 1.0),
        p: chi.map_or(1.0, |chi| distributions::chi_squared(chi, k - 1.0)),
        basis: if chi.is_some() {
            Basis::ChiSquared
        } else {
            Basis::ConstantEqual
        },
    }
}

fn iman_davenport(chi: Option<f64>, n: f64, k: f64, untied: bool) -> TestResult {
    let Some(chi) = chi else {
        return chi_squared(None, k);
    };
    let rest = n * (k - 1.0) - chi;
    if rest <= 1e-12 * n * k {
        // With ties there are fewer orders, each likelier than this, and (1/k!)ⁿ⁻¹ would be too small; the chi-squared p,
        // which is larger, stands.
        let orders: f64 = (1..=k as u64).map(|factor| factor as f64).product();
        let p = if untied {
            orders.powf(1.0 - n)
        } else {
            distributions::chi_squared(chi, k - 1.0)
        };
        let basis = if untied {
            Basis::Exact
        } else {
            Basis::ChiSquared
        };
        return TestResult {
            statistic: None,
            df: None,
            p,
            basis,
        };
    }
    let statistic = (n - 1.0) * chi / rest;
    let df = (k - 1.0) * (n - 1.0);
    TestResult {
        statistic: Some(statistic),
        df: Some(df),
        p: distributions::f(statistic, k - 1.0, df),
        basis: Basis::Fisher,
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
        blocks: Vec<Vec<f64>>,
        chi_squared: f64,
        p: f64,
        iman_davenport: f64,
        iman_davenport_p: f64,
        mean_ranks: Vec<f64>,
    }

    #[test]
    fn the_test_agrees_with_scipy() {
        for case in golden::cases::<Case>("friedman") {
            let test = Friedman::of(&case.blocks).unwrap();
            assert_close(test.chi_squared.statistic.unwrap(), case.chi_squared, 1e-12);
            assert_close(test.chi_squared.p, case.p, 1e-11);
            assert_close(
                test.iman_davenport.statistic.unwrap(),
                case.iman_davenport,
                1e-11,
            );
            assert_close(test.iman_davenport.p, case.iman_davenport_p, 1e-10);
            for (actual, expected) in test.mean_ranks.iter().zip(&case.mean_ranks) {
                assert_close(*actual, *expected, 1e-14);
            }
        }
    }

    #[test]
    fn tasks_that_all_agree_are_answered_by_counting_orders() {
        let test = Friedman::of(&vec![vec![1.0, 2.0, 3.0]; 4]).unwrap();
        assert_eq!(
            (test.chi_squared.statistic, test.iman_davenport.statistic),
            (Some(8.0), None)
        );
        assert_close(test.iman_davenport.p, 1.0 / 216.0, 1e-14);
    }

    #[test]
    fn tasks_on_which_all_methods_score_the_same_show_nothing() {
        let test = Friedman::of(&vec![vec![5.0; 4]; 3]).unwrap();
        for result in [test.chi_squared, test.iman_davenport] {
            assert_eq!(
                (result.statistic, result.p, result.basis),
                (None, 1.0, Basis::ConstantEqual)
            );
        }
    }

    #[test]
    fn one_diverged_score_ties_no_others_of_its_task() {
        let blocks = [vec![-1e18, 1.0, 2.0, 3.0], vec![0.0, 1.0, 2.0, 3.0]];
        assert_eq!(
            Friedman::of(&blocks).unwrap().mean_ranks,
            [1.0, 2.0, 3.0, 4.0]
        );
    }

    #[test]
    fn an_incomplete_block_is_refused_with_its_index() {
        let error = Friedman::of(&[vec![1.0, 2.0, 3.0], vec![1.0, 2.0]]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "block 1 holds 2 scores, not 3: every method must have a score on every task"
        );
        assert_eq!(
            Friedman::of(&vec![vec![1.0, 2.0]; 9]),
            Err(TestError::TooFewGroups {
                found: 2,
                needed: 3
            })
        );
        assert_eq!(
            Friedman::of(&[vec![1.0, 2.0, 3.0]]),
            Err(TestError::TooFewPairs {
                found: 1,
                needed: 2
            })
        );
        assert_eq!(
            Friedman::of(&vec![vec![1.0, f64::NAN, 3.0]; 2]),
            Err(TestError::NotANumber)
        );
        assert!(Friedman::of(&[]).is_err());
    }

    proptest! {
        #[test]
        fn each_task_may_have_a_unit_of_its_own(
            blocks in vec((vec(-50..50_i32, 4), 1..9_i32, -99..99_i32), 2..9),
        ) {
            let plain: Vec<Vec<f64>> =
                blocks.iter().map(|(block, _, _)| block.iter().map(|&value| f64::from(value)).collect()).collect();
            let stretched: Vec<Vec<f64>> = blocks
                .iter()
                .map(|(block, unit, shift)| block.iter().map(|&value| f64::from(value * unit + shift)).collect())
                .collect();
            let (one, other) = (Friedman::of(&plain).unwrap(), Friedman::of(&stretched).unwrap());
            prop_assert!((0.0..=1.0).contains(&one.chi_squared.p) && (0.0..=1.0).contains(&one.iman_davenport.p));
            prop_assert_eq!(one, other);
        }
    }
}

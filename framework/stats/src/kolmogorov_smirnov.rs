//! The two-sample Kolmogorov–Smirnov test: do the distributions differ in any way at all, spread and shape included?
//!
//! Sources: Hodges, "The Significance Probability of the Smirnov Two-Sample Test", Arkiv för Matematik 3 (1958), which
//! is `scipy.stats.ks_2samp(method="exact")`; with ties Schröer and Trenkler, "Exact and Randomization Distributions of
//! Kolmogorov–Smirnov Tests for Two or Three Samples", Computational Statistics & Data Analysis 20 (1995), which is R's
//! `psmirnov(z = )`. The statistic is the largest distance between the two empirical distribution functions.
//!
//! The p value is exact, given the scores: the chance that the runs, handed to the two groups by lot, come at least as
//! far apart. Such a labelling is a lattice path from (0, 0) to (n₁, n₂), and the distance is that of the path from the
//! diagonal. With ties the functions can only be compared where one score ends and the next begins, so the path is
//! looked at there only. scipy looks at every step, as if there were no ties, which makes p too large: 10 runs of 1000
//! against 5 of 1000 and 5 of 500 get 0.168 and should get 0.0325.
//!
//! The test is two-sided by its statistic: p adds up the chances of all labellings at least as far apart, whichever
//! group is ahead. No tail is doubled.

use super::describe;
use super::test_error::TestError;
use super::test_result::{Basis, TestResult};
use super::ties;

/// The test, two-sided. If every run scored the same the distance is 0 and p is 1.
///
/// ```
/// use spikebench_stats::kolmogorov_smirnov;
///
/// let solved = [1000.0; 10];
/// let half = [1000.0, 1000.0, 1000.0, 1000.0, 1000.0, 500.0, 500.0, 500.0, 500.0, 500.0];
/// let test = kolmogorov_smirnov::test(&solved, &half).unwrap();
/// assert!((test.p - 504.0 / 15_504.0).abs() < 1e-15);
/// ```
///
/// # Errors
///
/// An empty group, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn test(a: &[f64], b: &[f64]) -> Result<TestResult, TestError> {
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
    let sizes = (a.len() as u64, b.len() as u64);
    let (mut first, mut second, mut distance) = (0, 0, 0);
    for level in &levels {
        first += level.runs[0] as u64;
        second += level.runs[1] as u64;
        distance = distance.max(distance_at(first, second, sizes));
    }
    let tied: Vec<usize> = levels.iter().map(|level| level.runs.iter().sum()).collect();
    Ok(TestResult {
        statistic: Some(distance as f64 / (sizes.0 * sizes.1) as f64),
        df: None,
        p: chance_of_distance(sizes, &tied, distance),
        basis: if levels.len() < a.len() + b.len() {
            Basis::ExactTies
        } else {
            Basis::Exact
        },
    })
}

/// The distance between the distribution functions after this many runs of each group, in units of 1 / (n₁ n₂).
fn distance_at(first: u64, second: u64, (n1, n2): (u64, u64)) -> u64 {
    (first * n2).abs_diff(second * n1)
}

/// The chance that runs labelled by lot come apart by at least `distance`, where `tied[k]` runs share the kth score.
///
/// Follows all labellings from the lowest score to the highest. After k runs, `chances[i]` is the chance that i of them
/// belong to the first group and that the distance has not been reached yet; whatever reaches it is moved to the
/// answer. All terms are positive, so even a tiny p keeps its digits.
pub(super) fn chance_of_distance(sizes: (u64, u64), tied: &[usize], distance: u64) -> f64 {
    let (n1, n2) = sizes;
    let all = n1 + n2;
    if distance == 0 {
        return 1.0;
    }
    let mut chances = vec![0.0; n1 as usize + 2];
    chances[0] = 1.0;
    // Only i from `low` to `high` have a chance.
    let (mut low, mut high, mut runs, mut reached) = (0_u64, 0_u64, 0_u64, 0.0);
    for &level in tied {
        for _ in 0..level {
            let left = (all - runs) as f64;
            let top = (high + 1).min(n1);
            for i in (low..=top).rev() {
                let stays = if i <= high && runs - i < n2 {
                    chances[i as usize] * (n2 - (runs - i)) as f64
                } else {
                    0.0
                };
                let comes = if i > low {
                    chances[i as usize - 1] * (n1 - (i - 1)) as f64
                } else {
                    0.0
                };
                chances[i as usize] = (stays + comes) / left;
            }
            high = top;
            runs += 1;
        }
        let is_reached = |i: u64| distance_at(i, runs - i, sizes) >= distance;
        while low <= high && is_reached(low) {
            reached += std::mem::take(&mut chances[low as usize]);
            low += 1;
        }
        while high > low && is_reached(high) {
            reached += std::mem::take(&mut chances[high as usize]);
            high -= 1;
        }
        if low > high {
            break;
        }
    }
    f64::clamp(reached, 0.0, 1.0)
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
    fn the_test_agrees_with_scipy_and_with_a_count_in_whole_numbers() {
        for case in golden::cases::<Case>("kolmogorov_smirnov") {
            let test = test(&case.a, &case.b).unwrap();
            assert_close(test.statistic.unwrap(), case.statistic, 1e-14);
            assert_close(test.p, case.p, 1e-10);
        }
    }

    #[test]
    fn ties_are_part_of_the_count() {
        let (solved, half) = ([1000.0; 10], [[1000.0; 5], [500.0; 5]].concat());
        let test = test(&solved, &half).unwrap();
        // R: psmirnov(0.5, c(10, 10), z = c(solved, half), lower.tail = FALSE)
        assert_close(test.p, 0.032_507_739_938_080_5, 1e-12);
        assert_eq!((test.statistic, test.basis), (Some(0.5), Basis::ExactTies));
    }

    #[test]
    fn many_runs_take_no_time_and_tiny_p_values_keep_their_digits() {
        let a: Vec<f64> = (0..20_000).map(f64::from).collect();
        let b: Vec<f64> = a.iter().map(|value| value + 300.5).collect();
        let near = test(&a, &b).unwrap();
        // Kolmogorov's series for this many runs: 2 exp(-2 * 10000 * 0.01505 ** 2).
        assert!((near.p - 0.0216).abs() < 0.001, "{near:?}");
        let apart: Vec<f64> = (0..100).map(|k| f64::from(k) + 1e5).collect();
        let far = test(&a[..100], &apart).unwrap();
        // 2 / math.comb(200, 100)
        assert_close(far.p, 2.208_760_693e-59, 1e-6);
    }

    #[test]
    fn groups_that_do_not_overlap_have_the_p_of_the_separating_labellings() {
        let apart = test(&[1.0, 2.0, 3.0, 4.0, 5.0], &[6.0, 7.0, 8.0, 9.0, 10.0]).unwrap();
        assert_eq!(apart.statistic, Some(1.0));
        assert_close(apart.p, 2.0 / 252.0, 1e-14);
        assert_eq!(test(&[3.0; 4], &[3.0; 9]).unwrap().p, 1.0);
        assert_eq!(test(&[0.1 + 0.2], &[0.3]).unwrap().statistic, Some(0.0));
        assert!(test(&[], &[1.0]).is_err());
        assert_eq!(test(&[f64::NAN], &[1.0]), Err(TestError::NotANumber));
    }

    proptest! {
        #[test]
        fn p_is_the_share_of_all_labellings_at_least_as_far_apart(a in vec(-3..3_i8, 1..6), b in vec(-3..3_i8, 1..6)) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (a, b) = (floats(&a), floats(&b));
            let all = [a.clone(), b.clone()].concat();
            let distance = |code: u32| {
                let share = |bound: f64, is_first: bool, n: usize| {
                    let below = (0..all.len()).filter(|&run| (code >> run & 1 == 1) == is_first && all[run] <= bound);
                    below.count() as f64 / n as f64
                };
                all.iter().map(|&bound| (share(bound, true, a.len()) - share(bound, false, b.len())).abs()).fold(0.0, f64::max)
            };
            let observed = distance((1 << a.len()) - 1);
            let (mut as_far, mut count) = (0, 0);
            for code in (0_u32..1 << all.len()).filter(|code| code.count_ones() as usize == a.len()) {
                count += 1;
                as_far += usize::from(distance(code) >= observed - 1e-12);
            }
            let p = test(&a, &b).unwrap().p;
            prop_assert!((p - as_far as f64 / f64::from(count)).abs() < 1e-12);
        }

        #[test]
        fn only_the_order_of_scores_matters_and_the_groups_may_be_swapped(a in vec(-20..20_i8, 1..12), b in vec(-20..20_i8, 1..12)) {
            let floats = |values: &[i8]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
            let (a, b) = (floats(&a), floats(&b));
            let cubed = |values: &[f64]| values.iter().map(|value| value * value * value).collect::<Vec<_>>();
            let result = test(&a, &b).unwrap();
            prop_assert_eq!(result, test(&cubed(&a), &cubed(&b)).unwrap());
            let turned = test(&b, &a).unwrap();
            prop_assert!((result.p - turned.p).abs() < 1e-12 && (0.0..=1.0).contains(&result.p));
            prop_assert_eq!(result.statistic, turned.statistic);
        }
    }
}

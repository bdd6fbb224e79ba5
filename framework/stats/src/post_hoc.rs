//! Post-hoc tests: after a test of several methods, which of them differ?
//!
//! Sources: Nemenyi, "Distribution-Free Multiple Comparisons" (1963), with the studentised range as in Demšar (2006) and
//! `scikit_posthocs.posthoc_nemenyi_friedman`; Conover, "Practical Nonparametric Statistics" (3rd ed. 1999),
//! `posthoc_conover_friedman`; Demšar's z against a control, `posthoc_demsar`; Dunnett, "A Multiple Comparison Procedure
//! for Comparing Several Treatments with a Control", JASA 50 (1955), `scipy.stats.dunnett`.
//!
//! [`nemenyi`] and [`dunnett`] already account for the size of their family. The p values of [`conover`] and
//! [`against_control`] are raw: adjust them by a [`Correction`](super::correction::Correction); with Holm's the result is
//! Demšar's procedure of many methods against one. Mean ranks depend on the whole pool of methods (Benavoli et al., JMLR
//! 17, 2016), so pairwise signed-rank tests are the better choice where two methods are what matters.

use std::collections::HashMap;

use super::describe;
use super::distributions;
use super::friedman::Friedman;
use super::quadrature::{over_chi, over_normal};
use super::student;
use super::test_error::TestError;
use super::ties;
use super::welch;

/// P(Q >= q) of the studentised range of `k` groups with `df` degrees of freedom, which may be infinite.
pub fn studentised_range(q: f64, k: usize, df: f64) -> f64 {
    if !(q > 0.0 && k >= 2 && df > 0.0) {
        return 1.0;
    }
    let power = k as i32 - 1;
    let lower = |z: f64| distributions::normal(-z);
    let beyond = |q: f64| {
        k as f64 * over_normal(|z| lower(z).powi(power) - (lower(z) - lower(z - q)).powi(power))
    };
    over_chi(df, |s| beyond(q * s)).clamp(0.0, 1.0)
}

/// The critical difference of mean ranks at `alpha` for `k` methods on `n` tasks (Nemenyi). `None` unless `alpha` lies
/// strictly between 0 and 1, `k >= 2` and `n >= 1`.
pub fn critical_difference(alpha: f64, k: usize, n: usize) -> Option<f64> {
    if !(alpha > 0.0 && alpha < 1.0 && k >= 2 && n >= 1) {
        return None;
    }
    let (mut low, mut high) = (0.0, 64.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if studentised_range(middle, k, f64::INFINITY) > alpha {
            low = middle
        } else {
            high = middle
        }
    }
    Some(high / 2.0_f64.sqrt() * rank_error(k, n))
}

/// The standard error of a difference of mean ranks: √(k(k + 1) / 6n).
fn rank_error(k: usize, n: usize) -> f64 {
    let (k, n) = (k as f64, n as f64);
    (k * (k + 1.0) / (6.0 * n)).sqrt()
}

/// Nemenyi's p values of all pairs of methods: `p[i][j]`, symmetric, with 1 on the diagonal. Ties are not corrected for.
pub fn nemenyi(friedman: &Friedman) -> Vec<Vec<f64>> {
    let k = friedman.mean_ranks.len();
    let error = rank_error(k, friedman.blocks);
    pairs(friedman, |distance| {
        studentised_range(distance / error * 2.0_f64.sqrt(), k, f64::INFINITY)
    })
}

/// Conover's p values of all pairs of methods, not adjusted: Student's t test of the rank sums, after Friedman's test.
/// Where all tasks rank the methods alike, the standard error is 0, and in the source every difference has p = 0; here
/// its p is that of counting orders, [`Friedman::iman_davenport`].
pub fn conover(friedman: &Friedman) -> Vec<Vec<f64>> {
    let (k, n) = (friedman.mean_ranks.len() as f64, friedman.blocks as f64);
    let spread = (friedman.squares - k * n * (k + 1.0).powi(2) / 4.0) / (k - 1.0);
    if spread <= 0.0 {
        return pairs(friedman, |_| 1.0);
    }
    let between: f64 = friedman
        .mean_ranks
        .iter()
        .map(|rank| (n * (rank - (k + 1.0) / 2.0)).powi(2))
        .sum::<f64>()
        / spread;
    let df = n * k - k - n + 1.0;
    let rest = 1.0 - between / (n * (k - 1.0));
    if rest <= 1e-12 {
        return pairs(friedman, |distance| {
            if distance > 0.0 {
                friedman.iman_davenport.p
            } else {
                1.0
            }
        });
    }
    let error = (spread * 2.0 * n * (k - 1.0) / df * rest).sqrt();
    pairs(friedman, |distance| {
        student::both_tails(n * distance / error, df)
    })
}

/// For each method the z statistic against the `control`, which is positive where the method's mean rank is higher, and
/// its unadjusted two-sided p value, by the normal distribution (Demšar); (0, 1) for the control itself.
pub fn against_control(friedman: &Friedman, control: usize) -> Vec<(f64, f64)> {
    let error = rank_error(friedman.mean_ranks.len(), friedman.blocks);
    let own = friedman.mean_ranks[control];
    friedman
        .mean_ranks
        .iter()
        .map(|rank| (rank - own) / error)
        .map(|z| (z, distributions::normal_both(z)))
        .collect()
}

fn pairs(friedman: &Friedman, p: impl Fn(f64) -> f64) -> Vec<Vec<f64>> {
    let ranks = &friedman.mean_ranks;
    // Mean ranks over a few tasks are few different numbers.
    let mut known = HashMap::new();
    let mut one = |i: usize, j: usize| {
        if i == j {
            return 1.0;
        }
        let distance = (ranks[i] - ranks[j]).abs();
        *known
            .entry(distance.to_bits())
            .or_insert_with(|| p(distance))
    };
    (0..ranks.len())
        .map(|i| (0..ranks.len()).map(|j| one(i, j)).collect())
        .collect()
}

/// Dunnett's test of several groups against one control, with a pooled variance: for each group its t statistic and its
/// p value, which is already adjusted for the family.
///
/// # Errors
///
/// No group, a group without runs, one run a group, no variance within any group, or a value that is NaN, infinite or beyond `LARGEST`.
pub fn dunnett(groups: &[&[f64]], control: &[f64]) -> Result<Vec<(f64, f64)>, TestError> {
    if groups.is_empty() {
        return Err(TestError::TooFewGroups {
            found: 1,
            needed: 2,
        });
    }
    let all: Vec<&[f64]> = groups.iter().copied().chain([control]).collect();
    if let Some(group) = all.iter().position(|group| group.is_empty()) {
        return Err(TestError::GroupTooSmall {
            group,
            found: 0,
            needed: 1,
        });
    }
    if !all.iter().all(|group| describe::is_sample(group)) {
        return Err(TestError::NotANumber);
    }
    let df = all.concat().len() as f64 - all.len() as f64;
    if df < 1.0 {
        return Err(TestError::GroupTooSmall {
            group: 0,
            found: 1,
            needed: 2,
        });
    }
    if all.iter().all(|group| ties::is_constant(group)) {
        return Err(TestError::GroupConstant { group: 0 });
    }
    let share = |group: &&[f64]| welch::std_of(group) * ((group.len() as f64 - 1.0) / df).sqrt();
    let pooled = all
        .iter()
        .filter(|group| group.len() > 1)
        .map(share)
        .fold(0.0, f64::hypot);
    let n0 = control.len() as f64;
    let loadings: Vec<f64> = groups
        .iter()
        .map(|group| group.len() as f64)
        .map(|n| (n / (n0 + n)).sqrt())
        .collect();
    let t = |group: &&[f64]| {
        let (a, b) = describe::from_common_origin(group, control);
        let error = pooled * (1.0 / group.len() as f64 + 1.0 / n0).sqrt();
        let t = (describe::mean_of(&a) - describe::mean_of(&b)) / error;
        // Means of 1e150 over a pooled deviation of 1e-300 have a quotient beyond the largest number.
        t.clamp(f64::MIN, f64::MAX)
    };
    Ok(groups
        .iter()
        .map(t)
        .map(|t| (t, largest_of_many(t.abs(), &loadings, df)))
        .collect())
}

/// P(maxᵢ |Tᵢ| >= t), where Tᵢ = (√(1 − λᵢ²) Zᵢ − λᵢ Z₀) / S share Z₀ and S.
fn largest_of_many(t: f64, loadings: &[f64], df: f64) -> f64 {
    let lower = |z: f64| distributions::normal(-z);
    let within = |bound: f64, z: f64| -> f64 {
        let one = |loading: &f64| {
            let rest = (1.0 - loading * loading).sqrt();
            lower((loading * z + bound) / rest) - lower((loading * z - bound) / rest)
        };
        loadings.iter().map(one).product()
    };
    over_chi(df, |s| over_normal(|z| 1.0 - within(t * s, z))).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Ranges {
        q: f64,
        k: usize,
        df: Option<f64>,
        p: f64,
    }

    #[derive(Deserialize)]
    struct AfterFriedman {
        blocks: Vec<Vec<f64>>,
        nemenyi: Vec<Vec<f64>>,
        conover: Vec<Vec<f64>>,
        against_first: Vec<(f64, f64)>,
    }

    #[derive(Deserialize)]
    struct Dunnett {
        groups: Vec<Vec<f64>>,
        control: Vec<f64>,
        t: Vec<f64>,
        p: Vec<f64>,
    }

    #[test]
    fn the_studentised_range_agrees_with_scipy() {
        for case in golden::cases::<Ranges>("studentised_range") {
            let p = studentised_range(case.q, case.k, case.df.unwrap_or(f64::INFINITY));
            assert!(
                (p - case.p).abs() < 1e-9,
                "{} {} {:?}: {p} {}",
                case.q,
                case.k,
                case.df,
                case.p
            );
        }
        assert_eq!(studentised_range(f64::NAN, 3, 5.0), 1.0);
        assert_eq!(studentised_range(0.0, 3, 5.0), 1.0);
    }

    #[test]
    fn the_critical_differences_are_those_of_demsar() {
        for (k, q) in [
            (2, 1.959_964),
            (3, 2.343_701),
            (4, 2.569_032),
            (5, 2.727_774),
            (10, 3.163_684),
            (20, 3.543_799),
        ] {
            let difference = critical_difference(0.05, k, 10).unwrap() / rank_error(k, 10);
            assert!((difference - q).abs() < 1e-6, "{k}: {difference}");
        }
        assert!((critical_difference(0.05, 4, 14).unwrap() - 1.25356).abs() < 1e-5);
        assert!((critical_difference(0.1, 4, 14).unwrap() - 1.11806).abs() < 1e-5);
        assert_eq!(critical_difference(0.0, 4, 14), None);
    }

    #[test]
    fn the_tests_after_friedman_agree_with_scikit_posthocs() {
        for case in golden::cases::<AfterFriedman>("after_friedman") {
            let friedman = Friedman::of(&case.blocks).unwrap();
            let close = |actual: Vec<Vec<f64>>, expected: &[Vec<f64>]| {
                for (actual, expected) in actual.concat().iter().zip(expected.concat()) {
                    assert!((actual - expected).abs() < 1e-9, "{actual} {expected}");
                }
            };
            close(nemenyi(&friedman), &case.nemenyi);
            close(conover(&friedman), &case.conover);
            for ((z, p), expected) in against_control(&friedman, 0)
                .into_iter()
                .zip(case.against_first)
            {
                assert!((z - expected.0).abs() < 1e-12 && (p - expected.1).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn a_statistic_of_dunnett_that_overflows_is_the_largest_number() {
        let answers = dunnett(&[&[1e150]], &[0.0, 1e-300]).unwrap();
        assert_eq!(answers, [(f64::MAX, 0.0)]);
    }

    #[test]
    fn dunnetts_test_agrees_with_scipy_and_mpmath() {
        for case in golden::cases::<Dunnett>("dunnett") {
            let groups: Vec<&[f64]> = case.groups.iter().map(Vec::as_slice).collect();
            let answers = dunnett(&groups, &case.control).unwrap();
            for ((t, p), (expected_t, expected_p)) in
                answers.into_iter().zip(case.t.into_iter().zip(case.p))
            {
                assert_close(t, expected_t, 1e-11);
                assert!((p - expected_p).abs() < 1e-9, "{p} {expected_p}");
            }
        }
    }

    #[test]
    fn one_group_against_a_control_is_students_test() {
        let (a, b) = ([1.0, 2.0, 4.0, 7.0], [3.0, 5.0, 9.0]);
        let student = crate::means::student(&a, &b, crate::interval::Level::P95).unwrap();
        let (t, p) = dunnett(&[&a], &b).unwrap()[0];
        assert_close(t, student.t.unwrap(), 1e-13);
        assert_close(p, student.p, 1e-10);
    }

    #[test]
    fn methods_that_all_tasks_rank_alike_or_not_at_all_have_answers() {
        let alike = Friedman::of(&vec![vec![1.0, 2.0, 3.0]; 5]).unwrap();
        assert_close(conover(&alike)[0][2], 6.0_f64.powi(-4), 1e-12);
        let tied = Friedman::of(&vec![vec![1.0; 3]; 5]).unwrap();
        assert_eq!(conover(&tied), vec![vec![1.0; 3]; 3]);
        assert_eq!(nemenyi(&tied), vec![vec![1.0; 3]; 3]);
        assert_eq!(
            dunnett(&[&[1.0; 3]], &[2.0; 3]),
            Err(TestError::GroupConstant { group: 0 })
        );
        assert!(dunnett(&[], &[2.0; 3]).is_err());
        assert!(dunnett(&[&[1.0]], &[2.0]).is_err());
        assert!(dunnett(&[&[f64::NAN]], &[2.0, 3.0]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn dunnett_lies_between_no_correction_and_bonferroni(groups in vec(vec(-50..50_i32, 3..6), 2..4)) {
            let groups: Vec<Vec<f64>> =
                groups.iter().map(|group| group.iter().map(|&value| f64::from(value)).collect()).collect();
            let (control, others) = groups.split_first().unwrap();
            let others: Vec<&[f64]> = others.iter().map(Vec::as_slice).collect();
            let df = groups.concat().len() as f64 - groups.len() as f64;
            if let Ok(answers) = dunnett(&others, control) {
                for (t, p) in answers {
                    let raw = student::both_tails(t, df);
                    prop_assert!(p >= raw - 1e-10 && p <= (raw * others.len() as f64).min(1.0) + 1e-10);
                }
            }
        }
    }
}

//! What a design can show before a single run is made, with a given number of runs per group and a given alpha.
//!
//! Source: the t tests (see [`welch`] and [`means`]) solved for the difference at which p
//! equals alpha. This is about what is *found*, not about what is *there*: of true differences of exactly this size only
//! about half come out significant, because the observed difference falls below the true one as often as above it. A
//! design meant to find a difference four times in five needs it to be larger; see [`power`](super::power).

use super::correction::Correction;
use super::student;
use super::test::{Sizes, Test};
use super::welch;

/// The smallest standardised difference that a t test calls significant at `alpha` with groups of these sizes: the
/// observed difference of means, in observed pooled standard deviations, at which p = `alpha`, if both groups vary
/// equally.
///
/// d = t · √(1/n₁ + 1/n₂), where t is the two-sided critical value of Student's distribution at `alpha`. Its degrees of
/// freedom are n₁ + n₂ − 2 for Student's test, and for Welch's those at equal variances,
/// (1/n₁ + 1/n₂)² / (1/(n₁²(n₁ − 1)) + 1/(n₂²(n₂ − 1))): n₁ + n₂ − 2 for equal groups, and fewer for unequal ones. For
/// Student's test, and for Welch's with equal groups, no pair of samples with a smaller
/// [`cohens_d`](super::effect::cohens_d) is significant, however they vary; for Welch's with unequal ones some may be.
///
/// For a family of comparisons, `alpha` is the strictest that one of them has to meet:
/// [`Correction::strictest_alpha`](super::correction::Correction::strictest_alpha).
///
/// `None` for every other test: whether it finds a difference does not depend on the difference of the means alone.
/// `None`, too, if a group has fewer than two runs, since then no difference is ever significant, or if `alpha` does not
/// lie strictly between 0 and 1.
///
/// ```
/// use spikebench_stats::correction::Correction;
/// use spikebench_stats::design;
/// use spikebench_stats::test::{Sizes, Test};
///
/// let five = Sizes::Groups(5, 5);
/// let alone = design::smallest_significant_d(Test::Welch, five, 0.05).unwrap();
/// let strictest = Correction::Holm.strictest_alpha(0.05, 10);
/// let among_ten = design::smallest_significant_d(Test::Welch, five, strictest).unwrap();
/// assert_eq!((format!("{alone:.2}"), format!("{among_ten:.2}")), ("1.46".into(), "2.42".into()));
/// assert_eq!(design::smallest_significant_d(Test::MannWhitney, five, 0.05), None);
/// ```
pub fn smallest_significant_d(test: Test, sizes: Sizes, alpha: f64) -> Option<f64> {
    let Sizes::Groups(n1, n2) = sizes else {
        return None;
    };
    if n1 < 2 || n2 < 2 {
        return None;
    }
    let (n1, n2) = (n1 as f64, n2 as f64);
    let error = (1.0 / n1 + 1.0 / n2).sqrt();
    let df = match test {
        Test::Student => n1 + n2 - 2.0,
        Test::Welch => {
            let share = |n: f64| (1.0 / n).sqrt() / error;
            welch::satterthwaite(share(n1), share(n2), (n1, n2))
        }
        _ => return None,
    };
    student::critical(alpha, df).map(|t| t * error)
}

/// The smallest adjusted p that any of `comparisons` can have, when none of them can have a raw one below `least_p`: the
/// most favourable case, in which all of them have it. If this is not below alpha, the design cannot find anything.
///
/// With [`Test::least_p`]: three against three runs by Mann–Whitney cannot fall below 0.1, whatever they score, and ten
/// such comparisons by Holm not below 1.
pub fn least_adjusted_p(correction: Correction, least_p: f64, comparisons: usize) -> f64 {
    correction.adjust_equal(least_p, comparisons)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};
    use crate::interval::Level;
    use crate::{describe, effect, welch};

    #[derive(Deserialize)]
    struct Case {
        n1: usize,
        n2: usize,
        alpha: f64,
        d: f64,
    }

    #[test]
    fn the_smallest_difference_agrees_with_scipy() {
        for case in golden::cases::<Case>("design") {
            let d =
                smallest_significant_d(Test::Welch, Sizes::Groups(case.n1, case.n2), case.alpha)
                    .unwrap();
            assert_close(d, case.d, 1e-13);
        }
    }

    #[test]
    fn a_difference_of_that_size_is_just_significant() {
        for (n1, n2) in [(2, 2), (3, 3), (5, 5), (5, 4), (10, 10), (3, 12)] {
            for alpha in [0.05, 0.05 / 21.0] {
                let d = smallest_significant_d(Test::Welch, Sizes::Groups(n1, n2), alpha).unwrap();
                let b = unit(n2);
                let a: Vec<f64> = unit(n1).iter().map(|value| value + d).collect();
                let test = welch::test(&a, &b, Level::P95).unwrap();
                assert_close(effect::cohens_d(&a, &b).unwrap(), d, 1e-12);
                assert_close(test.p, alpha, 1e-9);
            }
        }
    }

    /// `n` values of mean 0 and standard deviation 1.
    fn unit(n: usize) -> Vec<f64> {
        let values: Vec<f64> = (0..n).map(|k| k as f64 - (n - 1) as f64 / 2.0).collect();
        let std = describe::std(&values).unwrap();
        values.into_iter().map(|value| value / std).collect()
    }

    #[test]
    fn a_family_that_cannot_reach_alpha_is_known_in_advance() {
        let least = |n, comparisons| {
            least_adjusted_p(
                Correction::Holm,
                Test::MannWhitney.least_p(Sizes::Groups(n, n)),
                comparisons,
            )
        };
        assert_close(least(3, 1), 0.1, 1e-14);
        assert_close(least(5, 6), 12.0 / 252.0, 1e-14);
        assert_close(least(5, 7), 14.0 / 252.0, 1e-14);
        assert_eq!(least(3, 10), 1.0);
        // The false discovery rate lets a whole family through that stands or falls together.
        assert_close(least_adjusted_p(Correction::Bh, 0.01, 10), 0.01, 1e-14);
        assert_eq!(least_adjusted_p(Correction::None, 0.0, 0), 0.0);
    }

    #[test]
    fn students_smallest_difference_has_the_degrees_of_freedom_of_both_groups() {
        let d = smallest_significant_d(Test::Student, Sizes::Groups(3, 12), 0.05).unwrap();
        // scipy.stats.t.isf(0.025, 13) * sqrt(1 / 3 + 1 / 12)
        assert_close(d, 1.394_511_971_358_148_2, 1e-12);
    }

    #[test]
    fn a_test_that_this_does_not_hold_for_has_no_smallest_difference() {
        for test in Test::ALL {
            let d = smallest_significant_d(test, Sizes::planned(test, 5, 5), 0.05);
            assert_eq!(d.is_some(), matches!(test, Test::Welch | Test::Student));
        }
        assert_eq!(
            smallest_significant_d(Test::Welch, Sizes::Pairs(5), 0.05),
            None
        );
    }

    #[test]
    fn a_design_without_an_answer_has_none() {
        let of = |n1, n2, alpha| smallest_significant_d(Test::Welch, Sizes::Groups(n1, n2), alpha);
        assert_eq!((of(1, 5, 0.05), of(5, 0, 0.05)), (None, None));
        for alpha in [0.0, 1.0, -1.0, f64::NAN] {
            assert_eq!(of(5, 5, alpha), None);
        }
    }

    proptest! {
        #[test]
        fn more_runs_and_a_milder_alpha_show_smaller_differences(n in 2..60_usize, alpha in 1e-6..0.2_f64) {
            let of = |n, alpha| smallest_significant_d(Test::Welch, Sizes::Groups(n, n), alpha);
            let d = of(n, alpha);
            prop_assert!(of(n + 1, alpha) < d);
            prop_assert!(of(n, alpha * 1.01) < d);
        }

        #[test]
        fn with_equal_groups_nothing_smaller_is_significant(pairs in vec((-10.0..10.0_f64, -10.0..10.0_f64), 2..12)) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let test = welch::test(&a, &b, Level::P95).unwrap();
            let sizes = Sizes::Groups(a.len(), a.len());
            let least = smallest_significant_d(Test::Welch, sizes, 0.05).unwrap();
            prop_assert!(test.p >= 0.05 - 1e-9 || effect::cohens_d(&a, &b).unwrap().abs() >= least - 1e-9);
        }
    }
}

//! The tests of two groups by name: one question, whichever test answers it.

use super::bootstrap::{Bootstrap, Groups};
use super::describe;
use super::interval::{Interval, Level};
use super::interval_method::IntervalMethod;
use super::pairs::Differences;
use super::signed_rank::Zeros;
use super::test_error::TestError;
use super::test_result::TestResult;
use super::ties;
use super::welch::MeanTest;
use super::{
    brunner_munzel, kolmogorov_smirnov, mann_whitney, means, permutation, signed_rank, welch,
};

pub use super::test::{Sizes, Test};

/// How two groups are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The test.
    pub test: Test,
    /// The error rate that the interval of the difference belongs to, strictly between 0 and 1; see
    /// [`level`](Self::level).
    pub alpha: f64,
    /// The rule by which the interval of the difference is resampled; `None` for the t interval that goes with the test.
    pub ends: Option<IntervalMethod>,
    /// What Wilcoxon's test does with pairs that do not differ.
    pub zeros: Zeros,
    /// The largest difference that still counts as equal to [`Test::Tost`], in the unit of the scores.
    pub margin: Option<f64>,
    /// Where random arrangements and resamples start.
    pub seed: u64,
}

/// The answer of a test, and how large the difference of the means is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The answer of the test.
    pub result: TestResult,
    /// The interval of the difference of the means. It rests on a t distribution whatever the test, because that covers
    /// as much as it says with few runs (see `results/calibration`), unless a bootstrap was asked for. So a test of
    /// something other than means may find a difference where the interval contains 0. `None` where no run varies.
    pub interval: Option<Interval>,
    /// The level of that interval: 1 − 2·alpha for [`Test::Tost`], 1 − alpha for every other test. `None` if there is
    /// no such level, as for an equivalence test at an alpha of one half or more.
    pub level: Option<Level>,
}

impl Question {
    /// The level of the interval that goes with the test; see [`Test::interval_level`].
    pub fn level(&self) -> Option<Level> {
        self.test.interval_level(self.alpha)
    }

    /// Tests `a` against `b`; for a paired test, `a[i]` belongs to `b[i]`.
    ///
    /// # Errors
    ///
    /// Groups that the test cannot answer for; see there.
    pub fn result(&self, a: &[f64], b: &[f64]) -> Result<TestResult, TestError> {
        match self.test {
            Test::Welch | Test::Student | Test::PairedT => {
                self.means(a, b, Level::P95).map(|test| test.result())
            }
            Test::MannWhitney => mann_whitney::exact(a, b),
            Test::MannWhitneyAsymptotic => mann_whitney::asymptotic(a, b),
            Test::Permutation => permutation::independent(a, b, self.seed),
            Test::PairedPermutation => permutation::paired(a, b, self.seed),
            Test::Wilcoxon => signed_rank::exact(a, b, self.zeros),
            Test::BrunnerMunzel => brunner_munzel::permuted(a, b, self.seed),
            Test::BrunnerMunzelAsymptotic => brunner_munzel::asymptotic(a, b),
            Test::KolmogorovSmirnov => kolmogorov_smirnov::test(a, b),
            Test::Tost => means::equivalence(a, b, self.margin.unwrap_or_default()),
        }
    }

    /// Tests `a` against `b` as [`result`](Self::result) does, with an interval of the difference of the means.
    ///
    /// # Errors
    ///
    /// As for [`result`](Self::result).
    pub fn ask(&self, a: &[f64], b: &[f64]) -> Result<Answer, TestError> {
        let result = self.result(a, b)?;
        let level = self.level();
        let interval = level.and_then(|level| match self.ends {
            None => self.means(a, b, level).ok()?.interval,
            Some(ends) => self.resampled(ends, a, b, level),
        });
        Ok(Answer {
            result,
            interval,
            level,
        })
    }

    /// The t test that this test is, that it rests on, or that is put beside it.
    fn means(&self, a: &[f64], b: &[f64], level: Level) -> Result<MeanTest, TestError> {
        match self.test {
            Test::Student => means::student(a, b, level),
            test if test.is_paired() => means::paired(a, b, level),
            _ => welch::test(a, b, level),
        }
    }

    /// A bootstrap interval of the difference of the means; `None` where no run varies, which leaves nothing to resample.
    fn resampled(
        &self,
        ends: IntervalMethod,
        a: &[f64],
        b: &[f64],
        level: Level,
    ) -> Option<Interval> {
        let bootstrap = Bootstrap {
            level,
            ..Bootstrap::seeded(self.seed)
        };
        let interval = if self.test.is_paired() {
            let differences = Differences::of(a, b).ok()?;
            if differences.are_constant() {
                return None;
            }
            bootstrap.by(ends, &[&differences.values], |groups| {
                Some(describe::mean_of(groups.all()))
            })
        } else {
            if ties::is_constant(a) && ties::is_constant(b) {
                return None;
            }
            let difference = |groups: &mut Groups<'_>| {
                Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
            };
            bootstrap.by(ends, &[a, b], difference)
        };
        interval.filter(|interval| interval.low < interval.high)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn question(test: Test) -> Question {
        Question {
            test,
            alpha: 0.05,
            ends: None,
            zeros: Zeros::Wilcox,
            margin: Some(1.0),
            seed: 1,
        }
    }

    #[test]
    fn saturated_runs_have_an_answer_from_every_test() {
        for test in Test::ALL {
            let same = question(test).ask(&[500.0; 5], &[500.0; 5]).unwrap();
            assert_eq!(same.interval, None, "{test}");
            let expected = if test == Test::Tost { 1.0 / 252.0 } else { 1.0 };
            assert!(
                (same.result.p - expected).abs() < 1e-12,
                "{test}: {}",
                same.result.p
            );
            let apart = question(test).ask(&[500.0; 5], &[9.0; 5]).unwrap();
            assert_eq!(apart.interval, None, "{test}");
            assert!(apart.result.p.is_finite() && apart.result.p > 0.0, "{test}");
        }
    }

    #[test]
    fn every_test_has_the_interval_of_its_t_test_unless_a_bootstrap_is_asked_for() {
        let (a, b) = ([1.0, 4.0, 2.0, 8.0, 5.0], [2.0, 3.0, 9.0, 11.0, 6.5]);
        for test in Test::ALL {
            let ends = question(test).ask(&a, &b).unwrap().interval.unwrap();
            let level = if test == Test::Tost {
                Level::new(0.9).unwrap()
            } else {
                Level::P95
            };
            let expected = match test {
                Test::Student => means::student(&a, &b, level),
                _ if test.is_paired() => means::paired(&a, &b, level),
                _ => welch::test(&a, &b, level),
            };
            let expected = expected.unwrap().interval.unwrap();
            assert_eq!(ends, expected, "{test}");
            for by in [IntervalMethod::Percentile, IntervalMethod::Bca] {
                let ends = Some(by);
                let resampled = Question {
                    ends,
                    ..question(test)
                };
                let interval = resampled.ask(&a, &b).unwrap().interval.unwrap();
                assert!(
                    expected.low < interval.low && interval.high < expected.high,
                    "{test} {by:?}"
                );
            }
        }
    }

    #[test]
    fn too_few_runs_and_scores_that_are_no_numbers_are_refused() {
        for test in Test::ALL {
            assert!(question(test).ask(&[], &[]).is_err(), "{test}");
            for wrong in [f64::NAN, f64::INFINITY, -f64::INFINITY, 1e200] {
                assert!(
                    question(test)
                        .ask(&[1.0, wrong, 2.0], &[1.0, 2.0, 3.0])
                        .is_err(),
                    "{test} {wrong}"
                );
            }
        }
    }

    #[test]
    fn the_interval_beside_an_equivalence_test_is_the_one_that_decides() {
        let (a, b) = ([4.9, 5.0, 5.1, 5.2, 4.8], [5.0, 5.1, 5.3, 5.2, 5.0]);
        for alpha in [0.01, 0.05, 0.2] {
            for margin in [0.1, 0.2, 0.25, 0.3, 0.4, 0.6] {
                let question = Question {
                    alpha,
                    margin: Some(margin),
                    ..question(Test::Tost)
                };
                let answer = question.ask(&a, &b).unwrap();
                assert_eq!(answer.level, Level::new(1.0 - 2.0 * alpha));
                let interval = answer.interval.unwrap();
                let is_within = -margin < interval.low && interval.high < margin;
                assert_eq!(answer.result.p < alpha, is_within, "{alpha} {margin}");
            }
        }
        let half = Question {
            alpha: 0.5,
            ..question(Test::Tost)
        };
        let answer = half.ask(&a, &b).unwrap();
        assert_eq!((answer.level, answer.interval), (None, None));
    }

    #[test]
    fn the_interval_of_every_other_test_follows_alpha() {
        let (a, b) = ([1.0, 4.0, 2.0, 8.0, 5.0], [2.0, 3.0, 9.0, 11.0, 6.5]);
        let question = Question {
            alpha: 0.01,
            ..question(Test::MannWhitney)
        };
        let answer = question.ask(&a, &b).unwrap();
        let level = Level::new(0.99).unwrap();
        let expected = welch::test(&a, &b, level).unwrap().interval;
        assert_eq!((answer.level, answer.interval), (Some(level), expected));
    }

    #[test]
    fn one_diverged_score_ties_no_others() {
        let diverged = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -1e18];
        let others = [11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0];
        let apart = 2.0 / 3432.0; // 3432 = C(14, 7) labellings.
        for (test, expected) in [
            (Test::MannWhitney, apart),
            (Test::Permutation, apart),
            (Test::BrunnerMunzel, apart),
            (Test::BrunnerMunzelAsymptotic, apart),
            (Test::KolmogorovSmirnov, apart),
            (Test::Wilcoxon, 2.0 / 128.0),
            (Test::PairedPermutation, 2.0 / 128.0),
        ] {
            let p = question(test).result(&diverged, &others).unwrap().p;
            assert!((p - expected).abs() < 1e-15, "{test}: {p}");
        }
    }

    #[test]
    fn a_huge_score_that_both_groups_share_does_not_hide_the_others() {
        let (a, b) = ([1.0, 2.0, 3.0, -1e18], [11.0, 12.0, 13.0, -1e18]);
        let (near_a, near_b) = ([1.0, 2.0, 3.0, -20.0], [11.0, 12.0, 13.0, -20.0]);
        for test in [Test::MannWhitney, Test::KolmogorovSmirnov, Test::Wilcoxon] {
            let p = question(test).result(&a, &b).unwrap().p;
            assert_eq!(
                p,
                question(test).result(&near_a, &near_b).unwrap().p,
                "{test}"
            );
        }
        // Of the 70 labellings 15 put both huge scores into the first group; of those that put one into each group, 2
        // leave it with 1, 2 and 3.
        let p = question(Test::Permutation).result(&a, &b).unwrap().p;
        assert!((p - 2.0 * (15.0 + 2.0) / 70.0).abs() < 1e-15, "{p}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn every_p_is_a_probability(pairs in vec((-9..9_i8, -9..9_i8), 2..7)) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).unzip();
            for test in Test::ALL {
                let answer = question(test).ask(&a, &b).unwrap();
                prop_assert!((0.0..=1.0).contains(&answer.result.p), "{} {:?}", test, answer);
                prop_assert!(answer.interval.is_none_or(|interval| interval.low <= interval.high));
            }
        }
    }
}

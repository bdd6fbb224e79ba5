//! The tests of two groups by name: one question, whichever test answers it.

use super::bootstrap::{Bootstrap, Groups};
use super::describe;
use super::ends::Ends;
use super::interval::{Interval, Level};
use super::signed_rank::Zeros;
use super::verdict::{Untestable, Verdict};
use super::welch::MeanTest;
use super::{
    brunner_munzel, kolmogorov_smirnov, mann_whitney, means, permutation, signed_rank, welch,
};

pub use super::test::Test;

/// How two groups are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The test.
    pub test: Test,
    /// The confidence of the interval of the difference.
    pub level: Level,
    /// How the interval of the difference is resampled; `None` for the t interval that goes with the test.
    pub ends: Option<Ends>,
    /// What Wilcoxon's test does with pairs that do not differ.
    pub zeros: Zeros,
    /// What equivalence means to [`Test::Tost`], in the unit of the scores.
    pub margin: Option<f64>,
    /// Of whatever is random.
    pub seed: u64,
}

/// What the test says, and how large the difference of the means is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// Of the test.
    pub verdict: Verdict,
    /// The interval of the difference of the means. It rests on a t distribution whatever the test, because that is
    /// what covers as much as it says with few runs (see `results/calibration`), unless a bootstrap was asked for. So
    /// a test of something else than means may find a difference where the interval holds 0. `None` where no run
    /// varies.
    pub interval: Option<Interval>,
}

impl Question {
    /// Tests `a` against `b`; for a paired test, `a[i]` belongs to `b[i]`.
    ///
    /// # Errors
    ///
    /// Whatever the test cannot answer; see there.
    pub fn verdict(&self, a: &[f64], b: &[f64]) -> Result<Verdict, Untestable> {
        match self.test {
            Test::Welch | Test::Student | Test::PairedT => {
                self.means(a, b).map(|test| test.verdict())
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

    /// The same, with an interval of the difference of the means.
    ///
    /// # Errors
    ///
    /// As for [`verdict`](Self::verdict).
    pub fn ask(&self, a: &[f64], b: &[f64]) -> Result<Answer, Untestable> {
        let verdict = self.verdict(a, b)?;
        let interval = match self.ends {
            None => self.means(a, b).ok().and_then(|test| test.interval),
            Some(ends) => self.resampled(ends, a, b),
        };
        Ok(Answer { verdict, interval })
    }

    /// The t test that the test is, rests on, or is put beside.
    fn means(&self, a: &[f64], b: &[f64]) -> Result<MeanTest, Untestable> {
        match self.test {
            Test::Student => means::student(a, b, self.level),
            test if test.is_paired() => means::paired(a, b, self.level),
            _ => welch::test(a, b, self.level),
        }
    }

    /// A bootstrap interval of the difference of the means; `None` where no run varies, which leaves nothing to resample.
    fn resampled(&self, ends: Ends, a: &[f64], b: &[f64]) -> Option<Interval> {
        let bootstrap = Bootstrap {
            level: self.level,
            ..Bootstrap::seeded(self.seed)
        };
        let interval = if self.test.is_paired() {
            let differences = means::differences(a, b).ok()?;
            bootstrap.by(ends, &[&differences], |groups| {
                Some(describe::mean_of(groups.all()))
            })
        } else {
            let difference = |groups: &mut Groups<'_>| {
                Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
            };
            bootstrap.by(ends, &[a, b], difference)
        };
        interval.filter(|interval| interval.high - interval.low > describe::rounding_of(a, b))
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
            level: Level::P95,
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
                (same.verdict.p - expected).abs() < 1e-12,
                "{test}: {}",
                same.verdict.p
            );
            let apart = question(test).ask(&[500.0; 5], &[9.0; 5]).unwrap();
            assert_eq!(apart.interval, None, "{test}");
            assert!(
                apart.verdict.p.is_finite() && apart.verdict.p > 0.0,
                "{test}"
            );
        }
    }

    #[test]
    fn every_test_has_the_interval_of_its_t_test_unless_a_bootstrap_is_asked_for() {
        let (a, b) = ([1.0, 4.0, 2.0, 8.0, 5.0], [2.0, 3.0, 9.0, 11.0, 6.5]);
        for test in Test::ALL {
            let ends = question(test).ask(&a, &b).unwrap().interval.unwrap();
            let of = |test| question(test).ask(&a, &b).unwrap().interval.unwrap();
            let expected = match test {
                Test::Student => of(Test::Student),
                _ if test.is_paired() => of(Test::PairedT),
                _ => of(Test::Welch),
            };
            assert_eq!(ends, expected, "{test}");
            for by in [Ends::Percentile, Ends::Bca] {
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
    fn too_few_runs_and_scores_that_are_no_numbers_are_refused_not_answered() {
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn every_p_is_a_probability(pairs in vec((-9..9_i8, -9..9_i8), 2..7)) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().map(|(a, b)| (f64::from(a), f64::from(b))).unzip();
            for test in Test::ALL {
                let answer = question(test).ask(&a, &b).unwrap();
                prop_assert!((0.0..=1.0).contains(&answer.verdict.p), "{} {:?}", test, answer);
                prop_assert!(answer.interval.is_none_or(|interval| interval.low <= interval.high));
            }
        }
    }
}

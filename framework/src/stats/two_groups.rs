//! The tests of two groups by name: one question, whichever test answers it.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::bootstrap::{Bootstrap, Groups};
use super::describe;
use super::interval::{Interval, Level};
use super::signed_rank::Zeros;
use super::verdict::{Untestable, Verdict};
use super::welch::MeanTest;
use super::{
    brunner_munzel, kolmogorov_smirnov, mann_whitney, means, permutation, signed_rank, welch,
};

/// A test of two groups of runs, two-sided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// Welch's t test: means, unequal variances
    #[default]
    Welch,
    /// Student's t test: means, equal variances
    Student,
    /// Student's t test of differences, paired by seed
    PairedT,
    /// Mann–Whitney U, every labelling counted
    MannWhitney,
    /// Mann–Whitney U by the normal distribution, corrected for ties and continuity
    MannWhitneyAsymptotic,
    /// Permutation of the difference of means
    Permutation,
    /// Sign-flip permutation of the mean difference, paired by seed
    PairedPermutation,
    /// Wilcoxon's signed ranks, every sign counted, paired by seed
    Wilcoxon,
    /// Brunner–Munzel: chances of winning, unequal variances
    BrunnerMunzel,
    /// Kolmogorov–Smirnov: any difference of distribution
    KolmogorovSmirnov,
    /// Two one-sided Welch tests: equivalence within a margin, so that a small p means equal
    Tost,
}

impl Test {
    /// Every test.
    pub const ALL: [Self; 11] = [
        Self::Welch,
        Self::Student,
        Self::PairedT,
        Self::MannWhitney,
        Self::MannWhitneyAsymptotic,
        Self::Permutation,
        Self::PairedPermutation,
        Self::Wilcoxon,
        Self::BrunnerMunzel,
        Self::KolmogorovSmirnov,
        Self::Tost,
    ];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Welch => "welch",
            Self::Student => "student",
            Self::PairedT => "paired-t",
            Self::MannWhitney => "mann-whitney",
            Self::MannWhitneyAsymptotic => "mann-whitney-asymptotic",
            Self::Permutation => "permutation",
            Self::PairedPermutation => "paired-permutation",
            Self::Wilcoxon => "wilcoxon",
            Self::BrunnerMunzel => "brunner-munzel",
            Self::KolmogorovSmirnov => "kolmogorov-smirnov",
            Self::Tost => "tost",
        }
    }

    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Welch => "Welch's t",
            Self::Student => "Student's t",
            Self::PairedT => "Student's t for pairs",
            Self::MannWhitney => "Mann–Whitney's U, exact",
            Self::MannWhitneyAsymptotic => "Mann–Whitney's U, by the normal distribution",
            Self::Permutation => "permutation of the difference of means",
            Self::PairedPermutation => "sign-flip permutation of the mean difference",
            Self::Wilcoxon => "Wilcoxon's signed ranks, exact",
            Self::BrunnerMunzel => "Brunner–Munzel",
            Self::KolmogorovSmirnov => "Kolmogorov–Smirnov, exact",
            Self::Tost => "two one-sided Welch tests for equivalence",
        }
    }

    /// What the interval of the difference of the means is, in a sentence.
    pub fn interval_title(self) -> &'static str {
        match self {
            Self::Welch | Self::Tost => "Welch's",
            Self::Student | Self::PairedT => "Student's",
            _ => "BCa bootstrap, 50 000 resamples, too narrow below some twenty runs",
        }
    }

    /// What to cite for it.
    pub fn citation(self) -> &'static str {
        match self {
            Self::Welch => {
                "Welch's t test: B. L. Welch. The generalization of 'Student's' problem when several different population \
                 variances are involved. Biometrika 34, 1947."
            }
            Self::Student | Self::PairedT => {
                "Student's t test: Student. The probable error of a mean. Biometrika 6, 1908."
            }
            Self::MannWhitney | Self::MannWhitneyAsymptotic => {
                "Mann–Whitney U test: H. B. Mann, D. R. Whitney. On a test of whether one of two random variables is \
                 stochastically larger than the other. Annals of Mathematical Statistics 18, 1947."
            }
            Self::Permutation | Self::PairedPermutation => {
                "Permutation test: R. A. Fisher. The design of experiments. Oliver and Boyd, 1935."
            }
            Self::Wilcoxon => {
                "Signed-rank test: F. Wilcoxon. Individual comparisons by ranking methods. Biometrics Bulletin 1, 1945."
            }
            Self::BrunnerMunzel => {
                "Brunner–Munzel test: E. Brunner, U. Munzel. The nonparametric Behrens–Fisher problem: asymptotic theory \
                 and a small-sample approximation. Biometrical Journal 42, 2000."
            }
            Self::KolmogorovSmirnov => {
                "Kolmogorov–Smirnov test: J. L. Hodges. The significance probability of the Smirnov two-sample test. \
                 Arkiv för Matematik 3, 1958."
            }
            Self::Tost => {
                "Equivalence by two one-sided tests: D. J. Schuirmann. A comparison of the two one-sided tests procedure \
                 and the power approach. Journal of Pharmacokinetics and Biopharmaceutics 15, 1987."
            }
        }
    }

    /// Does it compare run with run of the same seed?
    pub fn is_paired(self) -> bool {
        matches!(
            self,
            Self::PairedT | Self::PairedPermutation | Self::Wilcoxon
        )
    }

    /// The smallest two-sided p that groups of `n1` and `n2` runs can have at all, whatever they score: 0 for a test
    /// that assumes a distribution, 1 where the test has no answer.
    ///
    /// Of a test that counts arrangements it is that of the one in which the groups do not overlap, without ties.
    pub fn least_p(self, n1: usize, n2: usize) -> f64 {
        let labellings = (2.0 / permutation::labellings(n1, n2)).min(1.0);
        let pairs = n1.min(n2);
        let signs = 2.0_f64.powi(1 - pairs.min(1000) as i32).min(1.0);
        match self {
            Self::Welch | Self::Student | Self::Tost if n1 < 2 || n2 < 2 => 1.0,
            Self::PairedT if pairs < 2 => 1.0,
            Self::Welch | Self::Student | Self::Tost | Self::PairedT => 0.0,
            Self::BrunnerMunzel if n1 < 2 || n2 < 2 => 1.0,
            // Groups that overlap by one pair of ranks are referred to a t distribution, and may come out below.
            Self::BrunnerMunzel => 0.0,
            _ if n1 == 0 || n2 == 0 => 1.0,
            Self::MannWhitney | Self::KolmogorovSmirnov => labellings,
            Self::Permutation
                if permutation::labellings(n1, n2) <= permutation::MOST_ARRANGEMENTS =>
            {
                labellings
            }
            Self::PairedPermutation if 2.0 / signs <= permutation::MOST_ARRANGEMENTS => signs,
            Self::Permutation | Self::PairedPermutation => {
                2.0 / (f64::from(permutation::DRAWS) + 1.0)
            }
            Self::MannWhitneyAsymptotic => asymptotic_floor(n1, n2),
            Self::Wilcoxon => signs,
        }
    }
}

/// p of the asymptotic test of two groups that do not overlap.
fn asymptotic_floor(n1: usize, n2: usize) -> f64 {
    let rising = |from: usize, n: usize| (from..from + n).map(|k| k as f64).collect::<Vec<_>>();
    mann_whitney::asymptotic(&rising(0, n1), &rising(n1, n2)).map_or(1.0, |verdict| verdict.p)
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// How two groups are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The test.
    pub test: Test,
    /// The confidence of the interval of the difference.
    pub level: Level,
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
    /// The interval of the difference of the means: the t test's own, or a BCa bootstrap for the tests that have none,
    /// which with few runs covers less than it says (see `results/calibration`). `None` where no run varies.
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
            Test::BrunnerMunzel => brunner_munzel::test(a, b),
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
        let interval = match self.test {
            Test::Welch | Test::Student | Test::PairedT | Test::Tost => self.means(a, b)?.interval,
            _ => self.resampled(a, b),
        };
        Ok(Answer { verdict, interval })
    }

    /// The t test that the test is, or rests on.
    fn means(&self, a: &[f64], b: &[f64]) -> Result<MeanTest, Untestable> {
        match self.test {
            Test::Student => means::student(a, b, self.level),
            Test::PairedT => means::paired(a, b, self.level),
            _ => welch::test(a, b, self.level),
        }
    }

    /// A BCa interval of the difference of the means; `None` where no run varies, which leaves nothing to resample.
    fn resampled(&self, a: &[f64], b: &[f64]) -> Option<Interval> {
        let bootstrap = Bootstrap {
            level: self.level,
            ..Bootstrap::seeded(self.seed)
        };
        let interval = if self.test.is_paired() {
            let differences = means::differences(a, b).ok()?;
            bootstrap.bca(&[&differences], |groups| {
                Some(describe::mean_of(groups.all()))
            })
        } else {
            let difference = |groups: &mut Groups<'_>| {
                Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
            };
            bootstrap.bca(&[a, b], difference)
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
            zeros: Zeros::Wilcox,
            margin: Some(1.0),
            seed: 1,
        }
    }

    #[test]
    fn every_test_has_one_name_in_files_on_the_command_line_and_in_text() {
        for test in Test::ALL {
            assert_eq!(serde_json::to_value(test).unwrap(), test.name());
            assert_eq!(test.to_possible_value().unwrap().get_name(), test.name());
            assert_eq!(test.to_string(), test.name());
        }
        assert_eq!(Test::value_variants(), Test::ALL);
    }

    #[test]
    fn the_least_p_is_that_of_groups_apart() {
        let (low, high) = ([1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.5]);
        for test in [
            Test::MannWhitney,
            Test::KolmogorovSmirnov,
            Test::Permutation,
            Test::MannWhitneyAsymptotic,
        ] {
            let p = question(test).ask(&low, &high).unwrap().verdict.p;
            assert!((p - test.least_p(5, 5)).abs() < 1e-14, "{test}");
        }
        for test in [Test::Wilcoxon, Test::PairedPermutation] {
            assert_eq!(
                question(test).ask(&low, &high).unwrap().verdict.p,
                test.least_p(5, 5)
            );
        }
        for (n, p) in [
            (3, 0.1),
            (4, 2.0 / 70.0),
            (5, 2.0 / 252.0),
            (10, 2.0 / 184_756.0),
        ] {
            assert!((Test::MannWhitney.least_p(n, n) - p).abs() < 1e-15);
        }
        assert_eq!(
            (Test::Wilcoxon.least_p(5, 5), Test::Wilcoxon.least_p(6, 6)),
            (0.0625, 0.03125)
        );
        assert_eq!(
            (Test::Welch.least_p(1, 5), Test::Welch.least_p(2, 2)),
            (1.0, 0.0)
        );
        assert_eq!(Test::Permutation.least_p(20, 20), 2e-5);
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

//! The tests of two groups by name: what each is called, what to cite for it, and how small its p can be.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::{mann_whitney, permutation};

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
    /// Brunner–Munzel: chances of winning, unequal variances, by permutation
    BrunnerMunzel,
    /// Brunner–Munzel by Student's distribution: finds too much with few runs
    BrunnerMunzelAsymptotic,
    /// Kolmogorov–Smirnov: any difference of distribution
    KolmogorovSmirnov,
    /// Two one-sided Welch tests: equivalence within a margin, so that a small p means equal
    Tost,
}

impl Test {
    /// Every test.
    pub const ALL: [Self; 12] = [
        Self::Welch,
        Self::Student,
        Self::PairedT,
        Self::MannWhitney,
        Self::MannWhitneyAsymptotic,
        Self::Permutation,
        Self::PairedPermutation,
        Self::Wilcoxon,
        Self::BrunnerMunzel,
        Self::BrunnerMunzelAsymptotic,
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
            Self::BrunnerMunzelAsymptotic => "brunner-munzel-asymptotic",
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
            Self::BrunnerMunzel => "Brunner–Munzel, by permutation",
            Self::BrunnerMunzelAsymptotic => "Brunner–Munzel, by Student's distribution",
            Self::KolmogorovSmirnov => "Kolmogorov–Smirnov, exact",
            Self::Tost => "two one-sided Welch tests for equivalence",
        }
    }

    /// Whose interval of the difference of the means goes with it, in a sentence.
    pub fn interval_title(self) -> &'static str {
        match self {
            Self::Student => "Student's",
            _ if self.is_paired() => "Student's, of pairs",
            _ => "Welch's",
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
                "Studentised permutation test: K. Neubert, E. Brunner. A studentized permutation test for the \
                 nonparametric Behrens–Fisher problem. Computational Statistics & Data Analysis 51, 2007."
            }
            Self::BrunnerMunzelAsymptotic => {
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
            Self::BrunnerMunzel | Self::BrunnerMunzelAsymptotic if n1 < 2 || n2 < 2 => 1.0,
            // Groups that overlap by one pair of ranks are referred to a t distribution, and may come out below.
            Self::BrunnerMunzelAsymptotic => 0.0,
            _ if n1 == 0 || n2 == 0 => 1.0,
            Self::MannWhitney | Self::KolmogorovSmirnov => labellings,
            Self::Permutation | Self::BrunnerMunzel
                if permutation::labellings(n1, n2) <= permutation::MOST_ARRANGEMENTS =>
            {
                labellings
            }
            Self::PairedPermutation if 2.0 / signs <= permutation::MOST_ARRANGEMENTS => signs,
            Self::Permutation | Self::PairedPermutation | Self::BrunnerMunzel => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::Level;
    use crate::signed_rank::Zeros;
    use crate::two_groups::Question;

    /// Of two groups of five that do not overlap.
    fn p(test: Test) -> f64 {
        let question = Question {
            test,
            level: Level::P95,
            ends: None,
            zeros: Zeros::Wilcox,
            margin: Some(1.0),
            seed: 1,
        };
        let (low, high) = ([1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.5]);
        question.verdict(&low, &high).unwrap().p
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
        for test in [
            Test::MannWhitney,
            Test::KolmogorovSmirnov,
            Test::Permutation,
            Test::MannWhitneyAsymptotic,
            Test::BrunnerMunzel,
        ] {
            let p = p(test);
            assert!((p - test.least_p(5, 5)).abs() < 1e-14, "{test}");
        }
        for test in [Test::Wilcoxon, Test::PairedPermutation] {
            assert_eq!(p(test), test.least_p(5, 5));
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
}

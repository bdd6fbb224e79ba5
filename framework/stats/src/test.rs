//! The tests of two groups by name: what each is called, what to cite for it, what its p value means, and how small that
//! p value can be.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::interval::Level;
use super::{mann_whitney, permutation};

/// What a test compares, by size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// Two independent groups with this many runs each.
    Groups(usize, usize),
    /// This many pairs of runs. Runs without a partner do not count.
    Pairs(usize),
}

impl Sizes {
    /// What `test` compares if `n1` and `n2` runs are made and as many of them as possible share a seed: pairs for a
    /// paired test, groups for any other.
    pub fn planned(test: Test, n1: usize, n2: usize) -> Self {
        if test.is_paired() {
            Self::Pairs(n1.min(n2))
        } else {
            Self::Groups(n1, n2)
        }
    }
}

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

    /// The t test whose interval of the difference of the means goes with it, as a phrase.
    pub fn interval_title(self) -> &'static str {
        match self {
            Self::Student => "Student's",
            _ if self.is_paired() => "Student's, of pairs",
            _ => "Welch's",
        }
    }

    /// Whether it asks for a difference of means, and so assumes more of the scores than their order.
    pub fn is_of_means(self) -> bool {
        matches!(
            self,
            Self::Welch
                | Self::Student
                | Self::PairedT
                | Self::Permutation
                | Self::PairedPermutation
                | Self::Tost
        )
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

    /// The level of the interval of the difference that belongs to this test at `alpha`: 1 − `alpha`, but 1 − 2·`alpha` for
    /// [`Tost`](Self::Tost), whose two one-sided tests at `alpha` find equivalence exactly when that interval lies within
    /// the margin. `None` if there is no such level, as for an equivalence test at an `alpha` of one half or more.
    pub fn interval_level(self, alpha: f64) -> Option<Level> {
        match self {
            Self::Tost => Level::new(1.0 - 2.0 * alpha),
            _ => Level::new(1.0 - alpha),
        }
    }

    /// What makes the p value two-sided, in a phrase that follows the name of the test.
    ///
    /// For a symmetric distribution, as of the t tests, there is only one way. For a test that counts arrangements there
    /// are two, which differ where groups are of unequal size and for most ties: doubling the smaller tail, and adding
    /// up the probabilities of all outcomes no likelier than the observed one. It is the first that is used here.
    pub fn convention(self) -> &'static str {
        match self {
            Self::Welch
            | Self::Student
            | Self::PairedT
            | Self::BrunnerMunzelAsymptotic
            | Self::MannWhitneyAsymptotic => "two-sided",
            Self::MannWhitney
            | Self::Permutation
            | Self::PairedPermutation
            | Self::Wilcoxon
            | Self::BrunnerMunzel => "two-sided by doubling the smaller tail",
            Self::KolmogorovSmirnov => {
                "two-sided by counting all arrangements at least as far apart"
            }
            Self::Tost => "the larger of two one-sided p values",
        }
    }

    /// Whether it compares each run with the run of the same seed.
    pub fn is_paired(self) -> bool {
        matches!(
            self,
            Self::PairedT | Self::PairedPermutation | Self::Wilcoxon
        )
    }

    /// The smallest two-sided p value that data of these sizes can have at all, whatever they are: 0 for a test that
    /// assumes a distribution, and 1 where the test has no answer, as for two groups and a test of pairs.
    ///
    /// For a test that counts arrangements it is the p value of the most extreme one, without ties: of two groups that
    /// do not overlap, or of pairs that all differ in the same direction.
    pub fn least_p(self, sizes: Sizes) -> f64 {
        match sizes {
            Sizes::Groups(n1, n2) => self.least_p_of_groups(n1, n2),
            Sizes::Pairs(pairs) => self.least_p_of_pairs(pairs),
        }
    }

    fn least_p_of_groups(self, n1: usize, n2: usize) -> f64 {
        let labellings = permutation::labellings(n1, n2);
        let separated = (2.0 / labellings).min(1.0);
        match self {
            Self::PairedT | Self::PairedPermutation | Self::Wilcoxon => 1.0,
            _ if n1 == 0 || n2 == 0 => 1.0,
            Self::MannWhitney | Self::KolmogorovSmirnov => separated,
            Self::MannWhitneyAsymptotic => mann_whitney::normal_p(0.0, n1 as f64, n2 as f64, 0.0),
            Self::Permutation => counted(labellings, separated),
            _ if n1 < 2 || n2 < 2 => 1.0,
            Self::BrunnerMunzel => counted(labellings, separated),
            // Groups that overlap by one pair of ranks are referred to a t distribution, and may come out below.
            Self::BrunnerMunzelAsymptotic | Self::Welch | Self::Student | Self::Tost => 0.0,
        }
    }

    fn least_p_of_pairs(self, pairs: usize) -> f64 {
        let signs = 2.0_f64.powi(pairs.min(1000) as i32);
        let separated = (2.0 / signs).min(1.0);
        match self {
            Self::PairedT if pairs < 2 => 1.0,
            Self::PairedT => 0.0,
            Self::Wilcoxon => separated,
            Self::PairedPermutation => counted(signs, separated),
            _ => 1.0,
        }
    }
}

/// The least p of a test that counts every arrangement if there are not too many, and random ones otherwise.
fn counted(arrangements: f64, separated: f64) -> f64 {
    if arrangements <= permutation::MOST_ARRANGEMENTS {
        separated
    } else {
        2.0 / (f64::from(permutation::DRAWS) + 1.0)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::Ranks;
    use crate::signed_rank::Zeros;
    use crate::two_sample::Question;

    const FIVE: Sizes = Sizes::Groups(5, 5);

    /// The p value of two groups of five that do not overlap.
    fn p(test: Test) -> f64 {
        let question = Question {
            test,
            alpha: 0.05,
            ends: None,
            zeros: Zeros::Wilcox,
            margin: Some(1.0),
            seed: 1,
        };
        let (low, high) = ([1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.5]);
        question.result(&low, &high).unwrap().p
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
    fn the_least_p_is_that_of_groups_that_do_not_overlap() {
        for test in [
            Test::MannWhitney,
            Test::KolmogorovSmirnov,
            Test::Permutation,
            Test::MannWhitneyAsymptotic,
            Test::BrunnerMunzel,
        ] {
            let p = p(test);
            assert!((p - test.least_p(FIVE)).abs() < 1e-14, "{test}");
        }
        for test in [Test::Wilcoxon, Test::PairedPermutation] {
            assert_eq!(p(test), test.least_p(Sizes::Pairs(5)));
        }
        for (n, p) in [
            (3, 0.1),
            (4, 2.0 / 70.0),
            (5, 2.0 / 252.0),
            (10, 2.0 / 184_756.0),
        ] {
            assert!((Test::MannWhitney.least_p(Sizes::Groups(n, n)) - p).abs() < 1e-15);
        }
        assert_eq!(
            [5, 6].map(|pairs| Test::Wilcoxon.least_p(Sizes::Pairs(pairs))),
            [0.0625, 0.03125]
        );
        assert_eq!(
            [Sizes::Groups(1, 5), Sizes::Groups(2, 2)].map(|sizes| Test::Welch.least_p(sizes)),
            [1.0, 0.0]
        );
        assert_eq!(Test::Permutation.least_p(Sizes::Groups(20, 20)), 2e-5);
    }

    #[test]
    fn the_least_p_of_a_paired_test_is_that_of_its_pairs_and_not_of_its_runs() {
        for test in Test::ALL {
            let mismatched = if test.is_paired() {
                Sizes::Groups(9, 9)
            } else {
                Sizes::Pairs(9)
            };
            assert_eq!(test.least_p(mismatched), 1.0, "{test}");
            let planned = Sizes::planned(test, 9, 7);
            assert!(test.least_p(planned) < 0.05, "{test}");
            assert_eq!(planned == Sizes::Pairs(7), test.is_paired(), "{test}");
        }
    }

    #[test]
    fn every_test_says_what_makes_its_p_two_sided() {
        for test in Test::ALL {
            assert!(!test.convention().is_empty(), "{test}");
        }
        // With groups of unequal size and ties the two conventions differ: the tails are 2/35 below and 33/35 above, and
        // no other value of U is as unlikely as 2/35.
        let (a, b) = ([1.0, 2.0, 2.0], [2.0, 3.0, 3.0, 3.0]);
        assert!(
            Test::MannWhitney
                .convention()
                .contains("doubling the smaller tail")
        );
        let p = mann_whitney::exact(&a, &b).unwrap().p;
        let (mut below, mut as_rare) = (0, 0);
        let statistics = every_u(&a, &b);
        let observed = statistics[0];
        let frequency = |u: f64| statistics.iter().filter(|&&other| other == u).count();
        for &u in &statistics {
            below += usize::from(u <= observed);
            as_rare += usize::from(frequency(u) <= frequency(observed));
        }
        assert!((p - 2.0 * below as f64 / 35.0).abs() < 1e-14);
        assert_ne!(2 * below, as_rare);
    }

    /// The rank sums of the first group under every labelling, the observed one first.
    fn every_u(a: &[f64; 3], b: &[f64; 4]) -> Vec<f64> {
        let ranks = Ranks::of(&[a.as_slice(), b].concat()).plain();
        let mut sums = Vec::new();
        for first in 0..7 {
            for second in first + 1..7 {
                for third in second + 1..7 {
                    sums.push(ranks[first] + ranks[second] + ranks[third]);
                }
            }
        }
        sums
    }
}

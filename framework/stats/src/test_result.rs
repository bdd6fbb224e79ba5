//! The answer of a test, and what its p value rests on.

use serde::{Deserialize, Serialize};

/// The answer of a test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TestResult {
    /// The statistic as the test's source defines it; `None` where the data make it 0/0 or infinite.
    pub statistic: Option<f64>,
    /// The degrees of freedom of the distribution that the statistic is referred to; `None` where that distribution is
    /// exact or normal and has none.
    pub df: Option<f64>,
    /// The p value. It is 0 only where it is too small for an `f64`.
    pub p: f64,
    /// What the p value rests on.
    pub basis: Basis,
}

impl TestResult {
    /// The answer where no run differs from any other: the statistic is 0/0, and every arrangement of the runs gives
    /// the same data, so p is 1.
    pub(super) fn nothing_differs() -> Self {
        Self {
            statistic: None,
            df: None,
            p: 1.0,
            basis: Basis::ConstantEqual,
        }
    }
}

/// What a p value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Student's t distribution.
    Student,
    /// Fisher's F distribution.
    Fisher,
    /// The chi-squared distribution.
    ChiSquared,
    /// The normal distribution, with corrections for ties and for continuity.
    Normal,
    /// A count of every arrangement of the data.
    Exact,
    /// A count of every arrangement of the data, which have ties.
    ExactTies,
    /// A count of random arrangements of the data.
    MonteCarlo,
    /// No run differs from any other, so p is 1.
    ConstantEqual,
    /// No pair differs, so p is 1.
    EqualPairs,
    /// Both groups are constant, and they differ: p is that of the exact permutation test.
    ConstantDifferent,
    /// Every pair differs by the same amount: p is that of the exact sign-flip test.
    ConstantShift,
    /// The groups do not overlap, so the statistic has no variance: p is that of the exact permutation test.
    Separated,
}

impl Basis {
    /// What a reader of the p value must be told; `None` where there is nothing unusual about it.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Student | Self::Fisher | Self::ChiSquared | Self::Exact => None,
            Self::Normal => Some(
                "p by the normal distribution, corrected for ties and continuity, not by enumerating all arrangements",
            ),
            Self::ExactTies => {
                Some("scores are tied; p enumerates all arrangements, ties included")
            }
            Self::MonteCarlo => Some(
                "p from random rearrangements with a fixed seed, because there are too many to enumerate",
            ),
            Self::ConstantEqual => Some("every run of both groups scored the same"),
            Self::EqualPairs => Some("no pair differs"),
            Self::ConstantDifferent => Some(
                "no run differs from the others of its group, so the t test is undefined; \
                 p is that of the exact permutation test",
            ),
            Self::ConstantShift => Some(
                "every pair differs by the same amount, so the t test is undefined; \
                 p is that of the exact sign-flip test",
            ),
            Self::Separated => Some(
                "the groups do not overlap, so the statistic is undefined; p is that of the exact permutation test",
            ),
        }
    }
}

/// The two-sided p value of a test that counts arrangements, by doubling: twice the smaller of both tails, each of which
/// contains the observed arrangement.
///
/// The other convention adds up the probabilities of all outcomes that are no likelier than the observed one (as R's
/// `fisher.test` does). Both agree where the distribution of the statistic is symmetric, as it is for groups of equal
/// size and for signs without ties; elsewhere doubling is what scipy uses for these tests.
pub(super) fn twice_the_smaller_tail(below: f64, above: f64) -> f64 {
    (2.0 * below.min(above)).clamp(0.0, 1.0)
}

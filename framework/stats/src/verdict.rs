//! What a test of groups answers, and why it may have no answer.

use serde::{Deserialize, Serialize};

/// The answer of a two-sided test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The statistic, as its source defines it; `None` where the data make it 0/0 or infinite.
    pub statistic: Option<f64>,
    /// The degrees of freedom of the distribution it is referred to; `None` for an exact or a normal one.
    pub df: Option<f64>,
    /// The p value. It is 0 only where it is too small for an `f64`.
    pub p: f64,
    /// What `p` rests on.
    pub basis: Basis,
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
    /// The normal distribution, corrected for ties, with a correction for continuity.
    Normal,
    /// Every arrangement of the data was counted.
    Exact,
    /// Every arrangement of the data was counted, its ties included.
    ExactTies,
    /// Random arrangements of the data were counted.
    MonteCarlo,
    /// No run differs from any other: p is 1.
    ConstantEqual,
    /// No pair differs: p is 1.
    EqualPairs,
    /// Both groups are constant, and different: p is that of the exact permutation test.
    ConstantDifferent,
    /// Every pair differs by the same amount: p is that of the exact sign-flip test.
    ConstantShift,
    /// The groups do not overlap, which leaves no variance: p is that of the exact permutation test.
    Separated,
}

impl Basis {
    /// What a reader of the p value must be told; `None` for an ordinary test.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Student | Self::Fisher | Self::ChiSquared | Self::Exact => None,
            Self::Normal => Some(
                "p by the normal distribution, corrected for ties and continuity, not by counting every arrangement",
            ),
            Self::ExactTies => {
                Some("scores are tied; p counts every arrangement of them as they are")
            }
            Self::MonteCarlo => {
                Some("p by random rearrangements, with a fixed seed: too many to count them all")
            }
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

/// Why groups cannot be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Untestable {
    /// A group has fewer than two values, and so no variance.
    #[error("groups of {first} and {second} runs: each needs at least two")]
    TooFew {
        /// The size of the first group.
        first: usize,
        /// The size of the second group.
        second: usize,
    },
    /// A group has no values.
    #[error("groups of {first} and {second} runs: neither may be empty")]
    Empty {
        /// The size of the first group.
        first: usize,
        /// The size of the second group.
        second: usize,
    },
    /// Pairs are wanted, and the groups do not pair up.
    #[error("groups of {first} and {second} runs cannot be paired")]
    Unpaired {
        /// The size of the first group.
        first: usize,
        /// The size of the second group.
        second: usize,
    },
    /// Too few pairs.
    #[error("{found} pairs of runs: at least {needed} are needed")]
    TooFewPairs {
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// Too few groups for a test of several.
    #[error("{found} groups: at least {needed} are needed")]
    TooFewGroups {
        /// How many there are.
        found: usize,
        /// How many there must be.
        needed: usize,
    },
    /// A group of several has too few values.
    #[error("group {group} has {found} runs: each needs at least {needed}")]
    GroupTooSmall {
        /// Which, counted from 0.
        group: usize,
        /// How many values it has.
        found: usize,
        /// How many it must have.
        needed: usize,
    },
    /// A group of several is constant, and the test weighs by variance.
    #[error(
        "no run of group {group} differs from the others, so it has no variance to weigh it by"
    )]
    GroupConstant {
        /// Which, counted from 0.
        group: usize,
    },
    /// A block lacks a treatment.
    #[error(
        "block {block} holds {found} scores, not {needed}: every method must have a score on every task"
    )]
    Incomplete {
        /// Which block, counted from 0.
        block: usize,
        /// How many scores it has.
        found: usize,
        /// How many it must have.
        needed: usize,
    },
    /// An equivalence test without a usable margin.
    #[error("the margin of an equivalence test must be a positive number")]
    NoMargin,
    /// A score is NaN, infinite or beyond [`describe::LARGEST`](super::describe::LARGEST).
    #[error("a score is not a usable number")]
    NotANumber,
}

/// The two-sided p value of a test by arrangements: twice the smaller of both tails, the observed arrangement in each.
pub(super) fn both(below: f64, above: f64) -> f64 {
    (2.0 * below.min(above)).clamp(0.0, 1.0)
}

//! Why groups of runs cannot be tested.

use serde::{Deserialize, Serialize};

/// Why groups of runs cannot be tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TestError {
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
    /// The test compares pairs, and the groups differ in size.
    #[error("groups of {first} and {second} runs cannot be paired")]
    Unpaired {
        /// The size of the first group.
        first: usize,
        /// The size of the second group.
        second: usize,
    },
    /// There are too few pairs.
    #[error("{found} pairs of runs: at least {needed} are needed")]
    TooFewPairs {
        /// The number of pairs.
        found: usize,
        /// The least number of pairs.
        needed: usize,
    },
    /// There are too few groups for a test of several.
    #[error("{found} groups: at least {needed} are needed")]
    TooFewGroups {
        /// The number of groups.
        found: usize,
        /// The least number of groups.
        needed: usize,
    },
    /// One of several groups has too few values.
    #[error("group {group} has {found} runs: each needs at least {needed}")]
    GroupTooSmall {
        /// The index of the group, counted from 0.
        group: usize,
        /// The number of its values.
        found: usize,
        /// The least number of values.
        needed: usize,
    },
    /// One of several groups is constant, and the test weighs groups by their variance.
    #[error(
        "no run of group {group} differs from the others, so it has no variance to weigh it by"
    )]
    GroupConstant {
        /// The index of the group, counted from 0.
        group: usize,
    },
    /// A task lacks the score of some method.
    #[error(
        "block {block} holds {found} scores, not {needed}: every method must have a score on every task"
    )]
    Incomplete {
        /// The index of the task, counted from 0.
        block: usize,
        /// The number of its scores.
        found: usize,
        /// The number of methods.
        needed: usize,
    },
    /// An equivalence test was given no usable margin.
    #[error("the margin of an equivalence test must be a positive number")]
    NoMargin,
    /// A score is NaN, infinite or beyond [`describe::LARGEST`](super::describe::LARGEST).
    #[error("a score is not a usable number")]
    NotANumber,
}

//! Which of two numbers is the better one.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Whether more of something is better, as of a return, or less, as of a cost. Everything that ranks asks this: the best of a
/// table, the worst score that a failed run counts as, the signs of effects, the ends of the common scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better
    #[default]
    Higher,
    /// Less is better
    Lower,
}

impl Direction {
    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }

    /// The value, or its negative: of two oriented values the larger one is better.
    pub fn orient(self, value: f64) -> f64 {
        match self {
            Self::Higher => value,
            Self::Lower => -value,
        }
    }

    /// A curve of oriented scores.
    pub fn orient_curve(self, curve: &[(u64, f64)]) -> Vec<(u64, f64)> {
        let orient = |&(step, score): &(u64, f64)| (step, self.orient(score));
        curve.iter().map(orient).collect()
    }

    /// The best of some values; `None` of none.
    pub fn best(self, values: impl Iterator<Item = f64>) -> Option<f64> {
        values.reduce(|one, other| if self.prefers(other, one) { other } else { one })
    }

    /// The worst of some values; `None` of none.
    pub fn worst(self, values: impl Iterator<Item = f64>) -> Option<f64> {
        values.reduce(|one, other| if self.prefers(one, other) { other } else { one })
    }

    /// Whether `one` is better than `other`.
    pub fn prefers(self, one: f64, other: f64) -> bool {
        self.orient(one) > self.orient(other)
    }

    /// A probability that a run has more than another, as the probability that it is better.
    pub fn orient_chance(self, chance: f64) -> f64 {
        match self {
            Self::Higher => chance,
            Self::Lower => 1.0 - chance,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_return_the_highest_is_best_and_of_a_cost_the_lowest() {
        let values = || [3.0, 1.0, 2.0].into_iter();
        let ends = |direction: Direction| (direction.best(values()), direction.worst(values()));
        assert_eq!(ends(Direction::Higher), (Some(3.0), Some(1.0)));
        assert_eq!(ends(Direction::Lower), (Some(1.0), Some(3.0)));
        assert_eq!(Direction::Lower.best(std::iter::empty()), None);
        assert!(Direction::Lower.prefers(1.0, 2.0) && !Direction::Lower.prefers(2.0, 2.0));
    }
}

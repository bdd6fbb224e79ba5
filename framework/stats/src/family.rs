//! Families of comparisons: which of them share one alpha.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The family of comparisons to which a correction is applied. The larger it is, the harder it is to find a difference,
/// and the more the differences found can be trusted as a whole. Declare it before the data are seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Family {
    /// All comparisons within one environment
    #[default]
    #[value(alias = "per-environment")]
    PerEnvironment,
    /// All comparisons in all environments
    All,
    /// All comparisons with one baseline in one table, of one environment and one context
    #[value(alias = "against-baseline")]
    AgainstBaseline,
}

impl Family {
    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PerEnvironment => "per_environment",
            Self::All => "all",
            Self::AgainstBaseline => "against_baseline",
        }
    }

    /// The comparisons that belong together, as a phrase for use within a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::PerEnvironment => "all comparisons within one environment",
            Self::All => "all comparisons in all environments",
            Self::AgainstBaseline => "all comparisons with one baseline in one table",
        }
    }

    /// What the comparisons of a family have in common: those of one metric for which this is equal belong together. A
    /// comparison is given as its environment and its baseline.
    pub fn key<E, B>(self, environment: E, baseline: B) -> (Option<E>, Option<B>) {
        match self {
            Self::PerEnvironment => (Some(environment), None),
            Self::All => (None, None),
            Self::AgainstBaseline => (Some(environment), Some(baseline)),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_one_name_in_files_and_on_the_command_line() {
        for family in Family::value_variants() {
            assert_eq!(serde_json::to_value(family).unwrap(), family.name());
            assert_eq!(
                family.to_possible_value().unwrap().get_name(),
                family.name()
            );
        }
    }

    #[test]
    fn families_are_nested() {
        let (hopper_a, hopper_b, walker_a) = (("hopper", "a"), ("hopper", "b"), ("walker", "a"));
        let joined = |other: (&str, &str)| {
            [Family::All, Family::PerEnvironment, Family::AgainstBaseline]
                .map(|family| family.key(hopper_a.0, hopper_a.1) == family.key(other.0, other.1))
        };
        assert_eq!(joined(hopper_a), [true, true, true]);
        assert_eq!(joined(hopper_b), [true, true, false]);
        assert_eq!(joined(walker_a), [true, false, false]);
    }
}

//! The tests by which all methods of a task can be compared at once.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::stats::several;
use crate::stats::verdict::{Untestable, Verdict};

/// A test of all methods of a task at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Omnibus {
    /// Kruskal and Wallis: ranks
    #[default]
    KruskalWallis,
    /// Fisher's analysis of variance: means, equal variances
    Anova,
    /// Welch's analysis of variance: means, unequal variances; finds slightly too much with few bimodal runs
    WelchAnova,
    /// The analysis of variance by permutation: means, any distribution
    Permutation,
}

impl Omnibus {
    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::KruskalWallis => "Kruskal–Wallis",
            Self::Anova => "analysis of variance",
            Self::WelchAnova => "Welch's analysis of variance",
            Self::Permutation => "analysis of variance by permutation",
        }
    }

    /// Tests the groups.
    ///
    /// # Errors
    ///
    /// Groups that the test cannot answer for; see its function in [`several`].
    pub fn ask(self, groups: &[&[f64]], seed: u64) -> Result<Verdict, Untestable> {
        match self {
            Self::KruskalWallis => several::kruskal_wallis(groups),
            Self::Anova => several::anova(groups),
            Self::WelchAnova => several::welch_anova(groups),
            Self::Permutation => several::permutation(groups, seed),
        }
    }
}

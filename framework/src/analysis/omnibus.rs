//! The tests by which all methods of a task can be compared at once.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::stats::k_sample;
use crate::stats::{test_error::TestError, test_result::TestResult};

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
    /// Groups that the test cannot answer for; see its function in [`k_sample`].
    pub fn ask(self, groups: &[&[f64]], seed: u64) -> Result<TestResult, TestError> {
        match self {
            Self::KruskalWallis => k_sample::kruskal_wallis(groups),
            Self::Anova => k_sample::anova(groups),
            Self::WelchAnova => k_sample::welch_anova(groups),
            Self::Permutation => k_sample::permutation(groups, seed),
        }
    }
}

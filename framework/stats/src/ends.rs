//! By which rule a bootstrap interval ends.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::bootstrap::{Bootstrap, Groups};
use super::interval::Interval;

/// Below so many runs a group, percentile and BCa intervals cover less than they say: see `results/calibration`.
pub const FEW_RUNS: usize = 20;

/// The rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Ends {
    /// Percentile bootstrap, as in rliable: too narrow below some twenty runs
    Percentile,
    /// BCa bootstrap, as in scipy: too narrow below some twenty runs
    Bca,
    /// Percentile bootstrap with both arms stretched for few runs
    Stretched,
}

impl Ends {
    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Percentile => "percentile bootstrap",
            Self::Bca => "BCa bootstrap",
            Self::Stretched => "percentile bootstrap, stretched for few runs",
        }
    }

    /// Does it cover what it says with few runs?
    pub fn holds_with_few_runs(self) -> bool {
        self == Self::Stretched
    }
}

impl Bootstrap {
    /// The interval of `statistic` over several groups by the rule `ends`; `None` where that rule has none.
    pub fn by(
        &self,
        ends: Ends,
        groups: &[&[f64]],
        statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
    ) -> Option<Interval> {
        match ends {
            Ends::Percentile => self.percentile(groups, statistic),
            Ends::Bca => self.bca(groups, statistic),
            Ends::Stretched => self.stretched(groups, statistic),
        }
    }
}

//! Which number stands for a run.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::stats::curve;

/// How a learning curve becomes the one number of its run. A run without steps has one score, which is its `final`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// The score at the last step that all runs of the task reached
    #[default]
    Final,
    /// The best score, which is biased upwards by choosing it
    Best,
    /// The score averaged over the steps
    Auc,
}

impl Metric {
    /// Every metric of a curve.
    pub const ALL: [Self; 3] = [Self::Final, Self::Best, Self::Auc];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Final => "final",
            Self::Best => "best",
            Self::Auc => "auc",
        }
    }

    /// The number of one run: `curve` is ascending by step and cut to the steps that all runs cover. `None` for an empty
    /// curve.
    pub fn of(self, curve: &[(u64, f64)]) -> Option<f64> {
        match self {
            Self::Final => curve.last().map(|point| point.1),
            Self::Best => curve.iter().map(|point| point.1).reduce(f64::max),
            Self::Auc => curve::time_average(curve).ok().flatten(),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

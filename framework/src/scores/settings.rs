//! What is asked of a table of scores.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::ends::Ends;
use crate::stats::family::Family;
use crate::stats::signed_rank::Zeros;
use crate::stats::two_sample::{Question, Test};

use super::after::PostHoc;
use super::omnibus::Omnibus;
use super::table::Scores;

/// What becomes of runs that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Failed {
    /// What they belong to is not tested
    #[default]
    Refuse,
    /// They are left out, which may flatter what they belong to
    Exclude,
    /// They count as the worst score of any run on the task
    Worst,
}

impl Failed {
    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Exclude => "exclude",
            Self::Worst => "worst",
        }
    }
}

/// The one number of a run that has a curve.
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

/// Everything that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// The method that the others are compared with; by default the first of the file.
    pub baseline: Option<String>,
    /// Whether every method is compared with every other.
    pub all_pairs: bool,
    /// The test.
    pub test: Test,
    /// The test of all methods of a task at once.
    pub omnibus: Omnibus,
    /// What is asked after that.
    pub post_hoc: PostHoc,
    /// The correction for several comparisons.
    pub correction: Correction,
    /// Which comparisons the correction is for.
    pub family: Family,
    /// The accepted probability of a false alarm in a family.
    pub alpha: f64,
    /// What failed runs count as.
    pub failed: Failed,
    /// What is compared of a curve.
    pub metric: Metric,
    /// What Wilcoxon's test does with zeros.
    pub zeros: Zeros,
    /// How intervals are resampled; `None` for what suits each: the t interval that goes with the test, the stretched
    /// percentile for an interquartile mean on one task, rliable's percentile over tasks.
    pub interval: Option<Ends>,
    /// What equivalence means, in the unit of the scores.
    pub margin: Option<f64>,
    /// A difference of normalised scores that does not matter.
    pub rope: f64,
    /// Scores of 0 and 1 on the common scale, by task.
    pub bounds: Vec<(String, Bounds)>,
    /// Scores that runs are expected to reach, by task.
    pub thresholds: Vec<(String, f64)>,
    /// How many more evaluations must score as much for a threshold to count as reached.
    pub stays: usize,
    /// Of the bootstrap and of random permutations.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            baseline: None,
            all_pairs: false,
            test: Test::Welch,
            omnibus: Omnibus::default(),
            post_hoc: PostHoc::default(),
            correction: Correction::Holm,
            family: Family::PerEnvironment,
            alpha: 0.05,
            failed: Failed::Refuse,
            metric: Metric::Final,
            zeros: Zeros::Wilcox,
            interval: None,
            margin: None,
            rope: 0.01,
            bounds: Vec::new(),
            thresholds: Vec::new(),
            stays: 0,
            seed: 0,
        }
    }
}

/// What does not fit the file.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SettingsError {
    /// No such method.
    #[error("no method {name:?} in the scores; known: {known}")]
    Method {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// No such task.
    #[error("no task {name:?} in the scores; known: {known}")]
    Task {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A question about curves to a file without steps.
    #[error("the metrics best and auc are of curves, and the file has no column step")]
    NoSteps,
    /// A task has bounds or a threshold twice.
    #[error("task {0:?} is given twice")]
    Twice(String),
    /// A margin for a test that has none.
    #[error("a margin of {0} means nothing to the test {1}: only tost has one")]
    NoMargin(f64, &'static str),
    /// An equivalence test without a margin.
    #[error("test tost needs a margin, in the unit of the scores")]
    Margin,
}

impl Settings {
    /// The places of the methods that others are compared with.
    pub(super) fn baselines(&self, scores: &Scores) -> Result<Vec<usize>, SettingsError> {
        for name in self
            .bounds
            .iter()
            .map(|(task, _)| task)
            .chain(self.thresholds.iter().map(|(task, _)| task))
        {
            if !scores.tasks.contains(name) {
                return Err(SettingsError::Task {
                    name: name.clone(),
                    known: scores.tasks.join(", "),
                });
            }
        }
        for named in [
            self.bounds.iter().map(|one| &one.0).collect::<Vec<_>>(),
            self.thresholds.iter().map(|one| &one.0).collect(),
        ] {
            let twice = (1..named.len()).find(|&place| named[..place].contains(&named[place]));
            if let Some(place) = twice {
                return Err(SettingsError::Twice(named[place].clone()));
            }
        }
        if self.metric != Metric::Final && !scores.has_steps {
            return Err(SettingsError::NoSteps);
        }
        match (self.test, self.margin) {
            (Test::Tost, None) => return Err(SettingsError::Margin),
            (Test::Tost, Some(_)) | (_, None) => {}
            (test, Some(margin)) => return Err(SettingsError::NoMargin(margin, test.name())),
        }
        let first = match &self.baseline {
            None => 0,
            Some(name) => scores
                .methods
                .iter()
                .position(|method| method == name)
                .ok_or_else(|| SettingsError::Method {
                    name: name.clone(),
                    known: scores.methods.join(", "),
                })?,
        };
        let others = (0..scores.methods.len()).filter(|&method| method != first && self.all_pairs);
        Ok([first].into_iter().chain(others).collect())
    }

    pub(super) fn question(&self) -> Question {
        Question {
            test: self.test,
            alpha: self.alpha,
            ends: self.interval,
            zeros: self.zeros,
            margin: self.margin,
            seed: self.seed,
        }
    }

    pub(super) fn bounds_of(&self, task: &str) -> Option<Bounds> {
        self.bounds
            .iter()
            .find(|(name, _)| name == task)
            .map(|&(_, bounds)| bounds)
    }
}

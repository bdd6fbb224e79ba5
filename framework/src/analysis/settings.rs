//! What is asked of a table of scores. A suite's `compare:` and the options of `spikebench compare` both become this.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::stats::aggregate::Bounds;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::correction::Correction;
use crate::stats::family::Family;
use crate::stats::interval::Level;
use crate::stats::interval_method::IntervalMethod;
use crate::stats::signed_rank::Zeros;
use crate::stats::two_sample::{Question, Test};

use super::direction::Direction;
use super::metric::Metric;
use super::omnibus::Omnibus;
use super::post_hoc::PostHoc;
use super::score_table::ScoreTable;

/// What becomes of runs that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Failed {
    /// Nothing that they belong to is tested, aggregated or ranked
    #[default]
    Refuse,
    /// They are left out, which may flatter what they belong to
    Exclude,
    /// They count as the worst score of any run on the task, and as never reaching a threshold
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

/// What is left out of what is said over all tasks, if some method has no score on some task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Incomplete {
    /// The method
    #[default]
    DropMethod,
    /// The task
    DropTask,
}

/// Everything that can be chosen about an analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// The method that the others are compared with; by default the first.
    pub baseline: Option<String>,
    /// Whether every method is compared with every other.
    pub all_pairs: bool,
    /// The numbers of a run that are compared; the first one is the main one. Never empty.
    pub metrics: Vec<Metric>,
    /// Whether a higher or a lower score is better.
    pub better: Direction,
    /// The test of two groups of runs.
    pub test: Test,
    /// What equivalence means to [`Test::Tost`], in the unit of the scores.
    pub margin: Option<f64>,
    /// The test of all methods of a task at once.
    pub omnibus: Omnibus,
    /// The comparisons after a test of all methods.
    pub post_hoc: PostHoc,
    /// The correction for several comparisons.
    pub correction: Correction,
    /// Which comparisons of one metric share alpha.
    pub family: Family,
    /// The accepted probability of a false alarm in a family. Intervals have the confidence 1 − alpha.
    pub alpha: f64,
    /// What failed runs count as.
    pub failed: Failed,
    /// What Wilcoxon's test does with pairs that do not differ.
    pub zeros: Zeros,
    /// How intervals are resampled; `None` for what suits each: the t interval that goes with the test, the expanded
    /// percentile for an interquartile mean on one task, rliable's percentile over tasks.
    pub interval: Option<IntervalMethod>,
    /// The largest difference between normalised scores that does not matter to the Bayesian test.
    pub rope: f64,
    /// The scores of a task that become 0 and 1 on the common scale.
    pub bounds: BTreeMap<String, Bounds>,
    /// Whether the worst and the best run of a task stand for 0 and 1 where it has no bounds.
    pub bounds_from_scores: bool,
    /// The score of a task that runs are expected to reach.
    pub thresholds: BTreeMap<String, f64>,
    /// How many more evaluations must score as much for a threshold to count as reached.
    pub stays: usize,
    /// The step at which every run is cut, so that runs of different length can be compared there.
    pub until: Option<u64>,
    /// How many steps a complete run has; by default as many as the longest run of its task.
    pub steps: Option<u64>,
    /// What becomes of tasks and methods if some method has no score on some task.
    pub incomplete: Incomplete,
    /// Where bootstraps and random permutations start.
    pub seed: u64,
}

/// Of the arXiv number of the paper whose claim is tested.
const SEED: u64 = 2406_13568;

impl Default for Settings {
    fn default() -> Self {
        Self {
            baseline: None,
            all_pairs: false,
            metrics: vec![Metric::Final],
            better: Direction::Higher,
            test: Test::Welch,
            margin: None,
            omnibus: Omnibus::default(),
            post_hoc: PostHoc::default(),
            correction: Correction::Holm,
            family: Family::PerEnvironment,
            alpha: 0.05,
            failed: Failed::Refuse,
            zeros: Zeros::Wilcox,
            interval: None,
            rope: 0.01,
            bounds: BTreeMap::new(),
            bounds_from_scores: false,
            thresholds: BTreeMap::new(),
            stays: 0,
            until: None,
            steps: None,
            incomplete: Incomplete::DropMethod,
            seed: SEED,
        }
    }
}

/// A setting that does not fit the scores or another setting.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SettingsError {
    /// The baseline is not among the methods.
    #[error("no method {name:?} in the scores; known: {known}")]
    Method {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Bounds or a threshold for a task that is not there.
    #[error("no task {name:?} in the scores; known: {known}")]
    Task {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A question about curves to a file without steps.
    #[error("the metric {0} needs curves, but the file has no column step")]
    NoSteps(Metric),
    /// A question about steps to a file without any.
    #[error("until and steps need curves, but the file has no column step")]
    NoCurves,
    /// A question to published moments that only the runs can answer.
    #[error(
        "{0} needs the score of every run, but the file has their mean and standard deviation only"
    )]
    NeedsRuns(String),
    /// Steps to a threshold that is not given.
    #[error(
        "the metric steps_to needs the score that is to be reached: steps_to with a score, or thresholds of the tasks"
    )]
    NoThreshold,
    /// Bounds the wrong way round.
    #[error("the bounds of {task} are {low}:{high}, but {rule}")]
    Bounds {
        /// The task.
        task: String,
        /// What becomes 0.
        low: f64,
        /// What becomes 1.
        high: f64,
        /// How they must lie.
        rule: &'static str,
    },
    /// A margin for a test that has none.
    #[error("a margin of {0} means nothing to the test {1}: only tost has one")]
    NoMargin(f64, &'static str),
    /// An equivalence test without a margin.
    #[error("test tost needs a margin, in the unit of the scores")]
    Margin,
    /// A family of comparisons with one baseline, where there are several.
    #[error(
        "family against_baseline means one baseline, and all pairs have none: choose per_environment or all"
    )]
    NoBaseline,
}

impl Settings {
    /// The metric that aggregates, ranks and summaries are of.
    pub fn metric(&self) -> Metric {
        self.metrics.first().copied().unwrap_or_default()
    }

    /// The confidence of intervals.
    pub fn level(&self) -> Level {
        Level::of(1.0 - self.alpha)
    }

    /// `95 %`, to stand before the word interval.
    pub fn level_title(&self) -> String {
        format!("{} %", percent(1.0 - self.alpha))
    }

    /// The margin within which methods are to be shown equal, where that is asked: then a small p says that they are.
    pub fn equivalence(&self) -> Option<f64> {
        self.margin.filter(|_| self.test == Test::Tost)
    }

    /// The test that shows a difference: the chosen one, or Welch's where that one shows equivalence.
    pub fn difference_test(&self) -> Test {
        match self.test {
            Test::Tost => Test::Welch,
            test => test,
        }
    }

    /// The places of the methods that others are compared with.
    pub(super) fn baselines(&self, scores: &ScoreTable) -> Result<Vec<usize>, SettingsError> {
        if scores.methods.is_empty() {
            return Err(SettingsError::NeedsRuns("the analysis".into()));
        }
        self.check(scores)?;
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

    fn check(&self, scores: &ScoreTable) -> Result<(), SettingsError> {
        let named = self.bounds.keys().chain(self.thresholds.keys());
        if let Some(name) = named.into_iter().find(|name| !scores.tasks.contains(name)) {
            return Err(SettingsError::Task {
                name: name.clone(),
                known: scores.tasks.join(", "),
            });
        }
        let of_curves = self.metrics.iter().find(|metric| metric.needs_steps());
        if let Some(&metric) = of_curves.filter(|_| !scores.has_steps) {
            return Err(SettingsError::NoSteps(metric));
        }
        if !scores.has_steps && (self.until.is_some() || self.steps.is_some()) {
            return Err(SettingsError::NoCurves);
        }
        if self.metrics.contains(&Metric::StepsTo(None)) && self.thresholds.is_empty() {
            return Err(SettingsError::NoThreshold);
        }
        self.check_bounds()?;
        if self.all_pairs && self.family == Family::AgainstBaseline {
            return Err(SettingsError::NoBaseline);
        }
        match (self.test, self.margin) {
            (Test::Tost, None) => Err(SettingsError::Margin),
            (Test::Tost, Some(_)) | (_, None) => Ok(()),
            (test, Some(margin)) => Err(SettingsError::NoMargin(margin, test.name())),
        }
    }

    /// Bounds are the worse score first, then the better one.
    pub fn check_bounds(&self) -> Result<(), SettingsError> {
        let is_wrong = |bounds: &Bounds| !self.better.prefers(bounds.high, bounds.low);
        let wrong = self.bounds.iter().find(|(_, bounds)| is_wrong(bounds));
        wrong.map_or(Ok(()), |(task, bounds)| {
            Err(SettingsError::Bounds {
                task: task.clone(),
                low: bounds.low,
                high: bounds.high,
                rule: match self.better {
                    Direction::Higher => "LOW must be below HIGH, because higher scores are better",
                    Direction::Lower => "LOW must be above HIGH, because lower scores are better",
                },
            })
        })
    }

    /// What is asked by the questions of the summary: always for a difference, and of all methods at once only the usual.
    pub(super) fn of_questions(&self) -> Self {
        Self {
            test: self.difference_test(),
            margin: None,
            omnibus: Omnibus::default(),
            post_hoc: PostHoc::default(),
            ..self.clone()
        }
    }

    /// The direction of a metric.
    pub fn direction(&self, metric: Metric) -> Direction {
        metric.direction(self.better)
    }

    pub(super) fn question(&self, test: Test) -> Question {
        Question {
            test,
            alpha: self.alpha,
            ends: self.interval,
            zeros: self.zeros,
            margin: self.margin,
            seed: self.seed,
        }
    }

    pub(super) fn bootstrap(&self) -> Bootstrap {
        Bootstrap {
            level: self.level(),
            ..Bootstrap::seeded(self.seed)
        }
    }
}

/// At most two decimals, and none that are zeros.
fn percent(part: f64) -> String {
    let text = format!("{:.2}", 100.0 * part);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_the_confidence_that_alpha_leaves() {
        let title = |alpha: f64| {
            let settings = Settings {
                alpha,
                ..Settings::default()
            };
            settings.level_title()
        };
        assert_eq!(
            [title(0.05), title(0.01), title(0.001), title(0.0125)],
            ["95 %", "99 %", "99.9 %", "98.75 %"]
        );
    }
}

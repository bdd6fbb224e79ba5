//! What one method scored on one task.

use serde::Serialize;

use crate::stats::describe::Summary;
use crate::stats::interval::Interval;
use crate::stats::interval_method::IntervalMethod;
use crate::stats::sample_shape::SampleShape;
use crate::stats::survival::Reached;
use crate::stats::{aggregate, shapiro_wilk};

use super::metric::Metric;
use super::run_scores::{RunScore, RunScores};
use super::settings::{Failed, Settings};

/// One method on one task in one context.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodScores {
    /// Its name.
    pub name: String,
    /// How many runs were planned.
    pub planned: usize,
    /// How many of them did not fail.
    pub finished: usize,
    /// The seeds of those that failed.
    pub lost: Vec<String>,
    /// Its scores by each metric that its runs have.
    pub scored: Vec<Scored>,
    /// Why runs failed that are more than failed, in the order of their seeds.
    pub faults: Vec<String>,
    /// Whether the policy lets its scores be tested, ranked and aggregated.
    pub is_refused: bool,
}

/// One number for each run, by one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scored {
    /// Which number.
    pub metric: Metric,
    /// The seed of each run that is in the numbers.
    pub seeds: Vec<String>,
    /// The score of each of these runs.
    pub values: Vec<f64>,
    /// Whether each of these is only a bound: the run was not followed until it reached a threshold. Empty for a metric of
    /// which every number is known.
    pub censored: Vec<bool>,
    /// Mean, standard deviation, median and interquartile mean.
    pub summary: Summary,
    /// The bootstrap interval of the interquartile mean.
    pub iqm_interval: Option<Interval>,
    /// The p value of the Shapiro–Wilk test of normality.
    pub shapiro_p: Option<f64>,
    /// What is unlike a normal sample about the scores, in words: a cluster far from the others, a long tail.
    pub shape: Option<String>,
}

impl MethodScores {
    /// `worst` has the worst score of any run of the task by each of `metrics`.
    pub(super) fn of(
        name: &str,
        runs: &[RunScores<'_>],
        metrics: &[Metric],
        worst: &[Option<f64>],
        settings: &Settings,
    ) -> Self {
        let finished = runs.iter().filter(|run| run.finished).count();
        let scored = metrics.iter().enumerate().filter_map(|(place, &metric)| {
            // A network without spikes has no firing rate, failed or not.
            let is_known = runs.iter().any(|run| run.scores[place].is_some());
            let counts_as = worst[place].filter(|_| settings.failed == Failed::Worst && is_known);
            // Runs that failed come last, as they do in the exports.
            let (kept, lost): (Vec<_>, Vec<_>) = runs.iter().partition(|run| run.finished);
            let numbers = kept.into_iter().chain(lost).filter_map(|run| {
                let lost = counts_as.filter(|_| !run.finished);
                let lost = lost.map(|value| RunScore {
                    value,
                    is_censored: false,
                });
                Some((run.seed.to_owned(), run.scores[place].or(lost)?))
            });
            Scored::of(metric, numbers.collect(), settings)
        });
        let lost = runs.iter().filter(|run| !run.finished);
        let is_refused = settings.failed == Failed::Refuse && finished < runs.len();
        let scored = scored.map(|scored| Scored {
            shapiro_p: scored.shapiro_p.filter(|_| !is_refused),
            ..scored
        });
        Self {
            name: name.to_owned(),
            planned: runs.len(),
            finished,
            lost: lost.map(|run| run.seed.to_owned()).collect(),
            scored: scored.collect(),
            faults: Vec::new(),
            is_refused,
        }
    }

    /// The same with what is known of why runs failed.
    pub(super) fn with_faults<'f>(self, faults: impl Iterator<Item = &'f String>) -> Self {
        Self {
            faults: faults.cloned().collect(),
            ..self
        }
    }

    /// How many runs failed and why: `1 of 3 runs of a ends at step 100 of 200`.
    fn failures(&self, of_whom: &str) -> String {
        let failed = self.planned - self.finished;
        let whole = format!("{failed} of {} runs{of_whom}", self.planned);
        match self.faults.as_slice() {
            [] => format!("{whole} failed"),
            [first, rest @ ..]
                if self.faults.len() == failed && rest.iter().all(|one| one == first) =>
            {
                let verb = if failed == 1 {
                    first.clone()
                } else {
                    first.replacen("ends", "end", 1)
                };
                format!("{whole} {verb}")
            }
            faults => format!("{whole} failed ({})", faults.join(", ")),
        }
    }

    /// The scores by one metric; `None` if no run has any.
    pub fn scored(&self, metric: Metric) -> Option<&Scored> {
        self.scored.iter().find(|scored| scored.metric == metric)
    }

    /// The scores that are in the numbers; empty if there are none.
    pub fn values(&self, metric: Metric) -> &[f64] {
        self.scored(metric).map_or(&[], |scored| &scored.values)
    }

    /// The scores that may be tested, or why they may not.
    pub(super) fn testable(&self, metric: Metric) -> Result<&[f64], String> {
        if self.is_refused {
            return Err(self.refusal());
        }
        Ok(self.values(metric))
    }

    /// When each run reached the threshold of `metric`, or why that may not be compared.
    pub(super) fn times(&self, metric: Metric) -> Result<Vec<Reached>, String> {
        self.testable(metric)?;
        let times = self.scored(metric).and_then(Scored::times);
        times.ok_or_else(|| format!("no run of {} has a score by {metric}", self.name))
    }

    /// Why its scores are not tested.
    pub(super) fn refusal(&self) -> String {
        let failures = self.failures(&format!(" of {}", self.name));
        format!("{failures}, and the policy is to refuse")
    }

    /// What a reader of its numbers must be warned of: failed runs, and scores that look unlike a normal sample.
    pub fn warning(&self, metric: Metric) -> Option<String> {
        let failed = self.planned - self.finished;
        let lost = (failed > 0).then(|| self.failures(""));
        let shape = self.scored(metric).and_then(|scored| scored.shape.clone());
        let warnings: Vec<String> = lost.into_iter().chain(shape).collect();
        (!warnings.is_empty()).then(|| warnings.join("; "))
    }

    /// The warning, and why a number is missing.
    pub fn note(&self, metric: Metric) -> Option<String> {
        let missing = match self.scored(metric) {
            None => Some("no run has a score"),
            Some(scored) if scored.values.len() < 3 => {
                Some("fewer than three scores have no shape to test")
            }
            Some(_) if self.is_refused => None,
            Some(scored) if scored.shapiro_p.is_none() => {
                Some("no run differs from the others, so there is no shape to test")
            }
            Some(_) => None,
        };
        let missing = missing.map(str::to_owned);
        let notes: Vec<String> = self.warning(metric).into_iter().chain(missing).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

impl Scored {
    fn of(metric: Metric, runs: Vec<(String, RunScore)>, settings: &Settings) -> Option<Self> {
        let ends = settings.interval.unwrap_or(IntervalMethod::Expanded);
        let values: Vec<f64> = runs.iter().map(|(_, score)| score.value).collect();
        let is_timed = matches!(metric, Metric::StepsTo(_));
        let censored = runs
            .iter()
            .filter(|_| is_timed)
            .map(|(_, score)| score.is_censored);
        let interval = || aggregate::iqm_interval(&[&values], &settings.bootstrap(), ends);
        let is_tabled = settings.metrics.contains(&metric) || Metric::SCORES.contains(&metric);
        Some(Self {
            metric,
            summary: Summary::of(&values)?,
            iqm_interval: is_tabled.then(interval).flatten(),
            shapiro_p: shapiro_wilk::test(&values)
                .filter(|_| !is_timed)
                .map(|test| test.p),
            shape: SampleShape::of(&values)
                .filter(|_| !is_timed)
                .map(SampleShape::phrase),
            censored: censored.collect(),
            seeds: runs.into_iter().map(|(seed, _)| seed).collect(),
            values,
        })
    }

    /// When each run reached the threshold; `None` for a metric that is no time.
    pub fn times(&self) -> Option<Vec<Reached>> {
        let time = |(&value, &is_censored): (&f64, &bool)| Reached {
            step: value as u64,
            reached: !is_censored,
        };
        matches!(self.metric, Metric::StepsTo(_))
            .then(|| self.values.iter().zip(&self.censored).map(time).collect())
    }
}

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
    /// Why the beginnings of runs are missing, so that these have no number that needs their whole curve.
    pub late: Vec<String>,
    /// Whether failed runs, by the policy, keep its scores from being tested, ranked and aggregated.
    pub is_refused: bool,
    /// Whether runs that begin late do the same to the numbers that need the whole curve.
    pub is_refused_if_late: bool,
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
            let is_whole = |run: &RunScores<'_>| {
                run.finished && !(metric.needs_beginning() && run.late.is_some())
            };
            // Runs that failed come last, as they do in the exports.
            let (kept, lost): (Vec<_>, Vec<_>) = runs.iter().partition(|run| run.finished);
            let numbers = kept.into_iter().chain(lost).filter_map(|run| {
                let lost = counts_as.filter(|_| !is_whole(run));
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
        let late: Vec<String> = runs.iter().filter_map(|run| run.late.cloned()).collect();
        let is_refused_if_late = settings.failed == Failed::Refuse && !late.is_empty();
        let scored = scored.map(|scored| Scored {
            shapiro_p: scored
                .shapiro_p
                .filter(|_| !(is_refused || is_refused_if_late && scored.metric.needs_beginning())),
            ..scored
        });
        Self {
            name: name.to_owned(),
            planned: runs.len(),
            finished,
            lost: lost.map(|run| run.seed.to_owned()).collect(),
            scored: scored.collect(),
            faults: Vec::new(),
            late,
            is_refused,
            is_refused_if_late,
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
        let whole = || format!("{failed} of {} runs{of_whom}", self.planned);
        same_reason(&self.faults, failed, self.planned, of_whom).unwrap_or_else(|| {
            match self.faults.as_slice() {
                [] => format!("{} failed", whole()),
                faults => format!("{} failed ({})", whole(), faults.join(", ")),
            }
        })
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
        self.refused(metric)
            .map_or_else(|| Ok(self.values(metric)), Err)
    }

    /// When each run reached the threshold of `metric`, or why that may not be compared.
    pub(super) fn times(&self, metric: Metric) -> Result<Vec<Reached>, String> {
        self.testable(metric)?;
        let times = self.scored(metric).and_then(Scored::times);
        times.ok_or_else(|| format!("no run of {} has a score by {metric}", self.name))
    }

    /// Why its scores by a metric may not be tested; `None` if they may.
    pub fn refused(&self, metric: Metric) -> Option<String> {
        let of_whom = format!(" of {}", self.name);
        let reason = if self.is_refused {
            self.failures(&of_whom)
        } else if self.is_refused_if_late && metric.needs_beginning() {
            self.beginnings(&of_whom)
        } else {
            return None;
        };
        Some(format!("{reason}, and the policy is to refuse"))
    }

    /// How many runs begin late: `1 of 3 runs of a begins at step 100, the others at 10`.
    fn beginnings(&self, of_whom: &str) -> String {
        same_reason(&self.late, self.late.len(), self.planned, of_whom).unwrap_or_else(|| {
            format!(
                "{} of {} runs{of_whom} begin late ({})",
                self.late.len(),
                self.planned,
                self.late.join("; ")
            )
        })
    }

    /// What becomes of the runs that begin late, if there are any.
    pub(super) fn late_note(&self) -> Option<String> {
        let beginnings = || self.beginnings(&format!(" of {}", self.name));
        (!self.late.is_empty()).then(|| {
            format!(
                "{}: such a run has no score averaged over steps, no steps to a threshold and no part in bands, and the steps that all \
                 cover are those of the others",
                beginnings()
            )
        })
    }

    /// What a reader of its numbers must be warned of: failed runs, and scores that look unlike a normal sample.
    pub fn warning(&self, metric: Metric) -> Option<String> {
        let failed = self.planned - self.finished;
        let is_late = !self.late.is_empty() && metric.needs_beginning();
        let late = is_late.then(|| self.beginnings(""));
        let lost = (failed > 0).then(|| self.failures(""));
        let shape = self.scored(metric).and_then(|scored| scored.shape.clone());
        let warnings: Vec<String> = lost.into_iter().chain(late).chain(shape).collect();
        (!warnings.is_empty()).then(|| warnings.join("; "))
    }

    /// The warning, and why a number is missing.
    pub fn note(&self, metric: Metric) -> Option<String> {
        let missing = match self.scored(metric) {
            None => Some("no run has a score"),
            Some(scored) if scored.values.len() < 3 => {
                Some("fewer than three scores have no shape to test")
            }
            Some(_) if self.refused(metric).is_some() => None,
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

/// `2 of 5 runs of a end at step 100 of 200`, where one reason holds for all `count` runs.
fn same_reason(reasons: &[String], count: usize, planned: usize, of_whom: &str) -> Option<String> {
    let first = reasons.first()?;
    let is_same = reasons.len() == count && reasons.iter().all(|one| one == first);
    let (verb, rest) = first.split_once(' ')?;
    let verb = match count {
        1 => verb,
        _ => verb.strip_suffix('s').unwrap_or(verb),
    };
    is_same.then(|| format!("{count} of {planned} runs{of_whom} {verb} {rest}"))
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

//! From what was measured of a run to its number by each metric.

use crate::stats::curve;
use crate::stats::describe;
use crate::stats::grid::{self, Range};
use crate::stats::stability::Stability;
use crate::stats::survival::Reached;

use super::direction::Direction;
use super::metric::Metric;
use super::score_table::{NetworkActivity, Run};
use super::settings::{Failed, Settings};

/// The numbers of one run.
pub struct RunScores<'r> {
    /// The seed of the run.
    pub seed: &'r str,
    /// Whether the run did not fail.
    pub finished: bool,
    /// Why its beginning is missing.
    pub late: Option<&'r String>,
    /// One for each metric of the table; `None` where the run has none.
    pub scores: Vec<Option<RunScore>>,
}

/// One number of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunScore {
    /// The number.
    pub value: f64,
    /// Whether the run would have needed more than this: it was not followed until it reached a threshold.
    pub is_censored: bool,
}

/// What the runs of one task have in common.
pub struct Task<'t> {
    /// The steps that all of them cover; `None` without any.
    pub range: Option<Range>,
    /// The last step of any of them.
    pub last: u64,
    /// The name of the task.
    pub name: &'t str,
    /// What is asked.
    pub settings: &'t Settings,
}

impl Task<'_> {
    /// The numbers of all runs of one method by each of `metrics`.
    pub fn scores<'r>(&self, runs: &[&'r Run], metrics: &[Metric]) -> Vec<RunScores<'r>> {
        let cut = |run: &&Run| {
            let whole = run.curve.as_deref().filter(|_| run.late.is_none());
            grid::within(whole?, self.range?)
        };
        let curves: Vec<Option<Vec<(u64, f64)>>> = runs.iter().map(cut).collect();
        let needs_peak = metrics.contains(&Metric::BestOfMean);
        let peak = needs_peak.then(|| self.peak(&curves)).flatten();
        let of_run = |(run, curve): (&&'r Run, &Option<Vec<(u64, f64)>>)| {
            let covered = curve.as_deref().unwrap_or_default();
            let of_metric = |&metric: &Metric| match run.curve {
                Some(_) if run.late.is_none() || !metric.needs_beginning() => {
                    self.score(metric, run, covered, peak)
                }
                _ => self.never(metric),
            };
            RunScores {
                seed: &run.seed,
                finished: run.curve.is_some(),
                late: run.late.as_ref(),
                scores: metrics.iter().map(of_metric).collect(),
            }
        };
        runs.iter().zip(&curves).map(of_run).collect()
    }

    /// The score that runs are to reach, by the metric itself or by what is said of the task.
    pub fn threshold(&self, own: Option<f64>) -> Option<f64> {
        own.or_else(|| self.settings.thresholds.get(self.name).copied())
    }

    /// When a run reached a threshold. How long it took is known beyond the range that all runs cover.
    pub fn reached(&self, run: &Run, threshold: f64) -> Option<Reached> {
        let better = self.settings.better;
        let curve = run.curve.as_deref().filter(|_| run.late.is_none())?;
        let threshold = better.orient(threshold);
        match better {
            Direction::Higher => Reached::of(curve, threshold, self.settings.stays),
            Direction::Lower => {
                let curve = better.orient_curve(curve);
                Reached::of(&curve, threshold, self.settings.stays)
            }
        }
    }

    /// The step at which the mean over runs is best.
    fn peak(&self, curves: &[Option<Vec<(u64, f64)>>]) -> Option<u64> {
        let curves: Vec<&Vec<(u64, f64)>> = curves.iter().flatten().collect();
        let mean = |step: u64| {
            let scores = curves.iter().map(|curve| grid::at(curve, step));
            describe::mean(&scores.collect::<Option<Vec<f64>>>()?)
        };
        let mut best: Option<(u64, f64)> = None;
        for step in grid::steps(&curves) {
            let Some(mean) = mean(step) else { continue };
            if best.is_none_or(|(_, best)| self.settings.better.prefers(mean, best)) {
                best = Some((step, mean));
            }
        }
        best.map(|(step, _)| step)
    }

    fn score(
        &self,
        metric: Metric,
        run: &Run,
        curve: &[(u64, f64)],
        peak: Option<u64>,
    ) -> Option<RunScore> {
        let better = self.settings.better;
        let known = |value: f64| RunScore {
            value,
            is_censored: false,
        };
        // What a run scored at its end, or at its best, does not depend on where the others begin.
        let own = run.curve.as_deref().unwrap_or(curve);
        let values = || own.iter().map(|point| point.1);
        let activity = || {
            let range = self.range?;
            let until = run.activity.partition_point(|at| at.step <= range.to);
            run.activity[..until].last()
        };
        match metric {
            Metric::Final => own.last().map(|point| point.1),
            Metric::Last(count) => {
                let tail = &own[own.len().saturating_sub(count)..];
                describe::mean(&tail.iter().map(|point| point.1).collect::<Vec<_>>())
            }
            Metric::Best => better.best(values()),
            Metric::BestOfMean => grid::at(curve, peak?),
            Metric::Auc => curve::time_average(curve).ok().flatten(),
            Metric::StepsTo(threshold) => {
                let reached = self.reached(run, self.threshold(threshold)?)?;
                return Some(RunScore {
                    value: reached.step as f64,
                    is_censored: !reached.reached,
                });
            }
            Metric::Stability => Stability::of(curve).map(|steady| steady.dispersion),
            Metric::Throughput => self.throughput(run),
            Metric::FiringRate => activity()?.firing_rate,
            Metric::SynapticOperations => activity()?.synaptic_operations,
            Metric::Energy(constants) => {
                let NetworkActivity {
                    synaptic_operations,
                    multiply_accumulates,
                    ..
                } = activity()?;
                Some(constants.nanojoules((*synaptic_operations)?, (*multiply_accumulates)?))
            }
        }
        .map(known)
    }

    /// Steps a second of training, up to the last evaluation that all runs have.
    fn throughput(&self, run: &Run) -> Option<f64> {
        let (curve, clock) = (run.curve.as_ref()?, run.clock.as_ref()?);
        let until =
            curve.partition_point(|point| Some(point.0) <= self.range.map(|range| range.to));
        let (step, milliseconds) = (curve.get(until.checked_sub(1)?)?.0, *clock.get(until - 1)?);
        (milliseconds > 0).then(|| step as f64 * 1000.0 / milliseconds as f64)
    }

    /// A run that failed or begins late has no score, but where it counts as the worst, it has not reached any threshold.
    fn never(&self, metric: Metric) -> Option<RunScore> {
        let Metric::StepsTo(threshold) = metric else {
            return None;
        };
        self.threshold(threshold)
            .filter(|_| self.settings.failed == Failed::Worst)
            .map(|_| RunScore {
                value: self.last as f64,
                is_censored: true,
            })
    }
}

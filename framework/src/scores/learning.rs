//! What the curves of one task say beyond their last point: how fast, how steadily, how alike.

use serde::Serialize;

use crate::stats::bootstrap::Bootstrap;
use crate::stats::grid::{self, Place, Range};
use crate::stats::stability::{self, Stability};
use crate::stats::survival::{self, Reached};
use crate::stats::{curve, describe};

use super::settings::Settings;
use super::table::{Run, Scores};

/// Resamples of the band, which is drawn at every evaluation: as many as rliable takes for its profiles.
const BAND_RESAMPLES: u32 = 2_000;

/// The curves of one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Learning {
    /// The first step that every run covers.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// Whether some run was cut to that range.
    pub cuts: bool,
    /// One for each method with a curve.
    pub methods: Vec<LearningMethod>,
    /// The score that runs are expected to reach.
    pub threshold: Option<f64>,
    /// p of the log-rank test of the steps to it.
    pub log_rank_p: Option<f64>,
    /// Why that is missing.
    pub note: Option<String>,
}

/// The curves of one method on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearningMethod {
    /// Its name.
    pub name: String,
    /// Mean over runs of the score averaged over the steps.
    pub auc: Option<f64>,
    /// Median over runs of each measure of steadiness.
    pub stability: Option<Stability>,
    /// The interquartile range across runs, averaged over the steps.
    pub dispersion_across_runs: Option<f64>,
    /// Runs that reached the threshold.
    pub reached: Option<usize>,
    /// Of these runs.
    pub runs: usize,
    /// The step by which half of the runs had reached it (Kaplan–Meier); `None` if that is not known.
    pub median_steps: Option<u64>,
    /// The interquartile mean at each evaluation, with a pointwise 95 % interval.
    pub band: Vec<Place>,
}

impl Learning {
    /// Of the runs of `task` that did not fail; `None` for a file without steps, or without a common step.
    pub(super) fn of(scores: &Scores, task: usize, settings: &Settings) -> Option<Self> {
        let name = &scores.tasks[task];
        let runs: Vec<&Run> = scores.runs.iter().filter(|run| run.task == task).collect();
        let curves: Vec<&[(u64, f64)]> =
            runs.iter().filter_map(|run| run.curve.as_deref()).collect();
        let range = Range::of(&curves).filter(|_| scores.has_steps)?;
        let threshold = settings
            .thresholds
            .iter()
            .find(|(task, _)| task == name)
            .map(|&(_, threshold)| threshold);
        let mut times = Vec::new();
        let mut methods = Vec::new();
        for (place, method) in scores.methods.iter().enumerate() {
            let own: Vec<&[(u64, f64)]> = runs
                .iter()
                .filter(|run| run.method == place)
                .filter_map(|run| run.curve.as_deref())
                .collect();
            if own.is_empty() {
                continue;
            }
            // How long a run took is known beyond the range that all runs cover.
            let reached: Option<Vec<Reached>> = threshold.and_then(|threshold| {
                own.iter()
                    .map(|curve| Reached::of(curve, threshold, settings.stays))
                    .collect()
            });
            methods.push(LearningMethod::of(
                method,
                &own,
                range,
                reached.as_deref(),
                settings,
            ));
            times.extend(reached);
        }
        let groups: Vec<&[Reached]> = times.iter().map(Vec::as_slice).collect();
        let test = threshold.map(|_| survival::log_rank_permuted(&groups, settings.seed));
        let note = match &test {
            Some(Err(reason)) => Some(reason.to_string()),
            Some(Ok(verdict)) if verdict.statistic.is_none() => {
                Some("nothing tells the times of the methods apart".into())
            }
            _ => None,
        };
        Some(Self {
            from: range.from,
            to: range.to,
            cuts: range.cuts,
            methods,
            threshold,
            log_rank_p: test.and_then(Result::ok).map(|verdict| verdict.p),
            note,
        })
    }
}

impl LearningMethod {
    fn of(
        name: &str,
        curves: &[&[(u64, f64)]],
        range: Range,
        reached: Option<&[Reached]>,
        settings: &Settings,
    ) -> Self {
        let cut: Vec<Vec<(u64, f64)>> = curves
            .iter()
            .filter_map(|curve| grid::within(curve, range))
            .collect();
        let areas: Vec<f64> = cut
            .iter()
            .filter_map(|curve| curve::time_average(curve).ok().flatten())
            .collect();
        let steady: Option<Vec<Stability>> = cut.iter().map(|curve| Stability::of(curve)).collect();
        let bootstrap = Bootstrap {
            resamples: BAND_RESAMPLES,
            ..Bootstrap::seeded(settings.seed)
        };
        Self {
            name: name.to_owned(),
            auc: describe::mean(&areas),
            stability: steady.and_then(|steady| middle(&steady)),
            dispersion_across_runs: stability::across_runs(&cut),
            reached: reached.map(|times| times.iter().filter(|time| time.reached).count()),
            runs: curves.len(),
            median_steps: reached.and_then(survival::median),
            band: grid::band(&cut, &bootstrap),
        }
    }
}

/// The median over runs of each measure.
fn middle(runs: &[Stability]) -> Option<Stability> {
    let median = |measure: fn(&Stability) -> f64| {
        describe::median(&runs.iter().map(measure).collect::<Vec<_>>())
    };
    Some(Stability {
        dispersion: median(|run| run.dispersion)?,
        short_term_risk: median(|run| run.short_term_risk)?,
        long_term_risk: median(|run| run.long_term_risk)?,
        max_drawdown: median(|run| run.max_drawdown)?,
    })
}

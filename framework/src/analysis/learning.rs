//! What the curves of one task say beyond one number a run: how fast a threshold is reached, how steadily runs train, how
//! alike they are.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::grid::{self, Place, Range};
use crate::stats::restricted_mean::{self, RestrictedMean};
use crate::stats::stability::{self, Stability};
use crate::stats::survival::{self, Reached};
use crate::stats::{curve, describe};

use super::curves::band;
use super::run_scores::Task;
use super::score_table::{Run, ScoreTable};
use super::settings::{Failed, Settings};

/// The curves of one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Learning {
    /// The first step that every run covers.
    pub from: u64,
    /// The last such step.
    pub to: u64,
    /// Whether some run was cut to that range.
    pub cuts: bool,
    /// One for each method with a curve.
    pub methods: Vec<MethodLearning>,
    /// The score that runs are expected to reach.
    pub threshold: Option<f64>,
    /// The step to which restricted means count.
    pub horizon: Option<u64>,
    /// The p value of the log-rank test of the steps to it, by relabelling.
    pub log_rank_p: Option<f64>,
    /// Why that is missing, or what became of failed runs in it.
    pub note: Option<String>,
}

/// The curves of one method on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodLearning {
    /// Its name.
    pub name: String,
    /// The mean over runs of the score averaged over the steps; `None` if runs failed that must not be left out.
    pub auc: Option<f64>,
    /// The median over runs of each measure of steadiness.
    pub stability: Option<Stability>,
    /// The interquartile range across runs, averaged over the steps.
    pub dispersion_across_runs: Option<f64>,
    /// How many runs reached the threshold; `None` if runs failed and the policy is to refuse.
    pub reached: Option<usize>,
    /// Of how many; failed runs are among them if they count as the worst.
    pub runs: usize,
    /// The step by which half of the runs had reached it (Kaplan–Meier); `None` if that is not known.
    pub median_steps: Option<u64>,
    /// The mean number of steps to it, of which those beyond [`Learning::horizon`] are not counted.
    pub restricted_mean: Option<f64>,
    /// The share of runs that have not reached it, from each step at which that share falls.
    pub survival: Vec<(u64, f64)>,
    /// The last step of each run that did not reach it.
    pub censored: Vec<u64>,
    /// When each run reached it; empty without a threshold.
    #[serde(skip)]
    pub times: Vec<Reached>,
    /// The interquartile mean along the steps, with a pointwise interval.
    pub band: Vec<Place>,
}

impl Learning {
    /// The runs of one task in one context, by method; `None` if they have no step in common.
    pub(super) fn of(
        table: &ScoreTable,
        by_method: &BTreeMap<usize, Vec<&Run>>,
        task: &Task<'_>,
    ) -> Option<Self> {
        let (range, settings) = (task.range?, task.settings);
        let threshold = task.threshold(None);
        let runs = || by_method.values().flatten();
        let mut all_times = Vec::new();
        let mut methods = Vec::new();
        for (&place, runs) in by_method {
            let lost = runs.iter().any(|run| is_incomplete(run));
            let is_refused = lost && settings.failed == Failed::Refuse;
            let times_of = |threshold| times(runs, threshold, task);
            let reached = threshold.filter(|_| !is_refused).map(times_of);
            if runs.iter().any(|run| run.curve.is_some()) || reached.is_some() {
                let name = &table.methods[place];
                let method = MethodLearning::of(name, runs, range, reached.as_deref(), settings);
                methods.push(method);
                all_times.extend(reached);
            }
        }
        let horizon = horizon(&all_times);
        for method in &mut methods {
            method.restricted_mean = horizon.and_then(|to| method.restricted_to(to));
        }
        let failed = runs().filter(|run| is_incomplete(run)).count();
        let (log_rank_p, note) = match threshold {
            None => (None, None),
            Some(_) => log_rank(&all_times, failed, settings),
        };
        let without_curve = (failed > 0).then(|| {
            format!("{failed} incomplete runs have no whole curve: bands, steadiness and dispersion are of the others")
        });
        let notes: Vec<String> = note.into_iter().chain(without_curve).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        Some(Self {
            from: range.from,
            to: range.to,
            cuts: range.cuts,
            methods,
            threshold,
            horizon,
            log_rank_p,
            note,
        })
    }
}

/// Whether a run failed or its beginning is missing.
fn is_incomplete(run: &Run) -> bool {
    run.curve.is_none() || run.late.is_some()
}

/// When each run reached the threshold.
fn times(runs: &[&Run], threshold: f64, task: &Task<'_>) -> Vec<Reached> {
    let never = || Reached {
        step: task.last,
        reached: false,
    };
    let counts = task.settings.failed == Failed::Worst;
    let time = |run: &&Run| {
        let found = task.reached(run, threshold);
        found.or_else(|| (counts && is_incomplete(run)).then(never))
    };
    runs.iter().filter_map(time).collect()
}

/// The last step up to which the times of all methods are known.
fn horizon(times: &[Vec<Reached>]) -> Option<u64> {
    let groups: Vec<&[Reached]> = times.iter().map(Vec::as_slice).collect();
    restricted_mean::horizon(&groups)
}

/// The p value of the log-rank test, and a note.
fn log_rank(
    times: &[Vec<Reached>],
    failed: usize,
    settings: &Settings,
) -> (Option<f64>, Option<String>) {
    let fate = match settings.failed {
        _ if failed == 0 => None,
        Failed::Refuse => {
            let note = format!(
                "{failed} runs are incomplete, and the policy is to refuse: the steps to the threshold are not tested, and those of \
                 such runs are not in the table"
            );
            return (None, Some(note));
        }
        Failed::Exclude => Some(format!(
            "{failed} runs are incomplete and are left out of the steps to the threshold, which may flatter what they belong to"
        )),
        Failed::Worst => Some(format!(
            "{failed} runs are incomplete and count as not having reached the threshold by the last step"
        )),
    };
    let groups: Vec<&[Reached]> = times.iter().map(Vec::as_slice).collect();
    let test = survival::log_rank_permuted(&groups, settings.seed);
    let outcome = match &test {
        Err(reason) => Some(reason.to_string()),
        Ok(verdict) if verdict.statistic.is_none() => {
            Some("the times of all methods are alike".into())
        }
        Ok(_) => None,
    };
    let notes: Vec<String> = fate.into_iter().chain(outcome).collect();
    (
        test.ok().map(|verdict| verdict.p),
        (!notes.is_empty()).then(|| notes.join("; ")),
    )
}

impl MethodLearning {
    fn restricted_to(&self, horizon: u64) -> Option<f64> {
        RestrictedMean::of(&self.times, horizon).map(|found| found.mean)
    }

    fn of(
        name: &str,
        runs: &[&Run],
        range: Range,
        reached: Option<&[Reached]>,
        settings: &Settings,
    ) -> Self {
        let cut: Vec<Vec<(u64, f64)>> = runs
            .iter()
            .filter(|run| !is_incomplete(run))
            .filter_map(|run| grid::within(run.curve.as_deref()?, range))
            .collect();
        let areas: Vec<f64> = cut
            .iter()
            .filter_map(|curve| curve::time_average(curve).ok().flatten())
            .collect();
        // Risks and falls are of what is better: they turn round with it.
        let better = settings.better;
        let steady: Option<Vec<Stability>> = cut
            .iter()
            .map(|curve| Stability::of(&better.orient_curve(curve)))
            .collect();
        let turned = |steady: Stability| Stability {
            final_risk: better.orient(steady.final_risk),
            ..steady
        };
        Self {
            name: name.to_owned(),
            auc: describe::mean(&areas)
                .filter(|_| settings.failed == Failed::Exclude || cut.len() == runs.len()),
            stability: steady.and_then(|steady| medians(&steady)).map(turned),
            dispersion_across_runs: stability::across_runs(&cut),
            reached: reached.map(|times| times.iter().filter(|time| time.reached).count()),
            runs: reached.map_or(cut.len(), <[Reached]>::len),
            median_steps: reached.and_then(survival::median),
            restricted_mean: None,
            survival: reached.map(survival::kaplan_meier).unwrap_or_default(),
            censored: censored(reached.unwrap_or_default()),
            times: reached.unwrap_or_default().to_vec(),
            band: band(&cut, settings),
        }
    }
}

/// The last steps of the runs that were not followed until they reached the threshold, in ascending order.
fn censored(times: &[Reached]) -> Vec<u64> {
    let open = times.iter().filter(|time| !time.reached);
    let mut steps: Vec<u64> = open.map(|time| time.step).collect();
    steps.sort_unstable();
    steps
}

/// The median over runs of each measure.
fn medians(runs: &[Stability]) -> Option<Stability> {
    let median = |measure: fn(&Stability) -> f64| {
        describe::median(&runs.iter().map(measure).collect::<Vec<_>>())
    };
    Some(Stability {
        dispersion: median(|run| run.dispersion)?,
        short_term_risk: median(|run| run.short_term_risk)?,
        long_term_risk: median(|run| run.long_term_risk)?,
        max_drawdown: median(|run| run.max_drawdown)?,
        final_risk: median(|run| run.final_risk)?,
    })
}

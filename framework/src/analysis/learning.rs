//! What the curves of one task say beyond one number a run: how fast a threshold is reached, how steadily runs train, how
//! alike they are.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::grid::{self, Place, Range};
use crate::stats::stability::{self, Stability};
use crate::stats::survival::{self, Reached};
use crate::stats::{curve, describe};

use super::curves::band;
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
    /// The interquartile mean along the steps, with a pointwise interval.
    pub band: Vec<Place>,
}

impl Learning {
    /// The runs of one task in one context, by method; `None` if they have no step in common.
    pub(super) fn of(
        table: &ScoreTable,
        task: usize,
        by_method: &BTreeMap<usize, Vec<&Run>>,
        range: Option<Range>,
        settings: &Settings,
    ) -> Option<Self> {
        let range = range?;
        let threshold = settings.thresholds.get(&table.tasks[task]).copied();
        let runs = || by_method.values().flatten();
        let ends = runs().filter_map(|run| Some(run.curve.as_ref()?.last()?.0));
        let last = ends.max().unwrap_or(range.to);
        let mut all_times = Vec::new();
        let mut methods = Vec::new();
        for (&place, runs) in by_method {
            let lost = runs.iter().any(|run| run.curve.is_none());
            let is_refused = lost && settings.failed == Failed::Refuse;
            let times_of = |threshold| times(runs, threshold, last, settings);
            let reached = threshold.filter(|_| !is_refused).map(times_of);
            if runs.iter().any(|run| run.curve.is_some()) || reached.is_some() {
                let name = &table.methods[place];
                let method = MethodLearning::of(name, runs, range, reached.as_deref(), settings);
                methods.push(method);
                all_times.extend(reached);
            }
        }
        let failed = runs().filter(|run| run.curve.is_none()).count();
        let (log_rank_p, note) = match threshold {
            None => (None, None),
            Some(_) => log_rank(&all_times, failed, settings),
        };
        let without_curve = (failed > 0).then(|| {
            format!("{failed} failed runs have no curve: bands, steadiness and dispersion are of the others")
        });
        let notes: Vec<String> = note.into_iter().chain(without_curve).collect();
        let note = (!notes.is_empty()).then(|| notes.join("; "));
        Some(Self {
            from: range.from,
            to: range.to,
            cuts: range.cuts,
            methods,
            threshold,
            log_rank_p,
            note,
        })
    }
}

/// When each run reached the threshold. How long it took is known beyond the range that all runs cover.
fn times(runs: &[&Run], threshold: f64, last: u64, settings: &Settings) -> Vec<Reached> {
    let never = || Reached {
        step: last,
        reached: false,
    };
    let counts = settings.failed == Failed::Worst;
    let time = |run: &&Run| match &run.curve {
        Some(curve) => Reached::of(curve, threshold, settings.stays),
        None => counts.then(never),
    };
    runs.iter().filter_map(time).collect()
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
                "{failed} runs failed, and the policy is to refuse: the steps to the threshold are not tested, and those of \
                 failed runs are not in the table"
            );
            return (None, Some(note));
        }
        Failed::Exclude => Some(format!(
            "{failed} runs failed and are left out of the steps to the threshold, which may flatter what they belong to"
        )),
        Failed::Worst => Some(format!(
            "{failed} runs failed and count as not having reached the threshold by the last step"
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
    fn of(
        name: &str,
        runs: &[&Run],
        range: Range,
        reached: Option<&[Reached]>,
        settings: &Settings,
    ) -> Self {
        let cut: Vec<Vec<(u64, f64)>> = runs
            .iter()
            .filter_map(|run| grid::within(run.curve.as_deref()?, range))
            .collect();
        let areas: Vec<f64> = cut
            .iter()
            .filter_map(|curve| curve::time_average(curve).ok().flatten())
            .collect();
        let steady: Option<Vec<Stability>> = cut.iter().map(|curve| Stability::of(curve)).collect();
        Self {
            name: name.to_owned(),
            auc: describe::mean(&areas)
                .filter(|_| settings.failed == Failed::Exclude || cut.len() == runs.len()),
            stability: steady.and_then(|steady| medians(&steady)),
            dispersion_across_runs: stability::across_runs(&cut),
            reached: reached.map(|times| times.iter().filter(|time| time.reached).count()),
            runs: reached.map_or(cut.len(), <[Reached]>::len),
            median_steps: reached.and_then(survival::median),
            band: band(&cut, settings),
        }
    }
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
    })
}

//! All tasks on one scale: interquartile means, performance profiles, the chance to beat the baseline.

use serde::Serialize;

use crate::stats::aggregate;
use crate::stats::bootstrap::Bootstrap;
use crate::stats::interval::Interval;
use crate::stats::interval_method::{FEW_RUNS, IntervalMethod};

use super::settings::Settings;

/// Normalised scores over the tasks that have a scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aggregate {
    /// The tasks, by name.
    pub tasks: Vec<String>,
    /// One for each method that is compared over all tasks.
    pub methods: Vec<MethodAggregate>,
    /// The normalised scores at which performance profiles are looked at.
    pub thresholds: Vec<f64>,
    /// What is not in it, and how far its intervals can be trusted.
    pub notes: Vec<String>,
}

/// One method over all tasks.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MethodAggregate {
    /// Its name.
    pub name: String,
    /// The scores, task by task, as they are.
    pub scores: Vec<Vec<f64>>,
    /// The scores on the common scale, task by task.
    pub normalised: Vec<Vec<f64>>,
    /// The interquartile mean of all runs.
    pub iqm: Option<f64>,
    /// Its stratified bootstrap interval; rliable's, unless another was asked for.
    pub iqm_interval: Option<Interval>,
    /// The mean of the tasks' means.
    pub mean: Option<f64>,
    /// The median of the tasks' means.
    pub median: Option<f64>,
    /// How much is missing to a score of 1.
    pub optimality_gap: Option<f64>,
    /// The chance that a run beats one of the baseline on a random task.
    pub probability_of_improvement: Option<f64>,
    /// Its stratified bootstrap interval; `None` for the baseline itself.
    pub improvement_interval: Option<Interval>,
    /// The share of runs above each threshold.
    pub profile: Vec<f64>,
    /// The pointwise bootstrap band of that.
    pub profile_band: Option<Vec<Interval>>,
    /// The interquartile mean without each task in turn; empty with a single task.
    pub without: Vec<(String, Option<f64>)>,
}

/// Resamples of the band of a profile, as many as rliable takes.
const BAND_RESAMPLES: u32 = 2_000;

/// How many thresholds a performance profile is looked at.
const THRESHOLDS: usize = 41;

/// The scores of one method, task by task: as they are, so that more is better, and on the common scale.
pub struct Scores {
    pub name: String,
    pub raw: Vec<Vec<f64>>,
    pub oriented: Vec<Vec<f64>>,
    pub normalised: Vec<Vec<f64>>,
}

impl Aggregate {
    /// `methods` have scores on every one of `tasks`.
    pub(super) fn of(
        tasks: Vec<String>,
        methods: Vec<Scores>,
        baseline: &str,
        mut notes: Vec<String>,
        settings: &Settings,
    ) -> Self {
        let thresholds = thresholds(&methods);
        let ends = settings.interval.unwrap_or(IntervalMethod::Percentile);
        notes.extend(undercoverage(&methods, ends, settings));
        let rival = methods.iter().find(|method| method.name == baseline);
        let of_one = |method: &Scores| {
            MethodAggregate::of(method, rival, &tasks, &thresholds, ends, settings)
        };
        Self {
            methods: methods.iter().map(of_one).collect(),
            tasks,
            thresholds,
            notes,
        }
    }
}

/// A warning, if intervals are known to cover less than they say with so few runs.
fn undercoverage(methods: &[Scores], ends: IntervalMethod, settings: &Settings) -> Option<String> {
    let runs = methods.iter().flat_map(|method| &method.raw).map(Vec::len);
    let least = runs.min()?;
    if least >= FEW_RUNS || ends.holds_with_few_runs() {
        return None;
    }
    Some(format!(
        "intervals by the {} of {} cover less than {} with {least} runs a task; --interval expanded holds, unless runs failed",
        ends.title(),
        if ends == IntervalMethod::Bca {
            "scipy"
        } else {
            "rliable"
        },
        settings.level_title()
    ))
}

impl MethodAggregate {
    fn of(
        own: &Scores,
        rival: Option<&Scores>,
        tasks: &[String],
        thresholds: &[f64],
        ends: IntervalMethod,
        settings: &Settings,
    ) -> Self {
        let bootstrap = settings.bootstrap();
        let band = Bootstrap {
            resamples: BAND_RESAMPLES,
            ..bootstrap
        };
        let scores = &own.normalised;
        let without = |left_out: usize| {
            let rest = scores.iter().enumerate();
            let rest: Vec<&Vec<f64>> = rest
                .filter(|(place, _)| *place != left_out)
                .map(|(_, task)| task)
                .collect();
            (tasks[left_out].clone(), aggregate::iqm(&rest))
        };
        Self {
            name: own.name.clone(),
            iqm: aggregate::iqm(scores),
            iqm_interval: aggregate::iqm_interval(scores, &bootstrap, ends),
            mean: aggregate::mean(scores),
            median: aggregate::median(scores),
            optimality_gap: aggregate::optimality_gap(scores, 1.0),
            probability_of_improvement: rival.and_then(|rival| {
                aggregate::probability_of_improvement(&own.oriented, &rival.oriented)
            }),
            improvement_interval: rival
                .filter(|rival| rival.name != own.name)
                .and_then(|rival| {
                    aggregate::improvement_interval(
                        &own.oriented,
                        &rival.oriented,
                        &bootstrap,
                        ends,
                    )
                }),
            profile: aggregate::profile(scores, thresholds).unwrap_or_default(),
            profile_band: aggregate::profile_band(scores, thresholds, &band),
            without: if tasks.len() > 1 {
                (0..tasks.len()).map(without).collect()
            } else {
                Vec::new()
            },
            scores: own.raw.clone(),
            normalised: own.normalised.clone(),
        }
    }
}

/// From 0 to 1, or to the highest score if declared bounds leave room for more.
fn thresholds(methods: &[Scores]) -> Vec<f64> {
    let scores = methods.iter().flat_map(|method| &method.normalised);
    let end = scores.flatten().copied().fold(1.0, f64::max);
    let last = (THRESHOLDS - 1) as f64;
    (0..THRESHOLDS)
        .map(|place| end * place as f64 / last)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_looked_at_up_to_the_highest_score_but_never_short_of_one() {
        let of = |scores: &[f64]| Scores {
            name: "a".into(),
            raw: Vec::new(),
            oriented: Vec::new(),
            normalised: vec![scores.to_vec()],
        };
        assert_eq!(thresholds(&[of(&[-0.5, 0.4])]).last(), Some(&1.0));
        assert_eq!(thresholds(&[of(&[1.6, 0.4])]).last(), Some(&1.6));
        assert_eq!(thresholds(&[])[..2], [0.0, 0.025]);
    }
}

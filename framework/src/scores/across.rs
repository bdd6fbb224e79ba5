//! All tasks together: aggregates on a common scale, and ranks.

use serde::Serialize;

use crate::stats::aggregate;
use crate::stats::bayes::{self, Beliefs};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::describe;
use crate::stats::ends::{Ends, FEW_RUNS};
use crate::stats::friedman::Friedman;
use crate::stats::interval::Interval;
use crate::stats::{post_hoc, signed_rank};

use super::after::Pair;
use super::analysis::{Method, Task};
use super::settings::Settings;

/// Aggregates over the tasks whose bounds are given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aggregate {
    /// The tasks that are in it.
    pub tasks: Vec<String>,
    /// One for each method, in the order of the file.
    pub methods: Vec<Scaled>,
    /// The thresholds of the performance profiles.
    pub thresholds: Vec<f64>,
    /// Why it is empty, or what is not in it.
    pub note: Option<String>,
}

/// One method over all tasks on the common scale.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Scaled {
    /// Its name.
    pub name: String,
    /// Interquartile mean of all runs.
    pub iqm: Option<f64>,
    /// Mean of the tasks' means.
    pub mean: Option<f64>,
    /// Median of the tasks' means.
    pub median: Option<f64>,
    /// How much of a score of 1 is missing.
    pub optimality_gap: Option<f64>,
    /// 95 % stratified bootstrap interval of the interquartile mean; rliable's, unless another was asked for.
    pub iqm_interval: Option<Interval>,
    /// The chance that a run beats one of the baseline on a random task.
    pub probability_of_improvement: Option<f64>,
    /// 95 % stratified bootstrap interval of that.
    pub improvement_interval: Option<Interval>,
    /// The share of runs above each threshold.
    pub profile: Option<Vec<f64>>,
    /// The interquartile mean without each task in turn; empty with a single task.
    pub without: Vec<(String, Option<f64>)>,
}

/// Tests over tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Across {
    /// The tasks on which every method has scores.
    pub tasks: Vec<String>,
    /// Friedman's test of all methods.
    pub ranking: Option<Ranking>,
    /// Each method against the baseline, by signed ranks of the tasks' means.
    pub signed_ranks: Vec<SignedRank>,
    /// Whether the means are on the common scale.
    pub normalised: bool,
    /// Why something is missing.
    pub note: Option<String>,
}

/// Friedman's test, and what differs after it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ranking {
    /// Mean rank of each method, in the order of the file; 1 is the best.
    pub mean_ranks: Vec<f64>,
    /// Tie-corrected; `None` if no task tells any methods apart.
    pub chi_squared: Option<f64>,
    /// Of that.
    pub p: f64,
    /// Of Iman and Davenport's F.
    pub iman_davenport_p: f64,
    /// Nemenyi's critical difference of mean ranks at alpha.
    pub critical_difference: Option<f64>,
    /// Nemenyi's p of each pair.
    pub nemenyi: Vec<Vec<f64>>,
    /// What was asked after the test, pair by pair.
    pub post_hoc: Vec<Pair>,
}

/// One method against the baseline over tasks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignedRank {
    /// The method.
    pub method: String,
    /// Wilcoxon's statistic.
    pub statistic: Option<f64>,
    /// Of the exact test.
    pub p: Option<f64>,
    /// Corrected over the methods.
    pub p_adjusted: Option<f64>,
    /// How probable it is that the method is worse, equivalent, better.
    pub beliefs: Option<Beliefs>,
    /// Why something is missing.
    pub note: Option<String>,
}

/// The scores of one method on one task.
fn found<'a>(task: &'a Task, method: &str) -> Option<&'a Method> {
    task.methods
        .iter()
        .find(|found| found.name == method && !found.runs.is_empty())
}

fn complete<'a>(tasks: &'a [Task], methods: &[String]) -> Vec<&'a Task> {
    tasks
        .iter()
        .filter(|task| methods.iter().all(|method| found(task, method).is_some()))
        .collect()
}

impl Aggregate {
    pub(super) fn of(
        methods: &[String],
        baseline: &str,
        tasks: &[Task],
        settings: &Settings,
    ) -> Self {
        let complete = complete(tasks, methods);
        let used: Vec<&Task> = complete
            .into_iter()
            .filter(|task| settings.bounds_of(&task.name).is_some())
            .collect();
        let without_bounds = tasks
            .iter()
            .filter(|task| settings.bounds_of(&task.name).is_none())
            .count();
        let incomplete = tasks.len() - without_bounds - used.len();
        let mut notes = Vec::new();
        if settings.bounds.is_empty() {
            notes.push("no task has bounds to put its scores on a common scale".to_owned());
        } else if without_bounds > 0 {
            notes.push(format!(
                "{without_bounds} tasks without bounds are left out"
            ));
        }
        if incomplete > 0 {
            notes.push(format!(
                "{incomplete} tasks on which some method has no score are left out"
            ));
        }
        let scaled = |method: &str| -> Vec<Vec<f64>> {
            let scale = |task: &&Task| {
                let bounds = settings.bounds_of(&task.name)?;
                Some(
                    found(task, method)?
                        .values()
                        .iter()
                        .map(|&score| bounds.normalise(score))
                        .collect(),
                )
            };
            used.iter().filter_map(scale).collect()
        };
        let thresholds: Vec<f64> = (0..=20).map(|step| f64::from(step) / 20.0).collect();
        let reference = scaled(baseline);
        let bootstrap = Bootstrap::seeded(settings.seed);
        let ends = settings.interval.unwrap_or(Ends::Percentile);
        let least = used
            .iter()
            .flat_map(|task| methods.iter().filter_map(|method| found(task, method)))
            .map(|method| method.runs.len())
            .min()
            .filter(|&least| least < FEW_RUNS && !ends.holds_with_few_runs());
        if let Some(least) = least {
            notes.push(format!(
                "intervals by the {} of {} cover less than 95 % with {least} runs a task; --interval stretched holds",
                ends.title(),
                if ends == Ends::Bca { "scipy" } else { "rliable" }
            ));
        }
        let one = |name: &String| {
            let scores = scaled(name);
            let without = |left_out: usize| {
                let rest: Vec<&Vec<f64>> = scores
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| *place != left_out)
                    .map(|(_, task)| task)
                    .collect();
                (used[left_out].name.clone(), aggregate::iqm(&rest))
            };
            Scaled {
                name: name.clone(),
                iqm: aggregate::iqm(&scores),
                mean: aggregate::mean(&scores),
                median: aggregate::median(&scores),
                optimality_gap: aggregate::optimality_gap(&scores, 1.0),
                iqm_interval: aggregate::iqm_interval(&scores, &bootstrap, ends),
                probability_of_improvement: aggregate::probability_of_improvement(
                    &scores, &reference,
                ),
                improvement_interval: (name != baseline)
                    .then(|| aggregate::improvement_interval(&scores, &reference, &bootstrap, ends))
                    .flatten(),
                profile: aggregate::profile(&scores, &thresholds),
                without: if used.len() > 1 {
                    (0..used.len()).map(without).collect()
                } else {
                    Vec::new()
                },
            }
        };
        Self {
            tasks: used.iter().map(|task| task.name.clone()).collect(),
            methods: methods.iter().map(one).collect(),
            thresholds,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }
}

impl Across {
    pub(super) fn of(
        methods: &[String],
        baseline: &str,
        tasks: &[Task],
        settings: &Settings,
    ) -> Self {
        let used = complete(tasks, methods);
        let mut notes = Vec::new();
        if used.len() < tasks.len() {
            let missing = tasks
                .iter()
                .filter(|task| !used.iter().any(|used| used.name == task.name));
            let names: Vec<&str> = missing.map(|task| task.name.as_str()).collect();
            notes.push(format!(
                "refused, because some method has no score on {}",
                names.join(", ")
            ));
        }
        let normalised = !used.is_empty()
            && used
                .iter()
                .all(|task| settings.bounds_of(&task.name).is_some());
        let mean = |task: &Task, method: &str| -> f64 {
            let mean = found(task, method)
                .and_then(|method| describe::mean(&method.values()))
                .unwrap_or_default();
            match settings.bounds_of(&task.name).filter(|_| normalised) {
                Some(bounds) => bounds.normalise(mean),
                None => mean,
            }
        };
        let means = |method: &str| {
            used.iter()
                .map(|task| mean(task, method))
                .collect::<Vec<f64>>()
        };
        let is_complete = used.len() == tasks.len();
        if is_complete && !normalised && used.len() > 1 {
            notes.push("means of different tasks are compared in the tasks' own units, because not all have bounds".into());
        }
        let ranking = if is_complete {
            ranking(methods, baseline, &used, mean, settings, &mut notes)
        } else {
            None
        };
        let reference = means(baseline);
        let others: Vec<&String> = methods
            .iter()
            .filter(|method| *method != baseline && is_complete)
            .collect();
        let mut signed_ranks: Vec<SignedRank> = others
            .iter()
            .map(|method| signed(method, &means(method), &reference, settings))
            .collect();
        let raw: Vec<Option<f64>> = signed_ranks.iter().map(|signed| signed.p).collect();
        for (signed, p) in signed_ranks
            .iter_mut()
            .zip(settings.correction.adjust(&raw))
        {
            signed.p_adjusted = p;
        }
        Self {
            tasks: used.iter().map(|task| task.name.clone()).collect(),
            ranking,
            signed_ranks,
            normalised,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }
}

fn ranking(
    methods: &[String],
    baseline: &str,
    tasks: &[&Task],
    mean: impl Fn(&Task, &str) -> f64,
    settings: &Settings,
    notes: &mut Vec<String>,
) -> Option<Ranking> {
    let blocks: Vec<Vec<f64>> = tasks
        .iter()
        .map(|task| methods.iter().map(|method| mean(task, method)).collect())
        .collect();
    let friedman = match Friedman::of(&blocks) {
        Ok(friedman) => friedman,
        Err(_) => {
            let (k, n) = (methods.len(), tasks.len());
            notes.push(format!(
                "Friedman's test needs three methods and two tasks, not {k} and {n}"
            ));
            return None;
        }
    };
    let best_first = |rank: &f64| methods.len() as f64 + 1.0 - rank;
    Some(Ranking {
        mean_ranks: friedman.mean_ranks.iter().map(best_first).collect(),
        chi_squared: friedman.chi_squared.statistic,
        p: friedman.chi_squared.p,
        iman_davenport_p: friedman.iman_davenport.p,
        critical_difference: post_hoc::critical_difference(
            settings.alpha,
            methods.len(),
            tasks.len(),
        ),
        nemenyi: post_hoc::nemenyi(&friedman),
        post_hoc: settings
            .post_hoc
            .pairs(&friedman, methods, baseline, settings.correction),
    })
}

fn signed(method: &str, means: &[f64], reference: &[f64], settings: &Settings) -> SignedRank {
    let verdict = signed_rank::exact(means, reference, settings.zeros);
    let differences: Vec<f64> = means
        .iter()
        .zip(reference)
        .map(|(mean, other)| mean - other)
        .collect();
    let least = 2.0_f64.powi(1 - means.len().min(1000) as i32);
    let note = match &verdict {
        Err(reason) => Some(reason.to_string()),
        Ok(_) if least >= settings.alpha => Some(format!(
            "{} tasks cannot give a p below {least}, so alpha = {} is out of reach",
            means.len(),
            settings.alpha
        )),
        Ok(verdict) => verdict.basis.note().map(str::to_owned),
    };
    SignedRank {
        method: method.to_owned(),
        statistic: verdict.ok().and_then(|verdict| verdict.statistic),
        p: verdict.ok().map(|verdict| verdict.p),
        p_adjusted: None,
        beliefs: bayes::signed_rank(&differences, settings.rope, settings.seed),
        note,
    }
}

//! A method beside the baseline on one task: the test, its interval, the sizes of the effect.

use serde::Serialize;

use crate::stats::describe;
use crate::stats::design::least_adjusted_p;
use crate::stats::ends::FEW_RUNS;
use crate::stats::interval::{Interval, Level};
use crate::stats::test_result::Basis;
use crate::stats::two_sample::{Question, Sizes};
use crate::stats::{effect, welch};

use super::analysis::{Method, Task};
use super::settings::Settings;

/// One method against one baseline, on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// What it is compared with.
    pub baseline: String,
    /// What is compared.
    pub method: String,
    /// Of the test.
    pub statistic: Option<f64>,
    /// Of the test.
    pub df: Option<f64>,
    /// Raw, two-sided.
    pub p: Option<f64>,
    /// Corrected within its family.
    pub p_adjusted: Option<f64>,
    /// How many comparisons the family holds.
    pub family_size: usize,
    /// What p rests on.
    pub basis: Option<Basis>,
    /// Mean of the method less mean of the baseline.
    pub mean_difference: Option<f64>,
    /// 95 % interval of that.
    pub interval: Option<Interval>,
    /// Median of the method less median of the baseline.
    pub median_difference: Option<f64>,
    /// The means divided, if both are positive.
    pub ratio: Option<f64>,
    /// The difference in pooled standard deviations.
    pub cohen_d: Option<f64>,
    /// The same without bias in small samples.
    pub hedges_g: Option<f64>,
    /// The chance of winning less that of losing.
    pub cliff_delta: Option<f64>,
    /// The chance of winning, ties counting half.
    pub a12: Option<f64>,
    /// Why something is missing, or what a reader must be told.
    pub note: Option<String>,
}

pub fn contrast(method: &Method, baseline: &Method, settings: &Settings) -> Contrast {
    let empty = |note: String| Contrast {
        baseline: baseline.name.clone(),
        method: method.name.clone(),
        statistic: None,
        df: None,
        p: None,
        p_adjusted: None,
        family_size: 0,
        basis: None,
        mean_difference: None,
        interval: None,
        median_difference: None,
        ratio: None,
        cohen_d: None,
        hedges_g: None,
        cliff_delta: None,
        a12: None,
        note: Some(note),
    };
    if let Some(lost) = [method, baseline]
        .into_iter()
        .find(|method| method.has_lost(settings))
    {
        let (failed, planned) = (lost.planned - lost.finished, lost.planned);
        return empty(format!(
            "{failed} of {planned} runs of {} failed, and the policy is to refuse",
            lost.name
        ));
    }
    let question = settings.question();
    let (a, b, unpaired) = groups(method, baseline, &question);
    let mut notes = Vec::new();
    if unpaired > 0 {
        notes.push(format!(
            "{} pairs by seed; {unpaired} runs have no partner and are left out",
            a.len()
        ));
    }
    if let Some(ends) = question.ends.filter(|ends| !ends.holds_with_few_runs()) {
        let least = a.len().min(b.len());
        if least < FEW_RUNS {
            notes.push(format!(
                "the {} interval covers less than 95 % with {least} runs; the t interval does not",
                ends.title()
            ));
        }
    }
    let mean = |values: &[f64]| describe::mean(values);
    let difference = welch::test(&a, &b, Level::P95)
        .map(|test| test.difference)
        .ok()
        .or_else(|| Some(mean(&a)? - mean(&b)?));
    let answer = question.ask(&a, &b);
    match &answer {
        Err(reason) => notes.push(reason.to_string()),
        Ok(answer) => notes.extend(answer.result.basis.note().map(str::to_owned)),
    }
    let cohen_d = effect::cohens_d(&a, &b);
    if cohen_d.is_none() && answer.is_ok() {
        notes.push("Cohen's d and Hedges' g need two runs a side that vary".into());
    }
    let answer = answer.ok();
    Contrast {
        statistic: answer.and_then(|answer| answer.result.statistic),
        df: answer.and_then(|answer| answer.result.df),
        p: answer.map(|answer| answer.result.p),
        basis: answer.map(|answer| answer.result.basis),
        mean_difference: difference,
        interval: answer.and_then(|answer| answer.interval),
        median_difference: effect::median_difference(&a, &b),
        ratio: effect::ratio(&a, &b),
        cohen_d,
        hedges_g: effect::hedges_g(&a, &b),
        cliff_delta: effect::cliffs_delta(&a, &b),
        a12: effect::a12(&a, &b),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        ..empty(String::new())
    }
}

/// The scores of both, for a paired test those of the seeds that both have; and how many are left out.
fn groups(method: &Method, baseline: &Method, question: &Question) -> (Vec<f64>, Vec<f64>, usize) {
    if !question.test.is_paired() {
        return (method.values(), baseline.values(), 0);
    }
    let pair = |(seed, score): &(String, f64)| {
        let partner = baseline.runs.iter().find(|(other, _)| other == seed)?;
        Some((*score, partner.1))
    };
    let (a, b): (Vec<f64>, Vec<f64>) = method.runs.iter().filter_map(pair).unzip();
    let left_out = method.runs.len() + baseline.runs.len() - 2 * a.len();
    (a, b, left_out)
}

/// Corrects every p within its family, and says where no p could have been small enough.
pub fn adjust(tasks: &mut [Task], settings: &Settings) {
    let places: Vec<(usize, usize)> = tasks
        .iter()
        .enumerate()
        .flat_map(|(task, found)| (0..found.contrasts.len()).map(move |contrast| (task, contrast)))
        .collect();
    let key = |tasks: &[Task], (task, contrast): (usize, usize)| {
        (
            task.to_string(),
            tasks[task].contrasts[contrast].baseline.clone(),
        )
    };
    let mut left = places.clone();
    while let Some(&first) = left.first() {
        let joined =
            |&place: &(usize, usize)| settings.family.joins(key(tasks, first), key(tasks, place));
        let (family, others): (Vec<_>, Vec<_>) = left.iter().copied().partition(joined);
        let raw: Vec<Option<f64>> = family
            .iter()
            .map(|&(task, contrast)| tasks[task].contrasts[contrast].p)
            .collect();
        let adjusted = settings.correction.adjust(&raw);
        let size = family.len();
        for (&(task, contrast), p) in family.iter().zip(adjusted) {
            let found = &tasks[task].contrasts[contrast];
            let of = |name: &str| {
                let mut methods = tasks[task].methods.iter();
                methods.find(|method| method.name == name)
            };
            let (a, b, _) = of(&found.method)
                .zip(of(&found.baseline))
                .map(|(method, baseline)| groups(method, baseline, &settings.question()))
                .unwrap_or_default();
            let (n1, n2) = (a.len(), b.len());
            let least = settings.test.least_p(Sizes::planned(settings.test, n1, n2));
            let least = least_adjusted_p(settings.correction, least, size);
            let found = &mut tasks[task].contrasts[contrast];
            found.p_adjusted = p;
            found.family_size = size;
            if found.p.is_some() && least >= settings.alpha {
                let short = format!(
                    "{n1} and {n2} runs in a family of {size} cannot give an adjusted p below {least:.4}, so alpha = {} is out of reach",
                    settings.alpha
                );
                found.note = Some(
                    found
                        .note
                        .take()
                        .map_or(short.clone(), |note| format!("{note}; {short}")),
                );
            }
        }
        left = others;
    }
}

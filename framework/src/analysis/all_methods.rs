//! The methods of a task all at once: does any of them differ, and which one differs from the baseline?

use serde::Serialize;

use crate::stats::post_hoc;
use crate::stats::survival::{self, Reached};
use crate::stats::test_result::{Basis, TestResult};

use super::method_scores::MethodScores;
use super::metric::Metric;
use super::omnibus::Omnibus;
use super::settings::Settings;

/// The answer of the chosen test of all methods of a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OmnibusResult {
    /// Which test.
    pub test: Omnibus,
    /// The statistic of the test.
    pub statistic: Option<f64>,
    /// The degrees of freedom of the test; those of the denominator where it has two.
    pub df: Option<f64>,
    /// Not corrected: there is one for each task. `None` where the policy keeps a method from being tested.
    pub p: Option<f64>,
    /// What p rests on.
    pub basis: Option<Basis>,
    /// Why something is missing, or what a reader must be told.
    pub note: Option<String>,
}

impl OmnibusResult {
    pub(super) fn of(methods: &[MethodScores], metric: Metric, settings: &Settings) -> Self {
        let test = settings.omnibus;
        let answer = testable(methods, metric).and_then(|groups| {
            if matches!(metric, Metric::StepsTo(_)) {
                return log_rank(methods, metric, settings);
            }
            let groups: Vec<&[f64]> = groups.iter().map(|(_, scores)| *scores).collect();
            test.ask(&groups, settings.seed)
                .map_err(|reason| reason.to_string())
        });
        let verdict = answer.as_ref().ok();
        Self {
            test,
            statistic: verdict.and_then(|verdict| verdict.statistic),
            df: verdict.and_then(|verdict| verdict.df),
            p: verdict.map(|verdict| verdict.p),
            basis: verdict.map(|verdict| verdict.basis),
            note: match &answer {
                Err(reason) => Some(reason.clone()),
                Ok(_) if matches!(metric, Metric::StepsTo(_)) => {
                    Some("by the log-rank test".into())
                }
                Ok(verdict) => verdict.basis.note().map(str::to_owned),
            },
        }
    }
}

/// The log-rank test of the steps that all methods take, in the place of a test that knows no censoring.
fn log_rank(
    methods: &[MethodScores],
    metric: Metric,
    settings: &Settings,
) -> Result<TestResult, String> {
    let times: Vec<Vec<Reached>> = methods
        .iter()
        .filter_map(|method| method.times(metric).ok())
        .collect();
    let groups: Vec<&[Reached]> = times.iter().map(Vec::as_slice).collect();
    survival::log_rank_permuted(&groups, settings.seed).map_err(|reason| reason.to_string())
}

/// Dunnett's test of every method against the baseline, by the variance that all of them share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dunnett {
    /// The baseline.
    pub control: String,
    /// Name, t and p of every other method; the p value is adjusted for the family already.
    pub methods: Vec<(String, f64, f64)>,
    /// Why there is none.
    pub note: Option<String>,
}

impl Dunnett {
    pub(super) fn of(methods: &[MethodScores], metric: Metric, baseline: &str) -> Self {
        let found = testable(methods, metric).and_then(|groups| {
            let (control, others): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|(name, _)| *name == baseline);
            let control = control
                .first()
                .ok_or_else(|| format!("{baseline} has no score on it"))?;
            let scores: Vec<&[f64]> = others.iter().map(|(_, scores)| *scores).collect();
            let found =
                post_hoc::dunnett(&scores, control.1).map_err(|reason| reason.to_string())?;
            let named = others.iter().zip(found);
            Ok(named
                .map(|((name, _), (t, p))| ((*name).to_owned(), t, p))
                .collect())
        });
        Self {
            control: baseline.to_owned(),
            note: found.as_ref().err().cloned(),
            methods: found.unwrap_or_default(),
        }
    }
}

/// Name and scores of every method that has any, or why they may not be compared.
pub fn testable(methods: &[MethodScores], metric: Metric) -> Result<Vec<(&str, &[f64])>, String> {
    let scores = methods
        .iter()
        .map(|method| Ok((method.name.as_str(), method.testable(metric)?)));
    let scores: Result<Vec<_>, String> = scores.collect();
    let is_there = |(_, values): &(&str, &[f64])| !values.is_empty();
    scores.map(|scores| scores.into_iter().filter(is_there).collect())
}

//! Published methods compared by Welch's test.

use serde::Serialize;

use crate::stats::family::Family;
use crate::stats::interval::Interval;
use crate::stats::moments::{hedges_g, welch};
use crate::stats::two_sample::Test;

use super::metric::Metric;
use super::omnibus::Omnibus;
use super::post_hoc::PostHoc;
use super::published::Published;
use super::settings::{Settings, SettingsError};

/// A method against the baseline on one task, by Welch's test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublishedContrast {
    /// The task.
    pub task: String,
    /// The method.
    pub method: String,
    /// What it is compared with.
    pub baseline: String,
    /// Mean of the method less mean of the baseline.
    pub difference: f64,
    /// Its interval.
    pub interval: Option<Interval>,
    /// The p value of Welch's test.
    pub p: Option<f64>,
    /// The p value, corrected within its family.
    pub p_adjusted: Option<f64>,
    /// The difference in pooled standard deviations, without the bias of small samples; positive where the method is better,
    /// whichever way that is.
    pub hedges_g: Option<f64>,
    /// Why something is missing.
    pub note: Option<String>,
}

/// Why an analysis of published moments is not possible.
fn check(settings: &Settings) -> Result<(), SettingsError> {
    let needs = |what: &str| Err(SettingsError::NeedsRuns(what.to_owned()));
    match settings.test {
        Test::Welch => {}
        test => return needs(&format!("the test {test}")),
    }
    if let Some(margin) = settings.margin {
        return Err(SettingsError::NoMargin(margin, settings.test.name()));
    }
    if let Some(metric) = settings
        .metrics
        .iter()
        .find(|metric| **metric != Metric::Final)
    {
        return needs(&format!("the metric {metric}"));
    }
    if settings.until.is_some() || settings.steps.is_some() {
        return Err(SettingsError::NoCurves);
    }
    if !settings.thresholds.is_empty() {
        return needs("a threshold");
    }
    if settings.omnibus != Omnibus::default() {
        return needs("a test of all methods at once");
    }
    if settings.post_hoc != PostHoc::default() {
        return needs("a comparison after it");
    }
    if settings.interval.is_some() {
        return needs("a resampled interval");
    }
    if settings.bounds_from_scores || !settings.bounds.is_empty() {
        return needs("an aggregate over tasks");
    }
    Ok(())
}

/// Every method against the baseline, task by task.
///
/// # Errors
///
/// A baseline that is not there, or settings that need the score of every run.
pub fn contrasts(
    groups: &[Published],
    settings: &Settings,
) -> Result<Vec<PublishedContrast>, SettingsError> {
    check(settings)?;
    let mut methods: Vec<&String> = Vec::new();
    let mut tasks: Vec<&String> = Vec::new();
    for group in groups {
        if !methods.contains(&&group.method) {
            methods.push(&group.method);
        }
        if !tasks.contains(&&group.task) {
            tasks.push(&group.task);
        }
    }
    let first = match &settings.baseline {
        None => methods.first().copied(),
        Some(name) => methods.iter().copied().find(|method| *method == name),
    };
    let Some(baseline) = first else {
        return Err(SettingsError::Method {
            name: settings.baseline.clone().unwrap_or_default(),
            known: methods
                .iter()
                .map(|name| name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        });
    };
    let mut all = Vec::new();
    for task in &tasks {
        let own: Vec<&Published> = groups.iter().filter(|group| group.task == **task).collect();
        let find = |name: &String| own.iter().find(|group| group.method == *name);
        for (place, method) in methods.iter().enumerate() {
            let is_earlier = |other: &&&String| settings.all_pairs && **other != baseline;
            let others = methods[..place].iter().filter(is_earlier).copied();
            for other in [baseline]
                .into_iter()
                .chain(others)
                .filter(|other| other != method)
            {
                if let (Some(one), Some(two)) = (find(method), find(other)) {
                    all.push(contrast(one, two, settings));
                }
            }
        }
    }
    adjust(&mut all, &tasks, settings);
    Ok(all)
}

fn contrast(one: &Published, two: &Published, settings: &Settings) -> PublishedContrast {
    let answer = welch(one.moments, two.moments, settings.level());
    PublishedContrast {
        task: one.task.clone(),
        method: one.method.clone(),
        baseline: two.method.clone(),
        difference: one.moments.mean - two.moments.mean,
        interval: answer.ok().and_then(|answer| answer.interval),
        p: answer.ok().map(|answer| answer.p),
        p_adjusted: None,
        hedges_g: hedges_g(one.moments, two.moments).map(|g| settings.better.orient(g)),
        note: match answer {
            Err(reason) => Some(reason.to_string()),
            Ok(answer) => answer.basis.note().map(str::to_owned),
        },
    }
}

fn adjust(all: &mut [PublishedContrast], tasks: &[&String], settings: &Settings) {
    let families: Vec<Option<&String>> = match settings.family {
        Family::All => vec![None],
        _ => tasks.iter().copied().map(Some).collect(),
    };
    for family in families {
        let is_in = |one: &PublishedContrast| family.is_none_or(|task| one.task == *task);
        let raw: Vec<Option<f64>> = all
            .iter()
            .filter(|one| is_in(one))
            .map(|one| one.p)
            .collect();
        let adjusted = settings.correction.adjust(&raw);
        for (one, p) in all.iter_mut().filter(|one| is_in(one)).zip(adjusted) {
            one.p_adjusted = p;
        }
    }
}

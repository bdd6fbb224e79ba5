//! What a suite compares: the `compare:` of the file becomes the settings of the analysis.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::analysis::{Direction, Failed, Incomplete, Metric, Omnibus, PostHoc, Settings};
use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::family::Family;
use crate::stats::interval_method::IntervalMethod;
use crate::stats::signed_rank::Zeros;
use crate::stats::two_sample::Test;
use crate::suite::error::{Invalid, invalid};
use crate::suite::keyed::Keyed;
use crate::suite::label::check_label;
use crate::suite::matrix::{Entry, Factor, Matrix};

/// What the report compares, and how.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compare {
    /// The axis whose entries are compared.
    pub factor: Factor,
    /// How they are compared; the baseline is a label of that axis.
    #[serde(flatten)]
    pub settings: Settings,
}

impl Compare {
    /// The label that every other entry is compared with; empty if the axis has no entry.
    pub fn baseline(&self) -> &str {
        self.settings.baseline.as_deref().unwrap_or_default()
    }
}

/// `compare:` as it is written. A key has the name of the option of `spikebench compare`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wire {
    factor: Option<Factor>,
    baseline: Option<String>,
    all_pairs: bool,
    metrics: Option<Vec<Metric>>,
    better: Direction,
    test: Test,
    margin: Option<f64>,
    omnibus: Omnibus,
    post_hoc: PostHoc,
    correction: Option<Correction>,
    family: Family,
    alpha: Option<f64>,
    failed: Failed,
    zeros: Option<Zeros>,
    interval: Option<IntervalMethod>,
    rope: Option<f64>,
    #[serde(alias = "normalise")]
    bounds: BTreeMap<String, Keyed<WireBounds>>,
    bounds_from_scores: Option<bool>,
    #[serde(alias = "threshold")]
    thresholds: BTreeMap<String, f64>,
    stays: usize,
    until: Option<u64>,
    #[serde(default)]
    incomplete: Incomplete,
    seed: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireBounds {
    low: f64,
    high: f64,
}

/// Checks `compare:` against the axes of the suite.
pub fn check(wire: Wire, matrix: &Matrix) -> Result<Compare, Invalid> {
    let factor = wire.factor.unwrap_or_else(|| default_factor(matrix));
    let axis = matrix.axis(factor);
    if let Some(baseline) = &wire.baseline {
        check_label("compare.baseline", baseline, axis)?;
    }
    let usual = Settings::default();
    let alpha = wire.alpha.unwrap_or(usual.alpha);
    if !(alpha > 0.0 && alpha < 1.0) {
        return invalid("compare.alpha", format!("{alpha} must lie between 0 and 1"));
    }
    let rope = wire.rope.unwrap_or(usual.rope);
    if !(rope >= 0.0 && rope.is_finite()) {
        let message = format!("{rope} must be a number that is not negative");
        return invalid("compare.rope", message);
    }
    if wire.all_pairs && wire.family == Family::AgainstBaseline {
        let message = "against_baseline means one baseline, and all_pairs has none: choose per_environment or all";
        return invalid("compare.family", message);
    }
    let settings = Settings {
        baseline: wire.baseline.or_else(|| Some(axis.first()?.label.clone())),
        all_pairs: wire.all_pairs,
        metrics: check_metrics(wire.metrics, &wire.thresholds)?,
        better: wire.better,
        test: wire.test,
        margin: check_margin(wire.test, wire.margin)?,
        omnibus: wire.omnibus,
        post_hoc: wire.post_hoc,
        correction: wire.correction.unwrap_or(usual.correction),
        family: wire.family,
        alpha,
        failed: wire.failed,
        zeros: wire.zeros.unwrap_or(usual.zeros),
        interval: wire.interval,
        rope,
        bounds: check_bounds(wire.bounds, wire.better, &matrix.environment)?,
        bounds_from_scores: wire.bounds_from_scores.unwrap_or(true),
        thresholds: check_thresholds(wire.thresholds, &matrix.environment)?,
        stays: wire.stays,
        until: wire.until,
        steps: usual.steps,
        incomplete: wire.incomplete,
        seed: wire.seed.unwrap_or(usual.seed),
    };
    Ok(Compare { factor, settings })
}

/// The first axis with something to compare.
fn default_factor(matrix: &Matrix) -> Factor {
    let axes = [Factor::Surrogate, Factor::Actor, Factor::Agent];
    let has_several = |factor: &Factor| matrix.axis(*factor).len() > 1;
    axes.into_iter()
        .find(has_several)
        .unwrap_or(Factor::Surrogate)
}

fn check_metrics(
    metrics: Option<Vec<Metric>>,
    thresholds: &BTreeMap<String, f64>,
) -> Result<Vec<Metric>, Invalid> {
    let metrics = metrics.unwrap_or_else(|| vec![Metric::Final]);
    if metrics.is_empty() {
        return invalid(
            "compare.metrics",
            format!("is empty, expected at least one of {}", Metric::KINDS),
        );
    }
    for (index, metric) in metrics.iter().enumerate() {
        if metrics[..index].contains(metric) {
            return invalid(format!("compare.metrics[{index}]"), "is given twice");
        }
        if *metric == Metric::StepsTo(None) && thresholds.is_empty() {
            let message = "steps_to needs the score that is to be reached: write steps_to: SCORE, or compare.thresholds";
            return invalid(format!("compare.metrics[{index}]"), message);
        }
    }
    Ok(metrics)
}

fn check_margin(test: Test, margin: Option<f64>) -> Result<Option<f64>, Invalid> {
    match (test, margin) {
        (Test::Tost, None) => {
            let message = "is missing: the test tost needs a difference that does not matter, in the unit of the metric";
            invalid("compare.margin", message)
        }
        (_, Some(margin)) if !(margin > 0.0 && margin.is_finite()) => invalid(
            "compare.margin",
            format!("{margin} must be a positive number"),
        ),
        (Test::Tost, Some(_)) | (_, None) => Ok(margin),
        (test, Some(margin)) => invalid(
            "compare.margin",
            format!("{margin} means nothing to the test {test}: only tost has one"),
        ),
    }
}

fn check_bounds(
    wire: BTreeMap<String, Keyed<WireBounds>>,
    better: Direction,
    environments: &[Entry],
) -> Result<BTreeMap<String, Bounds>, Invalid> {
    let check = |(label, Keyed(WireBounds { low, high })): (String, Keyed<WireBounds>)| {
        let path = format!("compare.bounds.{label}");
        check_label(&path, &label, environments)?;
        let is_right = |bounds: &Bounds| better.prefers(bounds.high, bounds.low);
        let rule = match better {
            Direction::Higher => "must lie below high",
            Direction::Lower => "is the worse score: where lower is better, it must lie above high",
        };
        match Bounds::new(low, high).filter(is_right) {
            Some(bounds) => Ok((label, bounds)),
            None => invalid(path, format!("low ({low}) {rule} ({high})")),
        }
    };
    wire.into_iter().map(check).collect()
}

fn check_thresholds(
    wire: BTreeMap<String, f64>,
    environments: &[Entry],
) -> Result<BTreeMap<String, f64>, Invalid> {
    for (label, threshold) in &wire {
        let path = format!("compare.thresholds.{label}");
        check_label(&path, label, environments)?;
        if !threshold.is_finite() {
            return invalid(path, format!("{threshold} must be a finite number"));
        }
    }
    Ok(wire)
}

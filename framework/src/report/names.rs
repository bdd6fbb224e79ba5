//! What metrics, intervals, corrections and policies are called in a report.

use crate::analysis::{Direction, Failed, Metric, Settings};
use crate::stats::correction::Correction;

use super::numbers;
use super::study::Study;

/// What a metric is called in the tables of a study: a file without curves has scores.
pub fn name(study: &Study, metric: Metric) -> String {
    match metric {
        Metric::Final if !study.table.has_steps => "score".into(),
        Metric::Final => "final return".into(),
        Metric::Last(1) => "last evaluation".into(),
        Metric::Last(count) => format!("mean of the last {count}"),
        Metric::Best => "best return".into(),
        Metric::BestOfMean => "best of the mean".into(),
        Metric::Auc => "AUC".into(),
        Metric::StepsTo(None) => "steps to the threshold".into(),
        Metric::StepsTo(Some(threshold)) => format!("steps to {}", numbers::score(threshold)),
        Metric::Stability => "dispersion of a run".into(),
        Metric::Throughput => "steps per second".into(),
        Metric::FiringRate => "firing rate".into(),
        Metric::SynapticOperations => "synaptic operations".into(),
        Metric::Energy(constants) => format!("energy in nJ ({})", constants.short),
    }
}

/// What the compared metrics are called of which less is better, as far as they have standardised effects.
pub fn lower_is_better(study: &Study) -> Vec<String> {
    let settings = study.settings();
    let is_lower = |metric: Metric| {
        settings.direction(metric) == Direction::Lower && !matches!(metric, Metric::StepsTo(_))
    };
    let metrics = settings.metrics.iter().copied();
    let lower = metrics.filter(|metric| is_lower(*metric));
    lower.map(|metric| name(study, metric)).collect()
}

/// What a metric is called at the head of a column.
pub fn short(metric: Metric) -> String {
    match metric {
        Metric::Final => "final".into(),
        Metric::Last(count) => format!("last {count}"),
        Metric::Best => "best".into(),
        Metric::BestOfMean => "best of mean".into(),
        Metric::Auc => "AUC".into(),
        Metric::StepsTo(None) => "steps".into(),
        Metric::StepsTo(Some(threshold)) => format!("steps to {}", numbers::score(threshold)),
        Metric::Stability => "IQR of Δ".into(),
        Metric::Throughput => "steps/s".into(),
        Metric::FiringRate => "firing rate".into(),
        Metric::SynapticOperations => "synaptic ops".into(),
        Metric::Energy(constants) => format!("nJ {}", constants.short),
    }
}

/// `95 % CI`, for what follows alpha.
pub fn interval_title(study: &Study) -> String {
    format!("{} CI", study.settings().level_title())
}

/// `95 % CI`, for the interval of a difference that decides the test: an equivalence test leaves alpha to each side.
pub fn difference_interval_title(study: &Study) -> String {
    let settings = study.settings();
    numbers::interval_title(settings.test, settings.alpha)
}

/// The words between the method and the baseline for a significant result.
pub fn found(settings: &Settings) -> String {
    match settings.equivalence() {
        Some(margin) => format!("equal within ±{margin} to"),
        None => "differs from".into(),
    }
}

/// What becomes of runs that failed.
pub fn fate(failed: Failed) -> &'static str {
    match failed {
        Failed::Refuse | Failed::Exclude => "are in no number",
        Failed::Worst => "count as the worst score of any run in their table",
    }
}

/// What a correction is called at the head of a column.
pub fn correction_title(correction: Correction) -> &'static str {
    match correction {
        Correction::None => "uncorrected",
        Correction::Bonferroni => "Bonferroni",
        Correction::Holm => "Holm",
        Correction::Hochberg => "Hochberg",
        Correction::Hommel => "Hommel",
        Correction::Bh => "Benjamini–Hochberg",
        Correction::By => "Benjamini–Yekutieli",
    }
}

/// What a correction is called in a sentence.
pub fn correction_name(correction: Correction) -> &'static str {
    match correction {
        Correction::None => "no method",
        Correction::Bonferroni => "Bonferroni's method",
        Correction::Holm => "Holm's method",
        Correction::Hochberg => "Hochberg's method",
        Correction::Hommel => "Hommel's method",
        Correction::Bh => "the method of Benjamini and Hochberg",
        Correction::By => "the method of Benjamini and Yekutieli",
    }
}

//! What metrics, intervals, corrections and policies are called in a report.

use crate::analysis::{Failed, Metric, Settings};
use crate::stats::correction::Correction;

use super::numbers;
use super::study::Study;

/// What a metric is called in the tables of a study: a file without curves has scores.
pub fn name(study: &Study, metric: Metric) -> &'static str {
    match metric {
        Metric::Final if !study.table.has_steps => "score",
        Metric::Final => "final return",
        Metric::Best => "best return",
        Metric::Auc => "AUC",
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

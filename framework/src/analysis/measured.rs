//! Which numbers are computed of every run: those that are asked for, and whatever else its measurements give.

use crate::network::energy::CONSTANTS;

use super::metric::{Metric, USUAL_LAST};
use super::score_table::ScoreTable;
use super::settings::Settings;

/// The metrics of a table of scores, those of the settings first.
pub fn measured(table: &ScoreTable, settings: &Settings) -> Vec<Metric> {
    let has_clock = table.runs.iter().any(|run| run.clock.is_some());
    let has_activity = table.runs.iter().any(|run| !run.activity.is_empty());
    let curves = [
        Metric::Last(USUAL_LAST),
        Metric::Best,
        Metric::BestOfMean,
        Metric::Auc,
        Metric::Stability,
    ];
    let activity = [Metric::FiringRate, Metric::SynapticOperations]
        .into_iter()
        .chain(CONSTANTS.iter().map(Metric::Energy));
    let found = [Metric::Final]
        .into_iter()
        .chain(curves.into_iter().filter(|_| table.has_steps))
        .chain(
            (!settings.thresholds.is_empty() && table.has_steps).then_some(Metric::StepsTo(None)),
        )
        .chain(has_clock.then_some(Metric::Throughput))
        .chain(activity.filter(|_| has_activity));
    let mut all = settings.metrics.clone();
    for metric in found {
        if !all.contains(&metric) {
            all.push(metric);
        }
    }
    all
}

//! Scores: every run a dot, the interquartile mean with its interval.

use crate::analysis::{Block, Metric};

use super::rows::{self, Row};
use super::scene::Scene;

/// The rows of one table by one metric; `None` without any score.
pub fn draw(block: &Block, metric: Metric, name: &str) -> Option<Scene> {
    let rows: Vec<Row> = block
        .methods
        .iter()
        .enumerate()
        .filter_map(|(place, method)| {
            let scored = method.scored(metric)?;
            let interval = scored.iqm_interval;
            Some(Row {
                label: method.name.clone(),
                place,
                dots: scored.values.clone(),
                middle: Some(scored.summary.iqm),
                interval,
            })
        })
        .collect();
    (!rows.is_empty()).then(|| rows::scene(&rows, name, None))
}

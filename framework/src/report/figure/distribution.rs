//! Scores: every run a dot, the interquartile mean with its interval.

use crate::compare::Block;
use crate::suite::Metric;

use super::rows::{self, Row};
use super::scene::Scene;

/// The rows of one table by one metric; `None` without any score.
pub fn draw(block: &Block, metric: Metric, name: &str) -> Option<Scene> {
    let rows: Vec<Row> = block
        .rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| {
            let scored = row.score(metric)?;
            let interval = scored.iqm_interval;
            Some(Row {
                label: row.label.clone(),
                place,
                dots: scored.values.clone(),
                middle: Some(scored.summary.iqm),
                interval,
            })
        })
        .collect();
    (!rows.is_empty()).then(|| rows::scene(&rows, name, None))
}

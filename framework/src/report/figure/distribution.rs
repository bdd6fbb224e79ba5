//! The distribution of scores: one dot for each run, and the interquartile mean with its interval.

use crate::analysis::{Block, Metric};

use super::rows::{self, Row};
use super::scene::Scene;

/// Draws the scores of every method of a block by one metric; `None` if no method has a score.
pub fn draw(block: &Block, metric: Metric, name: &str) -> Option<Scene> {
    let rows: Vec<Row> = block
        .methods
        .iter()
        .enumerate()
        .filter_map(|(place, method)| {
            let scored = method.scored(metric)?;
            Some(Row {
                label: method.name.clone(),
                place,
                dots: scored.values.clone(),
                middle: Some(scored.summary.iqm),
                interval: scored.iqm_interval,
            })
        })
        .collect();
    (!rows.is_empty()).then(|| rows::scene(&rows, name, None))
}

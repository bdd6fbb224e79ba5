//! From runs to learning curves: one line with a band for each row of a table. Pure.

use crate::compare::{Block, Row};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::grid::{self, Place};

/// The returns of one row along the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Of the row.
    pub label: String,
    /// Interquartile mean over runs after so many steps, with a 95 % percentile bootstrap interval for each step alone.
    pub places: Vec<Place>,
}

/// Enough for two digits of a band's ends.
const RESAMPLES: u32 = 2_000;

const SEED: u64 = 2406_13568;

/// The curves of a block, each on the common grid of its runs; rows without a finished run have none.
pub fn curves(block: &Block) -> Vec<Curve> {
    block.rows.iter().filter_map(curve).collect()
}

fn curve(row: &Row) -> Option<Curve> {
    let bootstrap = Bootstrap {
        resamples: RESAMPLES,
        ..Bootstrap::seeded(SEED)
    };
    let places = grid::band(&row.curves, &bootstrap);
    (!places.is_empty()).then(|| Curve {
        label: row.label.clone(),
        places,
    })
}

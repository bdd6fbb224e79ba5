//! From runs to learning curves: one line with a band for each row of a table. Pure.

use crate::compare::{Block, Row};
use crate::stats::bootstrap::Bootstrap;
use crate::stats::grid::{self, Range};
use crate::stats::interval::Interval;

/// The returns of one row along the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Of the row.
    pub label: String,
    /// In ascending order.
    pub points: Vec<Point>,
}

/// A place on a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Environment steps, or seconds of training.
    pub at: f64,
    /// Interquartile mean over runs of the return there.
    pub iqm: f64,
    /// 95 % percentile bootstrap interval of it, for this place alone; `None` for a single run.
    pub interval: Option<Interval>,
}

/// Enough for two digits of a band's ends.
const RESAMPLES: u32 = 2_000;

const SEED: u64 = 2406_13568;

/// Places of a curve over time, where no two runs are evaluated at the same moment.
const MOMENTS: u64 = 64;

/// The curves of a block against environment steps, each on the common grid of its runs; rows without a finished run
/// have none.
pub fn over_steps(block: &Block) -> Vec<Curve> {
    let curve = |row: &Row| curve(row, &row.curves, 1.0);
    block.rows.iter().filter_map(curve).collect()
}

/// The curves of a block against seconds of training, each from its slowest run's first evaluation to its fastest run's
/// last one; rows with a record that tells no time have none.
pub fn over_time(block: &Block) -> Vec<Curve> {
    let curve = |row: &Row| curve(row, &evenly(&row.clocked)?, 1000.0);
    block.rows.iter().filter_map(curve).collect()
}

/// The band over runs; `unit` is what one on the axis stands for.
fn curve(row: &Row, runs: &[Vec<(u64, f64)>], unit: f64) -> Option<Curve> {
    let bootstrap = Bootstrap {
        resamples: RESAMPLES,
        ..Bootstrap::seeded(SEED)
    };
    let places = grid::band(runs, &bootstrap).into_iter();
    let points: Vec<Point> = places
        .map(|place| Point {
            at: place.step as f64 / unit,
            iqm: place.iqm,
            interval: place.interval,
        })
        .collect();
    (!points.is_empty()).then(|| Curve {
        label: row.label.clone(),
        points,
    })
}

/// Every run at the same moments, which divide the time that all of them cover into equal parts; between two evaluations a
/// run is a straight line. `None` if they have no time in common.
fn evenly(runs: &[Vec<(u64, f64)>]) -> Option<Vec<Vec<(u64, f64)>>> {
    let Range { from, to, .. } = Range::of(runs)?;
    let mut moments: Vec<u64> = (0..=MOMENTS)
        .map(|part| from + (to - from) * part / MOMENTS)
        .collect();
    moments.dedup();
    let run = |run: &Vec<(u64, f64)>| -> Option<Vec<(u64, f64)>> {
        let at = |&moment: &u64| Some((moment, grid::at(run, moment)?));
        moments.iter().map(at).collect()
    };
    runs.iter().map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_different_pace_meet_at_even_moments_of_the_time_that_all_cover() {
        let runs = [vec![(100, 0.0), (6500, 64.0)], vec![(50, 3.0), (9000, 3.0)]];
        let even = evenly(&runs).unwrap();
        let moments: Vec<u64> = even[0].iter().map(|point| point.0).collect();
        assert_eq!(moments.len(), 65);
        assert_eq!((moments[0], moments[1], moments[64]), (100, 200, 6500));
        assert_eq!(even[0][10].0, 1100);
        assert!((even[0][10].1 - 10.0).abs() < 1e-12);
        assert!(even[1].iter().all(|point| (point.1 - 3.0).abs() < 1e-12));
        assert_eq!(evenly(&[vec![(0, 1.0)], vec![(5, 1.0)]]), None);
        assert_eq!(evenly(&[]), None);
    }
}

//! From a [`Comparison`] to who leads: the best of each table, and which others may be as good. Pure.

use serde::Serialize;

use crate::compare::{Block, OFF_AXIS};
use crate::stats::interval::Level;
use crate::stats::welch;
use crate::suite::{Compare, Metric, Test};

/// How a number stands among those of its column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Worse than the best, or nothing to say.
    #[default]
    Plain,
    /// The highest mean.
    Best,
    /// Not significantly different from the best.
    Tied,
}

/// How each row of a block stands by the mean of a metric.
///
/// The best one is tested against every other with the test of the suite, corrected for that many comparisons; the best
/// was chosen by looking, so that "significantly different from the best" is said somewhat too easily. Where a test is
/// not possible, or all means are equal, nobody stands out. A row off the axis takes no part.
pub fn standings(compare: &Compare, block: &Block, metric: Metric) -> Vec<Standing> {
    let mut standings = vec![Standing::Plain; block.rows.len()];
    let contestants = contestants(block, metric);
    let means = || contestants.iter().map(|one| one.mean);
    let best = means().fold(f64::NEG_INFINITY, f64::max);
    if contestants.len() < 2 || means().all(|mean| mean == best) {
        return standings;
    }
    let Some(leader) = contestants.iter().find(|one| one.mean == best) else {
        return standings;
    };
    let others: Vec<&Contestant<'_>> = contestants
        .iter()
        .filter(|one| one.row != leader.row)
        .collect();
    let p: Vec<Option<f64>> = others
        .iter()
        .map(|other| p_value(compare.test, other.values, leader.values))
        .collect();
    standings[leader.row] = Standing::Best;
    for (other, p) in others.iter().zip(compare.correction.adjust(&p)) {
        if other.mean == best {
            standings[other.row] = Standing::Best;
        } else if p.is_some_and(|p| p >= compare.alpha) {
            standings[other.row] = Standing::Tied;
        }
    }
    standings
}

/// Every entry of a table against every other, by one metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pairs {
    /// The entries.
    pub labels: Vec<String>,
    /// Symmetric, corrected over all pairs; `None` on the diagonal and where no test is possible.
    pub p_adjusted: Vec<Vec<Option<f64>>>,
}

/// Every pair of rows of a block; rows off the axis or without a finished run are left out.
pub fn pairs(compare: &Compare, block: &Block, metric: Metric) -> Pairs {
    let contestants = contestants(block, metric);
    let values: Vec<&[f64]> = contestants.iter().map(|one| one.values).collect();
    Pairs {
        labels: contestants
            .iter()
            .map(|one| block.rows[one.row].label.clone())
            .collect(),
        p_adjusted: matrix(values.len(), compare, |a, b| {
            p_value(compare.test, values[a], values[b])
        }),
    }
}

/// The corrected p values of all pairs of `count` entries, as a symmetric matrix.
pub fn matrix(
    count: usize,
    compare: &Compare,
    p: impl Fn(usize, usize) -> Option<f64>,
) -> Vec<Vec<Option<f64>>> {
    let places: Vec<(usize, usize)> = (0..count)
        .flat_map(|a| (a + 1..count).map(move |b| (a, b)))
        .collect();
    let raw: Vec<Option<f64>> = places.iter().map(|&(a, b)| p(a, b)).collect();
    let mut matrix = vec![vec![None; count]; count];
    for (&(a, b), adjusted) in places.iter().zip(compare.correction.adjust(&raw)) {
        matrix[a][b] = adjusted;
        matrix[b][a] = adjusted;
    }
    matrix
}

struct Contestant<'b> {
    row: usize,
    mean: f64,
    values: &'b [f64],
}

fn contestants(block: &Block, metric: Metric) -> Vec<Contestant<'_>> {
    let rows = block.rows.iter().enumerate();
    rows.filter(|(_, row)| row.label != OFF_AXIS)
        .filter_map(|(place, row)| {
            let scored = row.score(metric)?;
            Some(Contestant {
                row: place,
                mean: scored.summary.mean,
                values: &scored.values,
            })
        })
        .collect()
}

/// The two-sided p value of the suite's test; `None` where it is not defined.
fn p_value(test: Test, a: &[f64], b: &[f64]) -> Option<f64> {
    let Test::Welch = test;
    welch::test(a, b, Level::P95).ok().map(|test| test.p)
}

//! From a [`Comparison`](crate::compare::Comparison) to who leads: the best of each table, and which others may be as good. Pure.

use serde::Serialize;

use crate::compare::{self, Block, OFF_AXIS};
use crate::suite::{Compare, Metric};

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
    let others: Vec<&Contestant> = contestants
        .iter()
        .filter(|one| one.row != leader.row)
        .collect();
    let p: Vec<Option<f64>> = others
        .iter()
        .map(|other| p_value(compare, block, metric, other.row, leader.row))
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
    Pairs {
        labels: contestants
            .iter()
            .map(|one| block.rows[one.row].label.clone())
            .collect(),
        p_adjusted: matrix(contestants.len(), compare, |a, b| {
            p_value(
                compare,
                block,
                metric,
                contestants[a].row,
                contestants[b].row,
            )
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

/// The groups of entries that no test tells apart: every maximal set in which no corrected p is below `alpha`, of at
/// least two entries, each in ascending order. A pair without a test counts as not told apart.
///
/// Bron and Kerbosch, "Algorithm 457: Finding All Cliques of an Undirected Graph", Communications of the ACM 16 (1973).
pub fn groups(p_adjusted: &[Vec<Option<f64>>], alpha: f64) -> Vec<Vec<usize>> {
    let alike = |a: usize, b: usize| a != b && p_adjusted[a][b].is_none_or(|p| p >= alpha);
    let mut groups = Vec::new();
    let everyone = (0..p_adjusted.len()).collect();
    extend(&mut Vec::new(), everyone, Vec::new(), &alike, &mut groups);
    groups.retain(|group| group.len() > 1);
    groups.sort();
    groups
}

fn extend(
    group: &mut Vec<usize>,
    mut candidates: Vec<usize>,
    mut done: Vec<usize>,
    alike: &dyn Fn(usize, usize) -> bool,
    groups: &mut Vec<Vec<usize>>,
) {
    if candidates.is_empty() {
        if done.is_empty() {
            groups.push(group.clone());
        }
        return;
    }
    while !candidates.is_empty() {
        let one = candidates.remove(0);
        let neighbours = |all: &[usize]| {
            all.iter()
                .copied()
                .filter(|&other| alike(one, other))
                .collect()
        };
        group.push(one);
        extend(
            group,
            neighbours(&candidates),
            neighbours(&done),
            alike,
            groups,
        );
        group.pop();
        done.push(one);
    }
}

struct Contestant {
    row: usize,
    mean: f64,
}

fn contestants(block: &Block, metric: Metric) -> Vec<Contestant> {
    let rows = block.rows.iter().enumerate();
    rows.filter(|(_, row)| row.label != OFF_AXIS)
        .filter_map(|(place, row)| {
            let scored = row.score(metric)?;
            Some(Contestant {
                row: place,
                mean: scored.summary.mean,
            })
        })
        .collect()
}

/// The two-sided p value of the suite's test; `None` where it is not defined.
fn p_value(compare: &Compare, block: &Block, metric: Metric, a: usize, b: usize) -> Option<f64> {
    let apart = Compare {
        test: compare.telling_apart(),
        ..compare.clone()
    };
    let verdict = compare::verdict(&apart, metric, &block.rows[a], &block.rows[b]);
    verdict.ok().map(|verdict| verdict.p)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Symmetric, from the pairs that differ.
    fn told_apart(count: usize, differ: &[(usize, usize)]) -> Vec<Vec<Option<f64>>> {
        let p = |a: usize, b: usize| {
            let differs = differ.contains(&(a, b)) || differ.contains(&(b, a));
            (a != b).then_some(if differs { 0.01 } else { 0.5 })
        };
        (0..count)
            .map(|a| (0..count).map(|b| p(a, b)).collect())
            .collect()
    }

    #[test]
    fn a_group_is_a_maximal_set_of_entries_that_no_test_tells_apart() {
        let groups = |count, differ: &[(usize, usize)]| groups(&told_apart(count, differ), 0.05);
        assert_eq!(groups(3, &[]), [[0, 1, 2]]);
        assert_eq!(groups(3, &[(0, 2)]), [[0, 1], [1, 2]]);
        assert_eq!(groups(4, &[(0, 1), (0, 2), (0, 3)]), [[1, 2, 3]]);
        assert!(groups(2, &[(0, 1)]).is_empty());
        // Neighbours by rank may differ while those around them do not.
        assert_eq!(groups(3, &[(0, 1)]), [[0, 2], [1, 2]]);
        assert!(groups(0, &[]).is_empty());
    }
}

//! Which scores count as equal.
//!
//! 0.1 + 0.2 and 0.3 are the same score, though they differ in the last place. So two scores are tied if they differ by
//! no more than a few units in the last place of the larger of *these two*. How large the other scores are does not
//! matter: a run that diverged to −10¹⁸ must not make equals of 1 and 2.

use super::describe;

/// For each value, the number of distinct smaller values. A value is tied with its neighbour in ascending order if they
/// differ by rounding only, so ties are passed on along a chain of neighbours.
///
/// `magnitudes[i]` is the magnitude of the numbers that `values[i]` was computed from: that of the value itself for a
/// score, and of the larger score for a difference of scores.
pub(super) fn levels(values: &[f64], magnitudes: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&one, &other| values[one].total_cmp(&values[other]));
    let mut levels = vec![0; values.len()];
    for neighbours in order.windows(2) {
        let (low, high) = (neighbours[0], neighbours[1]);
        let rounding = describe::rounding_of(&[magnitudes[low]], &[magnitudes[high]]);
        let is_tied = values[high] - values[low] <= rounding;
        levels[high] = levels[low] + usize::from(!is_tied);
    }
    levels
}

/// Whether the scores of one group are all equal. A spread below the smallest normal `f64` counts as none.
pub(super) fn is_constant(values: &[f64]) -> bool {
    let rounding = describe::rounding_of(values, &[]).max(f64::MIN_POSITIVE);
    describe::range_of(values) <= rounding
}

/// A score, and how many runs of each of two groups have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ScoreLevel {
    /// The least of the tied scores.
    pub score: f64,
    /// The number of runs of the first and of the second group.
    pub runs: [usize; 2],
}

/// The distinct scores of two groups, in ascending order.
pub(super) fn joint_levels(a: &[f64], b: &[f64]) -> Vec<ScoreLevel> {
    let all = [a, b].concat();
    let levels = levels(&all, &all);
    let count = levels.iter().max().map_or(0, |highest| highest + 1);
    let none = ScoreLevel {
        score: f64::INFINITY,
        runs: [0, 0],
    };
    let mut joint = vec![none; count];
    for (run, (&level, &score)) in levels.iter().zip(&all).enumerate() {
        joint[level].score = joint[level].score.min(score);
        joint[level].runs[usize::from(run >= a.len())] += 1;
    }
    joint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_that_differ_by_rounding_are_tied() {
        let values = [0.1 + 0.2, 0.3, 0.4];
        assert_eq!(levels(&values, &values), [0, 0, 1]);
        assert!(is_constant(&values[..2]) && !is_constant(&values));
    }

    #[test]
    fn one_huge_score_ties_no_others() {
        let values = [1.0, -1e18, 2.0, 1.0, 3.0];
        assert_eq!(levels(&values, &values), [1, 0, 2, 1, 3]);
    }

    #[test]
    fn a_difference_is_as_precise_as_the_scores_it_was_computed_from() {
        let differences = [0.3 + 0.1 - 0.3, 0.7 - 0.6, 0.2];
        assert_eq!(levels(&differences, &[0.4, 0.7, 0.2]), [0, 0, 1]);
        assert_eq!(levels(&differences, &[1e-9; 3]), [1, 0, 2]);
    }

    #[test]
    fn joint_levels_count_the_runs_of_each_group() {
        let levels = joint_levels(&[2.0, 1.0, 2.0], &[2.0, 3.0]);
        let runs: Vec<_> = levels
            .iter()
            .map(|level| (level.score, level.runs))
            .collect();
        assert_eq!(runs, [(1.0, [1, 0]), (2.0, [2, 1]), (3.0, [0, 1])]);
        assert!(joint_levels(&[], &[]).is_empty());
    }
}

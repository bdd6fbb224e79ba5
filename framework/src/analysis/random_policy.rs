//! What random actions score in a task. Who does no better has learned nothing.

use serde::Serialize;

use crate::stats::describe;

use super::direction::Direction;
use super::learned::none_ends_better;
use super::score_table::Run;

/// Episodes of random actions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RandomPolicy {
    /// How many were played.
    pub episodes: usize,
    /// The mean of their returns.
    pub mean: f64,
    /// The sample standard deviation of their returns; `None` for a single episode.
    pub std: Option<f64>,
}

impl RandomPolicy {
    /// The episodes with these returns; `None` without any, or if one of them is not finite.
    pub fn of(returns: &[f64]) -> Option<Self> {
        Some(Self {
            episodes: returns.len(),
            mean: describe::mean(returns)?,
            std: describe::std(returns),
        })
    }

    /// What a reader must be told if no run ends better than random actions; `None` if one does, or if there is no run.
    pub(super) fn unbeaten<'r>(
        &self,
        runs: impl Iterator<Item = &'r Run>,
        better: Direction,
    ) -> Option<String> {
        let last = |run: &Run| Some(run.curve.as_ref()?.last()?.1);
        let ends: Vec<f64> = runs.filter_map(last).collect();
        let is_better = |end: &f64| better.orient(*end) > better.orient(self.mean);
        if ends.is_empty() || ends.iter().any(is_better) {
            return None;
        }
        let mean = format!("{:.1}", self.mean).replace('-', "−");
        Some(format!(
            "nobody learned: {} than random actions, whose mean return is {mean}",
            none_ends_better(ends.len(), better)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ends: &[f64], random: &[f64]) -> Option<String> {
        let run = |&end: &f64| Run {
            curve: Some(vec![(100, 0.0), (200, end)]),
            ..Run::default()
        };
        let runs: Vec<Run> = ends.iter().map(run).collect();
        RandomPolicy::of(random)?.unbeaten(runs.iter(), Direction::Higher)
    }

    #[test]
    fn where_no_run_ends_above_random_actions_nobody_learned() {
        assert_eq!(
            said(&[-20.0, -14.0], &[-10.0, -18.0]).unwrap(),
            "nobody learned: none of 2 runs ends higher than random actions, whose mean return is −14.0"
        );
        assert_eq!(said(&[-20.0, -13.9], &[-10.0, -18.0]), None);
        assert_eq!(said(&[], &[-10.0]), None);
    }

    #[test]
    fn returns_that_are_no_numbers_are_nothing_to_compare_with() {
        assert_eq!(RandomPolicy::of(&[1.0, f64::NAN]), None);
        assert_eq!(RandomPolicy::of(&[]), None);
        let single = RandomPolicy::of(&[3.0]).unwrap();
        assert_eq!((single.mean, single.std), (3.0, None));
    }
}

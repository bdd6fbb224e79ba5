//! The common scale of several tasks.

use serde::Serialize;

use crate::stats::aggregate::Bounds;

use super::block::Block;
use super::direction::Direction;
use super::metric::Metric;
use super::settings::Settings;

/// What stands for 0 and 1 on one task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scale {
    /// The scores.
    pub bounds: Bounds,
    /// Whether the settings declare them; else they are the worst and the best run on the task of the
    /// methods that are compared.
    pub is_declared: bool,
}

impl Scale {
    /// The scale of a task for the methods that are compared; `None` if its scores have no common scale.
    pub(super) fn of(
        block: &Block,
        compared: &[String],
        metric: Metric,
        settings: &Settings,
    ) -> Option<Self> {
        let declared = settings.bounds.get(&block.task);
        if let Some(&bounds) = declared.filter(|_| metric.is_score()) {
            let is_declared = true;
            return Some(Self {
                bounds,
                is_declared,
            });
        }
        settings.bounds_from_scores.then(|| Self {
            bounds: extremes(
                settings.direction(metric),
                block
                    .methods
                    .iter()
                    .filter(|method| compared.contains(&method.name))
                    .map(|method| method.values(metric)),
            ),
            is_declared: false,
        })
    }
}

/// The worst and the best score of any run of any method.
fn extremes<'a>(better: Direction, methods: impl Iterator<Item = &'a [f64]> + Clone) -> Bounds {
    let all = || methods.clone().flatten().copied();
    let worst = better.worst(all()).unwrap_or(0.0);
    let best = better.best(all()).unwrap_or(0.0);
    // If every run scored the same, every run has reached the top.
    let below = worst - better.orient(worst.abs().max(1.0));
    Bounds::new(worst, best).unwrap_or(Bounds {
        low: below,
        high: best,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_of_a_task_runs_from_its_worst_run_to_its_best() {
        let (one, other) = ([-200.0, -100.0], [-150.0]);
        let scale = extremes(Direction::Higher, [&one[..], &other[..]].into_iter());
        let normalised = [-200.0, -100.0, -150.0].map(|score| scale.normalise(score));
        assert_eq!(normalised, [0.0, 1.0, 0.5]);
    }

    #[test]
    fn where_every_run_scored_the_same_every_run_is_at_the_top() {
        let scale = extremes(Direction::Higher, [&[1000.0, 1000.0][..]].into_iter());
        assert_eq!(scale.normalise(1000.0), 1.0);
    }

    #[test]
    fn of_a_cost_the_highest_run_stands_for_0_and_the_lowest_for_1() {
        let scale = extremes(Direction::Lower, [&[300.0, 100.0, 150.0][..]].into_iter());
        let normalised = [300.0, 100.0, 150.0].map(|score| scale.normalise(score));
        assert_eq!(normalised, [0.0, 1.0, 0.75]);
        let scale = extremes(Direction::Lower, [&[5.0, 5.0][..]].into_iter());
        assert_eq!((scale.normalise(5.0), scale.normalise(10.0)), (1.0, 0.0));
    }
}

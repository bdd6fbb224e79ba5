//! The method by which a bootstrap interval takes its ends from the resamples.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::bootstrap::{Bootstrap, Groups, percentile};
use super::interval::{Interval, Level};
use super::{bca, expanded_percentile};

/// Below this many runs a group, percentile and BCa intervals cover less than they say: see `results/calibration`.
pub const FEW_RUNS: usize = 20;

/// A method of bootstrap intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum IntervalMethod {
    /// Percentile bootstrap, as in rliable: too narrow below some twenty runs
    Percentile,
    /// BCa bootstrap, as in scipy: too narrow below some twenty runs
    Bca,
    /// Percentile bootstrap with both arms lengthened for few runs
    #[serde(alias = "stretched")]
    #[value(alias = "stretched")]
    Expanded,
}

impl IntervalMethod {
    /// The name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Percentile => "percentile bootstrap",
            Self::Bca => "BCa bootstrap",
            Self::Expanded => "percentile bootstrap, expanded for few runs",
        }
    }

    /// Whether its intervals cover what they say with few runs of the shapes that `results/calibration` calls smooth.
    /// With a share of failed runs no method does.
    pub fn holds_with_few_runs(self) -> bool {
        self == Self::Expanded
    }

    /// The interval from resamples that were drawn already. `acceleration` is asked for by BCa only.
    pub(super) fn interval(
        self,
        mut resampled: Resampled,
        level: Level,
        acceleration: impl FnOnce() -> f64,
    ) -> Option<Interval> {
        let answers = &mut resampled.answers;
        let observed = resampled.observed;
        match self {
            Self::Percentile => Some(percentile(answers, level)),
            Self::Bca => bca::bca(answers, observed, resampled.rounding, acceleration(), level),
            Self::Expanded => {
                expanded_percentile::expanded(answers, observed, &resampled.sizes, level)
            }
        }
    }
}

/// A statistic and what the bootstrap made of it.
pub(super) struct Resampled {
    /// The statistic of the sample.
    pub observed: f64,
    /// The statistic of every resample, in any order.
    pub answers: Vec<f64>,
    /// Differences between these that are rounding only.
    pub rounding: f64,
    /// The sizes of the groups.
    pub sizes: Vec<usize>,
}

impl Bootstrap {
    /// The interval of `statistic` over several groups by `method`; `None` where that method has none.
    pub fn by(
        &self,
        method: IntervalMethod,
        groups: &[&[f64]],
        statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
    ) -> Option<Interval> {
        match method {
            IntervalMethod::Percentile => self.percentile(groups, statistic),
            IntervalMethod::Bca => self.bca(groups, statistic),
            IntervalMethod::Expanded => self.expanded(groups, statistic),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_former_name_of_the_expanded_interval_is_still_understood() {
        let expanded = IntervalMethod::Expanded;
        for name in ["expanded", "stretched"] {
            assert_eq!(IntervalMethod::from_str(name, false), Ok(expanded));
            assert_eq!(
                serde_json::from_value::<IntervalMethod>(name.into()).unwrap(),
                expanded
            );
        }
        assert_eq!(serde_json::to_value(expanded).unwrap(), "expanded");
    }
}

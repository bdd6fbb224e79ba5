//! The BCa bootstrap interval: bias-corrected and accelerated.
//!
//! Source: Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987), for several groups as in
//! `scipy.stats.bootstrap`. It takes other quantiles of the [resamples](super::bootstrap) than the percentile interval:
//! they are shifted for the bias (the share of resamples below the statistic of the sample, where ties count half) and
//! for the skewness that shows when one run at a time is left out.

use super::bootstrap::{Bootstrap, Groups, on, sorted};
use super::describe;
use super::distributions;
use super::interval::{Interval, Level};

impl Bootstrap {
    /// The BCa interval of `statistic` over several groups, each resampled by itself: second-order accurate, and so
    /// better than [`percentile`](Self::percentile) where the statistic is skewed or biased.
    ///
    /// `None` as for [`percentile`](Self::percentile), and where the statistic of the sample lies beyond that of every
    /// resample, so that its bias cannot be measured. If it is the same on every resample, the interval has no width.
    pub fn bca(
        &self,
        groups: &[&[f64]],
        mut statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
    ) -> Option<Interval> {
        let groups = sorted(groups)?;
        let observed = on(&groups, &mut statistic)?;
        let mut answers = self.answers(&groups, &mut statistic)?;
        // Resamples that differ from the sample by rounding only are ties, and count half.
        let rounding = describe::rounding_of(&answers, &groups.concat());
        let left_out = left_out(&groups, &mut statistic)?;
        bca(
            &mut answers,
            observed,
            rounding,
            acceleration(&left_out),
            self.level,
        )
    }
}

/// The BCa interval from the statistic of every resample, whose order is lost.
pub(super) fn bca(
    answers: &mut [f64],
    observed: f64,
    rounding: f64,
    acceleration: f64,
    level: Level,
) -> Option<Interval> {
    let count = |limit: f64, or_equal: bool| {
        let counts = |answer: &&f64| **answer < limit || (or_equal && **answer == limit);
        answers.iter().filter(counts).count()
    };
    let (below, at_most) = (
        count(observed - rounding, false),
        count(observed + rounding, true),
    );
    let bias =
        distributions::normal_quantile((below + at_most) as f64 / (2 * answers.len()) as f64);
    let mut end = |q: f64| {
        let moved = bias + distributions::normal_quantile(q);
        let z = bias + moved / (1.0 - acceleration * moved);
        z.is_finite()
            .then(|| describe::quantile_of_unordered(answers, distributions::normal(-z)))
    };
    let alpha = level.alpha();
    let (one, other) = (end(alpha / 2.0)?, end(1.0 - alpha / 2.0)?);
    Some(Interval {
        low: one.min(other),
        high: one.max(other),
    })
}

/// The statistic without each run in turn, group by group.
fn left_out(
    groups: &[Vec<f64>],
    mut statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
) -> Option<Vec<Vec<f64>>> {
    let mut fewer = groups.to_vec();
    let mut left_out = Vec::with_capacity(groups.len());
    for (place, group) in groups.iter().enumerate() {
        let mut left = Vec::with_capacity(group.len());
        for leave in 0..group.len() {
            fewer[place].clone_from(group);
            fewer[place].remove(leave);
            left.push(on(&fewer, &mut statistic)?);
        }
        fewer[place].clone_from(group);
        left_out.push(left);
    }
    Some(left_out)
}

/// A sixth of the skewness of the statistic without each run in turn, given group by group; 0 if it never changes.
pub(super) fn acceleration(left_out: &[Vec<f64>]) -> f64 {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for left in left_out {
        let n = left.len() as f64;
        let mean = describe::mean_of(left);
        for answer in left {
            let influence = (n - 1.0) * (mean - answer) / n;
            squares += influence * influence;
            cubes += influence * influence * influence;
        }
    }
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    if acceleration.is_finite() {
        acceleration
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Several {
        groups: Vec<Vec<f64>>,
        statistic: String,
        seed: u64,
        resamples: u32,
        percentile: (f64, f64),
        bca: (f64, f64),
    }

    #[test]
    fn intervals_of_several_groups_are_those_of_scipy_from_the_same_resamples() {
        for case in golden::cases::<Several>("bootstrap_groups") {
            let bootstrap = Bootstrap {
                resamples: case.resamples,
                ..Bootstrap::seeded(case.seed)
            };
            let groups: Vec<&[f64]> = case.groups.iter().map(Vec::as_slice).collect();
            let difference = |groups: &mut Groups<'_>| {
                Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
            };
            let pooled = |groups: &mut Groups<'_>| describe::iqm(groups.all());
            let mean = |groups: &mut Groups<'_>| describe::mean(groups.all());
            let (percentile, bca) = match case.statistic.as_str() {
                "difference" => (
                    bootstrap.percentile(&groups, difference),
                    bootstrap.bca(&groups, difference),
                ),
                "iqm" => (
                    bootstrap.percentile(&groups, pooled),
                    bootstrap.bca(&groups, pooled),
                ),
                _ => (
                    bootstrap.percentile(&groups, mean),
                    bootstrap.bca(&groups, mean),
                ),
            };
            for (actual, expected) in [
                (percentile.unwrap(), case.percentile),
                (bca.unwrap(), case.bca),
            ] {
                assert_close(actual.low, expected.0, 1e-12);
                assert_close(actual.high, expected.1, 1e-12);
            }
        }
    }

    #[test]
    fn the_acceleration_of_the_mouse_data_is_that_of_efron() {
        let groups = [
            vec![16.0, 23.0, 38.0, 94.0, 99.0, 141.0, 197.0],
            vec![10.0, 27.0, 31.0, 40.0, 46.0, 50.0, 52.0, 104.0, 146.0],
        ];
        let difference = |groups: &mut Groups<'_>| {
            Some(describe::mean_of(groups.group(0)) - describe::mean_of(groups.group(1)))
        };
        assert_close(
            acceleration(&left_out(&groups, difference).unwrap()),
            0.011_008_228_344_026_734,
            1e-12,
        );
    }

    #[test]
    fn groups_that_never_vary_have_an_interval_of_no_width() {
        let bootstrap = Bootstrap {
            resamples: 100,
            ..Bootstrap::seeded(0)
        };
        let mean = |groups: &mut Groups<'_>| describe::mean(groups.all());
        let constant: [&[f64]; 2] = [&[5.0; 3], &[5.0; 4]];
        assert_eq!(
            bootstrap.bca(&constant, mean),
            Some(Interval {
                low: 5.0,
                high: 5.0
            })
        );
        assert_eq!(bootstrap.bca(&[&[1.0], &[1.0, 2.0]], mean), None);
        assert_eq!(bootstrap.bca(&[], mean), None);
        assert_eq!(bootstrap.percentile(&[&[1.0, f64::NAN]], mean), None);
        // The mean of the values above 2.5 exists on no resample that lacks them.
        let above = |groups: &mut Groups<'_>| {
            describe::mean(
                &groups
                    .all()
                    .iter()
                    .copied()
                    .filter(|value| *value > 2.5)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(bootstrap.bca(&[&[1.0, 2.0, 3.0]], above), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn shifting_and_scaling_the_runs_shifts_and_scales_the_interval(
            a in vec(-99..99_i32, 2..12), b in vec(-99..99_i32, 2..12), shift in -99..99_i32, power in -9..9_i32,
        ) {
            let factor = 2.0_f64.powi(power);
            let moved = |values: &[i32], shift: i32, factor: f64| {
                values.iter().map(|&value| f64::from(value + shift) * factor).collect::<Vec<_>>()
            };
            let bootstrap = Bootstrap { resamples: 500, ..Bootstrap::seeded(1) };
            let mean = |groups: &mut Groups<'_>| Some(describe::mean_of(groups.group(0)) + describe::mean_of(groups.group(1)));
            let plain = bootstrap.bca(&[&moved(&a, 0, 1.0), &moved(&b, 0, 1.0)], mean).unwrap();
            let other = bootstrap.bca(&[&moved(&a, shift, factor), &moved(&b, shift, factor)], mean).unwrap();
            prop_assert!(plain.low <= plain.high);
            for (plain, other) in [(plain.low, other.low), (plain.high, other.high)] {
                prop_assert!(((plain + 2.0 * f64::from(shift)) * factor - other).abs() < 1e-9 * factor);
            }
        }
    }
}

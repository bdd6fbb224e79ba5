//! The BCa bootstrap interval: bias corrected and accelerated.
//!
//! Source: Efron, "Better Bootstrap Confidence Intervals", JASA 82 (1987), for several groups as in
//! `scipy.stats.bootstrap`. From the resamples of [`bootstrap`](super::bootstrap), it takes other quantiles than the
//! percentile interval: moved for the bias (the share of resamples below the statistic of the sample, ties half) and for
//! the skewness that leaving out one run at a time shows.

use super::bootstrap::{Bootstrap, Groups, on, sorted};
use super::describe;
use super::distributions;
use super::interval::Interval;

impl Bootstrap {
    /// The BCa interval of `statistic` over several groups, each resampled by itself: second-order accurate, and so
    /// better than [`percentile`](Self::percentile) where the statistic is skewed or biased.
    ///
    /// `None` as for [`percentile`](Self::percentile), and where the statistic of the sample lies beyond that of every
    /// resample, so that its bias has no measure. If it is the same on every resample the interval has no width.
    pub fn bca(
        &self,
        groups: &[&[f64]],
        mut statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
    ) -> Option<Interval> {
        let groups = sorted(groups)?;
        let observed = on(&groups, &mut statistic)?;
        let answers = self.answers(&groups, &mut statistic)?;
        // Resamples that differ from the sample by rounding only are ties, and count half.
        let rounding = describe::rounding_of(&answers, &groups.concat());
        let below = answers.partition_point(|&answer| answer < observed - rounding);
        let at_most = answers.partition_point(|&answer| answer <= observed + rounding);
        let bias =
            distributions::normal_quantile((below + at_most) as f64 / (2 * answers.len()) as f64);
        let acceleration = acceleration(&groups, &mut statistic)?;
        let end = |q: f64| {
            let moved = bias + distributions::normal_quantile(q);
            let z = bias + moved / (1.0 - acceleration * moved);
            z.is_finite()
                .then(|| describe::quantile_of(&answers, distributions::normal(-z)))
        };
        let alpha = self.level.alpha();
        let (one, other) = (end(alpha / 2.0)?, end(1.0 - alpha / 2.0)?);
        Some(Interval {
            low: one.min(other),
            high: one.max(other),
        })
    }
}

/// A sixth of the skewness of the statistic under leaving out each run in turn; 0 if that changes nothing.
fn acceleration(
    groups: &[Vec<f64>],
    mut statistic: impl FnMut(&mut Groups<'_>) -> Option<f64>,
) -> Option<f64> {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for (place, group) in groups.iter().enumerate() {
        let n = group.len() as f64;
        let mut fewer = groups.to_vec();
        let mut left = Vec::with_capacity(group.len());
        for leave in 0..group.len() {
            fewer[place] = group.clone();
            fewer[place].remove(leave);
            left.push(on(&fewer, &mut statistic)?);
        }
        let mean = describe::mean_of(&left);
        for answer in left {
            let influence = (n - 1.0) * (mean - answer) / n;
            squares += influence * influence;
            cubes += influence * influence * influence;
        }
    }
    let acceleration = cubes / (6.0 * squares.powf(1.5));
    Some(if acceleration.is_finite() {
        acceleration
    } else {
        0.0
    })
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
            acceleration(&groups, difference).unwrap(),
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
        fn moving_and_stretching_the_runs_moves_and_stretches_the_interval(
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

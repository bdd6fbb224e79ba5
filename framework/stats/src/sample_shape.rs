//! Does a group of runs look like two clusters, or like a skewed distribution?
//!
//! Where one method fails now and then, or has a long tail, the t tests find differences of means that do not exist
//! (`results/calibration`), so a report should say where runs look like that.
//!
//! Sources: the test for two clusters is that of Engelman and Hartigan, "Percentage Points of a Test for Clusters",
//! Journal of the American Statistical Association 64 (1969): the sum of squares within two clusters, divided by the total
//! sum of squares, for the best division of the sorted runs into a lower and an upper cluster. The skewness is the sample
//! skewness √b₁ = m₃/m₂^1.5. Either is compared with what 0.5 % of normal samples of the same size exceed; these limits
//! are from a simulation of 200 000 normal samples of each size (60 000 above 30 runs, 15 000 above 100).
//!
//! # What it can see
//!
//! It raises a false alarm about 1 % of normal samples, of any size. A share of failed runs far below the others is seen
//! whenever the sample contains some failed and some other runs; but of 10 %, five runs contain none in 59 % of
//! experiments, ten in 35 % and twenty in 12 %. **That nothing is seen in so few runs is no evidence of a normal
//! distribution.** In per cent of samples:
//!
//! | distribution | 5 runs | 10 runs | 20 runs | 30 runs |
//! | --- | ---: | ---: | ---: | ---: |
//! | normal | 0.9 | 1.0 | 1.1 | 1.1 |
//! | one run in ten scores 0, the others 1000 ± 20 | 41.6 | 65.4 | 88.0 | 95.6 |
//! | three runs in ten score 100 ± 50, the others 900 ± 50 | 52.2 | 97.2 | 99.9 | 100.0 |
//! | half of the runs score 100 ± 40, half 450 ± 20 | 35.8 | 97.8 | 100.0 | 100.0 |
//! | lognormal, the logarithm standard normal | 8.2 | 30.6 | 66.4 | 87.6 |
//! | normal 470 ± 60, but never above 500 | 8.5 | 9.8 | 19.9 | 33.6 |

use serde::Serialize;

use super::describe;

/// The limits for a number of runs: the least share of the sum of squares within clusters, and the greatest skewness.
const LIMITS: [(f64, f64, f64); 20] = [
    (4.0, 0.0014, 1.1460),
    (5.0, 0.0086, 1.4344),
    (6.0, 0.0211, 1.6036),
    (7.0, 0.0346, 1.6927),
    (8.0, 0.0501, 1.7357),
    (9.0, 0.0633, 1.7296),
    (10.0, 0.0763, 1.7280),
    (11.0, 0.0877, 1.7090),
    (12.0, 0.0987, 1.6774),
    (15.0, 0.1245, 1.6139),
    (17.0, 0.1387, 1.5460),
    (20.0, 0.1560, 1.4611),
    (25.0, 0.1780, 1.3528),
    (30.0, 0.1938, 1.2414),
    (40.0, 0.2163, 1.0986),
    (60.0, 0.2441, 0.9012),
    (100.0, 0.2718, 0.7122),
    (200.0, 0.2999, 0.4971),
    (500.0, 0.3230, 0.3110),
    (1_000.0, 0.3355, 0.2190),
];

/// A shape that a normal sample of the same size has once in a hundred times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SampleShape {
    /// Two clusters, far apart for their width.
    Clusters {
        /// The number of runs in the lower cluster.
        low: usize,
        /// The number of runs in the upper cluster.
        high: usize,
    },
    /// A long tail of low scores.
    SkewedLow,
    /// A long tail of high scores.
    SkewedHigh,
}

impl SampleShape {
    /// The shape of `values`; `None` if they look no different from a normal sample, have fewer than four values, do not
    /// differ by more than rounding, or are not a [sample](super).
    ///
    /// ```
    /// use spikebench_stats::sample_shape::SampleShape;
    ///
    /// let shape = SampleShape::of(&[980.0, 0.0, 1010.0, 1000.0, 990.0, 1020.0]).unwrap();
    /// assert_eq!(shape, SampleShape::Clusters { low: 1, high: 5 });
    /// assert_eq!(shape.phrase(), "1 of 6 runs scores far below the others");
    /// assert_eq!(SampleShape::of(&[980.0, 1000.0, 1010.0, 1005.0, 990.0, 1020.0]), None);
    /// ```
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = describe::sorted(values)?;
        let limits = limits(sorted.len())?;
        if describe::range_of(&sorted) <= describe::rounding_of(&sorted, &[]) {
            return None;
        }
        let mean = describe::mean_of(&sorted);
        let widest = (sorted[sorted.len() - 1] - mean).max(mean - sorted[0]);
        let deviations: Vec<f64> = sorted.iter().map(|value| (value - mean) / widest).collect();
        let n = deviations.len() as f64;
        let squares: f64 = deviations
            .iter()
            .map(|deviation| deviation * deviation)
            .sum();
        let (low, between) = best_division(&deviations);
        if 1.0 - between / squares < limits.0 {
            let high = deviations.len() - low;
            return Some(Self::Clusters { low, high });
        }
        let cubes: f64 = deviations.iter().map(|deviation| deviation.powi(3)).sum();
        let skewness = cubes / n / (squares / n).powf(1.5);
        match skewness {
            _ if skewness < -limits.1 => Some(Self::SkewedLow),
            _ if skewness > limits.1 => Some(Self::SkewedHigh),
            _ => None,
        }
    }

    /// The shape in words that go on after the name of a method: "1 of 6 runs scores far below the others".
    pub fn phrase(self) -> String {
        match self {
            Self::Clusters { low, high } if low <= high => apart(low, low + high, "below"),
            Self::Clusters { low, high } => apart(high, low + high, "above"),
            Self::SkewedLow => "a long tail of low scores".into(),
            Self::SkewedHigh => "a long tail of high scores".into(),
        }
    }
}

fn apart(some: usize, all: usize, side: &str) -> String {
    let scores = if some == 1 { "scores" } else { "score" };
    format!("{some} of {all} runs {scores} far {side} the others")
}

/// The size of the lower cluster, and the sum of squares between the clusters, where that is greatest; of divisions that are
/// equally good, that with the smallest lower cluster. `deviations` are in ascending order and sum to 0.
fn best_division(deviations: &[f64]) -> (usize, f64) {
    let n = deviations.len() as f64;
    let mut below = 0.0;
    let mut best = (0, 0.0);
    for (place, deviation) in deviations.iter().enumerate().take(deviations.len() - 1) {
        below += deviation;
        let low = (place + 1) as f64;
        let between = below * below * n / (low * (n - low));
        if between > best.1 {
            best = (place + 1, between);
        }
    }
    best
}

/// The limits for `n` runs, from those beside it by linear interpolation in 1/√n; `None` below four. Beyond the table
/// the share within clusters keeps its last limit, which is on the safe side, and the skewness falls as 1/√n.
fn limits(n: usize) -> Option<(f64, f64)> {
    let n = n as f64;
    let above = LIMITS.partition_point(|limits| limits.0 < n);
    let Some(&(to, within, skewness)) = LIMITS.get(above) else {
        let (last, within, skewness) = LIMITS[LIMITS.len() - 1];
        return Some((within, skewness * (last / n).sqrt()));
    };
    if to == n {
        return Some((within, skewness));
    }
    let (from, least_within, least_skewness) = LIMITS[above.checked_sub(1)?];
    let root = |n: f64| 1.0 / n.sqrt();
    let part = (root(n) - root(from)) / (root(to) - root(from));
    Some((
        least_within + part * (within - least_within),
        least_skewness + part * (skewness - least_skewness),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rand_core::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    use rand_xoshiro::Xoshiro256PlusPlus;

    use super::*;

    const SAMPLES: u32 = 4_000;

    /// In how many per cent of samples of `n` runs some shape is seen.
    fn seen(n: usize, run: impl Fn(f64, f64) -> f64) -> f64 {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(11);
        let sample = |_: &u32| {
            let mut one = || {
                let (normal, other): (f64, f64) = (
                    StandardNormal.sample(&mut generator),
                    StandardNormal.sample(&mut generator),
                );
                run(normal, other)
            };
            let values: Vec<f64> = (0..n).map(|_| one()).collect();
            SampleShape::of(&values).is_some()
        };
        100.0 * (0..SAMPLES).filter(sample).count() as f64 / f64::from(SAMPLES)
    }

    #[test]
    fn one_normal_sample_in_a_hundred_looks_like_something_else() {
        for n in [4, 5, 7, 10, 13, 20, 28, 50, 70, 150, 700, 2_000] {
            let alarms = seen(n, |normal, _| 400.0 + 60.0 * normal);
            assert!((0.3..1.6).contains(&alarms), "{n}: {alarms}");
        }
    }

    #[test]
    fn the_power_is_that_of_the_table() {
        // −1.2816, −0.5244 and 0 are the quantiles of the normal distribution at 0.1, 0.3 and 0.5.
        let failed = |normal: f64, other: f64| {
            if other < -1.281_6 {
                0.0
            } else {
                1_000.0 + 20.0 * normal
            }
        };
        let often =
            |normal: f64, other: f64| 50.0 * normal + if other < -0.524_4 { 100.0 } else { 900.0 };
        let half = |normal: f64, other: f64| {
            if other < 0.0 {
                100.0 + 40.0 * normal
            } else {
                450.0 + 20.0 * normal
            }
        };
        let skewed = |normal: f64, _: f64| normal.exp();
        let saturated = |normal: f64, _: f64| (470.0 + 60.0 * normal).min(500.0);
        type Run<'a> = &'a dyn Fn(f64, f64) -> f64;
        let shapes: [(Run<'_>, [f64; 4]); 5] = [
            (&failed, [41.6, 65.4, 88.0, 95.6]),
            (&often, [52.2, 97.2, 99.9, 100.0]),
            (&half, [35.8, 97.8, 100.0, 100.0]),
            (&skewed, [8.2, 30.6, 66.4, 87.6]),
            (&saturated, [8.5, 9.8, 19.9, 33.6]),
        ];
        for (shape, expected) in shapes {
            for (n, expected) in [5, 10, 20, 30].into_iter().zip(expected) {
                let power = seen(n, shape);
                assert!(
                    (power - expected).abs() < 2.5,
                    "{n}: {power}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn a_shape_is_told_in_words() {
        let words = |low, high| SampleShape::Clusters { low, high }.phrase();
        assert_eq!(words(2, 8), "2 of 10 runs score far below the others");
        assert_eq!(words(5, 5), "5 of 10 runs score far below the others");
        assert_eq!(words(9, 1), "1 of 10 runs scores far above the others");
        assert_eq!(SampleShape::SkewedLow.phrase(), "a long tail of low scores");
        assert_eq!(
            SampleShape::SkewedHigh.phrase(),
            "a long tail of high scores"
        );
    }

    #[test]
    fn what_has_no_shape_has_none() {
        for values in [
            vec![],
            vec![0.0, 1000.0, 1000.0],
            vec![1.0, f64::NAN, 3.0, 4.0, 5.0],
            vec![500.0; 10],
            vec![0.1 + 0.2, 0.3, 0.3, 0.3, 0.3],
        ] {
            assert_eq!(SampleShape::of(&values), None, "{values:?}");
        }
        let failed = SampleShape::of(&[500.0, 9.0, 500.0, 500.0, 500.0]);
        assert_eq!(failed, Some(SampleShape::Clusters { low: 1, high: 4 }));
    }

    /// Whether several divisions are equally good, so that a sample and its mirror image may be divided at different ones.
    fn is_tied(values: &[i32]) -> bool {
        let mut sorted: Vec<i128> = values.iter().map(|&value| value.into()).collect();
        sorted.sort_unstable();
        let (n, total) = (sorted.len() as i128, sorted.iter().sum::<i128>());
        // The sum of squares between the clusters, as a fraction of whole numbers.
        let mut below = 0;
        let divisions = (1..n).zip(&sorted).map(|(low, value)| {
            below += value;
            let deviation = n * below - low * total;
            (deviation * deviation, low * (n - low))
        });
        let divisions: Vec<(i128, i128)> = divisions.collect();
        let compare =
            |one: &(i128, i128), other: &(i128, i128)| (one.0 * other.1).cmp(&(other.0 * one.1));
        let best = divisions.iter().copied().max_by(compare);
        let is_best =
            |division: &&(i128, i128)| best.is_some_and(|best| compare(division, &best).is_eq());
        divisions.iter().filter(is_best).count() > 1
    }

    #[test]
    fn of_equally_good_divisions_that_with_the_smallest_lower_cluster_counts() {
        let values = [-9, -9, -9, -9, 0, 9, 9, 9, 9];
        assert!(is_tied(&values) && !is_tied(&[-9, -9, -9, 1, 9, 9, 9]));
        let deviations = values.map(f64::from);
        assert_eq!(best_division(&deviations).0, 4);
    }

    proptest! {
        #[test]
        fn neither_order_nor_unit_changes_the_shape_and_a_mirror_turns_it(values in vec(-99..99_i32, 4..30), shift in -99..99_i32) {
            let moved = |shift: i32, unit: i32| values.iter().map(|value| f64::from((value + shift) * unit)).collect::<Vec<_>>();
            let shape = SampleShape::of(&moved(0, 1));
            let mut turned = moved(shift, 4);
            turned.reverse();
            prop_assert_eq!(SampleShape::of(&turned), shape);
            prop_assume!(!is_tied(&values));
            let mirrored = match SampleShape::of(&moved(0, -1)) {
                Some(SampleShape::Clusters { low, high }) => Some(SampleShape::Clusters { low: high, high: low }),
                Some(SampleShape::SkewedLow) => Some(SampleShape::SkewedHigh),
                Some(SampleShape::SkewedHigh) => Some(SampleShape::SkewedLow),
                None => None,
            };
            prop_assert_eq!(mirrored, shape);
        }
    }
}

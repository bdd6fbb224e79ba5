//! The Shapiro–Wilk test: could these scores be normal?
//!
//! Source: Royston, "Remark AS R94: A Remark on Algorithm AS 181: The W-test for Normality", Applied Statistics 44
//! (1995), with the normal quantiles of Beasley and Springer's algorithm AS 111 that it was published with;
//! `scipy.stats.shapiro`. For 3 to 5000 runs.
//!
//! A large p does not show that scores are normal: with five runs a test hardly ever shows that they are not.

use std::f64::consts::PI;

use super::describe;
use super::distributions;
use super::ties;

/// The answer of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normality {
    /// The statistic W, between 0 and 1; a perfectly normal sample has 1.
    pub w: f64,
    /// The p value, which is small if the scores are not normal.
    pub p: f64,
}

/// The test. `None` for fewer than 3 values, more than 5000, values that are not a [sample](super), or values that do
/// not vary by more than rounding (scipy: W = 1 and p = 1 with a warning).
///
/// ```
/// use spikebench_stats::shapiro_wilk;
///
/// let outlier = shapiro_wilk::test(&[1.0, 1.1, 0.9, 1.05, 9.0]).unwrap();
/// assert!(outlier.p < 0.01);
/// assert_eq!(shapiro_wilk::test(&[500.0; 5]), None);
/// ```
pub fn test(values: &[f64]) -> Option<Normality> {
    let n = values.len();
    if !(3..=5000).contains(&n) {
        return None;
    }
    let sorted = describe::sorted(values)?;
    if ties::is_constant(values) {
        return None;
    }
    let middle = sorted[n / 2];
    let scale = describe::range_of(&sorted);
    let centred: Vec<f64> = sorted
        .iter()
        .map(|value| (value - middle) / scale)
        .collect();
    let distance = distance_from_normal(&centred, &weights(n));
    Some(Normality {
        w: 1.0 - distance,
        p: p(distance, n),
    })
}

/// 1 − W, computed as a product, so that it keeps its digits where W is near 1.
fn distance_from_normal(centred: &[f64], weights: &[f64]) -> f64 {
    let n = centred.len();
    let mean = describe::mean_of(centred);
    let weight = |place: usize| {
        let mirrored = n - 1 - place;
        match place.cmp(&mirrored) {
            std::cmp::Ordering::Less => -weights[place],
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => weights[mirrored],
        }
    };
    let (mut of_weights, mut of_values, mut of_both) = (0.0, 0.0, 0.0);
    for (place, value) in centred.iter().enumerate() {
        let (weight, deviation) = (weight(place), value - mean);
        of_weights += weight * weight;
        of_values += deviation * deviation;
        of_both += weight * deviation;
    }
    let root = (of_weights * of_values).sqrt();
    (root - of_both) * (root + of_both) / (of_weights * of_values)
}

/// The weights of the upper half of the order statistics, the outermost first.
fn weights(n: usize) -> Vec<f64> {
    if n == 3 {
        return vec![0.5_f64.sqrt()];
    }
    let half = n / 2;
    let expected: Vec<f64> = (1..=half)
        .map(|place| normal_quantile((place as f64 - 0.375) / (n as f64 + 0.25)))
        .collect();
    let squares = 2.0 * expected.iter().map(|m| m * m).sum::<f64>();
    let root = squares.sqrt();
    let x = 1.0 / (n as f64).sqrt();
    let first = polynomial(
        &[0.0, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056],
        x,
    ) - expected[0] / root;
    let mut weights = vec![first];
    let mut left = squares - 2.0 * expected[0] * expected[0];
    let mut rest = 1.0 - 2.0 * first * first;
    if n > 5 {
        let second = polynomial(
            &[0.0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633],
            x,
        ) - expected[1] / root;
        left -= 2.0 * expected[1] * expected[1];
        rest -= 2.0 * second * second;
        weights.push(second);
    }
    let factor = (left / rest).sqrt();
    weights.extend(expected[weights.len()..].iter().map(|m| -m / factor));
    weights
}

/// Royston's normalising transformations of 1 − W.
fn p(distance: f64, n: usize) -> f64 {
    let w = 1.0 - distance;
    if n == 3 {
        return (6.0 / PI * (w.sqrt().min(1.0).asin() - PI / 3.0)).clamp(0.0, 1.0);
    }
    let y = distance.ln();
    let size = n as f64;
    let (y, mean, deviation) = if n <= 11 {
        let gamma = polynomial(&[-2.273, 0.459], size);
        if y >= gamma {
            return 1e-99; // As the algorithm has it: the transformation ends there.
        }
        let mean = polynomial(&[0.544, -0.39978, 0.025054, -6.714e-4], size);
        let deviation = polynomial(&[1.3822, -0.77857, 0.062767, -0.0020322], size).exp();
        (-(gamma - y).ln(), mean, deviation)
    } else {
        let log = size.ln();
        let mean = polynomial(&[-1.5861, -0.31082, -0.083751, 0.0038915], log);
        (
            y,
            mean,
            polynomial(&[-0.4803, -0.082676, 0.0030302], log).exp(),
        )
    };
    distributions::normal((y - mean) / deviation)
}

fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients
        .iter()
        .rev()
        .fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// AS 111: good to nine digits, and part of the definition of the weights as scipy has them.
fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.42 {
        let r = q * q;
        let above = polynomial(
            &[
                2.50662823884,
                -18.61500062529,
                41.39119773534,
                -25.44106049637,
            ],
            r,
        );
        let below = polynomial(
            &[
                1.0,
                -8.47351093090,
                23.08336743743,
                -21.06224101826,
                3.13082909833,
            ],
            r,
        );
        return q * above / below;
    }
    let r = (-(if q <= 0.0 { p } else { 1.0 - p }).ln()).sqrt();
    let above = polynomial(
        &[-2.78718931138, -2.29796479134, 4.85014127135, 2.32121276858],
        r,
    );
    (above / polynomial(&[1.0, 3.54388924762, 1.63706781897], r)).copysign(q)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        values: Vec<f64>,
        w: f64,
        p: f64,
    }

    #[test]
    fn the_test_agrees_with_scipy() {
        for case in golden::cases::<Case>("shapiro_wilk") {
            let test = test(&case.values).unwrap();
            assert_close(test.w, case.w, 1e-13);
            assert_close(test.p, case.p, 1e-9);
        }
    }

    #[test]
    fn constant_or_too_few_scores_have_no_answer() {
        assert_eq!(test(&[1.0, 2.0]), None);
        assert_eq!(test(&[500.0; 8]), None);
        assert_eq!(test(&[0.1 + 0.2, 0.3, 0.3]), None);
        assert_eq!(test(&[1.0, 2.0, f64::NAN]), None);
        assert_eq!(test(&vec![1.0; 5001]), None);
        // Equally spaced, which is as normal as three values can be.
        assert_close(test(&[1.0, 2.0, 3.0]).unwrap().p, 1.0, 1e-7);
    }

    proptest! {
        #[test]
        fn shifting_and_rescaling_change_no_answer(
            values in vec(-100..100_i32, 3..40), shift in -1000..1000_i32, power in -30..30_i32,
        ) {
            let moved = |shift: i32, power: i32| {
                values.iter().map(|&value| f64::from(value + shift) * 2.0_f64.powi(power)).collect::<Vec<_>>()
            };
            match (test(&moved(0, 0)), test(&moved(shift, power))) {
                (Some(one), Some(other)) => {
                    prop_assert!((one.w - other.w).abs() < 1e-12);
                    prop_assert!((0.0..=1.0).contains(&one.p) && one.w > 0.0 && one.w <= 1.0);
                }
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }
}

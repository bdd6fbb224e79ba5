//! The area under a learning curve, as one number per run.
//!
//! The area by the trapezoid rule (`numpy.trapezoid`) is divided by the range of steps, which gives the return averaged
//! over training, in the unit of the returns. It rewards learning early as well as learning much. Only curves over the
//! same range of steps can be compared.

use thiserror::Error;

/// The return averaged over the steps of training. `curve` holds pairs of (environment steps so far, return there).
///
/// `Ok(None)` without any point; the return of the only point if there is one.
///
/// # Errors
///
/// Steps that do not strictly increase, or a return that is NaN, infinite or beyond
/// [`LARGEST`](super::describe::LARGEST).
///
/// ```
/// use spikebench_stats::curve;
///
/// let curve = [(0, 0.0), (100, 10.0), (400, 10.0)];
/// assert_eq!(curve::time_average(&curve), Ok(Some(8.75)));
/// ```
pub fn time_average(curve: &[(u64, f64)]) -> Result<Option<f64>, BadCurve> {
    if let Some(index) = curve
        .iter()
        .position(|point| !super::describe::is_sample(&[point.1]))
    {
        return Err(BadCurve::NotANumber { index });
    }
    if let Some(before) = curve.windows(2).position(|pair| pair[1].0 <= pair[0].0) {
        return Err(BadCurve::NotIncreasing {
            index: before + 1,
            step: curve[before + 1].0,
            previous: curve[before].0,
        });
    }
    let (Some(first), Some(last)) = (curve.first(), curve.last()) else {
        return Ok(None);
    };
    if first.0 == last.0 {
        return Ok(Some(first.1));
    }
    let range = (last.0 - first.0) as f64;
    let average = curve
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0) as f64 / range * (0.5 * pair[0].1 + 0.5 * pair[1].1))
        .sum();
    Ok(Some(average))
}

/// The reason why a list of points is not a learning curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadCurve {
    /// The steps do not strictly increase.
    #[error("point {index}: step {step} does not come after step {previous}")]
    NotIncreasing {
        /// The index of the point, counted from 0.
        index: usize,
        /// Its step.
        step: u64,
        /// The step of the point before it.
        previous: u64,
    },
    /// A return is NaN, infinite or beyond [`LARGEST`](super::describe::LARGEST).
    #[error("point {index}: the return is not a usable number")]
    NotANumber {
        /// The index of the point, counted from 0.
        index: usize,
    },
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
        curve: Vec<(u64, f64)>,
        time_average: f64,
    }

    #[test]
    fn the_time_average_agrees_with_numpy() {
        for case in golden::cases::<Case>("curve") {
            assert_close(
                time_average(&case.curve).unwrap().unwrap(),
                case.time_average,
                1e-14,
            );
        }
    }

    #[test]
    fn a_curve_of_one_point_is_worth_that_point_and_an_empty_one_nothing() {
        assert_eq!(time_average(&[]), Ok(None));
        assert_eq!(time_average(&[(5_000, -3.5)]), Ok(Some(-3.5)));
    }

    #[test]
    fn a_straight_line_is_worth_its_middle() {
        let line: Vec<(u64, f64)> = [0, 10, 15, 40, 100]
            .map(|step| (step, step as f64))
            .to_vec();
        assert_close(time_average(&line).unwrap().unwrap(), 50.0, 1e-15);
    }

    #[test]
    fn learning_earlier_is_worth_more() {
        let early = [(0, 0.0), (10, 1.0), (100, 1.0)];
        let late = [(0, 0.0), (90, 0.0), (100, 1.0)];
        assert!(time_average(&early).unwrap() > time_average(&late).unwrap());
    }

    #[test]
    fn points_that_are_no_curve_are_refused_and_the_error_names_the_point() {
        let stuck = time_average(&[(0, 1.0), (10, 1.0), (10, 2.0)]).unwrap_err();
        assert_eq!(
            stuck,
            BadCurve::NotIncreasing {
                index: 2,
                step: 10,
                previous: 10
            }
        );
        assert_eq!(
            stuck.to_string(),
            "point 2: step 10 does not come after step 10"
        );
        assert!(time_average(&[(10, 1.0), (0, 1.0)]).is_err());
        for wrong in [f64::NAN, f64::NEG_INFINITY, 1e200] {
            assert_eq!(
                time_average(&[(0, 1.0), (1, wrong)]),
                Err(BadCurve::NotANumber { index: 1 })
            );
        }
    }

    proptest! {
        #[test]
        fn the_time_average_lies_between_the_worst_and_the_best(points in vec((1..1_000_u64, -1e3..1e3_f64), 1..30)) {
            let mut step = 0;
            let curve: Vec<(u64, f64)> = points.iter().map(|&(gap, value)| { step += gap; (step, value) }).collect();
            let average = time_average(&curve).unwrap().unwrap();
            let low = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(low - 1e-9 <= average && average <= high + 1e-9);
        }

        #[test]
        fn a_point_on_the_line_between_two_others_changes_nothing(a in -1e3..1e3_f64, b in -1e3..1e3_f64, at in 1..99_u64) {
            let between = a + (b - a) * at as f64 / 100.0;
            let without = time_average(&[(0, a), (100, b)]).unwrap().unwrap();
            let with = time_average(&[(0, a), (at, between), (100, b)]).unwrap().unwrap();
            prop_assert!((with - without).abs() < 1e-10);
        }
    }
}

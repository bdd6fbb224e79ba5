//! Learning curves on a common grid: the scores of several runs at the same steps.
//!
//! Between two evaluations a curve is taken to be a straight line. Before its first evaluation and after its last it is
//! unknown, so several curves have values only over the range that all of them cover. Cutting off the longer curves is
//! a choice that a reader must be told of: [`Range::cuts`] says whether it happened.

use super::bootstrap::Bootstrap;
use super::describe;
use super::interval::Interval;
use super::interval_method::IntervalMethod;

/// The range of steps that several curves have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first step that all of them cover.
    pub from: u64,
    /// The last step that all of them cover.
    pub to: u64,
    /// Whether some curve begins before `from` or ends after `to`.
    pub cuts: bool,
}

impl Range {
    /// The range that `curves`, each in ascending order of steps, have in common; `None` if there is none.
    pub fn of<C: AsRef<[(u64, f64)]>>(curves: &[C]) -> Option<Self> {
        let ends = curves
            .iter()
            .map(|curve| Some((curve.as_ref().first()?.0, curve.as_ref().last()?.0)));
        let ends: Vec<(u64, u64)> = ends.collect::<Option<_>>()?;
        let from = ends.iter().map(|ends| ends.0).max()?;
        let to = ends.iter().map(|ends| ends.1).min()?;
        (from <= to).then(|| Self {
            from,
            to,
            cuts: ends.iter().any(|&ends| ends != (from, to)),
        })
    }
}

/// The value of a curve at `step`; `None` outside its range.
pub fn at(curve: &[(u64, f64)], step: u64) -> Option<f64> {
    let after = curve.partition_point(|point| point.0 < step);
    let next = *curve.get(after)?;
    if next.0 == step {
        return Some(next.1);
    }
    let previous = curve[after.checked_sub(1)?];
    let part = (step - previous.0) as f64 / (next.0 - previous.0) as f64;
    Some(previous.1 * (1.0 - part) + next.1 * part)
}

/// A curve cut to a range; `None` if the curve does not cover it.
pub fn within(curve: &[(u64, f64)], range: Range) -> Option<Vec<(u64, f64)>> {
    let (first, last) = (at(curve, range.from)?, at(curve, range.to)?);
    let inner = curve
        .iter()
        .copied()
        .filter(|point| range.from < point.0 && point.0 < range.to);
    let mut cut: Vec<(u64, f64)> = [(range.from, first)].into_iter().chain(inner).collect();
    if range.to > range.from {
        cut.push((range.to, last));
    }
    Some(cut)
}

/// Every step within their common range at which some curve was evaluated, and both ends of that range.
pub fn steps<C: AsRef<[(u64, f64)]>>(curves: &[C]) -> Vec<u64> {
    let Some(range) = Range::of(curves) else {
        return Vec::new();
    };
    let mut steps: Vec<u64> = curves
        .iter()
        .flat_map(|curve| curve.as_ref())
        .map(|point| point.0)
        .collect();
    steps.extend([range.from, range.to]);
    steps.retain(|step| (range.from..=range.to).contains(step));
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// A step of a band.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Place {
    /// The number of environment steps.
    pub step: u64,
    /// The interquartile mean over runs.
    pub iqm: f64,
    /// Its pointwise expanded percentile interval; `None` for a single run.
    pub interval: Option<Interval>,
}

/// The interquartile mean of several curves on their common grid, with a pointwise interval: it covers the truth at
/// each step by itself, not along the whole curve. Steps at which a value is not usable are left out.
pub fn band<C: AsRef<[(u64, f64)]>>(curves: &[C], bootstrap: &Bootstrap) -> Vec<Place> {
    let values = |step: u64| {
        let values = curves.iter().map(|curve| at(curve.as_ref(), step));
        let values: Vec<f64> = values.collect::<Option<_>>()?;
        Some((step, describe::iqm(&values)?, values))
    };
    let mut places = Vec::new();
    let mut samples = Vec::new();
    for (step, iqm, values) in steps(curves).into_iter().filter_map(values) {
        samples.push(values);
        places.push((step, iqm));
    }
    let intervals = bootstrap.iqm_of_each(IntervalMethod::Expanded, &samples);
    let place = |((step, iqm), interval)| Place {
        step,
        iqm,
        interval,
    };
    places.into_iter().zip(intervals).map(place).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn between_points_a_curve_is_a_straight_line_and_outside_it_is_unknown() {
        let curve = [(10, 0.0), (20, 10.0), (40, 30.0)];
        for (step, value) in [(10, 0.0), (15, 5.0), (20, 10.0), (30, 20.0), (40, 30.0)] {
            assert_eq!(at(&curve, step), Some(value));
        }
        assert_eq!(
            (at(&curve, 9), at(&curve, 41), at(&[], 0)),
            (None, None, None)
        );
    }

    #[test]
    fn the_common_range_cuts_the_longer_curves_and_says_so() {
        let curves = [
            vec![(0, 1.0), (100, 2.0)],
            vec![(10, 1.0), (50, 5.0), (80, 8.0)],
        ];
        let range = Range::of(&curves).unwrap();
        assert_eq!(
            range,
            Range {
                from: 10,
                to: 80,
                cuts: true
            }
        );
        assert_eq!(within(&curves[1], range), Some(curves[1].clone()));
        assert_eq!(within(&curves[0], range), Some(vec![(10, 1.1), (80, 1.8)]));
        assert_eq!(steps(&curves), [10, 50, 80]);
        assert!(!Range::of(&curves[..1]).unwrap().cuts);
        assert_eq!(Range::of(&[vec![(0, 1.0)], vec![(5, 1.0)]]), None);
        assert_eq!(Range::of(&[Vec::new()]), None);
    }

    #[test]
    fn a_band_is_the_bootstrap_of_each_place_by_itself() {
        let curves = [
            vec![(0, 1.0), (10, 3.0)],
            vec![(0, 2.0), (5, 2.0), (10, 7.0)],
            vec![(0, 4.0), (10, 4.0)],
        ];
        let bootstrap = Bootstrap {
            resamples: 500,
            ..Bootstrap::seeded(1)
        };
        let band = band(&curves, &bootstrap);
        assert_eq!(
            band.iter().map(|place| place.step).collect::<Vec<_>>(),
            [0, 5, 10]
        );
        assert_eq!(band[1].iqm, 8.0 / 3.0);
        assert_eq!(
            band[1].interval,
            bootstrap.expanded(&[&[2.0, 2.0, 4.0]], |groups| describe::iqm(groups.all()))
        );
    }

    proptest! {
        #[test]
        fn cutting_keeps_every_value_within(values in vec(-9.0..9.0_f64, 2..12), from in 0..5_u64, length in 0..5_u64) {
            let curve: Vec<(u64, f64)> = values.iter().enumerate().map(|(k, &value)| (k as u64 * 3, value)).collect();
            let range = Range { from, to: from + length, cuts: true };
            if let Some(cut) = within(&curve, range) {
                for step in from..=from + length {
                    prop_assert!((at(&cut, step).unwrap() - at(&curve, step).unwrap()).abs() < 1e-12);
                }
            }
        }
    }
}

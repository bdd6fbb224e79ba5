//! How reliably a method learns, within a run and across runs.
//!
//! Source: Chan et al., "Measuring the Reliability of Reinforcement Learning Algorithms", ICLR 2020 (arXiv:1912.05663),
//! and its package `rl-reliability-metrics`, without its low-pass filter and its normalisation by the range of curves.
//! All measures are in the unit of the returns. The conditional value at risk (CVaR) is the mean of the values at or below
//! a quantile.

use serde::{Deserialize, Serialize};

use super::describe;
use super::grid;

/// The share of the worst values over which a risk is averaged.
pub const RISK: f64 = 0.05;

/// The number of evaluations that are the last ones.
pub const LAST: usize = 10;

/// How steadily one run learned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stability {
    /// The interquartile range of the changes from one evaluation to the next.
    pub dispersion: f64,
    /// The mean of the worst 5 % of these changes: how far a return falls at once.
    pub short_term_risk: f64,
    /// The mean of the worst 5 % of the differences between each evaluation and the best one so far: how far a return falls
    /// in the long run. It is at most 0.
    pub long_term_risk: f64,
    /// The largest of these falls, as a positive number.
    pub max_drawdown: f64,
    /// The mean of the worst 5 % of the last [`LAST`] evaluations; of so few that is the worst one.
    pub final_risk: f64,
}

impl Stability {
    /// The stability of a curve of pairs of (environment steps, return), in ascending order of steps. `None` for fewer than
    /// two evaluations, or for a return that is not usable.
    pub fn of(curve: &[(u64, f64)]) -> Option<Self> {
        let returns: Vec<f64> = curve.iter().map(|point| point.1).collect();
        if returns.len() < 2 || !describe::is_sample(&returns) {
            return None;
        }
        let changes: Vec<f64> = returns.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mut best = f64::NEG_INFINITY;
        let falls: Vec<f64> = returns
            .iter()
            .map(|&value| {
                best = best.max(value);
                value - best
            })
            .collect();
        Some(Self {
            dispersion: interquartile_range(&changes)?,
            short_term_risk: value_at_risk(&changes, RISK)?,
            long_term_risk: value_at_risk(&falls, RISK)?,
            max_drawdown: falls.iter().fold(0.0, |most, fall| most.max(-fall)),
            final_risk: value_at_risk(&returns[returns.len().saturating_sub(LAST)..], RISK)?,
        })
    }
}

/// The conditional value at risk: the mean of the values at or below their quantile `alpha`. `None` if they are not a
/// [sample](super) or `alpha` lies outside `[0, 1]`.
pub fn value_at_risk(values: &[f64], alpha: f64) -> Option<f64> {
    let limit = describe::quantile(values, alpha)?;
    let worst: Vec<f64> = values
        .iter()
        .copied()
        .filter(|&value| value <= limit)
        .collect();
    describe::mean(&worst)
}

/// The third quartile minus the first, both of type 7. `None` if `values` are not a [sample](super).
pub fn interquartile_range(values: &[f64]) -> Option<f64> {
    Some(describe::quantile(values, 0.75)? - describe::quantile(values, 0.25)?)
}

/// How much the runs of one method differ: the interquartile range across runs, averaged over the steps of their common
/// grid. `None` without a common step.
pub fn across_runs<C: AsRef<[(u64, f64)]>>(curves: &[C]) -> Option<f64> {
    let place = |step: u64| {
        let values: Vec<f64> = curves
            .iter()
            .map(|curve| grid::at(curve.as_ref(), step))
            .collect::<Option<_>>()?;
        interquartile_range(&values)
    };
    let ranges: Vec<f64> = grid::steps(curves)
        .into_iter()
        .map(place)
        .collect::<Option<_>>()?;
    describe::mean(&ranges)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Case {
        curve: Vec<(u64, f64)>,
        dispersion: f64,
        short_term_risk: f64,
        long_term_risk: f64,
        max_drawdown: f64,
        final_risk: f64,
    }

    #[test]
    fn stability_agrees_with_numpy() {
        for case in golden::cases::<Case>("stability") {
            let stability = Stability::of(&case.curve).unwrap();
            assert_close(stability.dispersion, case.dispersion, 1e-12);
            assert_close(stability.short_term_risk, case.short_term_risk, 1e-12);
            assert_close(stability.long_term_risk, case.long_term_risk, 1e-12);
            assert_close(stability.max_drawdown, case.max_drawdown, 1e-12);
            assert_close(stability.final_risk, case.final_risk, 1e-12);
        }
    }

    #[test]
    fn a_run_that_only_rises_bears_no_long_term_risk() {
        let rising = [(0, 0.0), (1, 1.0), (2, 5.0), (3, 5.0)];
        let stability = Stability::of(&rising).unwrap();
        assert_eq!(
            (stability.long_term_risk, stability.max_drawdown),
            (0.0, 0.0)
        );
        let collapsed = [(0, 0.0), (1, 500.0), (2, 20.0)];
        let stability = Stability::of(&collapsed).unwrap();
        assert_eq!(
            (stability.short_term_risk, stability.max_drawdown),
            (-480.0, 480.0)
        );
        assert_eq!(Stability::of(&rising[..1]), None);
        assert_eq!(Stability::of(&[(0, 1.0), (1, f64::NAN)]), None);
    }

    #[test]
    fn runs_that_agree_are_not_dispersed() {
        let curve = vec![(0, 1.0), (10, 5.0)];
        assert_eq!(
            across_runs(&[curve.clone(), curve.clone(), curve.clone()]),
            Some(0.0)
        );
        let others = [curve, vec![(0, 3.0), (5, 5.0), (10, 9.0)]];
        assert_eq!(across_runs(&others), Some((1.0 + 1.0 + 2.0) / 3.0));
        assert_eq!(across_runs::<Vec<(u64, f64)>>(&[]), None);
    }

    proptest! {
        #[test]
        fn shifting_the_returns_changes_nothing_and_scaling_them_scales_every_measure(values in vec(-99..99_i32, 2..20), shift in -99..99_i32) {
            let curve = |shift: i32, unit: i32| -> Vec<(u64, f64)> {
                values.iter().enumerate().map(|(k, value)| (k as u64, f64::from((value + shift) * unit))).collect()
            };
            let (plain, other) = (Stability::of(&curve(0, 1)).unwrap(), Stability::of(&curve(shift, 4)).unwrap());
            prop_assert!((4.0 * plain.dispersion - other.dispersion).abs() < 1e-9);
            prop_assert!((4.0 * plain.short_term_risk - other.short_term_risk).abs() < 1e-9);
            prop_assert!((4.0 * plain.long_term_risk - other.long_term_risk).abs() < 1e-9);
            prop_assert!(plain.long_term_risk <= 0.0 && plain.max_drawdown >= 0.0);
        }
    }
}

//! Student's t distribution: the mass of both tails, and the critical value that leaves a given mass to them.
//!
//! The tail is that of `statrs`, whose `sf` keeps its relative accuracy far out where `1 - cdf` would stop at 1e-16.
//! Near the middle `sf` loses digits, half of them at t = 1e-8, because it computes with ν/(ν + t²); there the mass of the
//! tails is 1 less the mass between −t and t, by the incomplete beta function of the same crate. The `inverse_cdf` of
//! `statrs` is good to 2e-11 only, so the critical value is found by bisection on the tails.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::beta::checked_beta_reg;

/// Beyond this, `statrs` squares `t` into an infinity.
const FAR: f64 = 1e150;

/// P(|T| >= |t|) with `df` degrees of freedom. It is 1, which is never significant, unless `df` is
/// positive and `t` finite.
pub(super) fn both_tails(t: f64, df: f64) -> f64 {
    if !(t.is_finite() && df.is_finite() && df > 0.0) {
        return 1.0;
    }
    let square = t * t;
    if square < 1.0 {
        let between = checked_beta_reg(0.5, df / 2.0, square / (df + square));
        return between.map_or(1.0, |between| (1.0 - between).clamp(0.0, 1.0));
    }
    StudentsT::new(0.0, 1.0, df).map_or(1.0, |student| {
        (2.0 * student.sf(t.abs().min(FAR))).clamp(0.0, 1.0)
    })
}

/// The `t > 0` with P(|T| >= t) = `alpha`, by bisection down to neighbouring floats. `None` unless `alpha` lies
/// strictly between 0 and 1 and `df` is positive, or when that `t` is beyond 1e150.
pub(super) fn critical(alpha: f64, df: f64) -> Option<f64> {
    if !(alpha > 0.0 && alpha < 1.0 && df > 0.0 && df.is_finite()) {
        return None;
    }
    let mut low = 0.0;
    let mut high = 1.0;
    while both_tails(high, df) > alpha {
        low = high;
        high *= 2.0;
        if high > FAR {
            return None;
        }
    }
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return Some(high);
        }
        if both_tails(middle, df) > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Tail {
        t: f64,
        df: f64,
        p: f64,
    }

    #[derive(Deserialize)]
    struct Critical {
        alpha: f64,
        df: f64,
        t: f64,
    }

    #[test]
    fn both_tails_agree_with_mpmath_far_out_and_in_the_middle() {
        for case in golden::cases::<Tail>("student_tail") {
            assert_close(both_tails(case.t, case.df), case.p, 2e-12);
            assert_eq!(both_tails(-case.t, case.df), both_tails(case.t, case.df));
        }
    }

    #[test]
    fn the_critical_value_agrees_with_scipy() {
        for case in golden::cases::<Critical>("student_critical") {
            assert_close(critical(case.alpha, case.df).unwrap(), case.t, 1e-12);
        }
    }

    #[test]
    fn the_tail_of_one_and_of_two_degrees_of_freedom_is_the_closed_form() {
        for t in [1e-9, 0.01_f64, 0.5, 1.0, 3.0, 50.0, 1e6] {
            let cauchy = (1.0 / t).atan() * 2.0 / std::f64::consts::PI;
            assert_close(both_tails(t, 1.0), cauchy, 1e-13);
            // 1 - t / sqrt(2 + t²), without its cancellation.
            let root = (2.0 + t * t).sqrt();
            assert_close(both_tails(t, 2.0), 2.0 / (root * (root + t)), 1e-13);
        }
    }

    #[test]
    fn a_tail_that_does_not_exist_is_never_significant() {
        assert_eq!(both_tails(0.0, 5.0), 1.0);
        assert_eq!(both_tails(f64::NAN, 5.0), 1.0);
        assert_eq!(both_tails(3.0, 0.0), 1.0);
        assert_eq!(both_tails(3.0, f64::NAN), 1.0);
        for alpha in [0.0, 1.0, -0.1, f64::NAN] {
            assert_eq!(critical(alpha, 5.0), None);
        }
        for df in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(critical(0.05, df), None);
        }
        assert_eq!(critical(1e-200, 1.0), None);
    }

    proptest! {
        #[test]
        fn the_critical_value_leaves_alpha_to_the_tails(alpha in 1e-9..0.999_f64, df in 1.0..300.0_f64) {
            let t = critical(alpha, df).unwrap();
            prop_assert!((both_tails(t, df) / alpha - 1.0).abs() < 1e-12);
        }
    }
}

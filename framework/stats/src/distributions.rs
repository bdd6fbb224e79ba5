//! Upper tails and quantiles of the distributions to which tests refer their statistics; for Student's see
//! [`student`](super::student).
//!
//! All tails are `sf` of `statrs`, which keeps its relative accuracy where `1 - cdf` would stop at 1e-16. Its normal
//! distribution is good to some ten digits only, so the normal tail is computed as that of the chi-squared distribution
//! with one degree of freedom, and the normal quantile is refined by steps of Newton's method on that tail.

use std::f64::consts::PI;

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal};

/// P(Z >= z) of the standard normal distribution; 1 for NaN, so that it is never significant.
pub(super) fn normal(z: f64) -> f64 {
    if z.is_nan() {
        return 1.0;
    }
    if z < 0.0 {
        return 1.0 - normal(-z);
    }
    0.5 * chi_squared(z * z, 1.0)
}

/// P(|Z| >= |z|) of the standard normal distribution.
pub(super) fn normal_both(z: f64) -> f64 {
    (2.0 * normal(z.abs())).min(1.0)
}

/// The density of the standard normal distribution.
pub(super) fn normal_density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// The z with P(Z <= z) = `p`; infinite unless `p` lies strictly between 0 and 1.
pub(super) fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 || p.is_nan() {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let mut z = Normal::standard().inverse_cdf(p);
    for _ in 0..2 {
        let step = (normal(-z) - p) / normal_density(z);
        if step.is_finite() {
            z -= step;
        }
    }
    z
}

/// P(X >= `x`) of the chi-squared distribution with `df` degrees of freedom; 1 where `x` or `df` is not positive.
pub(super) fn chi_squared(x: f64, df: f64) -> f64 {
    // statrs halves `x`, and refuses the result if it is 0.
    if !(x >= f64::MIN_POSITIVE && df > 0.0) {
        return 1.0;
    }
    if x.is_infinite() {
        return 0.0;
    }
    ChiSquared::new(df).map_or(1.0, |chi| chi.sf(x).clamp(0.0, 1.0))
}

/// P(X >= `x`) of Fisher's F distribution with `df1` and `df2` degrees of freedom; 1 where one of these is not positive.
pub(super) fn f(x: f64, df1: f64, df2: f64) -> f64 {
    // statrs multiplies `x` by `df1`.
    if !(x >= f64::MIN_POSITIVE && df1 > 0.0 && df2 > 0.0) {
        return 1.0;
    }
    if (df1 * x).is_infinite() {
        return 0.0;
    }
    FisherSnedecor::new(df1, df2).map_or(1.0, |fisher| fisher.sf(x).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::golden::{self, assert_close};

    #[derive(Deserialize)]
    struct Tails {
        normal: Vec<(f64, f64)>,
        quantile: Vec<(f64, f64)>,
        chi_squared: Vec<(f64, f64, f64)>,
        f: Vec<(f64, f64, f64, f64)>,
    }

    #[test]
    fn tails_and_quantiles_agree_with_mpmath() {
        for case in golden::cases::<Tails>("tails") {
            for (z, p) in case.normal {
                assert_close(normal(z), p, 1e-12);
            }
            for (p, z) in case.quantile {
                assert_close(normal_quantile(p), z, 1e-12);
            }
            for (x, df, p) in case.chi_squared {
                assert_close(chi_squared(x, df), p, 1e-11);
            }
            for (x, df1, df2, p) in case.f {
                assert_close(f(x, df1, df2), p, 1e-11);
            }
        }
    }

    #[test]
    fn a_tail_that_does_not_exist_is_never_significant() {
        assert_eq!(normal(f64::NAN), 1.0);
        assert_eq!(normal_both(f64::NAN), 1.0);
        assert_eq!(chi_squared(f64::NAN, 2.0), 1.0);
        assert_eq!(chi_squared(-1.0, 2.0), 1.0);
        assert_eq!(chi_squared(3.0, 0.0), 1.0);
        assert_eq!(f(f64::NAN, 1.0, 1.0), 1.0);
        assert_eq!(f(3.0, 0.0, 1.0), 1.0);
        assert_eq!(
            (chi_squared(f64::INFINITY, 2.0), f(f64::INFINITY, 1.0, 2.0)),
            (0.0, 0.0)
        );
        assert_eq!(
            (
                chi_squared(5e-324, 1.0),
                f(5e-324, 1.0, 1.0),
                normal(1e-162)
            ),
            (1.0, 1.0, 0.5)
        );
        assert_eq!((chi_squared(1e308, 1.0), f(1e308, 3.0, 2.0)), (0.0, 0.0));
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    proptest! {
        #[test]
        fn the_quantile_undoes_the_tail(p in 1e-12..0.5_f64) {
            prop_assert!((normal(-normal_quantile(p)) / p - 1.0).abs() < 1e-12);
        }
    }
}

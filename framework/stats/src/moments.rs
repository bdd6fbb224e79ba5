//! Groups of which only mean, standard deviation and size are known, as papers publish them.
//!
//! Welch's test and Hedges' g need no more; they are those of [`welch`](super::welch) and [`effect`](super::effect) of any
//! scores with these moments, and of `scipy.stats.ttest_ind_from_stats(…, equal_var=False)`. Everything that ranks, trims or
//! resamples runs needs the runs.

use serde::Serialize;

use super::effect;
use super::interval::Level;
use super::test_error::TestError;
use super::test_result::Basis;
use super::welch::{MeanTest, satterthwaite, separated};

/// What is published of a group of runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Moments {
    /// The mean.
    pub mean: f64,
    /// The standard deviation, with n − 1.
    pub std: f64,
    /// The number of runs.
    pub n: usize,
}

/// Welch's test of two groups, two-sided, with an interval of the difference at `level`.
///
/// # Errors
///
/// Fewer than two runs in a group, or moments that are no usable numbers.
pub fn welch(a: Moments, b: Moments, level: Level) -> Result<MeanTest, TestError> {
    if a.n < 2 || b.n < 2 {
        return Err(TestError::TooFew {
            first: a.n,
            second: b.n,
        });
    }
    let is_usable =
        |group: Moments| group.mean.is_finite() && group.std.is_finite() && group.std >= 0.0;
    if !is_usable(a) || !is_usable(b) {
        return Err(TestError::NotANumber);
    }
    let difference = a.mean - b.mean;
    if a.std == 0.0 && b.std == 0.0 {
        let (p, basis) = match difference {
            0.0 => (1.0, Basis::ConstantEqual),
            _ => (separated(a.n, b.n), Basis::ConstantDifferent),
        };
        return Ok(MeanTest {
            difference,
            t: None,
            df: None,
            p,
            interval: None,
            basis,
        });
    }
    let (n1, n2) = (a.n as f64, b.n as f64);
    let (error1, error2) = (a.std / n1.sqrt(), b.std / n2.sqrt());
    let error = error1.hypot(error2);
    let df = satterthwaite(error1 / error, error2 / error, (n1, n2));
    Ok(MeanTest::by_student(difference, error, df, level))
}

/// Hedges' g of two groups; `None` if neither varies or one has fewer than two runs.
pub fn hedges_g(a: Moments, b: Moments) -> Option<f64> {
    if a.n < 2 || b.n < 2 || !(a.std > 0.0 || b.std > 0.0) {
        return None;
    }
    let (df1, df2) = (a.n as f64 - 1.0, b.n as f64 - 1.0);
    let share = |df: f64| (df / (df1 + df2)).sqrt();
    let pooled = (a.std * share(df1)).hypot(b.std * share(df2));
    Some((a.mean - b.mean) / pooled * effect::small_sample_factor(a.n + b.n - 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::assert_close;
    use crate::{describe, welch as of_runs};

    fn moments(runs: &[f64]) -> Moments {
        Moments {
            mean: describe::mean(runs).unwrap(),
            std: describe::std(runs).unwrap(),
            n: runs.len(),
        }
    }

    #[test]
    fn moments_give_what_the_runs_give_and_what_scipy_gives() {
        let (a, b) = ([1.0, 2.0, 3.0, 9.0], [1.1, 2.9, 4.2]);
        let (found, expected) = (
            welch(moments(&a), moments(&b), Level::P95).unwrap(),
            of_runs::test(&a, &b, Level::P95).unwrap(),
        );
        assert_close(found.p, expected.p, 1e-13);
        assert_close(
            found.interval.unwrap().low,
            expected.interval.unwrap().low,
            1e-13,
        );
        assert_close(
            hedges_g(moments(&a), moments(&b)).unwrap(),
            effect::hedges_g(&a, &b).unwrap(),
            1e-13,
        );
        // scipy 1.17: ttest_ind_from_stats(15.0, 2.5, 10, 12.0, 4.0, 8, equal_var=False)
        let one = Moments {
            mean: 15.0,
            std: 2.5,
            n: 10,
        };
        let other = Moments {
            mean: 12.0,
            std: 4.0,
            n: 8,
        };
        let found = welch(one, other, Level::P95).unwrap();
        assert_close(found.t.unwrap(), 1.851_640_199_545_102_8, 1e-14);
        assert_close(found.p, 0.090_585_330_342_377_52, 1e-12);
    }

    #[test]
    fn groups_that_do_not_vary_have_an_exact_answer_and_lone_runs_none() {
        let flat = |mean: f64, n: usize| Moments { mean, std: 0.0, n };
        assert_eq!(
            welch(flat(1.0, 5), flat(1.0, 5), Level::P95).unwrap().p,
            1.0
        );
        assert_close(
            welch(flat(1.0, 5), flat(2.0, 5), Level::P95).unwrap().p,
            2.0 / 252.0,
            1e-12,
        );
        assert!(welch(flat(1.0, 1), flat(2.0, 5), Level::P95).is_err());
        assert_eq!(hedges_g(flat(1.0, 5), flat(2.0, 5)), None);
    }
}

//! The squashed normal distribution that SAC's policy draws from.

use std::f64::consts::{LN_2, PI};

use spikebench::api::{Formula, Real};

/// An action from the policy's mean, the logarithm of its standard deviation, and a standard normal number.
#[derive(Debug)]
pub struct Drawn {
    /// The bounds of the logarithm of the standard deviation.
    pub log_std_range: (f64, f64),
    /// The limit of the actions.
    pub limit: f64,
}

impl Formula for Drawn {
    type Inputs<R: Real> = [R; 3];

    #[inline(always)]
    fn value<R: Real>(&self, [mean, log_std, normal]: [R; 3]) -> R {
        let (low, high) = self.log_std_range;
        (mean + log_std.clamp(low, high).exp() * normal).tanh() * self.limit
    }
}

/// The logarithm of the density of that action in units of the limit (appendix C of the paper; the logarithm of tanh's slope
/// as in the code).
#[derive(Debug)]
pub struct LogDensity {
    /// The bounds of the logarithm of the standard deviation.
    pub log_std_range: (f64, f64),
}

impl Formula for LogDensity {
    type Inputs<R: Real> = [R; 3];

    #[inline(always)]
    fn value<R: Real>(&self, [mean, log_std, normal]: [R; 3]) -> R {
        let (low, high) = self.log_std_range;
        let log_std = log_std.clamp(low, high);
        let chosen = mean + log_std.exp() * normal;
        let log_slope = (-softplus(chosen * -2.0) - chosen + LN_2) * 2.0;
        normal * normal * -0.5 - log_std - 0.5 * (2.0 * PI).ln() - log_slope
    }
}

/// `ln(1 + exp(x))`
#[inline(always)]
fn softplus<R: Real>(x: R) -> R {
    x.max(R::from(0.0)) + ((-x.abs()).exp() + 1.0).ln()
}

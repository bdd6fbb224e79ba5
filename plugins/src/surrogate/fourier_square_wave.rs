//! The Fourier series of a square wave.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Real, Surrogate};
use spikebench::register;

/// `(4 / T) · Σ cos((2 i − 1) · 2 π u / T)` over `i` from 1 to `n − 1`. It oscillates, and its area does not converge
/// (SpikingJelly's `SquarewaveFourierSeries`, `n = 2`, period 8, where the sum has one term).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FourierSquareWave {
    /// The number of terms plus one.
    n: u32,
    /// The period `T`, in units of the membrane potential.
    #[serde(alias = "T_period")]
    period: f64,
}

impl Default for FourierSquareWave {
    fn default() -> Self {
        Self { n: 2, period: 8.0 }
    }
}

impl Surrogate for FourierSquareWave {
    #[inline(always)]
    fn derivative<R: Real>(&self, u: R) -> R {
        // Beyond this distance the phase is meaningless in single precision.
        let u = u.clamp(-1e4, 1e4);
        let mut sum = R::from(0.0);
        for term in 1..self.n {
            let frequency = (2 * term - 1) as f64 * TAU / self.period;
            sum = sum + (u * frequency).cos();
        }
        sum * (4.0 / self.period)
    }

    fn primitive(&self, u: f64) -> Option<f64> {
        let term = |term: u32| {
            let odd = (2 * term - 1) as f64;
            (odd * TAU * u / self.period).sin() / odd
        };
        Some((1..self.n).map(term).sum::<f64>() * 4.0 / TAU)
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless(
            (2..=64).contains(&self.n),
            "n",
            self.n,
            "must lie between 2 and 64",
        )?;
        ParameterError::unless_positive("period", self.period)
    }
}

register! {
    /// First terms of the Fourier series of a square wave (SpikingJelly).
    surrogate "fourier-square-wave" | "squarewave-fourier-series" => FourierSquareWave
}

spikebench::conforms!(surrogate "fourier-square-wave");

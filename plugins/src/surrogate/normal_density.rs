//! The bell curve that several surrogates are made of.

use std::f64::consts::TAU;

use spikebench::api::Real;

/// The probability density of the normal distribution.
#[inline(always)]
pub fn normal_density<R: Real>(u: R, mean: f64, deviation: f64) -> R {
    let x = (u - mean) / deviation;
    (x * x * -0.5).exp() / (deviation * TAU.sqrt())
}

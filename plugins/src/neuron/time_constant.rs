//! The rule for time constants.

use spikebench::api::ParameterError;

/// Rejects a time constant below one step, for which a step of Euler's method overshoots.
pub fn check_tau(field: &str, tau: f64) -> Result<(), ParameterError> {
    ParameterError::unless(tau >= 1.0, field, tau, "must be at least 1 (time steps)")
}

//! Neuron models. Potentials are in units of the threshold where it is 1, time constants in time steps, unless a model says
//! otherwise. A step is: charge, fire, reset.

mod adaptive_quadratic;
mod alif;
mod clif;
mod complementary_lif;
mod dynamic;
mod exponential;
mod integrate_and_fire;
mod izhikevich;
mod klif;
mod leaky;
mod lif;
mod plif;
mod quadratic;
mod resonate_and_fire;

use spikebench::api::ParameterError;

/// Refuses a time constant of which a step of Euler's method leaves less than nothing.
fn check_tau(field: &str, tau: f64) -> Result<(), ParameterError> {
    ParameterError::unless(tau >= 1.0, field, tau, "must be at least 1 (time steps)")
}

//! A surrogate in numbers. Libraries differ by a factor of 10⁴ in scale, so a table that compares surrogates without these
//! numbers compares their scales, not their shapes.

use serde::Serialize;

use super::{AnyNeuron, AnySurrogate, NeuronFormula};
use crate::formula::{area, half_width, integral, peak};

/// The peak, width and area of a surrogate, and the gradient that reaches a silent neuron.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SurrogateProfile {
    /// The largest value.
    pub peak: f64,
    /// How far below the threshold the surrogate first falls under half of its peak: the half-width at half maximum, if it is
    /// symmetric. `None` if it never does.
    pub half_width: Option<f64>,
    /// The integral over all `u`: the factor by which each layer and each time step would rescale the gradient if potentials
    /// were spread evenly. `None` if the integral diverges.
    pub area: Option<f64>,
    /// The surrogate at `u_at_rest`: the gradient of a neuron at rest.
    pub at_rest: f64,
    /// The membrane potential at rest minus the threshold: `-v_threshold` for a neuron that rests at 0.
    pub u_at_rest: f64,
}

/// The distance to the threshold of the built-in actors' neurons at rest: `-v_threshold` of Pop-SAN.
pub const DEFAULT_U_AT_REST: f64 = -0.5;

impl SurrogateProfile {
    /// Computes the profile of a surrogate from its values alone.
    pub fn of(surrogate: &dyn AnySurrogate, u_at_rest: f64) -> Self {
        let value = |u: f64| surrogate.at(u);
        let peak = peak(&value);
        Self {
            peak,
            half_width: half_width(&value, peak),
            area: area(&value),
            at_rest: surrogate.at(u_at_rest),
            u_at_rest,
        }
    }
}

/// The distance of a neuron at rest above its threshold (a negative number), by the model's own formulas.
pub fn u_at_rest(neuron: &dyn AnyNeuron) -> f64 {
    let mut inputs = neuron.rest_values();
    inputs.extend(neuron.learnables().iter().map(|one| one.init));
    neuron.at(NeuronFormula::U, &inputs)[0]
}

/// The smoothed step whose derivative the surrogate is: `1/2 + ∫₀ᵘ`, which rises from 0 to 1 if the surrogate is symmetric
/// and of unit area. Its closed form is used where the surrogate has one, numerical integration elsewhere.
pub fn smoothed_step(surrogate: &dyn AnySurrogate, u: f64) -> f64 {
    match (surrogate.primitive_at(u), surrogate.primitive_at(0.0)) {
        (Some(here), Some(middle)) => 0.5 + here - middle,
        _ => 0.5 + integral(&|u| surrogate.at(u), u),
    }
}

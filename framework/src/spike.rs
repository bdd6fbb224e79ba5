//! The spike: Heaviside forward, surrogate backward. It is part of no component.

use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use crate::api::AnySurrogate;

/// When a neuron fires. Libraries differ here, which confounds comparisons between them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiresAt {
    /// Strictly above the threshold (Pop-SAN, snnTorch, Norse).
    #[default]
    Above,
    /// At the threshold or above (SpikingJelly).
    AtOrAbove,
}

/// The spike of neurons at `u = v − v_threshold`: exactly 0 or 1, differentiated as if its derivative were exactly
/// the surrogate's.
///
/// With `y = u · g(u)`, where `g(u)` counts as a constant, the bracket in `H(u) + (y − y.detach())` is exactly zero
/// for every finite `u`, so nothing is added to the step; and its derivative is exactly `g`.
pub fn fire(u: &Tensor, fires_at: FiresAt, surrogate: &dyn AnySurrogate) -> Tensor {
    let still = u.detach();
    let slope = no_grad(|| surrogate.on_tensor(&still));
    let step = match fires_at {
        FiresAt::Above => still.gt(0.0),
        FiresAt::AtOrAbove => still.ge(0.0),
    };
    step.to_kind(u.kind()) + (u - &still) * slope
}

//! The spike: Heaviside forward, surrogate backward. It is part of no component.

use tch::{Tensor, no_grad};

use crate::api::{AnySurrogate, FiresAt};

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

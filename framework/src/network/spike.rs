//! The spike: a Heaviside step in the forward pass, the surrogate's derivative in the backward pass.

use tch::{Tensor, no_grad};

use crate::api::{AnySurrogate, FiresAt};

/// The spikes of neurons at distance `u = v − v_threshold` from their threshold: exactly 0 or 1, with exactly the
/// surrogate's derivative.
///
/// With `y = u · g(u)`, where `g(u)` is treated as a constant, the bracket in `H(u) + (y − y.detach())` is exactly zero for
/// every finite `u`, so the step is unchanged, and its derivative is exactly `g`.
pub fn fire(u: &Tensor, fires_at: FiresAt, surrogate: &dyn AnySurrogate) -> Tensor {
    let still = u.detach();
    let slope = no_grad(|| surrogate.on_tensor(&still));
    let step = match fires_at {
        FiresAt::Above => still.gt(0.0),
        FiresAt::AtOrAbove => still.ge(0.0),
    };
    step.to_kind(u.kind()) + (u - &still) * slope
}

//! Values that count the entropy of the policy, as SAC learns them.

use spikebench::api::{Formula, Real};

/// The critics' target, from the reward, the discount, the next value, and the logarithm of the next action's density.
#[derive(Debug)]
pub struct SoftTarget {
    /// The temperature.
    pub alpha: f64,
}

impl Formula for SoftTarget {
    type Inputs<R: Real> = [R; 4];

    #[inline(always)]
    fn value<R: Real>(&self, [reward, discount, next, log_density]: [R; 4]) -> R {
        reward + discount * (next - log_density * self.alpha)
    }
}

/// What the policy minimises, from the logarithm of an action's density and the action's value.
#[derive(Debug, Clone)]
pub struct SoftCost {
    /// The temperature.
    pub alpha: f64,
}

impl Formula for SoftCost {
    type Inputs<R: Real> = [R; 2];

    #[inline(always)]
    fn value<R: Real>(&self, [log_density, value]: [R; 2]) -> R {
        log_density * self.alpha - value
    }
}

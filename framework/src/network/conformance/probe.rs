//! A surrogate and a network for the tests of other components.

use tch::Tensor;

use crate::api::{Actor, Declaration, Init, NoiseContext, Real, Surrogate, Weights};

/// The surrogate `1/(1 + u²)`, defined here because the framework may not name a registered one.
#[derive(Debug)]
pub struct Probe;

impl Surrogate for Probe {
    fn derivative<R: Real>(&self, u: R) -> R {
        (u * u + 1.0).recip()
    }
}

/// A linear policy.
#[derive(Debug)]
pub struct Linear {
    /// The number of observed values.
    pub features: i64,
    /// The number of action dimensions.
    pub actions: i64,
}

impl Actor for Linear {
    fn learned(&self) -> Vec<Declaration> {
        let declared =
            |name: &str, shape: &[i64]| Declaration::new(name, shape, Init::Uniform(0.3));
        vec![
            declared("weight", &[self.features, self.actions]),
            declared("bias", &[self.actions]),
        ]
    }

    fn forward(&self, observation: &Tensor, weights: &Weights, _: &mut NoiseContext<'_>) -> Tensor {
        observation.matmul(weights.get("weight")) + weights.get("bias").unsqueeze(1)
    }

    fn multiply_adds(&self) -> u64 {
        (self.features * self.actions) as u64
    }
}

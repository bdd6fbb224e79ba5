//! Adam (Kingma and Ba 2015, algorithm 1), over all weights of all replicas at once.

use tch::{Tensor, no_grad};

use crate::api::Weights;

/// PyTorch's defaults: β₁ 0.9, β₂ 0.999, ε 1e-8, no weight decay.
#[derive(Debug)]
pub struct Adam {
    learning_rate: f64,
    steps: i32,
    mean: Tensor,
    square: Tensor,
}

const BETA_MEAN: f64 = 0.9;
const BETA_SQUARE: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// For these weights.
    pub fn new(weights: &Weights, learning_rate: f64) -> Self {
        let zeros = || weights.flat().zeros_like();
        Self {
            learning_rate,
            steps: 0,
            mean: zeros(),
            square: zeros(),
        }
    }

    /// Moves the weights against the gradient of `loss`.
    pub fn minimise(&mut self, loss: &Tensor, weights: &mut Weights) {
        weights.zero_gradient();
        loss.backward();
        self.steps += 1;
        no_grad(|| {
            let gradient = weights.flat_gradient();
            let _ = self.mean.lerp_(&gradient, 1.0 - BETA_MEAN);
            let _ = self.square.g_mul_scalar_(BETA_SQUARE);
            let _ = self
                .square
                .addcmul_(&gradient, &(&gradient * (1.0 - BETA_SQUARE)));
            let mean_correction = 1.0 - BETA_MEAN.powi(self.steps);
            let square_correction = (1.0 - BETA_SQUARE.powi(self.steps)).sqrt();
            let denominator = self.square.sqrt() / square_correction + EPSILON;
            let _ = weights
                .flat()
                .shallow_clone()
                .subtract_(&(&self.mean / denominator * (self.learning_rate / mean_correction)));
        });
    }
}

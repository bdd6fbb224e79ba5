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

#[cfg(test)]
mod tests {
    use tch::nn::{self, OptimizerConfig};
    use tch::{Device, Kind};

    use super::*;
    use crate::api::{Declaration, Init, Streams};

    #[test]
    fn a_hundred_steps_equal_those_of_libtorch() {
        let begin: Vec<f32> = (0..12).map(|i| (i as f32 - 5.5) / 3.0).collect();
        let declared = [
            Declaration::new("a", &[2, 3], Init::Values(begin[..6].to_vec())),
            Declaration::new("b", &[6], Init::Values(begin[6..].to_vec())),
        ];
        let mut weights = Weights::new(
            &declared,
            &mut Streams::new(&[0], "test", Device::Cpu),
            Device::Cpu,
        );
        let mut ours = Adam::new(&weights, 0.01);

        let store = nn::VarStore::new(Device::Cpu);
        let theirs = store.root().var_copy("w", &Tensor::from_slice(&begin));
        let mut adam = nn::Adam::default().build(&store, 0.01).unwrap();

        let target = Tensor::from_slice(&[0.5f32, -1.0, 2.0, 0.0, 1.0, -0.2]);
        let loss = |a: &Tensor, b: &Tensor| {
            let off = a.reshape([-1]) * b.reshape([-1]) - &target;
            (off.square() * off.sin()).sum(Kind::Float)
        };
        for _ in 0..100 {
            let value = loss(weights.get("a"), weights.get("b"));
            ours.minimise(&value, &mut weights);
            adam.backward_step(&loss(&theirs.narrow(0, 0, 6), &theirs.narrow(0, 6, 6)));
        }
        let off = (weights.flat() - theirs).abs().max().double_value(&[]);
        assert!(off < 1e-5, "off by {off:e}");
    }
}

//! Updates of weights: Adam (Kingma and Ba 2015, algorithm 1) and the Polyak averages of target networks, over all weights
//! of all replicas at once.

use std::ops::Range;

use tch::{Device, Kind, Tensor, no_grad};

use crate::api::{Mismatch, StateVisitor, Stateful, Weights, pad_to_cache_line};
use crate::kernel::autograd::gradients;
use crate::kernel::{self, AdamStep, ShapeRef, Values, contiguous, values, values_mut};
use crate::learn::running_mean::RunningMean;

/// Adam with PyTorch's defaults: β₁ 0.9, β₂ 0.999, ε 1e-8, no weight decay.
#[derive(Debug)]
pub struct Adam {
    learning_rate: f64,
    steps: i32,
    /// The moving average of the gradient.
    mean: Weights,
    /// The moving average of the squared gradient.
    square: Weights,
    norm: RunningMean,
}

const BETA_MEAN: f64 = 0.9;
const BETA_SQUARE: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// The gradient norm is computed once in this many steps, because it takes an extra pass over memory.
const NORM_EVERY: i32 = 10;

impl Adam {
    /// An optimiser for these weights.
    pub fn new(weights: &Weights, learning_rate: f64) -> Self {
        let zeros = || {
            let zeros = weights.frozen_copy();
            let _ = zeros.flat().shallow_clone().zero_();
            zeros
        };
        Self {
            learning_rate,
            steps: 0,
            mean: zeros(),
            square: zeros(),
            norm: RunningMean::new(replicas(weights)),
        }
    }

    /// Updates the weights to reduce `loss`, a scalar or one number per replica.
    pub fn minimise(&mut self, loss: &Tensor, weights: &mut Weights) {
        minimise(loss, [(self, weights)]);
    }

    /// The norm of each replica's gradient, averaged over the steps since the last call, of which one in ten is sampled;
    /// `None` if there were none.
    pub fn gradient_norm(&mut self) -> Option<Vec<f64>> {
        self.norm.take()
    }

    /// Updates the weights by their gradients; an undefined gradient counts as zero.
    fn step(&mut self, gradients: &[Tensor], weights: &mut Weights) {
        self.sample_norm(|replicas| norms(gradients, replicas), weights);
        let [rate, square_correction] = self.advance();
        if weights.flat().device() == Device::Cpu {
            let step = kernel_step(rate, square_correction);
            let places = weights.places();
            self.on_slices(weights, |values, mean, square| {
                for (gradient, place) in gradients.iter().zip(places) {
                    let [values, mean, square] =
                        [&mut *values, &mut *mean, &mut *square].map(|all| &mut all[place.clone()]);
                    if gradient.defined() {
                        let gradient = Values::of(gradient);
                        kernel::adam(step, values, &gradient, mean, square);
                    } else {
                        // The gradient of a tensor that the loss does not depend on is zero.
                        let zeros = vec![0.0; values.len()];
                        kernel::adam(step, values, &zeros, mean, square);
                    }
                }
            });
        } else {
            no_grad(|| self.move_by_tensors(rate, square_correction, gradients, weights));
        }
    }

    /// Updates weights on the CPU by a gradient of the layout of [`Weights::flat`], which is zero between the tensors.
    pub(crate) fn step_along(&mut self, gradient: &[f32], weights: &mut Weights) {
        let places = weights.places();
        self.sample_norm(|replicas| norms_along(gradient, places, replicas), weights);
        let [rate, square_correction] = self.advance();
        let step = kernel_step(rate, square_correction);
        self.on_slices(weights, |values, mean, square| {
            kernel::adam(step, values, gradient, mean, square);
        });
    }

    fn sample_norm(&mut self, norms: impl Fn(i64) -> Vec<f64>, weights: &Weights) {
        if self.steps % NORM_EVERY == 0 {
            self.norm.add_numbers(norms(replicas(weights)));
        }
    }

    /// Counts a step. Returns its rate, the bias of the mean corrected, and the root that corrects the bias of the mean square.
    fn advance(&mut self) -> [f64; 2] {
        self.steps += 1;
        let mean_correction = 1.0 - BETA_MEAN.powi(self.steps);
        let square_correction = (1.0 - BETA_SQUARE.powi(self.steps)).sqrt();
        [self.learning_rate / mean_correction, square_correction]
    }

    /// Calls `of` with the flat values of the weights, of the mean and of the mean square.
    fn on_slices(&self, weights: &Weights, of: impl FnOnce(&mut [f32], &mut [f32], &mut [f32])) {
        let mut flat = [weights, &self.mean, &self.square].map(|all| all.flat().shallow_clone());
        let [values, mean, square] = flat.each_mut().map(values_mut);
        of(values, mean, square);
    }

    fn move_by_tensors(
        &mut self,
        rate: f64,
        square_correction: f64,
        gradients: &[Tensor],
        weights: &mut Weights,
    ) {
        let parts: Vec<Tensor> = weights
            .iter()
            .zip(gradients)
            .map(|((_, tensor), gradient)| {
                let known = if gradient.defined() {
                    gradient
                } else {
                    &tensor.zeros_like()
                };
                pad_to_cache_line(known)
            })
            .collect();
        let gradient = Tensor::cat(&parts, 0);
        let [mut mean, mut square] = [&self.mean, &self.square].map(|of| of.flat().shallow_clone());
        let _ = mean.lerp_(&gradient, 1.0 - BETA_MEAN);
        let _ = square.g_mul_scalar_(BETA_SQUARE);
        let weighted = &gradient * (1.0 - BETA_SQUARE);
        let _ = square.addcmul_(&gradient, &weighted);
        let denominator = square.sqrt() / square_correction + EPSILON;
        let step = mean / denominator * rate;
        let _ = weights.flat().shallow_clone().subtract_(&step);
    }
}

fn kernel_step(rate: f64, square_correction: f64) -> AdamStep {
    AdamStep {
        mean_weight: (1.0 - BETA_MEAN) as f32,
        square_decay: BETA_SQUARE as f32,
        square_weight: (1.0 - BETA_SQUARE) as f32,
        rate: rate as f32,
        scale: (1.0 / square_correction) as f32,
        epsilon: EPSILON as f32,
    }
}

/// Updates several sets of weights that share a loss, a scalar or one number per replica, each with its own optimiser.
pub fn minimise<const N: usize>(loss: &Tensor, moved: [(&mut Adam, &mut Weights); N]) {
    let learned: Vec<&Tensor> = moved
        .iter()
        .flat_map(|(_, weights)| weights.iter())
        .map(|(_, tensor)| tensor)
        .collect();
    let gradients = gradients(loss, &learned);
    let mut rest = gradients.as_slice();
    for (adam, weights) in moved {
        let (own, others) = rest.split_at(weights.iter().count());
        adam.step(own, weights);
        rest = others;
    }
}

fn replicas(weights: &Weights) -> i64 {
    weights
        .iter()
        .next()
        .map_or(0, |(_, tensor)| tensor.shape()[0])
}

/// The Euclidean norm of each replica's gradient over all its tensors.
fn norms(gradients: &[Tensor], replicas: i64) -> Vec<f64> {
    let mut sums = vec![0.0; replicas as usize];
    for gradient in gradients.iter().filter(|gradient| gradient.defined()) {
        let each = gradient.count() / sums.len().max(1);
        let squares = |replica: usize| match gradient.device() {
            Device::Cpu => {
                let gradient = contiguous(gradient);
                kernel::sum_of_squares(&values(&gradient)[replica * each..][..each])
            }
            _ => {
                let share = gradient.select(0, replica as i64);
                share.square().sum(Kind::Double).double_value(&[])
            }
        };
        let all = sums.iter_mut().enumerate();
        all.for_each(|(replica, sum)| *sum += squares(replica));
    }
    sums.into_iter().map(f64::sqrt).collect()
}

/// The same of a gradient in one row.
fn norms_along(gradient: &[f32], places: &[Range<usize>], replicas: i64) -> Vec<f64> {
    let mut sums = vec![0.0; replicas as usize];
    for place in places {
        let each = (place.len() / sums.len()).max(1);
        let replicas = gradient[place.clone()].chunks_exact(each);
        for (sum, share) in sums.iter_mut().zip(replicas) {
            *sum += kernel::sum_of_squares(share);
        }
    }
    sums.into_iter().map(f64::sqrt).collect()
}

impl Stateful for Adam {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let mut steps = self.steps as u64;
        with.count("steps", &mut steps)?;
        self.steps = steps as i32;
        with.part("mean", &mut self.mean)?;
        with.part("square", &mut self.square)?;
        with.part("norm", &mut self.norm)
    }
}

/// The update of a target network: `target ← polyak · target + (1 − polyak) · online`.
pub fn polyak_update(target: &mut Weights, online: &Weights, polyak: f64) {
    let mut flat = target.flat().shallow_clone();
    if flat.device() == Device::Cpu {
        kernel::polyak_update(
            values_mut(&mut flat),
            values(online.flat()),
            (1.0 - polyak) as f32,
        );
    } else {
        no_grad(|| {
            let _ = flat.lerp_(online.flat(), 1.0 - polyak);
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
        let ours: Vec<Tensor> = weights.iter().map(|(_, part)| part.reshape([-1])).collect();
        let off = (Tensor::cat(&ours, 0) - theirs)
            .abs()
            .max()
            .double_value(&[]);
        assert!(off < 1e-5, "off by {off:e}");
    }

    #[test]
    fn the_gradient_norm_is_that_of_each_replica() {
        let declared = [
            Declaration::new("a", &[2], Init::Uniform(1.0)),
            Declaration::new("b", &[3], Init::Uniform(1.0)),
            Declaration::new("unused", &[4], Init::Uniform(1.0)),
        ];
        let mut draw = Streams::new(&[0, 1], "test", Device::Cpu);
        let mut weights = Weights::new(&declared, &mut draw, Device::Cpu);
        let mut adam = Adam::new(&weights, 0.01);
        assert_eq!(adam.gradient_norm(), None);
        let slope = Tensor::from_slice(&[1f32, 2.0]).view([2, 1]);
        let loss = (weights.get("a") * &slope).sum(Kind::Float)
            + (weights.get("b") * &slope).sum(Kind::Float) * 2.0;
        adam.minimise(&loss, &mut weights);
        let one = (2.0 + 3.0 * 4.0f64).sqrt();
        let norms = adam.gradient_norm().unwrap();
        assert!(
            (norms[0] - one).abs() < 1e-6 && (norms[1] - 2.0 * one).abs() < 1e-6,
            "{norms:?}"
        );
    }
}

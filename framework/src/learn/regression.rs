//! Fitting a perceptron to targets, as critics are fitted.

use tch::{Device, Tensor};

use crate::api::Weights;
use crate::kernel::{Buffer, Values, kernel_supports, values_mut, zeros};
use crate::learn::adam::Adam;
use crate::learn::loss::{SquaredError, squared_error};
use crate::network::chain::{Chain, Copies};
use crate::network::mlp::Perceptron;

/// A perceptron's squared error against a target, and the way back from it to the weights.
///
/// On the CPU the way back is one call of kernels, which writes the gradient of all weights to one row, without LibTorch's
/// graph: to make, attach and walk the nodes of a small perceptron takes as long as its products.
#[derive(Debug)]
pub struct Regression {
    loss: Tensor,
    graph: Option<Slices>,
}

/// What the backward pass on slices needs.
#[derive(Debug)]
struct Slices {
    chain: Chain,
    activations: Vec<Vec<Buffer>>,
    errors: Buffer,
}

impl Regression {
    /// Computes `weight` times the squared error of a perceptron's value of an input against a target `[R, B, 1]`, averaged over
    /// the batch and summed over the perceptron's copies. The input is given in parts as for
    /// [`Perceptron::forward_parts`].
    pub fn new(
        perceptron: &Perceptron,
        weights: &Weights,
        parts: &[&Tensor],
        target: &Tensor,
        weight: f64,
    ) -> Self {
        let supported = |tensor: &&Tensor| kernel_supports(tensor);
        if !parts.iter().chain([&target]).all(supported) || weights.flat().device() != Device::Cpu {
            let values = perceptron.forward_parts(parts, weights);
            return Self {
                loss: squared_error(&values, target, weight),
                graph: None,
            };
        }
        let chain = Chain::new(parts, &perceptron.layers(weights), Copies::All);
        let mut out = Buffer::of(chain.shape().iter().product::<i64>() as usize);
        let activations = chain.forward(&mut out, true);
        let target = Values::of(target);
        let [replicas, batch, _] = *target.shape() else {
            panic!("targets are [R, B, 1], not {:?}", target.shape())
        };
        let error = SquaredError {
            copies: out.len() / target.len().max(1),
            batch: batch as usize,
            weight,
        };
        let mut loss = zeros(&[replicas]);
        error.losses(&out, &target, values_mut(&mut loss));
        let mut errors = Buffer::of(out.len());
        let whole = std::iter::repeat_n(1.0, replicas as usize);
        error.gradients(&out, &target, whole, &mut errors);
        let graph = Some(Slices {
            chain,
            activations,
            errors,
        });
        Self { loss, graph }
    }

    /// The loss of each replica, `[R]`.
    pub fn loss(&self) -> &Tensor {
        &self.loss
    }

    /// Updates the weights, which must be those that the loss was computed with, to reduce the loss.
    pub fn descend(self, adam: &mut Adam, weights: &mut Weights) {
        let Some(graph) = self.graph else {
            return adam.minimise(&self.loss, weights);
        };
        let places = weights.places();
        let mut gradient = Buffer::of(values_mut(&mut weights.flat().shallow_clone()).len());
        let mut parts = Vec::with_capacity(places.len());
        let (mut rest, mut at) = (&mut gradient[..], 0);
        for place in places {
            let (between, behind) = rest.split_at_mut(place.start - at);
            between.fill(0.0);
            let (part, behind) = behind.split_at_mut(place.len());
            parts.push(Some(part));
            (rest, at) = (behind, place.end);
        }
        rest.fill(0.0);
        graph
            .chain
            .backward(&graph.activations, &graph.errors, &mut parts, None);
        adam.step_along(&gradient, weights);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Streams;
    use crate::kernel::with_reference_ops;

    #[test]
    fn weights_move_as_by_the_loss_and_the_optimiser_on_tensors() {
        for copies in [vec![], vec![2]] {
            let run = || {
                let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
                let critic = Perceptron::new("critic", &copies, vec![5, 9, 7, 1]);
                let mut weights = Weights::new(&critic.learned(), &mut draw, Device::Cpu);
                let mut adam = Adam::new(&weights, 1e-2);
                let (left, right) = (draw.normal(&[2, 12, 3]), draw.normal(&[2, 12, 2]));
                let target = draw.normal(&[2, 12, 1]);
                let losses: Vec<Tensor> = (0..3)
                    .map(|_| {
                        let parts = [&left, &right];
                        let fit = Regression::new(&critic, &weights, &parts, &target, 0.7);
                        let loss = fit.loss().detach().copy();
                        fit.descend(&mut adam, &mut weights);
                        loss
                    })
                    .collect();
                let norm = adam.gradient_norm().unwrap();
                (losses, weights.flat().copy(), norm)
            };
            let (ours, theirs) = (run(), with_reference_ops(run));
            for (one, other) in ours.0.iter().zip(&theirs.0) {
                assert_eq!(one.size(), [2]);
                assert!(one.allclose(other, 1e-5, 1e-6, false), "{one} {other}");
            }
            assert!(ours.1.allclose(&theirs.1, 1e-5, 1e-6, false));
            for (one, other) in ours.2.iter().zip(&theirs.2) {
                assert!((one - other).abs() < 1e-4 * other, "{one} {other}");
            }
        }
    }
}

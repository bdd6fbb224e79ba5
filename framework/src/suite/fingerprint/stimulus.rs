//! The fixed inputs that components are measured with. They are short binary fractions, so that sums of them are exact in
//! single precision and do not depend on the order in which a processor adds.

use tch::{Device, Tensor, no_grad};

use crate::api::{Declaration, Init, Streams, Weights};

use super::sketch::{Sketch, values};

/// The seed of everything that a measurement draws.
pub const SEED: u64 = 0;

/// The random stream of a measurement for one purpose, with one replica.
pub fn streams(purpose: &str) -> Streams {
    Streams::new(&[SEED], &format!("fingerprint {purpose}"), Device::Cpu)
}

/// Normal numbers of this shape, whose first size is 1, as multiples of 1/64.
pub fn normal(draw: &mut Streams, shape: &[i64]) -> Tensor {
    (draw.normal(shape) * 64.0).round() / 64.0
}

/// Coefficients between -1 and 1 of this shape, as multiples of 1/64.
pub fn coefficients(draw: &mut Streams, shape: &[i64]) -> Tensor {
    (draw.uniform(shape) * 128.0 - 64.0).round() / 64.0
}

/// Weights for the declared tensors, which are four times as large as a network begins with, so that spikes reach its
/// output. The declarations themselves are added to the sketch.
pub fn weights(declared: &[Declaration], sketch: &mut Sketch) -> Weights {
    if declared.is_empty() {
        // There are no weights without a tensor; nobody looks at this one.
        let nothing = Declaration::new("nothing", &[1], Init::Values(vec![0.0]));
        return weights(&[nothing], sketch);
    }
    let made = Weights::new(declared, &mut streams("weights"), Device::Cpu);
    for (declaration, (name, tensor)) in declared.iter().zip(made.iter()) {
        sketch.text(name);
        for &size in &declaration.shape {
            sketch.count(size as usize);
        }
        let scale = match &declaration.init {
            Init::Uniform(bound) => {
                sketch.formula(*bound);
                4.0
            }
            Init::Values(values) => {
                let values: Vec<f64> = values.iter().map(|&value| value.into()).collect();
                sketch.vector(&values);
                1.0
            }
        };
        let mut held = tensor.detach();
        no_grad(|| held.copy_(&((&held * (1024.0 * scale)).round() / 1024.0)));
    }
    made
}

/// Adds the gradient of a scalar loss with respect to all weights, if it depends on any of them.
pub fn gradient(loss: &Tensor, weights: &Weights, sketch: &mut Sketch) {
    if !loss.requires_grad() {
        return;
    }
    loss.backward();
    let slopes = weights.iter().map(|(_, tensor)| tensor.grad());
    let slopes = slopes.map(|slope| {
        if slope.defined() {
            values(&slope)
        } else {
            Vec::new()
        }
    });
    sketch.vectors(&slopes.collect::<Vec<_>>());
}

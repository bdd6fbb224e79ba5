//! Consecutive spiking layers as one differentiable operation on the CPU.

use tch::Tensor;

use super::layer::{Influences, Layer};
use super::stack::Stack;
use crate::api::{Connections, Lateral, StraightThrough};
use crate::kernel::autograd::{needs_gradient, with_backward};
use crate::kernel::{ShapeRef, contiguous, empty, values, values_mut};
use crate::network::neurons::Neurons;

/// The spikes `[R, T, B, width]` of the last layer for the input `[R, T, B, width]` of the first, or `[R, 1, B, width]` for
/// the same input in every step.
pub fn run(neurons: &Neurons, input: &Tensor, layers: &[Layer], influences: &Influences) -> Tensor {
    run_from(neurons, input, (input, None), layers, influences)
}

/// The same for input spikes whose gradient passes straight through to their activation.
pub fn run_straight_through(
    neurons: &Neurons,
    input: &StraightThrough,
    layers: &[Layer],
    influences: &Influences,
) -> Tensor {
    let source = (&input.activation, Some(input.slopes.clone()));
    run_from(neurons, &input.spikes, source, layers, influences)
}

/// `source` receives the gradient of the input: the input itself, or its activation together with the slopes.
fn run_from(
    neurons: &Neurons,
    input: &Tensor,
    (source, slopes): (&Tensor, Option<Vec<f32>>),
    layers: &[Layer],
    influences: &Influences,
) -> Tensor {
    let [replicas, times, batch, features] = *input.shape() else {
        panic!("input is [R, T, B, width], not {:?}", input.shape())
    };
    let widths = [features]
        .into_iter()
        .chain(layers.iter().map(|layer| layer.weight.shape()[2]));
    let prepared = influences.contiguous();
    let stack = Stack {
        neurons: neurons.clone(),
        times: times as usize,
        batch: batch as usize,
        widths: widths.map(|width| width as usize).collect(),
        layers: layers.iter().map(Layer::contiguous).collect(),
        connections: connections(prepared.lateral.as_ref(), replicas as usize),
        influences: prepared,
        input: contiguous(input),
        slopes,
    };
    let last = layers
        .last()
        .map_or(features, |layer| layer.weight.shape()[2]);
    let mut out = empty(&[replicas, neurons.steps, batch, last]);
    let each = out.count() / replicas.max(1) as usize;
    let inputs: Vec<&Tensor> = [source]
        .into_iter()
        .chain(layers.iter().flat_map(Layer::tensors))
        .chain(influences.tensors())
        .collect();
    let differentiable = needs_gradient(&inputs);
    let mut passes = Vec::new();
    for replica in 0..replicas as usize {
        let out = &mut values_mut(&mut out)[replica * each..][..each];
        passes.push(stack.forward(replica, out, differentiable));
    }
    if !differentiable {
        return out;
    }
    let needed = inputs
        .iter()
        .map(|input| input.requires_grad().then(|| input.shape().to_vec()));
    let needed: Vec<Option<Vec<i64>>> = needed.collect();
    let backward = move |gradient: &Tensor| {
        let gradient = contiguous(gradient);
        let mut gradients: Vec<Option<Tensor>> = needed
            .iter()
            .map(|shape| shape.as_deref().map(empty))
            .collect();
        for (replica, pass) in passes.iter().enumerate() {
            let gradient = &values(&gradient)[replica * each..][..each];
            stack.backward(replica, pass, gradient, &mut gradients);
        }
        Ok(gradients)
    };
    match with_backward(out, &inputs, backward) {
        Ok(out) => out,
        Err(error) => panic!("{error}"),
    }
}

/// The connections of each replica, if there are any.
fn connections(lateral: Option<&Lateral>, replicas: usize) -> Vec<Connections> {
    let of = |lateral: &Lateral| {
        let size = lateral.weight.shape()[3] as usize;
        let weights = values(&lateral.weight);
        let each = (weights.len() / replicas.max(1)).max(1);
        let replicas = weights.chunks_exact(each);
        replicas
            .map(|weights| Connections::new(weights, size))
            .collect()
    };
    lateral.map(of).unwrap_or_default()
}

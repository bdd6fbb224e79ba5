//! Consecutive spiking layers as one differentiable operation on the CPU.

use tch::Tensor;

use crate::api::{Adjoint, Recurrence, StraightThrough};
use crate::kernel::autograd::{needs_gradient, with_backward};
use crate::kernel::{
    Bits, Buffer, Matrix, ShapeRef, add_bias, contiguous, empty, product, relu_backward,
    spike_product, values, values_mut,
};
use crate::network::neurons::Neurons;

/// The parameters of one layer.
#[derive(Debug)]
pub struct Layer {
    /// `[R, in, out]`
    pub weight: Tensor,
    /// `[R, 1, out]`
    pub bias: Tensor,
    /// The learnable parameters of the neurons, `[R, P, out]`, if they have any.
    pub learned: Option<Tensor>,
}

impl Layer {
    fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        [&self.weight, &self.bias].into_iter().chain(&self.learned)
    }

    /// The currents `[R, T, B, out]` from spikes `[R, T, B, in]`, in one product over all time steps.
    pub(super) fn current(&self, spikes: &Tensor) -> Tensor {
        let [replicas, times, batch, _] = spikes.size()[..] else {
            panic!("spikes are [R, T, B, width], not {:?}", spikes.size())
        };
        let rows = spikes.reshape([replicas, times * batch, -1]);
        let current = self.bias.baddbmm(&rows, &self.weight, 1.0, 1.0);
        current.view([replicas, times, batch, -1])
    }

    /// The learnable parameters of the neurons one by one, each `[R, out]`.
    pub(super) fn learned_rows(&self) -> Vec<Tensor> {
        let learned = self.learned.as_ref();
        learned.map(|learned| learned.unbind(1)).unwrap_or_default()
    }

    fn contiguous(&self) -> Self {
        Self {
            weight: contiguous(&self.weight),
            bias: contiguous(&self.bias),
            learned: self.learned.as_ref().map(contiguous),
        }
    }
}

/// The spikes `[R, T, B, width]` of the last layer for the input `[R, T, B, width]` of the first, or `[R, 1, B, width]` for
/// the same input in every step.
pub fn run(neurons: &Neurons, input: &Tensor, layers: &[Layer]) -> Tensor {
    run_from(neurons, input, (input, None), layers)
}

/// The same for input spikes whose gradient passes straight through to their activation.
pub fn run_straight_through(
    neurons: &Neurons,
    input: &StraightThrough,
    layers: &[Layer],
) -> Tensor {
    let source = (&input.activation, Some(input.slopes.clone()));
    run_from(neurons, &input.spikes, source, layers)
}

/// `source` receives the gradient of the input: the input itself, or its activation together with the slopes.
fn run_from(
    neurons: &Neurons,
    input: &Tensor,
    (source, slopes): (&Tensor, Option<Vec<f32>>),
    layers: &[Layer],
) -> Tensor {
    let [replicas, times, batch, features] = *input.shape() else {
        panic!("input is [R, T, B, width], not {:?}", input.shape())
    };
    let widths = [features]
        .into_iter()
        .chain(layers.iter().map(|layer| layer.weight.shape()[2]));
    let stack = Stack {
        neurons: neurons.clone(),
        times: times as usize,
        batch: batch as usize,
        widths: widths.map(|width| width as usize).collect(),
        layers: layers.iter().map(Layer::contiguous).collect(),
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

/// What one replica's forward pass through a layer keeps for the backward pass.
struct Trace {
    input: Input,
    current: Buffer,
}

/// The input of a layer.
enum Input {
    /// Zeros and ones only.
    Spikes(Bits),
    /// Arbitrary values from outside, for the first layer only.
    Given,
    /// Output of neurons that is not binary: where a neuron's state is not a number, its spike is not one either.
    Numbers(Buffer),
}

struct Stack {
    neurons: Neurons,
    /// Time steps of the input: `T`, or one for a constant input.
    times: usize,
    batch: usize,
    /// The widths of the input and of every layer.
    widths: Vec<usize>,
    layers: Vec<Layer>,
    input: Tensor,
    /// The derivative of the input with respect to its activation in each time step.
    slopes: Option<Vec<f32>>,
}

impl Stack {
    /// The number of rows of a layer's input: time steps times observations.
    fn rows(&self, layer: usize) -> usize {
        let times = if layer == 0 {
            self.times
        } else {
            self.neurons.steps as usize
        };
        times * self.batch
    }

    /// The values of an input that is not binary.
    fn numbers<'t>(&'t self, input: &'t Input, replica: usize) -> &'t [f32] {
        match input {
            Input::Numbers(numbers) => numbers,
            _ => share(&self.input, replica),
        }
    }

    /// The output of a layer's neurons, as the input of the next layer.
    fn fired(&self, recurrence: &Recurrence<'_>) -> Input {
        let Recurrence {
            neurons,
            places,
            steps,
            ..
        } = *recurrence;
        let mut bits = Bits::zeros(steps * places / neurons, neurons);
        let mut take = |step, start, spikes: &[f32]| bits.put(step * places + start, spikes);
        self.neurons.model.run(recurrence, &mut take);
        match bits.complete() {
            Some(bits) => Input::Spikes(bits),
            None => {
                let mut numbers = Buffer::of(steps * places);
                self.neurons.run(recurrence, &mut numbers);
                Input::Numbers(numbers)
            }
        }
    }

    fn recurrence<'t>(
        &'t self,
        layer: usize,
        replica: usize,
        current: &'t [f32],
    ) -> Recurrence<'t> {
        let learned = self.layers[layer].learned.as_ref();
        let neurons = self.widths[layer + 1];
        Recurrence {
            fires_at: self.neurons.fires_at,
            steps: self.neurons.steps as usize,
            current,
            learned: learned.map_or(&[], |tensor| share(tensor, replica)),
            neurons,
            places: self.batch * neurons,
        }
    }

    /// Writes the last layer's spikes to `out` `[T, batch, width]`. Unless the traces are to be kept, each layer's memory is
    /// reused by the next.
    fn forward(&self, replica: usize, out: &mut [f32], keep: bool) -> Vec<Trace> {
        let mut traces: Vec<Trace> = Vec::with_capacity(self.layers.len());
        let given = Bits::of(share(&self.input, replica), self.widths[0]);
        let mut input = given.map_or(Input::Given, Input::Spikes);
        for (index, layer) in self.layers.iter().enumerate() {
            let (inputs, width) = (self.widths[index], self.widths[index + 1]);
            let mut current = Buffer::of(self.rows(index) * width);
            let [weight, bias] = [&layer.weight, &layer.bias].map(|tensor| share(tensor, replica));
            if let Input::Spikes(bits) = &input {
                spike_product(bits, weight, width, Some(bias), &mut current);
            } else {
                let numbers = Matrix::new(self.numbers(&input, replica), inputs);
                product(numbers, Matrix::new(weight, width), &mut current);
                add_bias(&mut current, bias);
            }
            let recurrence = self.recurrence(index, replica, &current);
            if index + 1 == self.layers.len() {
                self.neurons.run(&recurrence, out);
                traces.extend(keep.then_some(Trace { input, current }));
                break;
            }
            let next = self.fired(&recurrence);
            traces.extend(keep.then_some(Trace { input, current }));
            input = next;
        }
        traces
    }

    /// Writes the gradients of the input and of each layer's parameters, in this order, where they are wanted.
    fn backward(
        &self,
        replica: usize,
        traces: &[Trace],
        gradient: &[f32],
        gradients: &mut [Option<Tensor>],
    ) {
        let mut errors: Option<Buffer> = None;
        let mut after = gradients.len();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (inputs, width) = (self.widths[index], self.widths[index + 1]);
            let trace = &traces[index];
            let count = layer.tensors().count();
            after -= count;
            let (before, of_layer) = gradients.split_at_mut(after);
            let mut of_layer = of_layer[..count].iter_mut();
            let [d_weight, d_bias] = [(); 2].map(|()| share_mut(of_layer.next(), replica));
            let d_learned = share_mut(of_layer.next(), replica);

            let mut d_current = Buffer::of(trace.current.len());
            let recurrence = self.recurrence(index, replica, &trace.current);
            let count = recurrence.learned.len();
            let mut unwanted = vec![0.0; if d_learned.is_some() { 0 } else { count }];
            let d_learned = d_learned.unwrap_or(&mut unwanted);
            d_learned.fill(0.0);
            let adjoint = Adjoint {
                spikes: errors.as_deref().unwrap_or(gradient),
                current: &mut d_current,
                learned: d_learned,
            };
            let surrogate = self.neurons.surrogate.as_ref();
            self.neurons.model.run_back(&recurrence, surrogate, adjoint);

            if let Some(d_bias) = d_bias {
                relu_backward(&mut d_current, None, d_bias);
            }
            if let Some(d_weight) = d_weight {
                if let Input::Spikes(bits) = &trace.input {
                    spike_product(&bits.transposed(), &d_current, width, None, d_weight);
                } else {
                    let numbers = Matrix::new(self.numbers(&trace.input, replica), inputs);
                    let d_current = Matrix::new(&d_current, width);
                    product(numbers.transposed(), d_current, d_weight);
                }
            }
            let d_input = match index {
                0 => share_mut(before.first_mut(), replica),
                _ => Some(&mut **errors.insert(Buffer::of(self.rows(index) * inputs))),
            };
            if let Some(d_input) = d_input {
                if let (0, Some(slopes)) = (index, &self.slopes) {
                    d_current = summed(&d_current, slopes);
                }
                let weight = Matrix::new(share(&layer.weight, replica), width);
                let d_current = Matrix::new(&d_current, width);
                product(d_current, weight.transposed(), d_input);
            }
        }
    }
}

/// The sum over all time steps, each weighted by its slope.
fn summed(steps: &[f32], slopes: &[f32]) -> Buffer {
    let each = steps.len() / slopes.len();
    let mut sum = Buffer::of(each);
    sum.fill(0.0);
    for (step, slope) in steps.chunks_exact(each.max(1)).zip(slopes) {
        sum.iter_mut()
            .zip(step)
            .for_each(|(sum, value)| *sum += value * slope);
    }
    sum
}

/// A replica's share of a tensor.
fn share(tensor: &Tensor, replica: usize) -> &[f32] {
    let all = values(tensor);
    let each = all.len() / tensor.shape()[0] as usize;
    &all[replica * each..][..each]
}

/// A replica's share of a gradient, if it is wanted.
fn share_mut(gradient: Option<&mut Option<Tensor>>, replica: usize) -> Option<&mut [f32]> {
    let tensor = gradient?.as_mut()?;
    let each = tensor.count() / tensor.shape()[0] as usize;
    Some(&mut values_mut(tensor)[replica * each..][..each])
}

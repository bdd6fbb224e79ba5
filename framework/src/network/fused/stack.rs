//! The layers of a network on slices: forward, and backward with the gradients of all that they learn.

use std::borrow::Cow;

use tch::Tensor;

use super::layer::{Influences, Layer};
use crate::api::{Adjoint, Connections, Recurrence};
use crate::kernel::{
    Bits, Buffer, Matrix, ShapeRef, add_bias, product, relu_backward, spike_product, values,
    values_mut,
};
use crate::network::neurons::Neurons;

/// What one replica's forward pass through a layer keeps for the backward pass.
pub(super) struct Trace {
    input: Input,
    /// The currents as the neurons got them.
    current: Buffer,
    /// What connected neurons put out, `[T, places]`.
    outputs: Option<Buffer>,
}

/// The input of a layer.
enum Input {
    /// Zeros and ones only.
    Spikes(Bits),
    /// Arbitrary values from outside, for the first layer only.
    Given,
    /// Output of neurons that is not binary, because of noise; and where a neuron's state is not a number, its spike is not
    /// one either.
    Numbers(Buffer),
}

/// All tensors of a pass through the layers, contiguous.
pub(super) struct Stack {
    pub neurons: Neurons,
    /// Time steps of the input: `T`, or one for a constant input.
    pub times: usize,
    pub batch: usize,
    /// The widths of the input and of every layer.
    pub widths: Vec<usize>,
    pub layers: Vec<Layer>,
    pub influences: Influences,
    /// The connections of the last layer in each replica, or nothing.
    pub connections: Vec<Connections>,
    pub input: Tensor,
    /// The derivative of the input with respect to its activation in each time step.
    pub slopes: Option<Vec<f32>>,
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

    /// The connections of a layer.
    fn connections(&self, layer: usize, replica: usize) -> Option<&Connections> {
        let last = layer + 1 == self.layers.len();
        self.connections.get(replica).filter(|_| last)
    }

    /// The number of rows of a layer's currents: those of its input, unless the input is constant and the currents are not.
    fn current_rows(&self, layer: usize) -> usize {
        let connected = !self.connections.is_empty() && layer + 1 == self.layers.len();
        if connected || !self.influences.noise.is_empty() {
            self.neurons.steps as usize * self.batch
        } else {
            self.rows(layer)
        }
    }

    /// The bias of a layer, together with that of its connections.
    fn bias(&self, layer: usize, replica: usize) -> Cow<'_, [f32]> {
        let bias = share(&self.layers[layer].bias, replica);
        let lateral = self.influences.lateral.as_ref();
        match lateral.and_then(|lateral| lateral.bias.as_ref()) {
            Some(more) if layer + 1 == self.layers.len() => {
                let both = bias.iter().zip(share(more, replica));
                both.map(|(one, other)| one + other).collect()
            }
            _ => bias.into(),
        }
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
        if recurrence.noise.is_empty() {
            let mut bits = Bits::zeros(steps * places / neurons, neurons);
            let mut take = |step, start, spikes: &[f32]| bits.put(step * places + start, spikes);
            self.neurons.model.run(recurrence, &mut take);
            if let Some(bits) = bits.complete() {
                return Input::Spikes(bits);
            }
        }
        let mut numbers = Buffer::of(steps * places);
        self.neurons.run(recurrence, &mut numbers);
        Input::Numbers(numbers)
    }

    fn recurrence<'t>(
        &'t self,
        layer: usize,
        replica: usize,
        current: &'t [f32],
    ) -> Recurrence<'t> {
        let learned = self.layers[layer].learned.as_ref();
        let neurons = self.widths[layer + 1];
        let noise = self.influences.noise.get(layer);
        Recurrence {
            fires_at: self.neurons.fires_at,
            steps: self.neurons.steps as usize,
            current,
            learned: learned.map_or(&[], |tensor| share(tensor, replica)),
            neurons,
            places: self.batch * neurons,
            connections: self.connections(layer, replica),
            noise: noise.map_or(&[], |noise| share(&noise.spikes, replica)),
        }
    }

    /// Writes the last layer's spikes to `out` `[T, batch, width]`. Unless the traces are to be kept, each layer's memory is
    /// reused by the next.
    pub(super) fn forward(&self, replica: usize, out: &mut [f32], keep: bool) -> Vec<Trace> {
        let mut traces: Vec<Trace> = Vec::with_capacity(self.layers.len());
        let given = Bits::of(share(&self.input, replica), self.widths[0]);
        let mut input = given.map_or(Input::Given, Input::Spikes);
        for (index, layer) in self.layers.iter().enumerate() {
            let (inputs, width) = (self.widths[index], self.widths[index + 1]);
            let mut current = Buffer::of(self.current_rows(index) * width);
            let (first, later) = current.split_at_mut(self.rows(index) * width);
            let (weight, bias) = (share(&layer.weight, replica), self.bias(index, replica));
            if let Input::Spikes(bits) = &input {
                spike_product(bits, weight, width, Some(&bias), first);
            } else {
                let numbers = Matrix::new(self.numbers(&input, replica), inputs);
                product(numbers, Matrix::new(weight, width), first);
                add_bias(first, &bias);
            }
            let later = later.chunks_exact_mut(first.len().max(1));
            later.for_each(|step| step.copy_from_slice(first));
            if let Some(noise) = self.influences.noise.get(index) {
                add_bias(&mut current, share(&noise.currents, replica));
            }
            let recurrence = self.recurrence(index, replica, &current);
            if index + 1 < self.layers.len() {
                let next = self.fired(&recurrence);
                traces.extend(keep.then_some(Trace {
                    input,
                    current,
                    outputs: None,
                }));
                input = next;
                continue;
            }
            self.neurons.run(&recurrence, out);
            if keep {
                let places = recurrence.places;
                let outputs = self.connections(index, replica).map(|connections| {
                    connections.feed_all(out, &mut current, places);
                    let mut outputs = Buffer::of(out.len());
                    outputs.copy_from_slice(out);
                    outputs
                });
                traces.push(Trace {
                    input,
                    current,
                    outputs,
                });
            }
            break;
        }
        traces
    }

    /// Writes the gradients of the input and of each layer's parameters, in this order, where they are wanted.
    pub(super) fn backward(
        &self,
        replica: usize,
        traces: &[Trace],
        gradient: &[f32],
        gradients: &mut [Option<Tensor>],
    ) {
        let mut errors: Option<Buffer> = None;
        let mut after = gradients.len() - self.influences.tensors().count();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (inputs, width) = (self.widths[index], self.widths[index + 1]);
            let trace = &traces[index];
            let count = layer.tensors().count();
            after -= count;
            let (before, of_layer) = gradients.split_at_mut(after);
            let (of_layer, of_connections) = of_layer.split_at_mut(count);
            let mut of_layer = of_layer.iter_mut();
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

            if let (Some(connections), Some(outputs)) =
                (recurrence.connections, trace.outputs.as_deref())
            {
                let mut of_connections = of_connections.iter_mut();
                if let Some(d_weight) = share_mut(of_connections.next(), replica) {
                    connections.weigh(outputs, &d_current, recurrence.places, d_weight);
                }
                if let Some(d_bias) = share_mut(of_connections.next(), replica) {
                    relu_backward(&mut d_current, None, d_bias);
                }
            }
            if let Some(d_bias) = d_bias {
                relu_backward(&mut d_current, None, d_bias);
            }
            if self.current_rows(index) > self.rows(index) {
                d_current = summed(&d_current, &vec![1.0; self.neurons.steps as usize]);
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

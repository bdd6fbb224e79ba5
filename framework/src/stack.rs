//! All spiking layers of a network, product after neurons after product, as one differentiable operation on the CPU.
//!
//! Observations go through the layers in blocks, so that the currents and spikes of one layer are still in the cache when
//! the next one needs them. Matrices over time steps and observations therefore have their rows in the order of blocks:
//! all time steps of the first few observations, then all of the next few. No product minds.

use std::cell::Cell;

use tch::Tensor;

use crate::api::{Adjoint, Recurrence};
use crate::autograd::{custom, differentiates};
use crate::kernel::{
    Events, Matrix, Table, add_bias, contiguous, empty, product, rectified_back,
    sum_rows_by_source, values, values_mut, zeros,
};
use crate::layer::Neurons;

/// Observations in a block.
const BLOCK: usize = 16;
/// Above these rates of spikes the dense products are as fast as adding up rows: forward, and for the gradient of the
/// weights, which has to sort the spikes by source first.
const DENSE_ABOVE: f64 = 0.5;
const DENSE_ABOVE_BACKWARD: f64 = 0.4;

/// What one layer learns.
#[derive(Debug)]
pub struct Layer {
    /// `[R, in, out]`
    pub weight: Tensor,
    /// `[R, 1, out]`
    pub bias: Tensor,
    /// What the neurons learn, `[R, P, out]`, if they learn anything.
    pub learned: Option<Tensor>,
}

impl Layer {
    fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        [&self.weight, &self.bias].into_iter().chain(&self.learned)
    }
}

/// The spikes `[R, T, B, width]` of the last layer, from the input `[R, T, B, width]` of the first, or `[R, 1, B, width]`
/// for the same input in every step.
pub fn run(neurons: &Neurons, input: &Tensor, layers: &[Layer]) -> Tensor {
    let [replicas, times, batch, features] = input.size()[..] else {
        panic!("input is [R, T, B, width], not {:?}", input.size())
    };
    let widths = [features]
        .into_iter()
        .chain(layers.iter().map(|layer| layer.weight.size()[2]));
    let stack = Stack {
        neurons: neurons.clone(),
        times: times as usize,
        batch: batch as usize,
        widths: widths.map(|width| width as usize).collect(),
        layers: layers.iter().map(still).collect(),
    };
    let inputs: Vec<&Tensor> = [input]
        .into_iter()
        .chain(layers.iter().flat_map(Layer::tensors))
        .collect();
    let learning = differentiates(&inputs);

    let still_input = contiguous(&input.detach());
    let each = (times * batch * features) as usize;
    let last = stack.widths[layers.len()];
    let mut out = empty(&[replicas, neurons.steps, batch, last as i64]);
    let outs = stack.steps() * stack.batch * last;
    let mut passes = Vec::new();
    for replica in 0..replicas as usize {
        let input = &values(&still_input)[replica * each..][..each];
        let out = &mut values_mut(&mut out)[replica * outs..][..outs];
        if learning {
            passes.push(stack.forward(replica, input, true, Pass::default(), out));
        } else {
            let memory = MEMORY.take();
            MEMORY.set(stack.forward(replica, input, false, memory, out));
        }
    }
    if !learning {
        return out;
    }
    let needed: Vec<bool> = inputs.iter().map(|input| input.requires_grad()).collect();
    let shapes: Vec<Vec<i64>> = inputs.iter().map(|input| input.size()).collect();
    let backward = move |gradient: &Tensor| {
        let gradient = contiguous(gradient);
        let mut gradients: Vec<Option<Tensor>> = needed
            .iter()
            .zip(&shapes)
            .map(|(&needed, shape)| needed.then(|| zeros(shape)))
            .collect();
        for (replica, pass) in passes.iter().enumerate() {
            let gradient = &values(&gradient)[replica * outs..][..outs];
            stack.backward(replica, pass, gradient, &mut gradients);
        }
        Ok(gradients)
    };
    match custom(out, &inputs, backward) {
        Ok(out) => out,
        Err(error) => panic!("{error}"),
    }
}

fn still(layer: &Layer) -> Layer {
    let still = |tensor: &Tensor| contiguous(&tensor.detach());
    Layer {
        weight: still(&layer.weight),
        bias: still(&layer.bias),
        learned: layer.learned.as_ref().map(still),
    }
}

thread_local! {
    /// For passes that nobody takes back.
    static MEMORY: Cell<Pass> = Cell::default();
    /// The errors of a layer's spikes and of its currents.
    static ERRORS: Cell<[Vec<f32>; 2]> = Cell::default();
}

/// What one replica's way through the layers left behind: all of it if it is to be taken back, else of the last block.
#[derive(Debug, Default)]
struct Pass {
    input: Vec<f32>,
    layers: Vec<Trace>,
}

#[derive(Debug)]
struct Trace {
    /// The ones of the layer's input.
    events: Events,
    /// Whether there was nothing but zeros and ones.
    sparse: bool,
    current: Vec<f32>,
    spikes: Vec<f32>,
}

struct Stack {
    neurons: Neurons,
    /// Time steps of the input: all, or one for a constant input.
    times: usize,
    batch: usize,
    /// Of the input and of every layer.
    widths: Vec<usize>,
    layers: Vec<Layer>,
}

impl Stack {
    fn steps(&self) -> usize {
        self.neurons.steps as usize
    }

    /// Time steps of the input of a layer.
    fn times(&self, layer: usize) -> usize {
        if layer == 0 { self.times } else { self.steps() }
    }

    /// The blocks, each its first observation and how many there are.
    fn blocks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let batch = self.batch;
        (0..batch)
            .step_by(BLOCK)
            .map(move |start| (start, BLOCK.min(batch - start)))
    }

    /// A replica's share of a layer's tensor.
    fn share<'t>(&self, tensor: &'t Tensor, replica: usize) -> &'t [f32] {
        let all = values(tensor);
        let each = all.len() / tensor.size()[0] as usize;
        &all[replica * each..][..each]
    }

    fn recurrence<'t>(
        &'t self,
        layer: usize,
        replica: usize,
        current: &'t [f32],
        observations: usize,
    ) -> Recurrence<'t> {
        let learned = self.layers[layer].learned.as_ref();
        Recurrence {
            fires_at: self.neurons.fires_at,
            steps: self.steps(),
            current,
            learned: learned.map_or(&[], |tensor| self.share(tensor, replica)),
            neurons: self.widths[layer + 1],
            places: observations * self.widths[layer + 1],
        }
    }

    /// `input` is `[times, batch, features]`, `out` `[T, batch, width]`.
    fn forward(
        &self,
        replica: usize,
        input: &[f32],
        keep: bool,
        mut pass: Pass,
        out: &mut [f32],
    ) -> Pass {
        let steps = self.steps();
        let rows = steps * self.batch;
        let observations = if keep {
            self.batch
        } else {
            self.batch.min(BLOCK)
        };
        pass.input.resize(input.len(), 0.0);
        for (there, length, here) in self.pieces(self.times, self.widths[0]) {
            pass.input[there..][..length].copy_from_slice(&input[here..][..length]);
        }
        pass.layers.resize_with(self.layers.len(), || Trace {
            events: Events::new(0),
            sparse: true,
            current: Vec::new(),
            spikes: Vec::new(),
        });
        let mut tables = Vec::with_capacity(self.layers.len());
        for (index, (trace, layer)) in pass.layers.iter_mut().zip(&self.layers).enumerate() {
            let (inputs, width) = (self.widths[index], self.widths[index + 1]);
            if trace.events.width() != inputs {
                trace.events = Events::new(inputs);
            }
            trace.events.clear();
            trace.sparse = true;
            trace
                .current
                .resize(self.times(index) * observations * width, 0.0);
            trace.spikes.resize(steps * observations * width, 0.0);
            let weight = self.share(&layer.weight, replica);
            tables.push(Table::new(weight, width, rows));
        }
        // The input of the first layer is known at once.
        let first = &mut pass.layers[0];
        first.sparse = first.events.append(&pass.input) && rate(&first.events) <= DENSE_ABOVE;
        if !first.sparse {
            let width = self.widths[1];
            first.current.resize(self.times * self.batch * width, 0.0);
            self.dense(replica, 0, &pass.input, &mut first.current);
        }

        for (start, observations) in self.blocks() {
            let at = if keep { start } else { 0 };
            for index in 0..self.layers.len() {
                let (inputs, width) = (self.widths[index], self.widths[index + 1]);
                let times = self.times(index);
                let (before, here) = pass.layers.split_at_mut(index);
                let trace = &mut here[0];
                let input_rows = times * observations;
                let begin = if index == 0 && !trace.sparse {
                    start
                } else {
                    at
                };
                let current = &mut trace.current[begin * times * width..][..input_rows * width];
                if index == 0 && trace.sparse {
                    let rows = start * times..start * times + input_rows;
                    let bias = self.share(&self.layers[0].bias, replica);
                    tables[0].sum_chosen_rows(&trace.events, rows, Some(bias), current);
                } else if index > 0 {
                    let spikes = &before[index - 1].spikes[at * steps * inputs..];
                    let spikes = &spikes[..input_rows * inputs];
                    let (rows, ones) = (trace.events.rows(), trace.events.count());
                    let listed = trace.events.append(spikes);
                    trace.sparse &= listed;
                    let here = (trace.events.count() - ones) as f64 / spikes.len().max(1) as f64;
                    if listed && here <= DENSE_ABOVE {
                        let bias = self.share(&self.layers[index].bias, replica);
                        let rows = rows..rows + input_rows;
                        tables[index].sum_chosen_rows(&trace.events, rows, Some(bias), current);
                    } else {
                        self.dense(replica, index, spikes, current);
                    }
                }
                let spikes = &mut trace.spikes[at * steps * width..];
                let spikes = &mut spikes[..steps * observations * width];
                let recurrence = self.recurrence(index, replica, current, observations);
                self.neurons.model.run(&recurrence, spikes);
            }
            let (last, width) = (
                &pass.layers[self.layers.len() - 1].spikes,
                self.widths[self.layers.len()],
            );
            for step in 0..steps {
                let length = observations * width;
                let from = &last[at * steps * width + step * length..][..length];
                out[(step * self.batch + start) * width..][..length].copy_from_slice(from);
            }
            if !keep {
                pass.layers[1..]
                    .iter_mut()
                    .for_each(|trace| trace.events.clear());
            }
        }
        pass
    }

    /// A layer's product by LibTorch.
    fn dense(&self, replica: usize, layer: usize, input: &[f32], current: &mut [f32]) {
        let [weight, bias] = [&self.layers[layer].weight, &self.layers[layer].bias];
        let [weight, bias] = [weight, bias].map(|tensor| self.share(tensor, replica));
        let (inputs, width) = (self.widths[layer], self.widths[layer + 1]);
        product(
            Matrix::new(input, inputs),
            Matrix::new(weight, width),
            current,
        );
        add_bias(current, bias);
    }

    /// The contiguous pieces of `[times, batch, width]` in the order of blocks: where each begins there, its length,
    /// and where it begins here.
    fn pieces(
        &self,
        times: usize,
        width: usize,
    ) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
        let batch = self.batch;
        self.blocks().flat_map(move |(start, observations)| {
            (0..times).map(move |step| {
                let there = (start * times + step * observations) * width;
                let here = (step * batch + start) * width;
                (there, observations * width, here)
            })
        })
    }

    /// Adds to the gradients of the input and of what each layer learns, in this order, where they are wanted.
    fn backward(
        &self,
        replica: usize,
        pass: &Pass,
        gradient: &[f32],
        gradients: &mut [Option<Tensor>],
    ) {
        let steps = self.steps();
        let [mut errors, mut d_current] = ERRORS.take();
        errors.resize(gradient.len(), 0.0);
        for (there, length, here) in self.pieces(steps, self.widths[self.layers.len()]) {
            errors[there..][..length].copy_from_slice(&gradient[here..][..length]);
        }
        let mut after = gradients.len();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (inputs, width) = (self.widths[index], self.widths[index + 1]);
            let (times, trace) = (self.times(index), &pass.layers[index]);
            after -= layer.tensors().count();
            let mut of_layer = gradients[after..][..layer.tensors().count()].iter_mut();
            let [d_weight, d_bias] = [(); 2].map(|()| share_mut(of_layer.next(), replica));
            let d_learned = share_mut(of_layer.next(), replica);

            d_current.resize(times * self.batch * width, 0.0);
            let learned = layer.learned.as_ref();
            let count = learned.map_or(0, |tensor| self.share(tensor, replica).len());
            let mut unwanted = vec![0.0; if d_learned.is_some() { 0 } else { count }];
            let d_learned = d_learned.unwrap_or(&mut unwanted);
            for (start, observations) in self.blocks() {
                let place = times * start * width..times * (start + observations) * width;
                let current = &trace.current[place.clone()];
                let recurrence = self.recurrence(index, replica, current, observations);
                let adjoint = Adjoint {
                    spikes: &errors[steps * start * width..][..steps * observations * width],
                    current: &mut d_current[place],
                    learned: d_learned,
                };
                let surrogate = self.neurons.surrogate.as_ref();
                self.neurons.model.run_back(&recurrence, surrogate, adjoint);
            }
            if let Some(d_bias) = d_bias {
                rectified_back(&mut d_current, None, d_bias);
            }
            if let Some(d_weight) = d_weight {
                if trace.sparse && rate(&trace.events) <= DENSE_ABOVE_BACKWARD {
                    sum_rows_by_source(&trace.events, &d_current, width, d_weight);
                } else {
                    let input = if index == 0 {
                        &pass.input
                    } else {
                        &pass.layers[index - 1].spikes
                    };
                    let input = Matrix::new(input, inputs).transposed();
                    product(input, Matrix::new(&d_current, width), d_weight);
                }
            }
            if index > 0 || gradients[0].is_some() {
                errors.resize(times * self.batch * inputs, 0.0);
                let weight = Matrix::new(self.share(&layer.weight, replica), width);
                product(
                    Matrix::new(&d_current, width),
                    weight.transposed(),
                    &mut errors,
                );
            }
        }
        if let Some(d_input) = share_mut(gradients.first_mut(), replica) {
            for (there, length, here) in self.pieces(self.times, self.widths[0]) {
                d_input[here..][..length].copy_from_slice(&errors[there..][..length]);
            }
        }
        ERRORS.set([errors, d_current]);
    }
}

fn rate(events: &Events) -> f64 {
    events.count() as f64 / (events.rows() * events.width()).max(1) as f64
}

/// A replica's share of a gradient, if it is wanted.
fn share_mut(gradient: Option<&mut Option<Tensor>>, replica: usize) -> Option<&mut [f32]> {
    let tensor = gradient?.as_mut()?;
    let each = tensor.numel() / tensor.size()[0] as usize;
    Some(&mut values_mut(tensor)[replica * each..][..each])
}

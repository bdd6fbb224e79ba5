//! The learned tensors of a network for all replicas, in one flat buffer.

use std::collections::HashMap;
use std::ops::Range;

use tch::{Device, Tensor};

use super::{Mismatch, StateVisitor, Stateful, Streams};

/// The initial values of a learned tensor.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// Uniform in `[-bound, bound]`, drawn for each replica from its own stream of random numbers.
    Uniform(f64),
    /// These values, in row-major order, for every replica.
    Values(Vec<f32>),
}

/// The declaration of a tensor that a network learns.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The name, a path with dots: `layer.0.weight`.
    pub name: String,
    /// The shape for one replica.
    pub shape: Vec<i64>,
    /// The initial values.
    pub init: Init,
}

impl Declaration {
    /// Declares a tensor called `name` with this shape for one replica.
    pub fn new(name: impl Into<String>, shape: &[i64], init: Init) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            init,
        }
    }

    /// The same declaration with a prefix to its name.
    pub fn below(mut self, prefix: &str) -> Self {
        self.name = format!("{prefix}.{}", self.name);
        self
    }
}

/// The number of values in a cache line. A tensor that begins at one takes half as long to read and write.
const LINE: i64 = 16;

fn whole_lines(length: i64) -> i64 {
    (length + LINE - 1) / LINE * LINE
}

/// The values as one row, padded with zeros up to the next cache line.
pub(crate) fn pad_to_cache_line(tensor: &Tensor) -> Tensor {
    let row = tensor.reshape([-1]);
    let length = row.size()[0];
    row.constant_pad_nd([0, whole_lines(length) - length])
}

/// Learned tensors, each `[R, …]` with the replicas leading. All of them are views of one flat buffer, so that a step of an
/// optimiser or of a target network takes a few operations whatever the number of tensors.
#[derive(Debug)]
pub struct Weights {
    flat: Tensor,
    tensors: Vec<Tensor>,
    /// Where each tensor is in the flat buffer.
    places: Vec<Range<usize>>,
    index: HashMap<String, usize>,
    names: Vec<String>,
}

impl Weights {
    /// Makes the declared tensors with their initial values. `draw` has a stream for each replica.
    pub fn new(declared: &[Declaration], draw: &mut Streams, device: Device) -> Self {
        let replicas = draw.replicas();
        let parts: Vec<Tensor> = declared
            .iter()
            .map(|declaration| {
                let shape: Vec<i64> = [replicas]
                    .iter()
                    .chain(&declaration.shape)
                    .copied()
                    .collect();
                match &declaration.init {
                    Init::Uniform(bound) => (draw.uniform(&shape) * 2.0 - 1.0) * *bound,
                    Init::Values(values) => Tensor::from_slice(values)
                        .view(declaration.shape.as_slice())
                        .expand(shape, false),
                }
            })
            .collect();
        let shapes: Vec<Vec<i64>> = parts.iter().map(Tensor::size).collect();
        let flat: Vec<Tensor> = parts.iter().map(pad_to_cache_line).collect();
        let names = declared
            .iter()
            .map(|declaration| declaration.name.clone())
            .collect();
        Self::over(Tensor::cat(&flat, 0).to_device(device), &shapes, names)
    }

    /// The same tensors without gradients. They share the memory of these and follow every change.
    pub fn frozen(&self) -> Self {
        self.frozen_over(self.flat.shallow_clone())
    }

    /// A copy without gradients, for a target network.
    pub fn frozen_copy(&self) -> Self {
        self.frozen_over(self.flat.copy())
    }

    fn frozen_over(&self, flat: Tensor) -> Self {
        let shapes: Vec<Vec<i64>> = self.tensors.iter().map(Tensor::size).collect();
        let mut frozen = Self::over(flat, &shapes, self.names.clone());
        for tensor in &mut frozen.tensors {
            *tensor = tensor.detach();
        }
        frozen
    }

    fn over(flat: Tensor, shapes: &[Vec<i64>], names: Vec<String>) -> Self {
        let mut offset = 0;
        let (tensors, places) = shapes
            .iter()
            .map(|shape| {
                let (start, length) = (offset, shape.iter().product());
                let view = flat.narrow(0, start, length).view(shape.as_slice());
                offset += whole_lines(length);
                let place = start as usize..(start + length) as usize;
                (view.detach().set_requires_grad(true), place)
            })
            .unzip();
        let index = names.iter().cloned().zip(0..).collect();
        Self {
            flat,
            tensors,
            places,
            index,
            names,
        }
    }

    /// The tensor of this name, `[R, …]`.
    ///
    /// # Panics
    /// If no tensor of this name was declared, which is a mistake in the component, not in its parameters.
    pub fn get(&self, name: &str) -> &Tensor {
        match self.index.get(name) {
            Some(&index) => &self.tensors[index],
            None => panic!(
                "no learned tensor is called {name}; the declared ones are {}",
                self.names.join(", ")
            ),
        }
    }

    /// The tensors whose names begin with `prefix` and a dot, to be found by the rest of their names.
    pub fn at<'w>(&'w self, prefix: &'w str) -> Scope<'w> {
        Scope {
            weights: self,
            prefix,
        }
    }

    /// All tensors with their names, in the order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.names.iter().map(String::as_str).zip(&self.tensors)
    }

    /// All values in one row, in the order of declaration. Each tensor begins at a cache line, with zeros before it. The row
    /// shares the memory of the tensors.
    pub fn flat(&self) -> &Tensor {
        &self.flat
    }

    /// Where each tensor is in the [flat](Self::flat) row, in the order of declaration.
    pub fn places(&self) -> &[Range<usize>] {
        &self.places
    }

    /// Sets all gradients to zero.
    pub fn zero_gradient(&mut self) {
        for tensor in &mut self.tensors {
            tensor.zero_grad();
        }
    }
}

/// The parts are the tensors under their own names.
impl Stateful for Weights {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let mut named = self.names.iter().zip(&mut self.tensors);
        named.try_for_each(|(name, tensor)| with.tensor(name, tensor))
    }
}

/// The tensors of one part of a network.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'w> {
    weights: &'w Weights,
    prefix: &'w str,
}

impl Scope<'_> {
    /// The tensor of this name within the part, `[R, …]`.
    ///
    /// # Panics
    /// If no such tensor was declared.
    pub fn get(&self, name: &str) -> &Tensor {
        self.weights.get(&format!("{}.{name}", self.prefix))
    }
}

//! The layers of a perceptron on slices: the forward and the backward pass of all copies.

use tch::Tensor;

use crate::kernel::{Buffer, Errors, Matrix, ShapeRef, Values, add_bias, add_bias_relu, product};

/// Which copies are evaluated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Copies {
    /// All of them.
    All,
    /// The first one of each replica.
    First,
}

/// The layers of all copies and their input, which consecutive copies may share.
#[derive(Debug)]
pub struct Chain {
    rows: usize,
    /// The width of the input.
    features: usize,
    /// The number of copies evaluated, over all replicas.
    copies: usize,
    /// One in this many of the copies that have weights is evaluated.
    every: usize,
    input: Buffer,
    /// The weight and the bias of each layer.
    layers: Vec<[Values; 2]>,
    /// `[R, .., N, last size]`
    shape: Vec<i64>,
}

impl Chain {
    /// A chain of these layers, each `[R, .., inputs, outputs]` with `[R, .., 1, outputs]`. Its input `[R, .., N, ..]` is given
    /// in parts, which are concatenated along the last dimension.
    pub fn new(parts: &[&Tensor], layers: &[[Tensor; 2]], copies: Copies) -> Self {
        let mut shape = layers[0][0].shape().to_vec();
        let every = match copies {
            Copies::All => 1,
            Copies::First => std::mem::replace(&mut shape[1], 1),
        };
        let [.., rows, _] = *parts[0].shape() else {
            panic!("inputs have rows, unlike {:?}", parts[0].shape())
        };
        let [.., last] = *layers[layers.len() - 1][0].shape() else {
            panic!("a weight is a matrix")
        };
        let leading = shape.len() - 2;
        let (features, copies) = (shape[leading], shape[..leading].iter().product::<i64>());
        shape[leading..].copy_from_slice(&[rows, last]);
        Self {
            rows: rows as usize,
            features: features as usize,
            copies: copies as usize,
            every: every as usize,
            input: joined(parts),
            layers: layers
                .iter()
                .map(|layer| layer.each_ref().map(Values::of))
                .collect(),
            shape,
        }
    }

    /// The shape of the output.
    pub fn shape(&self) -> Vec<i64> {
        self.shape.clone()
    }

    /// The rows of all parts of the input, concatenated.
    pub fn input(&self) -> &[f32] {
        &self.input
    }

    /// The width of the input.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The weight and the bias of each layer, one after the other.
    pub fn tensors(&self) -> impl Iterator<Item = &Values> {
        self.layers.iter().flatten()
    }

    /// Writes the output of all copies to `out`, and returns the hidden activations of each copy if they are to be kept for
    /// the backward pass.
    pub fn forward(&self, out: &mut [f32], keep: bool) -> Vec<Vec<Buffer>> {
        let outs = out.chunks_exact_mut((out.len() / self.copies).max(1));
        outs.enumerate()
            .map(|(copy, out)| self.forward_one(copy, out, keep))
            .collect()
    }

    /// Writes the gradients of all weights and biases, and of the input, where they are wanted, from the hidden activations
    /// and the gradient of the output. The gradients of a shared input are summed over its copies.
    pub fn backward(
        &self,
        activations: &[Vec<Buffer>],
        gradient: &[f32],
        gradients: &mut [Option<&mut [f32]>],
        mut d_input: Option<&mut [f32]>,
    ) {
        let each = (gradient.len() / self.copies).max(1);
        let copies = activations.iter().zip(gradient.chunks_exact(each));
        for (copy, (activations, gradient)) in copies.enumerate() {
            let errors = self.backward_one(copy, activations, gradient, gradients);
            if let Some(d_input) = &mut d_input {
                self.to_input(copy, &errors, d_input);
            }
        }
    }

    fn share<'t>(&self, all: &'t Values, copy: usize) -> &'t [f32] {
        let each = all.len() / (self.copies * self.every);
        &all[copy * self.every * each..][..each]
    }

    fn share_mut<'t>(&self, all: &'t mut Option<&mut [f32]>, copy: usize) -> Option<&'t mut [f32]> {
        let all = all.as_deref_mut()?;
        let each = all.len() / (self.copies * self.every);
        Some(&mut all[copy * self.every * each..][..each])
    }

    /// The offset and the length of a copy's input.
    fn input_at(&self, copy: usize) -> (usize, usize) {
        let each = self.rows * self.features;
        let inputs = self.input.len() / each.max(1);
        (copy * inputs / self.copies * each, each)
    }

    fn input_of(&self, copy: usize) -> &[f32] {
        let (start, each) = self.input_at(copy);
        &self.input[start..][..each]
    }

    fn forward_one(&self, copy: usize, out: &mut [f32], keep: bool) -> Vec<Buffer> {
        let mut activations: Vec<Buffer> = Vec::with_capacity(self.layers.len() - 1);
        for (index, layer) in self.layers.iter().enumerate() {
            let [weight, bias] = layer.each_ref().map(|all| self.share(all, copy));
            let (inputs, width) = (weight.len() / bias.len(), bias.len());
            let before = activations
                .last()
                .map_or(self.input_of(copy), |buffer| buffer);
            let (before, weight) = (Matrix::new(before, inputs), Matrix::new(weight, width));
            if index + 1 < self.layers.len() {
                let mut here = Buffer::of(self.rows * width);
                product(before, weight, &mut here);
                add_bias_relu(&mut here, bias);
                if !keep {
                    activations.clear();
                }
                activations.push(here);
            } else {
                product(before, weight, out);
                add_bias(out, bias);
            }
        }
        activations
    }

    /// Writes a copy's gradients of the weights and biases, and returns the errors of its first layer.
    fn backward_one(
        &self,
        copy: usize,
        activations: &[Buffer],
        gradient: &[f32],
        gradients: &mut [Option<&mut [f32]>],
    ) -> Errors {
        let weight = |index: usize| self.share(&self.layers[index][0], copy);
        let mut unwanted = Buffer::of(0);
        let last = self.layers.len() - 1;
        let sums = self.sums(last, copy, gradients, &mut unwanted);
        let mut errors = Errors::of(gradient, sums);
        for index in (0..=last).rev() {
            let before = index.checked_sub(1);
            let input = before.map_or(self.input_of(copy), |before| &activations[before]);
            if let Some(d_weight) = self.share_mut(&mut gradients[2 * index], copy) {
                errors.to_weights(input, d_weight);
            }
            if let Some(before) = before {
                let sums = self.sums(before, copy, gradients, &mut unwanted);
                errors = errors.through(weight(index), input, sums);
            }
        }
        errors
    }

    /// Writes the gradient of a copy's input, or adds it to that of the copies before which share the input.
    fn to_input(&self, copy: usize, errors: &Errors, d_input: &mut [f32]) {
        let (start, each) = self.input_at(copy);
        let weight = self.share(&self.layers[0][0], copy);
        let first = copy == 0 || self.input_at(copy - 1).0 != start;
        let d_input = &mut d_input[start..][..each];
        if first {
            errors.to_input(weight, d_input);
        } else {
            let mut here = Buffer::of(each);
            errors.to_input(weight, &mut here);
            let sums = d_input.iter_mut().zip(&here[..]);
            sums.for_each(|(sum, error)| *sum += error);
        }
    }

    /// The memory for the gradient of a bias, or scratch memory if it is not wanted.
    fn sums<'t>(
        &self,
        index: usize,
        copy: usize,
        gradients: &'t mut [Option<&mut [f32]>],
        unwanted: &'t mut Buffer,
    ) -> &'t mut [f32] {
        let width = self.share(&self.layers[index][1], copy).len();
        match self.share_mut(&mut gradients[2 * index + 1], copy) {
            Some(sums) => sums,
            None => {
                *unwanted = Buffer::of(width);
                unwanted
            }
        }
    }
}

/// The rows of all parts, concatenated.
fn joined(parts: &[&Tensor]) -> Buffer {
    let parts: Vec<Values> = parts.iter().map(|part| Values::of(part)).collect();
    let mut joined = Buffer::of(parts.iter().map(|part| part.len()).sum());
    let widths = parts
        .iter()
        .map(|part| part.shape()[part.shape().len() - 1] as usize);
    let widths: Vec<usize> = widths.collect();
    let mut at = 0;
    for (part, &width) in parts.iter().zip(&widths) {
        let rows = joined.chunks_exact_mut(widths.iter().sum());
        for (to, from) in rows.zip(part.chunks_exact(width)) {
            to[at..][..width].copy_from_slice(from);
        }
        at += width;
    }
    joined
}

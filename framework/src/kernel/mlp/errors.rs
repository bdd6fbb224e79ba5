//! The errors of a perceptron's layers in the backward pass.
//!
//! In front of a single output the errors are an outer product, and the rectification multiplies it by zeros and ones: the
//! errors are a binary matrix whose rows and columns are scaled. That matrix is never written out. Its products are sums of
//! scaled rows, as products with spikes are.

use super::relu::{relu_backward, scale_rows, sum_where_active};
use crate::kernel::buffer::Buffer;
use crate::kernel::gemm::{Matrix, product};
use crate::kernel::spikes::{Bits, spike_product};
use crate::kernel::vector::copies::transposed;

/// With fewer rows than this, a transposed copy of the weights does not pay.
const FEW: usize = 8;

/// The gradient with respect to a layer's values before rectification, `[rows, width]`.
#[derive(Debug)]
pub enum Errors {
    /// The gradient written out, and its width.
    Numbers(Buffer, usize),
    /// The gradient in front of a single output.
    Gated(Gated),
}

/// The product `outputs · active · weights`, where the outer two factors are diagonal matrices.
#[derive(Debug)]
pub struct Gated {
    /// The error of the output in each row.
    outputs: Buffer,
    /// The weight from each unit to the output.
    weights: Buffer,
    /// Which units were not rectified to zero, `[rows, width]`.
    active: Bits,
}

impl Errors {
    /// The errors of the last layer, which is not rectified. Their sum over the rows, the gradient of the bias, is written to
    /// `sums`.
    pub fn of(gradient: &[f32], sums: &mut [f32]) -> Self {
        let mut errors = copy(gradient);
        relu_backward(&mut errors, None, sums);
        Self::Numbers(errors, sums.len())
    }

    /// The errors of the layer before, whose output was `activations`, through this layer's weights `[inputs, width]`. The
    /// gradient of that layer's bias is written to `sums`.
    pub fn through(&self, weights: &[f32], activations: &[f32], sums: &mut [f32]) -> Self {
        let inputs = sums.len();
        match self {
            Self::Numbers(outputs, 1) if outputs.len() >= FEW => {
                sum_where_active(activations, outputs, sums);
                scale_rows(sums, weights);
                Self::Gated(Gated {
                    outputs: copy(outputs),
                    weights: copy(weights),
                    active: Bits::positive(activations, inputs),
                })
            }
            _ => {
                let mut errors = Buffer::of(activations.len());
                self.to_input(weights, &mut errors);
                relu_backward(&mut errors, Some(activations), sums);
                Self::Numbers(errors, inputs)
            }
        }
    }

    /// Writes the gradient of the layer's weights, `[inputs, width]`, from its input `[rows, inputs]`.
    pub fn to_weights(&self, input: &[f32], out: &mut [f32]) {
        match self {
            Self::Numbers(errors, width) => {
                let input = Matrix::new(input, out.len() / width);
                product(input.transposed(), Matrix::new(errors, *width), out);
            }
            Self::Gated(gated) => gated.to_weights(input, out),
        }
    }

    /// Writes the gradient of the layer's input, `[rows, inputs]`, from its weights `[inputs, width]`.
    pub fn to_input(&self, weights: &[f32], out: &mut [f32]) {
        match self {
            Self::Numbers(errors, width) => {
                let weights = Matrix::new(weights, *width).transposed();
                product(Matrix::new(errors, *width), weights, out);
            }
            Self::Gated(gated) => gated.to_input(weights, out),
        }
    }
}

impl Gated {
    fn to_weights(&self, input: &[f32], out: &mut [f32]) {
        let inputs = input.len() / self.outputs.len();
        let mut scaled = copy(input);
        scale_rows(&mut scaled, &self.outputs);
        let mut turned = Buffer::of(out.len());
        spike_product(
            &self.active.transposed(),
            &scaled,
            inputs,
            None,
            &mut turned,
        );
        scale_rows(&mut turned, &self.weights);
        transposed(&turned, inputs, out);
    }

    fn to_input(&self, weights: &[f32], out: &mut [f32]) {
        let mut table = Buffer::of(weights.len());
        transposed(weights, self.weights.len(), &mut table);
        scale_rows(&mut table, &self.weights);
        let inputs = weights.len() / self.weights.len();
        spike_product(&self.active, &table, inputs, None, out);
        scale_rows(out, &self.outputs);
    }
}

fn copy(numbers: &[f32]) -> Buffer {
    let mut copy = Buffer::of(numbers.len());
    copy.copy_from_slice(numbers);
    copy
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn gated_errors_give_the_gradients_of_errors_written_out(

            (rows, inputs, width) in (1usize..140, 1usize..70, 1usize..140),
            seed in 0u32..1000,
        ) {
            let mut state = seed;
            let mut draw = |count: usize, least: f32| -> Vec<f32> {
                let mut one = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ((state >> 8) as f32 / 16_777_216.0 - 0.5).max(least)
                };
                (0..count).map(|_| one()).collect()
            };
            let (below, activations) = (draw(rows * inputs, 0.0), draw(rows * width, 0.0));
            let (weights, last) = (draw(inputs * width, -1.0), draw(width, -1.0));
            let gradient = draw(rows, -1.0);

            let mut sum = [0.0];
            let mut sums = vec![f32::NAN; width];
            let errors = Errors::of(&gradient, &mut sum).through(&last, &activations, &mut sums);
            prop_assert_eq!(matches!(errors, Errors::Gated(_)), rows >= FEW);
            let mut d_weights = vec![f32::NAN; inputs * width];
            errors.to_weights(&below, &mut d_weights);
            let mut d_input = vec![f32::NAN; rows * inputs];
            errors.to_input(&weights, &mut d_input);

            let error = |row: usize, unit: usize| {
                let open = f64::from(activations[row * width + unit] > 0.0);
                f64::from(gradient[row]) * f64::from(last[unit]) * open
            };
            let near = |found: f32, exact: f64| (f64::from(found) - exact).abs() < 1e-5;
            for unit in 0..width {
                let exact = (0..rows).map(|row| error(row, unit)).sum();
                prop_assert!(near(sums[unit], exact), "{} instead of {exact}", sums[unit]);
                for input in 0..inputs {
                    let term = |row| f64::from(below[row * inputs + input]) * error(row, unit);
                    let exact = (0..rows).map(term).sum();
                    prop_assert!(near(d_weights[input * width + unit], exact));
                }
            }
            for row in 0..rows {
                for input in 0..inputs {
                    let term = |unit| error(row, unit) * f64::from(weights[input * width + unit]);
                    let exact = (0..width).map(term).sum();
                    prop_assert!(near(d_input[row * inputs + input], exact));
                }
            }
        }
    }
}

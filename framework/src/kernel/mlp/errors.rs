//! The errors of a perceptron's layers on the way back.
//!
//! In front of a single output they are an outer product, and behind the rectification there zeros and ones, scaled by
//! rows and by columns. That is never written out: its products are sums of scaled rows, as those of spikes are.

use super::bits::Bits;
use super::buffer::Buffer;
use super::dense::{rectified_back, scale_rows, sum_open};
use super::matrix::{Matrix, product};
use super::product::spikes_times;
use super::strips::transposed;

/// Fewer rows than this are not worth a transposed copy of the weights.
const FEW: usize = 8;

/// The gradient by what a layer gives before its rectification, `[rows, width]`.
#[derive(Debug)]
pub enum Errors {
    /// As they are, and their width.
    Numbers(Buffer, usize),
    /// Of the layer in front of a single output.
    Gated(Gated),
}

/// `outputs · open · weights`, where the outer two are diagonal.
#[derive(Debug)]
pub struct Gated {
    /// The error of the output, for each row.
    outputs: Buffer,
    /// Of the output, for each unit.
    weights: Buffer,
    /// Which units were not rectified to zero, `[rows, width]`.
    open: Bits,
}

impl Errors {
    /// Those of the last layer, which is not rectified; `sums` is their sum over the rows, the gradient of the bias.
    pub fn of(gradient: &[f32], sums: &mut [f32]) -> Self {
        let mut errors = copy(gradient);
        rectified_back(&mut errors, None, sums);
        Self::Numbers(errors, sums.len())
    }

    /// Those of the layer before, which gave `activations`, through this one's weights `[inputs, width]`; `sums` as above.
    pub fn through(&self, weights: &[f32], activations: &[f32], sums: &mut [f32]) -> Self {
        let inputs = sums.len();
        match self {
            Self::Numbers(outputs, 1) if outputs.len() >= FEW => {
                sum_open(activations, outputs, sums);
                scale_rows(sums, weights);
                Self::Gated(Gated {
                    outputs: copy(outputs),
                    weights: copy(weights),
                    open: Bits::positive(activations, inputs),
                })
            }
            _ => {
                let mut errors = Buffer::of(activations.len());
                self.to_input(weights, &mut errors);
                rectified_back(&mut errors, Some(activations), sums);
                Self::Numbers(errors, inputs)
            }
        }
    }

    /// Writes the gradient of the layer's weights `[inputs, width]`, from its input `[rows, inputs]`.
    pub fn to_weights(&self, input: &[f32], out: &mut [f32]) {
        match self {
            Self::Numbers(errors, width) => {
                let input = Matrix::new(input, out.len() / width);
                product(input.transposed(), Matrix::new(errors, *width), out);
            }
            Self::Gated(gated) => gated.to_weights(input, out),
        }
    }

    /// Writes the gradient of the layer's input `[rows, inputs]`, from its weights `[inputs, width]`.
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
        spikes_times(&self.open.transposed(), &scaled, inputs, None, &mut turned);
        scale_rows(&mut turned, &self.weights);
        transposed(&turned, inputs, out);
    }

    fn to_input(&self, weights: &[f32], out: &mut [f32]) {
        let mut table = Buffer::of(weights.len());
        transposed(weights, self.weights.len(), &mut table);
        scale_rows(&mut table, &self.weights);
        let inputs = weights.len() / self.weights.len();
        spikes_times(&self.open, &table, inputs, None, out);
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
        fn errors_in_front_of_a_single_output_are_those_that_are_written_out(
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

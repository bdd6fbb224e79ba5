//! The steps between the products of a perceptron, each in one pass over memory: biases, rectification, and their gradients.

use crate::formula::{Loop, vectorised};

/// Adds `bias` to every row.
pub fn add_bias(rows: &mut [f32], bias: &[f32]) {
    vectorised(AddBias {
        rows,
        bias,
        least: f32::NEG_INFINITY,
    });
}

/// Adds `bias` to every row and rectifies the sums (ReLU).
pub fn add_bias_relu(rows: &mut [f32], bias: &[f32]) {
    vectorised(AddBias {
        rows,
        bias,
        least: 0.0,
    });
}

struct AddBias<'a> {
    rows: &'a mut [f32],
    bias: &'a [f32],
    least: f32,
}

impl Loop for AddBias<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for row in self.rows.chunks_exact_mut(self.bias.len()) {
            for (value, &bias) in row.iter_mut().zip(self.bias) {
                let sum = *value + bias;
                // Not `max`, which would replace NaN: a diverged network must not look sound.
                *value = if sum < self.least { self.least } else { sum };
            }
        }
    }
}

/// Takes the gradient `errors` of rectified `activations` back through the rectification, in place, and writes its sum over
/// the rows, the gradient of the bias, to `sums`. Without activations only the sum is computed.
pub fn relu_backward(errors: &mut [f32], activations: Option<&[f32]>, sums: &mut [f32]) {
    sums.fill(0.0);
    match activations {
        Some(activations) => vectorised(Rectified {
            errors,
            activations,
            sums,
        }),
        None => vectorised(Sum { errors, sums }),
    }
}

struct Rectified<'a> {
    errors: &'a mut [f32],
    activations: &'a [f32],
    sums: &'a mut [f32],
}

impl Loop for Rectified<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let width = self.sums.len();
        let rows = self.errors.chunks_exact_mut(width);
        for (errors, activations) in rows.zip(self.activations.chunks_exact(width)) {
            let both = errors.iter_mut().zip(activations);
            for ((error, &activation), sum) in both.zip(self.sums.iter_mut()) {
                let passed = if activation > 0.0 { *error } else { 0.0 };
                *error = passed;
                *sum += passed;
            }
        }
    }
}

struct Sum<'a> {
    errors: &'a [f32],
    sums: &'a mut [f32],
}

impl Loop for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for errors in self.errors.chunks_exact(self.sums.len()) {
            for (sum, error) in self.sums.iter_mut().zip(errors) {
                *sum += error;
            }
        }
    }
}

/// Writes for every unit the sum of `outputs` over the rows in which its activation is positive.
pub(super) fn sum_where_active(activations: &[f32], outputs: &[f32], sums: &mut [f32]) {
    sums.fill(0.0);
    vectorised(SumWhereActive {
        activations,
        outputs,
        sums,
    });
}

struct SumWhereActive<'a> {
    activations: &'a [f32],
    outputs: &'a [f32],
    sums: &'a mut [f32],
}

impl Loop for SumWhereActive<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.activations.chunks_exact(self.sums.len());
        for (activations, &output) in rows.zip(self.outputs) {
            for (sum, &activation) in self.sums.iter_mut().zip(activations) {
                *sum += if activation > 0.0 { output } else { 0.0 };
            }
        }
    }
}

/// Multiplies every row by its factor.
pub(super) fn scale_rows(rows: &mut [f32], factors: &[f32]) {
    vectorised(ScaleRows { rows, factors });
}

struct ScaleRows<'a> {
    rows: &'a mut [f32],
    factors: &'a [f32],
}

impl Loop for ScaleRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let width = self.rows.len() / self.factors.len();
        for (row, &factor) in self.rows.chunks_exact_mut(width).zip(self.factors) {
            for value in row {
                *value *= factor;
            }
        }
    }
}

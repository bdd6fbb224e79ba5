//! Formulas of one value and several inputs, evaluated along slices. A loss or a readout is neither a neuron nor a surrogate,
//! but should be written only once too.

use std::fmt::Debug;

use super::vectorise::{LoopWith, vectorised_with};
use super::{Dual, Real, Single, Variables};

/// One number computed from a few others, at every element. [`elementwise`](crate::kernel::elementwise::elementwise) turns it
/// into a loop over slices, its derivatives, and tensor operations. Mark `value` as `#[inline(always)]`.
pub trait Formula: Debug + Send + 'static {
    /// The inputs, `[R; N]`.
    type Inputs<R: Real>: Variables<R>;

    /// The value.
    fn value<R: Real>(&self, inputs: Self::Inputs<R>) -> R;
}

/// The number of elements that are copied to the stack at a time.
pub(crate) const CHUNK: usize = 128;

/// Evaluates the formula along slices. All inputs must be as long as `out`.
pub(crate) fn along<F: Formula>(formula: &F, inputs: &[&[f32]], out: &mut [f32]) {
    vectorised_with(formula, Along { inputs, out });
}

struct Along<'a> {
    inputs: &'a [&'a [f32]],
    out: &'a mut [f32],
}

impl<F: Formula> LoopWith<F> for Along<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, formula: &F) {
        let mut values = [0.0; CHUNK];
        for (chunk, out) in self.out.chunks_mut(CHUNK).enumerate() {
            let rows = rows::<F>(self.inputs, chunk * CHUNK, out.len());
            for block in 0..out.len().div_ceil(BLOCK) {
                for lane in 0..BLOCK {
                    let place = block * BLOCK + lane;
                    values[place] = formula.value(at::<F>(&rows, place)).0;
                }
            }
            out.copy_from_slice(&values[..out.len()]);
        }
    }
}

type Rows<F> = <<F as Formula>::Inputs<Single> as Variables<Single>>::Many<[f32; CHUNK]>;

/// The number of elements that are computed at once. The last block is computed whole even if it is not full: a loop over the
/// last few elements one by one would take as long as all blocks before it.
const BLOCK: usize = 16;

/// A copy of a chunk of the inputs, padded with zeros.
#[inline(always)]
fn rows<F: Formula>(inputs: &[&[f32]], start: usize, length: usize) -> Rows<F> {
    let mut rows = F::Inputs::<Single>::many([0.0; CHUNK]);
    for (row, input) in rows.as_mut().iter_mut().zip(inputs) {
        row[..length].copy_from_slice(&input[start..][..length]);
    }
    rows
}

#[inline(always)]
fn at<F: Formula>(rows: &Rows<F>, place: usize) -> F::Inputs<Single> {
    F::Inputs::from_fn(|index| Single(rows.as_ref()[index][place]))
}

/// Computes the gradients of at most [`CHUNK`] elements: `gradients[k]` is the gradient of the value times the derivative with
/// respect to input `k`.
pub(crate) fn along_back<F: Formula>(
    formula: &F,
    inputs: &[&[f32]],
    d_value: &[f32],
    gradients: &mut [[f32; CHUNK]],
) {
    vectorised_with(
        formula,
        Back {
            inputs,
            d_value,
            gradients,
        },
    );
}

struct Back<'a> {
    inputs: &'a [&'a [f32]],
    d_value: &'a [f32],
    gradients: &'a mut [[f32; CHUNK]],
}

impl<F: Formula> LoopWith<F> for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, formula: &F) {
        let length = self.d_value.len().min(CHUNK);
        let rows = rows::<F>(self.inputs, 0, length);
        let mut d_value = [0.0; CHUNK];
        d_value[..length].copy_from_slice(&self.d_value[..length]);
        let mut gradients = F::Inputs::<Single>::many([0.0; CHUNK]);
        for block in 0..length.div_ceil(BLOCK) {
            for lane in 0..BLOCK {
                let place = block * BLOCK + lane;
                let at = at::<F>(&rows, place);
                for moving in 0..F::Inputs::<Single>::COUNT {
                    let inputs = F::Inputs::from_fn(|index| {
                        let value = at.as_ref()[index];
                        if index == moving {
                            Dual::<Single, 1>::variable(value, 0)
                        } else {
                            Dual::constant(value)
                        }
                    });
                    let partial = formula.value(inputs).partials[0];
                    gradients.as_mut()[moving][place] = (Single(d_value[place]) * partial).0;
                }
            }
        }
        self.gradients.copy_from_slice(gradients.as_ref());
    }
}

//! A formula on tensors, element by element: what is neither a neuron nor a surrogate but should be written once too.

use std::fmt::Debug;

use super::cpu::{LoopWith, vectorised_with};
use super::{Dual, Real, Single, Variables};

/// One number from a few others. It becomes a loop over slices, its derivatives, and tensor operations
/// ([`elementwise`](crate::kernel::elementwise::elementwise)); mark `value` `#[inline(always)]`.
pub trait Formula: Debug + Send + 'static {
    /// What it is computed from: `[R; N]`.
    type Inputs<R: Real>: Variables<R>;

    /// The value.
    fn value<R: Real>(&self, inputs: Self::Inputs<R>) -> R;
}

/// So many elements at a time.
pub(crate) const CHUNK: usize = 128;

/// The formula along a slice; all inputs are as long as `out`.
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

/// So many elements are computed at once, whether or not there are as many: what a loop would do for the last few, one by
/// one, takes as long as all that came before.
const BLOCK: usize = 16;

/// A copy of a chunk of the inputs, zeros behind it.
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

/// The gradients of at most [`CHUNK`] elements: `gradients[k]` is that of the value times the derivative by input `k`.
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

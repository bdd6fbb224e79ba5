//! A formula on tensors, element by element: what is neither a neuron nor a surrogate but should be written once too.

use std::fmt::Debug;

use super::cpu::{Loop, vectorised};
use super::{Dual, Real, Single, Variables};

/// One number from a few others. It becomes a loop over slices, its derivatives, and tensor operations
/// ([`elementwise`](crate::elementwise::elementwise)); mark `value` `#[inline(always)]`.
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
    vectorised(Along {
        formula,
        inputs,
        out,
    });
}

struct Along<'a, F> {
    formula: &'a F,
    inputs: &'a [&'a [f32]],
    out: &'a mut [f32],
}

impl<F: Formula> Loop for Along<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let length = self.out.len();
        let rows = same_length::<F>(self.inputs, length);
        for place in 0..length {
            let inputs = F::Inputs::from_fn(|index| Single(rows.as_ref()[index][place]));
            self.out[place] = self.formula.value(inputs).0;
        }
    }
}

type Slices<'a, F> = <<F as Formula>::Inputs<Single> as Variables<Single>>::Many<&'a [f32]>;

#[inline(always)]
fn same_length<'a, F: Formula>(inputs: &[&'a [f32]], length: usize) -> Slices<'a, F> {
    let mut rows = F::Inputs::<Single>::many(&[][..]);
    for (row, input) in rows.as_mut().iter_mut().zip(inputs) {
        *row = &input[..length];
    }
    rows
}

/// The gradients of at most [`CHUNK`] elements: `gradients[k]` is that of the value times the derivative by input `k`.
pub(crate) fn along_back<F: Formula>(
    formula: &F,
    inputs: &[&[f32]],
    d_value: &[f32],
    gradients: &mut [[f32; CHUNK]],
) {
    vectorised(Back {
        formula,
        inputs,
        d_value,
        gradients,
    });
}

struct Back<'a, F> {
    formula: &'a F,
    inputs: &'a [&'a [f32]],
    d_value: &'a [f32],
    gradients: &'a mut [[f32; CHUNK]],
}

impl<F: Formula> Loop for Back<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let length = self.d_value.len().min(CHUNK);
        let rows = same_length::<F>(self.inputs, length);
        let mut gradients = F::Inputs::<Single>::many([0.0; CHUNK]);
        for place in 0..length {
            let d_value = Single(self.d_value[place]);
            let at = F::Inputs::<Single>::from_fn(|index| Single(rows.as_ref()[index][place]));
            for moving in 0..F::Inputs::<Single>::COUNT {
                let inputs = F::Inputs::from_fn(|index| {
                    let value = at.as_ref()[index];
                    if index == moving {
                        Dual::<Single, 1>::variable(value, 0)
                    } else {
                        Dual::constant(value)
                    }
                });
                let partial = self.formula.value(inputs).partials[0];
                gradients.as_mut()[moving][place] = (d_value * partial).0;
            }
        }
        self.gradients.copy_from_slice(gradients.as_ref());
    }
}

//! What a model computes from its learned parameters once, before the first time step.

use super::adjoint::pull_back_prepared;
use super::dynamics::Dynamics;
use super::layout::Recurrence;
use crate::formula::vectorise::{LoopWith, vectorised_with};
use crate::formula::{Single, Variables};

/// What the formulas take in place of the learned parameters, in the same shape `[P, neurons]`.
pub(super) fn prepared<N: Dynamics>(model: &N, recurrence: &Recurrence<'_>) -> Vec<f32> {
    let mut prepared = recurrence.learned.to_vec();
    if !prepared.is_empty() {
        vectorised_with(
            model,
            Prepare {
                neurons: recurrence.neurons,
                values: &mut prepared,
            },
        );
    }
    prepared
}

/// Adds to the gradients of the learned parameters those that come from what was prepared of them.
pub(super) fn prepared_back<N: Dynamics>(
    model: &N,
    recurrence: &Recurrence<'_>,
    d_prepared: &[f32],
    d_learned: &mut [f32],
) {
    vectorised_with(
        model,
        PrepareBack {
            neurons: recurrence.neurons,
            learned: recurrence.learned,
            d_prepared,
            d_learned,
        },
    );
}

struct Prepare<'a> {
    neurons: usize,
    values: &'a mut [f32],
}

impl<N: Dynamics> LoopWith<N> for Prepare<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, model: &N) {
        for neuron in 0..self.neurons {
            let learned = at(self.values, self.neurons, neuron);
            let prepared = model.prepare::<Single>(learned);
            for (index, value) in prepared.as_ref().iter().enumerate() {
                self.values[index * self.neurons + neuron] = value.0;
            }
        }
    }
}

struct PrepareBack<'a> {
    neurons: usize,
    learned: &'a [f32],
    d_prepared: &'a [f32],
    d_learned: &'a mut [f32],
}

impl<N: Dynamics> LoopWith<N> for PrepareBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, model: &N) {
        for neuron in 0..self.neurons {
            let [learned, d_prepared] =
                [self.learned, self.d_prepared].map(|values| at(values, self.neurons, neuron));
            let pulled = pull_back_prepared(model, learned, d_prepared);
            for (index, value) in pulled.as_ref().iter().enumerate() {
                self.d_learned[index * self.neurons + neuron] += value.0;
            }
        }
    }
}

/// The values `[P]` of one neuron.
#[inline(always)]
fn at<V: Variables<Single>>(values: &[f32], neurons: usize, neuron: usize) -> V {
    V::from_fn(|index| Single(values[index * neurons + neuron]))
}

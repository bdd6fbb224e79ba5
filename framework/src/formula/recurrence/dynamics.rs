//! One time step of one neuron.

use super::layout::{CHUNK, Row};
use crate::formula::{FiresAt, Real, Single, Variables};

/// The formulas of a neuron model, as far as its recurrence needs them. Every
/// [`NeuronModel`](crate::api::NeuronModel) has them; its documentation says what each one means.
pub(crate) trait Dynamics {
    type State<R: Real>: Variables<R>;
    type Learned<R: Real>: Variables<R>;

    fn rest(&self) -> Self::State<f64>;

    fn prepare<R: Real>(&self, learned: Self::Learned<R>) -> Self::Learned<R>;

    fn charge<R: Real>(
        &self,
        current: R,
        state: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R>;

    fn u<R: Real>(&self, charged: Self::State<R>, learned: Self::Learned<R>) -> R;

    fn reset<R: Real>(
        &self,
        spike: R,
        charged: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R>;
}

/// The states of a chunk of neurons before the first step.
#[inline(always)]
pub(super) fn at_rest<N: Dynamics>(
    model: &N,
) -> <N::State<Single> as Variables<Single>>::Many<Row> {
    let mut state = N::State::<Single>::many([0.0; CHUNK]);
    for (row, value) in state.as_mut().iter_mut().zip(model.rest().as_ref()) {
        row.fill(*value as f32);
    }
    state
}

/// The spike, computed without a branch. A potential that is not finite gives NaN, because a network that has diverged must
/// not look silent.
#[inline(always)]
pub(super) fn fire(u: Single, fires_at: FiresAt) -> Single {
    let fired = (u.0 > 0.0) | ((u.0 == 0.0) & (fires_at == FiresAt::AtOrAbove));
    #[expect(clippy::eq_op, reason = "zero where `u` is finite, NaN elsewhere")]
    let nothing = u.0 - u.0;
    Single(if fired { 1.0 } else { 0.0 } + nothing)
}

/// Advances one neuron by one step. Returns the distance of its potential above the threshold, its spike, and the state
/// after the step.
#[inline(always)]
pub(super) fn advance<N: Dynamics>(
    model: &N,
    fires_at: FiresAt,
    current: Single,
    state: N::State<Single>,
    learned: N::Learned<Single>,
) -> (Single, Single, N::State<Single>) {
    let charged = model.charge(current, state, learned);
    let u = model.u(charged, learned);
    let spike = fire(u, fires_at);
    (u, spike, model.reset(spike, charged, learned))
}

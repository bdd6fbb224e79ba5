//! The transposed derivative of one time step of one neuron.

use super::dynamics::{Dynamics, fire};
use crate::formula::{Dual, FiresAt, Single, Variables};

/// The inputs of one step of one neuron, and the gradients that reach it from later steps and from its spike.
pub(super) struct Step<S, L> {
    pub current: Single,
    pub state: S,
    pub learned: L,
    /// The surrogate at this step's distance above the threshold.
    pub slope: Single,
    pub d_spike: Single,
    pub d_next: S,
}

/// The gradients with respect to the inputs of a step.
pub(super) struct Pulled<S, L> {
    pub current: Single,
    pub state: S,
    pub learned: L,
}

/// The number of directions that one evaluation on duals differentiates by. A model with two state variables and nothing to
/// learn needs three.
const K: usize = 3;
type D = Dual<Single, K>;

/// Applies the transposed derivative of one step to the gradients of its results.
///
/// The directions are numbered: 0 is the current or the spike, then come the state variables, then the learned parameters.
/// `K` of them are evaluated at a time; the compiler computes the terms that several evaluations share only once.
#[inline(always)]
pub(super) fn pull_back<N: Dynamics>(
    model: &N,
    fires_at: FiresAt,
    at: Step<N::State<Single>, N::Learned<Single>>,
) -> Pulled<N::State<Single>, N::Learned<Single>> {
    let charged = model.charge(at.current, at.state, at.learned);
    let spike = fire(model.u(charged, at.learned), fires_at);

    let learned = |first: usize| {
        let after = 1 + N::State::<Single>::COUNT;
        N::Learned::<D>::from_fn(|index| seed(at.learned.as_ref()[index], after + index, first))
    };
    let state = |values: N::State<Single>, first: usize| {
        N::State::<D>::from_fn(|index| seed(values.as_ref()[index], 1 + index, first))
    };

    let mut d_spike = at.d_spike;
    let mut d_charged = N::State::<Single>::many(Single(0.0));
    let mut d_learned = N::Learned::<Single>::many(Single(0.0));
    in_turn::<N>(|first| {
        let image = model.reset(seed(spike, 0, first), state(charged, first), learned(first));
        let gradients = weigh(at.d_next.as_ref(), image.as_ref());
        share(
            first,
            gradients,
            &mut d_spike,
            d_charged.as_mut(),
            d_learned.as_mut(),
        );
    });
    let d_u = d_spike * at.slope;
    in_turn::<N>(|first| {
        let image = model.u(state(charged, first), learned(first));
        let gradients = weigh(&[d_u], &[image]);
        share(
            first,
            gradients,
            &mut Single(0.0),
            d_charged.as_mut(),
            d_learned.as_mut(),
        );
    });
    let mut d_current = Single(0.0);
    let mut d_state = N::State::<Single>::many(Single(0.0));
    in_turn::<N>(|first| {
        let current = seed(at.current, 0, first);
        let image = model.charge(current, state(at.state, first), learned(first));
        let gradients = weigh(d_charged.as_ref(), image.as_ref());
        share(
            first,
            gradients,
            &mut d_current,
            d_state.as_mut(),
            d_learned.as_mut(),
        );
    });
    Pulled {
        current: d_current,
        state: N::State::from_fn(|index| d_state.as_ref()[index]),
        learned: N::Learned::from_fn(|index| d_learned.as_ref()[index]),
    }
}

/// Applies the transposed derivative of what is prepared of the learned parameters to its gradients.
#[inline(always)]
pub(super) fn pull_back_prepared<N: Dynamics>(
    model: &N,
    learned: N::Learned<Single>,
    d_prepared: N::Learned<Single>,
) -> N::Learned<Single> {
    let count = N::Learned::<Single>::COUNT;
    let mut d_learned = N::Learned::<Single>::many(Single(0.0));
    let mut first = 0;
    while first < count {
        let seeded = N::Learned::<D>::from_fn(|index| seed(learned.as_ref()[index], index, first));
        let image = model.prepare(seeded);
        let gradients = weigh(d_prepared.as_ref(), image.as_ref());
        for (k, gradient) in gradients.into_iter().enumerate() {
            if first + k < count {
                d_learned.as_mut()[first + k] = gradient;
            }
        }
        first += K;
    }
    N::Learned::from_fn(|index| d_learned.as_ref()[index])
}

/// Calls `evaluate` with the first direction of each evaluation.
#[inline(always)]
fn in_turn<N: Dynamics>(mut evaluate: impl FnMut(usize)) {
    let directions = 1 + N::State::<Single>::COUNT + N::Learned::<Single>::COUNT;
    let mut first = 0;
    while first < directions {
        evaluate(first);
        first += K;
    }
}

/// The input of direction `number`, as a dual of the evaluation whose directions begin at `first`.
#[inline(always)]
fn seed(value: Single, number: usize, first: usize) -> D {
    D::variable(value, number.wrapping_sub(first))
}

/// The gradient in each direction: the sum over the images of their gradients times their partial derivatives.
#[inline(always)]
fn weigh(gradients: &[Single], images: &[D]) -> [Single; K] {
    let mut sums = [Single(0.0); K];
    for (k, sum) in sums.iter_mut().enumerate() {
        *sum = gradients[0] * images[0].partials[k];
        for index in 1..gradients.len() {
            *sum = *sum + gradients[index] * images[index].partials[k];
        }
    }
    sums
}

/// Adds the gradients in the directions from `first` on to those of the inputs that the directions stand for.
#[inline(always)]
fn share(
    first: usize,
    gradients: [Single; K],
    input: &mut Single,
    state: &mut [Single],
    learned: &mut [Single],
) {
    for (k, gradient) in gradients.into_iter().enumerate() {
        let number = first + k;
        if number == 0 {
            *input = *input + gradient;
        } else if number <= state.len() {
            state[number - 1] = state[number - 1] + gradient;
        } else if number <= state.len() + learned.len() {
            let index = number - 1 - state.len();
            learned[index] = learned[index] + gradient;
        }
    }
}

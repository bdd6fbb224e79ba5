//! A neuron model on slices: all time steps of many neurons, and the adjoint of that by forward-mode partials.

use std::cell::RefCell;

use super::cpu::{LoopWith, vectorised_with};
use super::{AnySurrogate, Dual, FiresAt, NeuronModel, Single, Variables};

/// The recurrence of a layer over time. `places` neurons of one or many observations run side by side.
#[derive(Debug, Clone, Copy)]
pub struct Recurrence<'a> {
    /// When a neuron fires.
    pub fires_at: FiresAt,
    /// Time steps, `T`.
    pub steps: usize,
    /// Input currents `[T, places]`, or `[places]` for the same current in every step.
    pub current: &'a [f32],
    /// What the neurons learn, `[P, neurons]`; `places` is a multiple of `neurons`. Empty if they learn nothing.
    pub learned: &'a [f32],
    /// Neurons of the layer.
    pub neurons: usize,
    /// Neurons times observations.
    pub places: usize,
}

/// The gradients that go through a recurrence backwards.
#[derive(Debug)]
pub struct Adjoint<'a> {
    /// Of the spikes, `[T, places]`.
    pub spikes: &'a [f32],
    /// Of the currents, in their shape; overwritten.
    pub current: &'a mut [f32],
    /// Of what the neurons learn, in its shape; added to.
    pub learned: &'a mut [f32],
}

/// So many neurons at a time that what they need stays in the first-level cache.
const CHUNK: usize = 256;
type Row = [f32; CHUNK];

impl Recurrence<'_> {
    fn constant(&self) -> bool {
        self.current.len() == self.places
    }

    /// The places of each chunk, `(start, length)`; none crosses from one observation to the next where what a
    /// neuron learns has to be found.
    fn chunks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let places = self.places;
        let row = if self.learned.is_empty() {
            places
        } else {
            self.neurons
        };
        (0..places).step_by(row.max(1)).flat_map(move |first| {
            (0..row)
                .step_by(CHUNK)
                .map(move |offset| (first + offset, CHUNK.min(row - offset)))
        })
    }

    #[inline(always)]
    fn current_at(&self, step: usize, start: usize, length: usize) -> &[f32] {
        let step = if self.constant() { 0 } else { step };
        &self.current[step * self.places + start..][..length]
    }

    /// What a chunk of neurons learned, for [`pick`].
    #[inline(always)]
    fn learned_at<V: Variables<Single>>(&self, start: usize, length: usize) -> V::Many<Row> {
        let mut rows = V::many([0.0; CHUNK]);
        for (index, row) in rows.as_mut().iter_mut().enumerate() {
            let from = index * self.neurons + start % self.neurons;
            row[..length].copy_from_slice(&self.learned[from..][..length]);
        }
        rows
    }
}

#[inline(always)]
fn pick<V: Variables<Single>>(rows: &[Row], place: usize) -> V {
    V::from_fn(|index| Single(rows[index][place]))
}

/// Is given the spikes of some neurons in one time step: the step, the first of the places, and the spikes. It must not run
/// neurons itself.
pub type Take<'a> = dyn FnMut(usize, usize, &[f32]) + 'a;

/// Runs a model forward.
pub(super) fn run<N: NeuronModel>(model: &N, recurrence: &Recurrence<'_>, take: &mut Take<'_>) {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.spikes.resize(recurrence.steps, [0.0; CHUNK]);
        for (start, length) in recurrence.chunks() {
            vectorised_with(
                model,
                Forward {
                    recurrence,
                    start,
                    length,
                    spikes: &mut scratch.spikes,
                },
            );
            for (step, spikes) in scratch.spikes.iter().enumerate() {
                take(step, start, &spikes[..length]);
            }
        }
    });
}

struct Forward<'a> {
    recurrence: &'a Recurrence<'a>,
    start: usize,
    length: usize,
    /// `[T]`
    spikes: &'a mut [Row],
}

impl<N: NeuronModel> LoopWith<N> for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, model: &N) {
        let Self {
            recurrence, start, ..
        } = self;
        let length = self.length.min(CHUNK);
        let learned = recurrence.learned_at::<N::Learned<Single>>(start, length);
        let mut state = at_rest(model);
        for step in 0..recurrence.steps {
            let current = recurrence.current_at(step, start, length);
            let spikes = &mut self.spikes[step];
            for place in 0..length {
                let known = pick(learned.as_ref(), place);
                let (_, spike, next) = advance(
                    model,
                    recurrence.fires_at,
                    Single(current[place]),
                    pick(state.as_ref(), place),
                    known,
                );
                spikes[place] = spike.0;
                for (row, value) in state.as_mut().iter_mut().zip(next.as_ref()) {
                    row[place] = value.0;
                }
            }
        }
    }
}

#[inline(always)]
fn at_rest<N: NeuronModel>(model: &N) -> <N::State<Single> as Variables<Single>>::Many<Row> {
    let mut state = N::State::<Single>::many([0.0; CHUNK]);
    for (row, value) in state.as_mut().iter_mut().zip(model.rest().as_ref()) {
        row.fill(*value as f32);
    }
    state
}

/// The spike, without a branch. Nothing is added to it where `u` is finite; what is not finite gives no number, because a
/// network that diverged must not look silent.
#[inline(always)]
fn fire(u: Single, fires_at: FiresAt) -> Single {
    let fired = (u.0 > 0.0) | ((u.0 == 0.0) & (fires_at == FiresAt::AtOrAbove));
    #[expect(clippy::eq_op, reason = "not zero where `u` is not finite")]
    let nothing = u.0 - u.0;
    Single(if fired { 1.0 } else { 0.0 } + nothing)
}

/// One step of one neuron: how far above the threshold, the spike, the state after it.
#[inline(always)]
fn advance<N: NeuronModel>(
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

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What is known of one chunk.
#[derive(Debug, Default)]
struct Scratch {
    /// What a forward pass gives, `[T]`.
    spikes: Vec<Row>,
    // What the adjoint keeps of the forward pass, which it repeats: less than to store it for all.
    /// The states before each step, `[T, variables]`.
    states: Vec<Row>,
    /// `[T]`
    u: Vec<Row>,
    /// The surrogate at `u`, `[T]`.
    slopes: Vec<Row>,
}

/// Runs a model backward.
pub(super) fn run_back<N: NeuronModel>(
    model: &N,
    recurrence: &Recurrence<'_>,
    surrogate: &dyn AnySurrogate,
    adjoint: Adjoint<'_>,
) {
    assert_eq!(adjoint.spikes.len(), recurrence.steps * recurrence.places);
    assert_eq!(adjoint.current.len(), recurrence.current.len());
    assert_eq!(adjoint.learned.len(), recurrence.learned.len());
    SCRATCH.with_borrow_mut(|scratch| {
        let steps = recurrence.steps;
        scratch
            .states
            .resize(steps * N::State::<Single>::COUNT, [0.0; CHUNK]);
        scratch.u.resize(steps, [0.0; CHUNK]);
        scratch.slopes.resize(steps, [0.0; CHUNK]);
        if recurrence.constant() {
            adjoint.current.fill(0.0);
        }
        for (start, length) in recurrence.chunks() {
            vectorised_with(
                model,
                Replay {
                    recurrence,
                    start,
                    length,
                    scratch,
                },
            );
            surrogate.on_slice(scratch.u.as_flattened(), scratch.slopes.as_flattened_mut());
            vectorised_with(
                model,
                Backward {
                    recurrence,
                    start,
                    length,
                    scratch,
                    d_spikes: adjoint.spikes,
                    d_current: adjoint.current,
                    d_learned: adjoint.learned,
                },
            );
        }
    });
}

struct Replay<'a> {
    recurrence: &'a Recurrence<'a>,
    start: usize,
    length: usize,
    scratch: &'a mut Scratch,
}

impl<N: NeuronModel> LoopWith<N> for Replay<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, model: &N) {
        let Self {
            recurrence,
            start,
            scratch,
            ..
        } = self;
        let length = self.length.min(CHUNK);
        let variables = N::State::<Single>::COUNT;
        let learned = recurrence.learned_at::<N::Learned<Single>>(start, length);
        let mut state = at_rest(model);
        for step in 0..recurrence.steps {
            scratch.states[step * variables..][..variables].copy_from_slice(state.as_ref());
            let current = recurrence.current_at(step, start, length);
            let above = &mut scratch.u[step];
            for place in 0..length {
                let known = pick(learned.as_ref(), place);
                let (u, _, next) = advance(
                    model,
                    recurrence.fires_at,
                    Single(current[place]),
                    pick(state.as_ref(), place),
                    known,
                );
                above[place] = u.0;
                for (row, value) in state.as_mut().iter_mut().zip(next.as_ref()) {
                    row[place] = value.0;
                }
            }
        }
    }
}

struct Backward<'a> {
    recurrence: &'a Recurrence<'a>,
    start: usize,
    length: usize,
    scratch: &'a Scratch,
    d_spikes: &'a [f32],
    d_current: &'a mut [f32],
    d_learned: &'a mut [f32],
}

impl<N: NeuronModel> LoopWith<N> for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, model: &N) {
        let Self {
            recurrence,
            start,
            scratch,
            ..
        } = self;
        let length = self.length.min(CHUNK);
        let variables = N::State::<Single>::COUNT;
        let learned = recurrence.learned_at::<N::Learned<Single>>(start, length);
        let mut d_state = N::State::<Single>::many([0.0; CHUNK]);
        let mut d_learned = N::Learned::<Single>::many([0.0; CHUNK]);
        for step in (0..recurrence.steps).rev() {
            let before = &scratch.states[step * variables..][..variables];
            let current = recurrence.current_at(step, start, length);
            let slopes = &scratch.slopes[step];
            let d_spikes = &self.d_spikes[step * recurrence.places + start..][..length];
            let into = if recurrence.constant() { 0 } else { step };
            let d_current = &mut self.d_current[into * recurrence.places + start..][..length];
            let adding = recurrence.constant();
            for place in 0..length {
                let pulled = pull_back(
                    model,
                    recurrence.fires_at,
                    Step {
                        current: Single(current[place]),
                        state: pick(before, place),
                        learned: pick(learned.as_ref(), place),
                        slope: Single(slopes[place]),
                        d_spike: Single(d_spikes[place]),
                        d_next: pick(d_state.as_ref(), place),
                    },
                );
                let already = if adding { d_current[place] } else { 0.0 };
                d_current[place] = already + pulled.current.0;
                for (row, value) in d_state.as_mut().iter_mut().zip(pulled.state.as_ref()) {
                    row[place] = value.0;
                }
                for (row, value) in d_learned.as_mut().iter_mut().zip(pulled.learned.as_ref()) {
                    row[place] += value.0;
                }
            }
        }
        for (index, row) in d_learned.as_ref().iter().enumerate() {
            let from = index * recurrence.neurons + start % recurrence.neurons;
            for (sum, value) in self.d_learned[from..][..length].iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}

/// One step of one neuron, and the gradients that reach it from what comes later.
struct Step<S, L> {
    current: Single,
    state: S,
    learned: L,
    slope: Single,
    d_spike: Single,
    d_next: S,
}

/// The gradients that leave a step towards what came before.
struct Pulled<S, L> {
    current: Single,
    state: S,
    learned: L,
}

/// Directions of one evaluation on duals. Three are what a model with two variables and nothing to learn needs.
const K: usize = 3;
type D = Dual<Single, K>;

/// The transposed derivative of one step. Directions are numbered: 0 is the current or the spike, then come the
/// variables of state, then what is learned. `K` of them are evaluated at a time; the compiler computes what several
/// evaluations have in common once.
#[inline(always)]
fn pull_back<N: NeuronModel>(
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

/// The first direction of each evaluation.
#[inline(always)]
fn in_turn<N: NeuronModel>(mut evaluate: impl FnMut(usize)) {
    let directions = 1 + N::State::<Single>::COUNT + N::Learned::<Single>::COUNT;
    let mut first = 0;
    while first < directions {
        evaluate(first);
        first += K;
    }
}

/// The input with this direction's number, in the evaluation of the directions from `first` on.
#[inline(always)]
fn seed(value: Single, number: usize, first: usize) -> D {
    D::variable(value, number.wrapping_sub(first))
}

/// The gradient that each direction receives from those of the images.
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

/// Adds the gradients of the directions from `first` on to those of the inputs.
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

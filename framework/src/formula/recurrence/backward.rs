//! The adjoint of a recurrence: backpropagation through time, with forward-mode derivatives of each step.

use std::cell::RefCell;

use super::adjoint::{Step, pull_back};
use super::dynamics::{Dynamics, advance, at_rest};
use super::layout::{Adjoint, CHUNK, Recurrence, Row, pick};
use super::prepared::{prepared, prepared_back};
use crate::formula::vectorise::{LoopWith, vectorised_with};
use crate::formula::{Single, Variables};

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// The forward pass of one chunk, which the adjoint repeats: that takes less memory than storing it for all chunks.
#[derive(Debug, Default)]
struct Scratch {
    /// The state before each step, `[T, variables]`.
    states: Vec<Row>,
    /// The distance above the threshold, `[T]`.
    u: Vec<Row>,
    /// The surrogate at `u`, `[T]`.
    slopes: Vec<Row>,
}

/// Runs a layer backward. `surrogate` writes the pseudo-derivatives at a slice of distances above the threshold.
pub(crate) fn run_back<N: Dynamics>(
    model: &N,
    recurrence: &Recurrence<'_>,
    surrogate: &dyn Fn(&[f32], &mut [f32]),
    adjoint: Adjoint<'_>,
) {
    assert_eq!(adjoint.spikes.len(), recurrence.steps * recurrence.places);
    assert_eq!(adjoint.current.len(), recurrence.current.len());
    assert_eq!(adjoint.learned.len(), recurrence.learned.len());
    assert!(recurrence.connections.is_none() || !recurrence.constant() || recurrence.steps == 1);
    let learned = recurrence.learned;
    let prepared = prepared(model, recurrence);
    let mut d_prepared = vec![0.0; prepared.len()];
    let recurrence = &Recurrence {
        learned: &prepared,
        ..*recurrence
    };
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
            surrogate(scratch.u.as_flattened(), scratch.slopes.as_flattened_mut());
            vectorised_with(
                model,
                Backward {
                    recurrence,
                    start,
                    length,
                    scratch,
                    d_spikes: adjoint.spikes,
                    d_current: adjoint.current,
                    d_learned: &mut d_prepared,
                },
            );
        }
    });
    if !d_prepared.is_empty() {
        let recurrence = &Recurrence {
            learned,
            ..*recurrence
        };
        prepared_back(model, recurrence, &d_prepared, adjoint.learned);
    }
}

struct Replay<'a> {
    recurrence: &'a Recurrence<'a>,
    start: usize,
    length: usize,
    scratch: &'a mut Scratch,
}

impl<N: Dynamics> LoopWith<N> for Replay<'_> {
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

impl<N: Dynamics> LoopWith<N> for Backward<'_> {
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
            let mut d_spikes = &self.d_spikes[step * recurrence.places + start..][..length];
            let mut all: Row;
            if let (Some(connections), true) = (recurrence.connections, step + 1 < recurrence.steps)
            {
                all = [0.0; CHUNK];
                all[..length].copy_from_slice(d_spikes);
                let after = &self.d_current[(step + 1) * recurrence.places + start..][..length];
                connections.feed_back(start, after, &mut all[..length]);
                d_spikes = &all[..length];
            }
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

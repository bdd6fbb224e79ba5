//! All time steps of a layer, from its currents to its spikes.

use std::cell::RefCell;

use super::dynamics::{Dynamics, advance, at_rest};
use super::layout::{CHUNK, Recurrence, Row, pick};
use super::prepared::prepared;
use crate::formula::Single;
use crate::formula::vectorise::{LoopWith, vectorised_with};

/// Receives the spikes of some neurons in one time step: the index of the step, the first of the places, and the spikes.
/// It must not run neurons itself.
pub type SpikeSink<'a> = dyn FnMut(usize, usize, &[f32]) + 'a;

thread_local! {
    /// The spikes of one chunk, `[T]`.
    static SPIKES: RefCell<Vec<Row>> = RefCell::default();
}

/// Runs a layer forward.
pub(crate) fn run<N: Dynamics>(model: &N, recurrence: &Recurrence<'_>, sink: &mut SpikeSink<'_>) {
    assert!(recurrence.connections.is_none() || !recurrence.constant() || recurrence.steps == 1);
    let prepared = prepared(model, recurrence);
    let recurrence = &Recurrence {
        learned: &prepared,
        ..*recurrence
    };
    SPIKES.with_borrow_mut(|spikes| {
        spikes.resize(recurrence.steps, [0.0; CHUNK]);
        for (start, length) in recurrence.chunks() {
            vectorised_with(
                model,
                Forward {
                    recurrence,
                    start,
                    length,
                    spikes,
                },
            );
            for (step, spikes) in spikes.iter().enumerate() {
                sink(step, start, &spikes[..length]);
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

impl<N: Dynamics> LoopWith<N> for Forward<'_> {
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
            let mut current = recurrence.current_at(step, start, length);
            let mut fed: Row;
            if let (Some(connections), 1..) = (recurrence.connections, step) {
                fed = [0.0; CHUNK];
                fed[..length].copy_from_slice(current);
                let before = &self.spikes[step - 1][..length];
                connections.feed(start, before, &mut fed[..length]);
                current = &fed[..length];
            }
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
            if !recurrence.noise.is_empty() {
                let noise = &recurrence.noise[step * recurrence.places + start..][..length];
                let spikes = spikes.iter_mut().zip(noise);
                spikes.for_each(|(spike, noise)| *spike += noise);
            }
        }
    }
}

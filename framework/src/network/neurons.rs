//! The neurons of a layer: their model, their surrogate gradient, and for how long they run.

use std::sync::Arc;

use crate::api::{AnyNeuron, AnySurrogate, FiresAt, Recurrence};

/// The neurons of one layer.
#[derive(Debug, Clone)]
pub struct Neurons {
    /// The neuron model.
    pub model: Arc<dyn AnyNeuron>,
    /// The derivative that stands in for that of the spike.
    pub surrogate: Arc<dyn AnySurrogate>,
    /// Whether a neuron fires at its threshold or only above it.
    pub fires_at: FiresAt,
    /// Time steps per observation, `T`.
    pub steps: i64,
}

impl Neurons {
    /// Runs the recurrence of one replica and writes the spikes `[T, places]`.
    pub(super) fn run(&self, recurrence: &Recurrence<'_>, spikes: &mut [f32]) {
        let places = recurrence.places;
        assert_eq!(spikes.len(), recurrence.steps * places);
        let mut take = |step: usize, start: usize, here: &[f32]| {
            spikes[step * places + start..][..here.len()].copy_from_slice(here);
        };
        self.model.run(recurrence, &mut take);
    }
}

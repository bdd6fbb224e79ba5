//! Where the inputs and gradients of a recurrence lie in memory.

use super::connections::Connections;
use crate::formula::{FiresAt, Single, Variables};

/// The recurrence of a layer over time. `places` neurons, of one or of several observations, run side by side.
#[derive(Debug, Clone, Copy)]
pub struct Recurrence<'a> {
    /// Whether a neuron fires at its threshold or only above it.
    pub fires_at: FiresAt,
    /// The number of time steps, `T`.
    pub steps: usize,
    /// The input currents `[T, places]`, or `[places]` if the current is the same in every step.
    pub current: &'a [f32],
    /// The learned parameters of the neurons, `[P, neurons]`, where `places` is a multiple of `neurons`. Empty if the model
    /// learns none.
    pub learned: &'a [f32],
    /// The number of neurons in the layer.
    pub neurons: usize,
    /// The number of neurons times the number of observations.
    pub places: usize,
    /// The connections among the neurons, if there are any. The neurons then have another current in every step: forward
    /// without and backward with what [`Connections::feed_all`] adds.
    pub connections: Option<&'a Connections>,
    /// Noise `[T, places]` that is added to the spikes as everything else sees them, or nothing.
    pub noise: &'a [f32],
}

/// The gradients that flow backward through a recurrence.
#[derive(Debug)]
pub struct Adjoint<'a> {
    /// The gradient with respect to the spikes, `[T, places]`.
    pub spikes: &'a [f32],
    /// The gradient with respect to the currents, in their shape. It is overwritten.
    pub current: &'a mut [f32],
    /// The gradient with respect to the learned parameters, in their shape. It is accumulated into.
    pub learned: &'a mut [f32],
}

/// The number of neurons that are computed together: their variables fit into the first-level cache.
pub(super) const CHUNK: usize = 256;
const _: () = assert!(Connections::LARGEST <= CHUNK);

/// One variable of a chunk of neurons.
pub(super) type Row = [f32; CHUNK];

impl Recurrence<'_> {
    pub(super) fn constant(&self) -> bool {
        self.current.len() == self.places
    }

    /// The chunks as pairs of first place and length. If the model has learned parameters, no chunk spans two observations,
    /// so that its neurons' parameters are contiguous. No chunk cuts through a population of connected neurons.
    pub(super) fn chunks(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let places = self.places;
        let row = if self.learned.is_empty() {
            places
        } else {
            self.neurons
        };
        let population = self.connections.map_or(1, Connections::size);
        let chunk = CHUNK / population * population;
        (0..places).step_by(row.max(1)).flat_map(move |first| {
            (0..row)
                .step_by(chunk)
                .map(move |offset| (first + offset, chunk.min(row - offset)))
        })
    }

    #[inline(always)]
    pub(super) fn current_at(&self, step: usize, start: usize, length: usize) -> &[f32] {
        let step = if self.constant() { 0 } else { step };
        &self.current[step * self.places + start..][..length]
    }

    /// The learned parameters of a chunk, one row for each, to be read by [`pick`].
    #[inline(always)]
    pub(super) fn learned_at<V: Variables<Single>>(
        &self,
        start: usize,
        length: usize,
    ) -> V::Many<Row> {
        let mut rows = V::many([0.0; CHUNK]);
        for (index, row) in rows.as_mut().iter_mut().enumerate() {
            let from = index * self.neurons + start % self.neurons;
            row[..length].copy_from_slice(&self.learned[from..][..length]);
        }
        rows
    }
}

/// The variables of the neuron at `place` within a chunk.
#[inline(always)]
pub(super) fn pick<V: Variables<Single>>(rows: &[Row], place: usize) -> V {
    V::from_fn(|index| Single(rows[index][place]))
}

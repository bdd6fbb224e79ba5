//! The behaviour of a surrogate: its values on a grid.

use std::sync::Arc;

use crate::api::AnySurrogate;

use super::sketch::Sketch;

/// Between this distance from the threshold on either side and the threshold, where surrogates have their kinks and jumps, they
/// are measured at all multiples of 1/128.
const NEAR: i32 = 3;

/// Distances in their tails.
const FAR: [f64; 8] = [4.0, 6.0, 8.0, 16.0, 32.0, 100.0, 1e4, 1e8];

/// The fractions of training at which a surrogate with a schedule is measured.
const PROGRESS: [f64; 4] = [0.0, 0.25, 0.5, 1.0];

/// Adds the values of a surrogate, and what it becomes over training. Its primitive does not count: training never asks for
/// it, so a mended one must not cost anybody their records.
pub fn measure(surrogate: &Arc<dyn AnySurrogate>, sketch: &mut Sketch) {
    values(surrogate.as_ref(), sketch);
    for progress in PROGRESS {
        match surrogate.after(progress) {
            Some(annealed) => values(annealed.as_ref(), sketch),
            None => sketch.text("no schedule"),
        }
    }
}

fn values(surrogate: &dyn AnySurrogate, sketch: &mut Sketch) {
    let near = (-128 * NEAR..=128 * NEAR).map(|place| f64::from(place) / 128.0);
    let far = FAR.into_iter().flat_map(|distance| [-distance, distance]);
    near.chain(far)
        .for_each(|u| sketch.formula(surrogate.at(u)));
}

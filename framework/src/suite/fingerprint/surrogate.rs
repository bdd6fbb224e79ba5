//! The behaviour of a surrogate: its values on a grid.

use std::sync::Arc;

use crate::api::{AnySurrogate, DEFAULT_U_AT_REST, SurrogateProfile};

use super::sketch::Sketch;

/// Distances from the threshold at which a surrogate is measured, on either side: dense where surrogates have their kinks,
/// and far out in their tails.
const GRID: [f64; 26] = [
    0.001, 0.01, 0.0625, 0.125, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0, 1.25, 1.5, 2.0, 2.5,
    3.0, 4.0, 6.0, 8.0, 16.0, 32.0, 100.0, 1e4, 1e8,
];

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
    sketch.formula(surrogate.at(0.0));
    // A surrogate with a jump at its half-width is measured on both sides of it, because the place itself is found by
    // bisection and differs in its last bits.
    let half_width = SurrogateProfile::of(surrogate, DEFAULT_U_AT_REST).half_width;
    let around = half_width.map(|half| [half * 0.99, half * 1.01]);
    for distance in GRID.into_iter().chain(around.into_iter().flatten()) {
        sketch.formula(surrogate.at(distance));
        sketch.formula(surrogate.at(-distance));
    }
}

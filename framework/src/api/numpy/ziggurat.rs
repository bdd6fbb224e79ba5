//! The tables of NumPy's normal draws: 256 layers of equal area that cover one half of the bell curve.
//!
//! G. Marsaglia, W. W. Tsang, *The Ziggurat Method for Generating Random Variables*, Journal of Statistical Software
//! 5(8), 2000. Layer 0 is at the bottom and includes the tail, as in NumPy's
//! [`distributions.c`](https://github.com/numpy/numpy/blob/v2.4.0/numpy/random/src/distributions/distributions.c).

use std::sync::LazyLock;

/// The beginning of the tail.
pub(super) const TAIL: f64 = 3.654_152_885_361_009;

/// The area of each layer under `exp(-x²/2)`.
const AREA: f64 = 0.004_928_673_233_974_652;

/// The number of values that a draw of 52 bits can have.
const UNITS: f64 = (1_u64 << 52) as f64;

/// The tables, with one entry for each layer.
pub(super) struct Layers {
    /// The bound below which a draw lies within the next narrower layer, and hence under the curve.
    pub inner: [u64; 256],
    /// The factor from a draw to a number.
    pub width: [f64; 256],
    /// The height of the curve at the end of the layer.
    pub height: [f64; 256],
}

pub(super) static LAYERS: LazyLock<Layers> = LazyLock::new(|| {
    let mut end = [0.0; 256];
    let mut height = [1.0; 256];
    end[255] = TAIL;
    for layer in (1..256).rev() {
        height[layer] = (-0.5 * end[layer] * end[layer]).exp();
        // One number of the published tables is not the correctly rounded exponential.

        let height = if layer == 38 {
            height[layer].next_up()
        } else {
            height[layer]
        };
        if layer > 1 {
            end[layer - 1] = (-2.0 * (height + AREA / end[layer]).ln()).sqrt();
        }
    }

    let mut inner = [0; 256];
    for layer in 1..256 {
        inner[layer] = (end[layer - 1] / end[layer] * UNITS).round() as u64;
    }
    inner[0] = (TAIL * height[255] / AREA * UNITS).round() as u64;
    let mut width = end.map(|end| end / UNITS);
    width[0] = AREA / height[255] / UNITS;
    Layers {
        inner,
        width,
        height,
    }
});

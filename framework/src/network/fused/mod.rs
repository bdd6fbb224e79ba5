//! Consecutive spiking layers as one differentiable operation on the CPU.

mod layer;
mod operation;
mod stack;

pub use layer::{Influences, Layer, LayerNoise};
pub use operation::{run, run_straight_through};

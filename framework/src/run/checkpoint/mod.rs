//! Checkpoints: all that it takes to continue a run to the last bit, on disk.

mod attempt;
mod codec;
mod ring_files;

pub use attempt::Attempt;

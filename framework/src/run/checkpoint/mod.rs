//! Checkpoints: all that it takes to continue a run to the last bit, on disk.

mod attempt;
mod codec;
mod files;
mod ring_files;

pub use attempt::Attempt;
pub use codec::{About, CheckpointError, ChunkAbout, RingAbout};
pub use files::{check, checkpoints};

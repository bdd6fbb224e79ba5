//! The `spikebench` command with three components of our own beside the built-in ones.

mod environment;
mod neuron;
mod surrogate;

// Links the built-in components: Rust drops a crate that nothing mentions.
use spikebench_plugins as _;

spikebench::host!();

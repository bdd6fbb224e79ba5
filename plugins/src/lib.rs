//! The built-in components of Spikebench, one file each. A program that wants them must say
//! `use spikebench_plugins as _;`, because the linker drops a crate that nothing mentions, registrations included.

mod actor;
mod agent;
mod decoder;
mod encoder;
mod environment;
mod layer_sizes;
mod neuron;
mod surrogate;

/// Compiles and runs the example on the page about writing plugins as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

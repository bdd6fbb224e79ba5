//! The built-in components of Spikebench, one file each. A program that wants them says
//! `use spikebench_plugins as _;`: a crate that nothing mentions is not linked, registrations and all.

mod actor;
mod agent;
mod decoder;
mod encoder;
mod environment;
mod neuron;
mod surrogate;

/// The example of the page on writing plugins is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

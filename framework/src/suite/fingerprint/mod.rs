//! Fingerprints: short hashes of what components compute, made by running them. They are part of a cell's identity, so that a
//! formula that was edited under its old name does not take over the records of the formula before.

mod agent;
mod environment;
mod fingerprinter;
mod fingerprints;
mod miniature;
mod network;
mod neuron;
mod sketch;
mod stimulus;
mod surrogate;

pub use fingerprinter::Fingerprinter;
pub use fingerprints::Fingerprints;

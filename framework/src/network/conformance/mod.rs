//! The conformance kit: what every component promises. One line in the component's file tests it in its package, with all the
//! names that the file registers: `spikebench::conforms!(surrogate "atan");`. The verb `spikebench check` says the same in
//! words.
//!
//! The kit demands nothing that the component's trait does not promise, so components of other packages can use it too.

mod actor;
mod agent;
mod coding;
mod continuation;
mod environment;
mod kit;
mod learning;
mod neuron;
mod numbers;
mod probe;
mod promise;
mod surrogate;

pub use kit::{hold, promises};
pub use promise::Promise;

//! A library of plugins with every built-in component, and with the templates of `spikebench new`, and some that misbehave on demand.

mod environment;
mod start;
mod surrogate;

// What `spikebench new` writes.
#[path = "../../../framework/template/actor.rs"]
mod template_of_actor;
#[path = "../../../framework/template/agent.rs"]
mod template_of_agent;
#[path = "../../../framework/template/decoder.rs"]
mod template_of_decoder;
#[path = "../../../framework/template/encoder.rs"]
mod template_of_encoder;
#[path = "../../../framework/template/environment.rs"]
mod template_of_environment;
#[path = "../../../framework/template/neuron.rs"]
mod template_of_neuron;
#[path = "../../../framework/template/surrogate.rs"]
mod template_of_surrogate;

// Rust drops a crate that nothing mentions, and its registrations with it.
use spikebench_plugins as _;

spikebench::plugin!();

//! The population-coded spiking actor network (Tang et al. 2020, CoRL, arXiv 2010.09635), as its code has it, and as its
//! paper has it.

use serde_json::json;
use spikebench::register;

use super::component;
use super::spiking::{Preset, Settings, SpikingActor};

/// As the code has it. The published runs take `encoder: {population: {spikes: bernoulli}}` for Hopper and Walker2d with
/// DDPG and TD3.
#[derive(Debug)]
struct PopSan;

impl Preset for PopSan {
    fn settings() -> Settings {
        Settings::default()
    }
}

register! {
    /// Pop-SAN: population-coded spiking actor of current-based LIF neurons.
    actor "popsan" => SpikingActor<PopSan>
}

/// As the equations of the paper have it: no gradient through the reset of a neuron (equation 9), exactly one through a
/// spike of the encoder (equation 11).
#[derive(Debug)]
struct PopSanEq9;

impl Preset for PopSanEq9 {
    fn settings() -> Settings {
        Settings {
            encoder: component(json!({ "population": { "gradient": "identity" } })),
            neuron: component(json!({ "clif": { "detach_reset": true } })),
            ..Settings::default()
        }
    }
}

register! {
    /// Pop-SAN with the gradients of its paper's equations: none through the reset.
    actor "popsan-eq9" => SpikingActor<PopSanEq9>
}

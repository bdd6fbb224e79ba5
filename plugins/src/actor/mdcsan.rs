//! The multiscale dynamic coding improved spiking actor network (Zhang et al. 2022, AAAI, arXiv 2106.07854), as its paper
//! has it, and as the code of Proxy Target has it.

use serde_json::json;
use spikebench::api::Transform;
use spikebench::register;

use super::component;
use super::spiking::{Preset, Settings, SpikingActor};

/// Gaussian activations as currents, without spikes; dynamic neurons whose recovery variable decays. The paper does not print
/// the number of time steps; 5 is what its only public code has (ILC-SAN's).
#[derive(Debug)]
struct MdcSan;

impl Preset for MdcSan {
    fn settings() -> Settings {
        Settings {
            encoder: component(json!({ "population": { "spikes": "analog" } })),
            neuron: component(json!({ "dynamic": { "u_sign": -1 } })),
            ..Settings::default()
        }
    }
}

register! {
    /// MDC-SAN: population coding without spikes, dynamic neurons.
    actor "mdcsan" => SpikingActor<MdcSan>
}

/// The recovery variable grows by itself, the encoder's spikes are deterministic, and observations are squashed by the
/// hyperbolic tangent (Xu et al. 2025, arXiv 2505.24161). Here the critics see them squashed too.
#[derive(Debug)]
struct MdcSanProxy;

impl Preset for MdcSanProxy {
    fn settings() -> Settings {
        let encoder = json!({ "population": { "range": [-1.0, 1.0], "variance": 0.05 } });
        Settings {
            normalise: Transform::Tanh,
            encoder: component(encoder),
            neuron: component(json!({ "dynamic": { "u_sign": 1 } })),
            ..Settings::default()
        }
    }
}

register! {
    /// MDC-SAN as the code of Proxy Target has it: the other sign, deterministic spikes, tanh.
    actor "mdcsan-proxy" => SpikingActor<MdcSanProxy>
}

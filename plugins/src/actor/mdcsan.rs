//! The multiscale dynamic coding improved spiking actor network (Zhang et al. 2022, AAAI, arXiv 2106.07854): Gaussian
//! activations as currents, without spikes, and dynamic neurons whose recovery variable decays. Its paper does not print the
//! number of time steps; 5 is what its only public code has (ILC-SAN's).
//!
//! In the code of Proxy Target (Xu et al. 2025, arXiv 2505.24161) the recovery variable grows by itself, the encoder's spikes
//! are deterministic, and observations are squashed by the hyperbolic tangent; here the critics see them squashed too.

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// MDC-SAN: population coding without spikes, dynamic neurons.
    actor "mdcsan" | "mdc-san" => SpikingActor {
        "encoder": { "population": { "spikes": "analog" } },
        "neuron": { "dynamic": { "u_sign": -1 } }
    }
}

register! {
    /// MDC-SAN as the code of Proxy Target has it: the other sign, deterministic spikes, tanh.
    actor "mdcsan-proxy" => SpikingActor {
        "normalise": "tanh",
        "encoder": { "population": { "range": [-1.0, 1.0], "variance": 0.05 } },
        "neuron": { "dynamic": { "u_sign": 1 } }
    }
}

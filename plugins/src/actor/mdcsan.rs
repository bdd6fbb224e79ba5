//! The multiscale dynamic coding improved spiking actor network (Zhang et al. 2022, AAAI, arXiv 2106.07854): Gaussian
//! activations as currents instead of spikes, and dynamic neurons whose recovery variable decays. The paper does not state
//! the number of time steps; 5 is from its only public code (ILC-SAN's).
//!
//! In the code of Proxy Target (Xu et al. 2025, arXiv 2505.24161), the recovery variable grows by itself, the encoder's
//! spikes are deterministic, and observations are squashed by the hyperbolic tangent. Here the critics see the squashed
//! observations too.

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// MDC-SAN: population coding without spikes, dynamic neurons.
    actor "mdcsan" | "mdc-san" => SpikingActor {
        "encoder": { "population": { "spikes": "analog" } },
        "neuron": { "dynamic": { "u_sign": -1 } }
    };
    cites "MDC-SAN: D. Zhang, T. Zhang, S. Jia, B. Xu. Multi-scale dynamic coding improved spiking actor network for \
           reinforcement learning. AAAI, 2022."
}

register! {
    /// MDC-SAN as in the code of Proxy Target: opposite sign of the recovery variable, deterministic spikes, tanh.
    actor "mdcsan-proxy" => SpikingActor {
        "normalise": "tanh",
        "encoder": { "population": { "range": [-1.0, 1.0], "variance": 0.05 } },
        "neuron": { "dynamic": { "u_sign": 1 } }
    };
    cites "MDC-SAN: D. Zhang, T. Zhang, S. Jia, B. Xu. Multi-scale dynamic coding improved spiking actor network for \
           reinforcement learning. AAAI, 2022.",
          "Proxy Target: Z. Xu, T. Bu, Z. Hao, J. Ding, Z. Yu. Proxy target: bridging the gap between discrete spiking neural \
           networks and continuous control. arXiv 2505.24161, 2025."
}

spikebench::conforms!(actor "mdcsan", "mdcsan-proxy");

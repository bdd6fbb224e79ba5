//! The population-coded spiking actor network (Tang et al. 2020, CoRL, arXiv 2010.09635), as its code has it, and with the
//! gradients that the equations of its paper have: none through the reset of a neuron (equation 9), exactly one through a
//! spike of the encoder (equation 11).
//!
//! The published runs with DDPG and TD3 take `encoder: {population: {spikes: bernoulli}}` for Hopper and Walker2d.
//! With `dqn` it learns CartPole as `popsan: {hidden: [64], T: 8, decoder: {rate: {neurons: 64}}}` beside
//! `dqn: {n_step: 5}`: its values are rough, and too high where targets look one step ahead.

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// Pop-SAN: population-coded spiking actor of current-based LIF neurons.
    actor "popsan" | "pop-san" => SpikingActor
}

register! {
    /// Pop-SAN with the gradients of its paper's equations: none through the reset.
    actor "popsan-eq9" => SpikingActor {
        "encoder": { "population": { "gradient": "identity" } },
        "neuron": { "clif": { "detach_reset": true } }
    }
}

spikebench::conforms!(actor "popsan", "popsan-eq9");

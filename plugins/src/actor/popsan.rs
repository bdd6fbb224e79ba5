//! The population-coded spiking actor network (Tang et al. 2020, CoRL, arXiv 2010.09635) as in its code, and with the
//! gradients of the equations in its paper: none through the reset of a neuron (equation 9), exactly one through a spike of
//! the encoder (equation 11).
//!
//! The published runs with DDPG and TD3 use `encoder: {population: {spikes: bernoulli}}` for Hopper and Walker2d. With `dqn`
//! it learns CartPole as `popsan: {hidden: [64], T: 8, decoder: {rate: {neurons: 64}}}` together with `dqn: {n_step: 5}`,
//! because its values are rough, and too high with one-step targets.

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// Pop-SAN: population-coded spiking actor with current-based LIF neurons.
    actor "popsan" | "pop-san" => SpikingActor;
    cites "Pop-SAN: G. Tang, N. Kumar, R. Yoo, K. P. Michmizos. Deep reinforcement learning with population-coded spiking neural \
           network for continuous control. CoRL, 2020."
}

register! {
    /// Pop-SAN with the gradients of its paper's equations: none through the reset, one through an encoder spike.
    actor "popsan-eq9" => SpikingActor {
        "encoder": { "population": { "gradient": "identity" } },
        "neuron": { "clif": { "detach_reset": true } }
    };
    cites "Pop-SAN: G. Tang, N. Kumar, R. Yoo, K. P. Michmizos. Deep reinforcement learning with population-coded spiking neural \
           network for continuous control. CoRL, 2020."
}

spikebench::conforms!(actor "popsan", "popsan-eq9");

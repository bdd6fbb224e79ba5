//! A deep spiking Q-network for observations of a few numbers. Like those of Chen et al. 2022 (arXiv 2201.09754) and of
//! SpikingJelly's CartPole example, it uses the observation itself as a current, gives every action its own read-out of the
//! neurons, and passes no gradient through the reset.
//!
//! Population codes as in Pop-SAN can learn these tasks too, but only from targets of several steps (`n_step`; the
//! documentation of `dqn` says why). The neurons here integrate without a leak and reset by subtraction, so that a firing
//! rate is a rectified sum in steps of `1/T` (Rueckauer et al. 2017), and small differences between values survive.

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// Deep spiking Q-network: the observation as a current, integrate-and-fire neurons, a linear read-out of firing rates.
    actor "dsqn" => SpikingActor {
        "encoder": { "direct": {} },
        "neuron": { "if": { "reset": "soft", "detach_reset": true } },
        "decoder": { "rate": { "population": "shared", "neurons": 64 } },
        "hidden": [64],
        "T": 8
    };
    cites "Deep spiking Q-network: D. Chen, P. Peng, T. Huang, Y. Tian. Deep reinforcement learning with spiking Q-learning. arXiv 2201.09754, 2022."
}

spikebench::conforms!(actor "dsqn");

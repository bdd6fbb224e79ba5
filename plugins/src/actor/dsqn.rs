//! A deep spiking Q-network for observations that are a few numbers: the deep spiking Q-networks of Chen et al. 2022 (arXiv
//! 2201.09754) and of SpikingJelly's CartPole example take the observation itself as a current, neurons of which every action
//! has a read-out of its own, and no gradient through the reset.
//!
//! Population codes, as Pop-SAN has them, learn there too, but from targets of several steps (`n_step`; the head of `dqn`
//! says why). The neurons here integrate without a leak and their reset subtracts, so that a firing rate is a rectified sum in
//! steps of `1/T` (Rueckauer et al. 2017), and small differences of value survive.

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// Deep spiking Q-network: the observation as a current, integrate-and-fire neurons, rates read out linearly.
    actor "dsqn" => SpikingActor {
        "encoder": { "direct": {} },
        "neuron": { "if": { "reset": "soft", "detach_reset": true } },
        "decoder": { "rate": { "population": "shared", "neurons": 64 } },
        "hidden": [64],
        "T": 8
    }
}

spikebench::conforms!(actor "dsqn");

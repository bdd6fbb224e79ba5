//! Pop-SAN with intra-layer connections in the output population (Chen et al. 2024, TNNLS, arXiv 2401.05444): the decoder is
//! the last membrane potential of non-spiking neurons, read from output populations that are connected with themselves. And
//! the same with noise while it explores (NoisySAN, arXiv 2403.04162).
//!
//! Three things of NoisySAN need more than an actor and are not here: noise with a memory over an episode, noise that is
//! replayed, and a learned deviation of the decoder that a penalty drives to zero. To explore by this noise alone, set the
//! agent's action noise to zero.

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// ILC-SAN: intra-layer connections in the output population, membrane read-out.
    actor "ilcsan" | "ilc-san" => SpikingActor { "decoder": { "ilc": {} } }
}

register! {
    /// NoisySAN: ILC-SAN with coloured noise on currents and spikes for exploration.
    actor "noisysan" | "noisy-san" => SpikingActor {
        "decoder": { "ilc": {} },
        "noise": { "current": 0.5, "spike": 0.5, "colour": 1.0 }
    }
}

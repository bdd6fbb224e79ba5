//! Pop-SAN with intra-layer connections in the output population (Chen et al. 2024, TNNLS, arXiv 2401.05444), and with
//! noise (arXiv 2403.04162).

use serde_json::json;
use spikebench::perturbation::Perturbation;
use spikebench::register;

use super::component;
use super::spiking::{Preset, Settings, SpikingActor};

/// The decoder is the last membrane potential of non-spiking neurons, read from output populations that are connected
/// with themselves; everything else is Pop-SAN's.
#[derive(Debug)]
struct IlcSan;

impl Preset for IlcSan {
    fn settings() -> Settings {
        Settings {
            decoder: component(json!({ "ilc": {} })),
            ..Settings::default()
        }
    }
}

register! {
    /// ILC-SAN: intra-layer connections in the output population, membrane read-out.
    actor "ilcsan" => SpikingActor<IlcSan>
}

/// ILC-SAN with pink noise on currents and spikes while it explores. Three things of the original need more than an actor
/// and are not here: noise with a memory over an episode, noise that is replayed, and a learned deviation of the decoder
/// that a penalty drives to zero. To explore by this noise alone, set the agent's action noise to zero.
#[derive(Debug)]
struct NoisySan;

impl Preset for NoisySan {
    fn settings() -> Settings {
        Settings {
            noise: Some(Perturbation::default()),
            ..IlcSan::settings()
        }
    }
}

register! {
    /// NoisySAN: ILC-SAN with coloured noise on currents and spikes for exploration.
    actor "noisysan" => SpikingActor<NoisySan>
}

//! The population-coded spiking actor network (Tang et al. 2020), as its code has it.

use serde::{Deserialize, Serialize};
use spikebench::api::{Actor, ActorSettings, Broken, Component, Fault, FiresAt, Kind, Parts};
use spikebench::layer::Neurons;
use spikebench::network::SpikingNetwork;
use spikebench::register;

/// Population encoder, layers of current-based LIF neurons, population decoder. The published runs take
/// `encoder: {population: {spikes: bernoulli}}` for Hopper and Walker2d.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PopSan {
    encoder: Component,
    neuron: Component,
    decoder: Component,
    hidden: Vec<u32>,
    /// Time steps for one observation.
    #[serde(rename = "T")]
    steps: u32,
    fires_at: FiresAt,
}

impl Default for PopSan {
    fn default() -> Self {
        Self {
            encoder: Component::named("population"),
            neuron: Component::named("clif"),
            decoder: Component::named("rate"),
            hidden: vec![256, 256],
            steps: 5,
            fires_at: FiresAt::Above,
        }
    }
}

impl ActorSettings for PopSan {
    fn spiking(&self) -> bool {
        true
    }

    fn components(&mut self) -> Vec<(&'static str, Kind, &mut Component)> {
        vec![
            ("encoder", Kind::Encoder, &mut self.encoder),
            ("neuron", Kind::Neuron, &mut self.neuron),
            ("decoder", Kind::Decoder, &mut self.decoder),
        ]
    }

    fn build(
        &self,
        features: i64,
        actions: i64,
        parts: &dyn Parts,
    ) -> Result<Box<dyn Actor>, Broken> {
        let surrogate = parts
            .surrogate()
            .ok_or_else(|| Broken::new("a spiking actor needs a surrogate"))?;
        Ok(Box::new(SpikingNetwork {
            encoder: parts.encoder(&self.encoder)?,
            neurons: Neurons {
                model: parts.neuron(&self.neuron)?,
                surrogate,
                fires_at: self.fires_at,
                steps: i64::from(self.steps),
            },
            decoder: parts.decoder(&self.decoder)?,
            hidden: self.hidden.iter().map(|&size| i64::from(size)).collect(),
            features,
            actions,
        }))
    }

    fn check(&self) -> Result<(), Fault> {
        super::check_sizes(&self.hidden)?;
        Fault::unless_at_least("T", self.steps.into(), 1)
    }
}

register! {
    /// Pop-SAN: population-coded spiking actor of current-based LIF neurons.
    actor "popsan" => PopSan
}

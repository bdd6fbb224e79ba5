//! A spiking actor: an encoder, layers of spiking neurons, a decoder. The published actors in the files beside this one are
//! presets of it.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, ActorSettings, Component, ComponentError, ComponentFactory, FiresAt, Kind,
    ParameterError, Transform,
};
use spikebench::network::forward::SpikingNetwork;
use spikebench::network::neurons::Neurons;
use spikebench::network::noise::config::NetworkNoiseConfig;
use spikebench::network::noise::network_noise::NetworkNoise;

use crate::layer_sizes::check_hidden;

/// The defaults are Pop-SAN as in its code (Tang et al. 2020): a population encoder, layers of current-based LIF neurons,
/// and a population decoder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpikingActor {
    /// How observations are transformed: `zscore`, `tanh` or `none`.
    normalise: Transform,
    encoder: Component,
    neuron: Component,
    decoder: Component,
    hidden: Vec<u32>,
    /// Time steps per observation.
    #[serde(rename = "T")]
    steps: u32,
    fires_at: FiresAt,
    /// Exploration noise on currents, spikes and the read-out; null for none.
    noise: Option<NetworkNoiseConfig>,
}

impl Default for SpikingActor {
    fn default() -> Self {
        Self {
            normalise: Transform::Zscore,
            encoder: Component::named("population"),
            neuron: Component::named("clif"),
            decoder: Component::named("rate"),
            hidden: vec![256, 256],
            steps: 5,
            fires_at: FiresAt::Above,
            noise: None,
        }
    }
}

impl ActorSettings for SpikingActor {
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
        components: &dyn ComponentFactory,
    ) -> Result<Box<dyn Actor>, ComponentError> {
        let surrogate = components
            .surrogate()
            .ok_or_else(|| ComponentError::new("a spiking actor needs a surrogate"))?;
        Ok(Box::new(SpikingNetwork {
            normalise: self.normalise,
            encoder: components.encoder(&self.encoder)?,
            neurons: Neurons {
                model: components.neuron(&self.neuron)?,
                surrogate,
                fires_at: self.fires_at,
                steps: i64::from(self.steps),
            },
            noise: self
                .noise
                .map(|noise| NetworkNoise::new(noise, self.steps as usize)),
            decoder: components.decoder(&self.decoder)?,
            hidden: self.hidden.iter().map(|&size| i64::from(size)).collect(),
            features,
            actions,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        check_hidden("hidden", &self.hidden)?;
        ParameterError::unless_size("T", self.steps.into(), 10_000)?;
        match &self.noise {
            Some(noise) => noise.check().map_err(|fault| fault.below("noise")),
            None => Ok(()),
        }
    }
}

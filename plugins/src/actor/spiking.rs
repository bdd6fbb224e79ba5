//! A spiking actor: an encoder, layers of neurons, a decoder. The published ones are presets of it, in the files beside.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, ActorSettings, Component, ComponentError, FiresAt, Kind, ParameterError, Parts,
    Transform,
};
use spikebench::network::forward::SpikingNetwork;
use spikebench::network::layer::Neurons;
use spikebench::network::noise::perturbation::{Disturbance, Perturbation};

/// The defaults are Pop-SAN as its code has it (Tang et al. 2020): population encoder, layers of current-based LIF neurons,
/// population decoder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpikingActor {
    /// `zscore`, `tanh` or `none`: what is done to observations.
    normalise: Transform,
    encoder: Component,
    neuron: Component,
    decoder: Component,
    hidden: Vec<u32>,
    /// Time steps for one observation.
    #[serde(rename = "T")]
    steps: u32,
    fires_at: FiresAt,
    /// On currents, spikes and the read-out, for exploration; null for none.
    noise: Option<Perturbation>,
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
        parts: &dyn Parts,
    ) -> Result<Box<dyn Actor>, ComponentError> {
        let surrogate = parts
            .surrogate()
            .ok_or_else(|| ComponentError::new("a spiking actor needs a surrogate"))?;
        Ok(Box::new(SpikingNetwork {
            normalise: self.normalise,
            encoder: parts.encoder(&self.encoder)?,
            neurons: Neurons {
                model: parts.neuron(&self.neuron)?,
                surrogate,
                fires_at: self.fires_at,
                steps: i64::from(self.steps),
            },
            perturbation: self
                .noise
                .map(|noise| Disturbance::new(noise, self.steps as usize)),
            decoder: parts.decoder(&self.decoder)?,
            hidden: self.hidden.iter().map(|&size| i64::from(size)).collect(),
            features,
            actions,
        }))
    }

    fn check(&self) -> Result<(), ParameterError> {
        super::check_sizes(&self.hidden)?;
        ParameterError::unless_at_least("T", self.steps.into(), 1)?;
        match &self.noise {
            Some(noise) => noise.check().map_err(|fault| fault.below("noise")),
            None => Ok(()),
        }
    }
}

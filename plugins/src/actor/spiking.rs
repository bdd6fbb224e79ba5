//! Spiking actors: an encoder, layers of neurons, a decoder. The published ones are presets of one.

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Actor, ActorSettings, Broken, Component, Fault, FiresAt, Kind, Parts, Transform,
};
use spikebench::layer::Neurons;
use spikebench::network::SpikingNetwork;
use spikebench::perturbation::Perturbation;

/// What a published actor is made of, where that is not what Pop-SAN is made of.
pub trait Preset: Debug + Send + Sync + 'static {
    /// Its parameters.
    fn settings() -> Settings;
}

/// The parameters of a spiking actor.
#[derive(Debug)]
pub struct Settings {
    pub normalise: Transform,
    pub encoder: Component,
    pub neuron: Component,
    pub decoder: Component,
    pub hidden: Vec<u32>,
    pub steps: u32,
    pub fires_at: FiresAt,
    pub noise: Option<Perturbation>,
}

impl Default for Settings {
    /// Pop-SAN as its code has it (Tang et al. 2020): population encoder, layers of current-based LIF neurons,
    /// population decoder.
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

/// A spiking actor whose parameters default to those of a published one. Where a suite names the encoder, neuron or
/// decoder that the preset has, parameters that it does not give are the preset's, not the component's own defaults.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, bound = "P: Preset")]
pub struct SpikingActor<P: Preset> {
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
    /// On currents and spikes, for exploration; null for none.
    noise: Option<Perturbation>,
    #[serde(skip)]
    preset: PhantomData<P>,
}

impl<P: Preset> Default for SpikingActor<P> {
    fn default() -> Self {
        let settings = P::settings();
        Self {
            normalise: settings.normalise,
            encoder: settings.encoder,
            neuron: settings.neuron,
            decoder: settings.decoder,
            hidden: settings.hidden,
            steps: settings.steps,
            fires_at: settings.fires_at,
            noise: settings.noise,
            preset: PhantomData,
        }
    }
}

impl<P: Preset> ActorSettings for SpikingActor<P> {
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

    fn preset(&self, parameter: &str) -> Option<Component> {
        let settings = P::settings();
        match parameter {
            "encoder" => Some(settings.encoder),
            "neuron" => Some(settings.neuron),
            "decoder" => Some(settings.decoder),
            _ => None,
        }
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
            normalise: self.normalise,
            encoder: parts.encoder(&self.encoder)?,
            neurons: Neurons {
                model: parts.neuron(&self.neuron)?,
                surrogate,
                fires_at: self.fires_at,
                steps: i64::from(self.steps),
            },
            perturbation: self.noise,
            decoder: parts.decoder(&self.decoder)?,
            hidden: self.hidden.iter().map(|&size| i64::from(size)).collect(),
            features,
            actions,
        }))
    }

    fn check(&self) -> Result<(), Fault> {
        super::check_sizes(&self.hidden)?;
        Fault::unless_at_least("T", self.steps.into(), 1)?;
        match &self.noise {
            Some(noise) => noise.check().map_err(|fault| fault.below("noise")),
            None => Ok(()),
        }
    }
}

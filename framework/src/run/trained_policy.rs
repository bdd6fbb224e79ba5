//! A trained policy, read from the files that a run leaves, that acts without exploring and learns nothing.

use std::path::Path;
use std::sync::Arc;

use tch::{Device, Tensor, no_grad};

use crate::analysis::read_input_file;
use crate::api::{
    ActionSpace, Activity, Actor, AnySurrogate, Component, ComponentError, Noise, NoiseContext,
    Real, Spec, Statistics, Surrogate, Transform, Weights,
};
use crate::learn::normaliser::Normaliser;
use crate::registry::Registry;
use crate::run::policy_files::{PolicyError, read_statistics, read_weights};
use crate::run::policy_manifest::{RECORD, check_manifest};
use crate::run::record::FORMAT;
use crate::run::tensors::{from_observations, to_values};

/// The largest size of a record without its tables.
const MAX_RECORD_BYTES: u64 = 16 << 20;

/// An actor with its weights and the statistics of its observations.
#[derive(Debug)]
pub struct TrainedPolicy {
    actor: Box<dyn Actor>,
    weights: Weights,
    normaliser: Normaliser,
    spec: Spec,
}

impl TrainedPolicy {
    /// Reads the policy of an actor for the task `spec`. Files that lie in the folder of a record must be as its manifest says.
    /// Without the file of statistics nothing is known of the
    /// observations, so an actor that was trained with standardised ones gets them as they are.
    pub fn read(
        actor: Box<dyn Actor>,
        spec: Spec,
        weights: &Path,
        statistics: Option<&Path>,
    ) -> Result<Self, PolicyError> {
        check_manifest(weights)?;
        let weights = read_weights(weights, &actor.learned())?;
        let statistics = match statistics {
            Some(path) => {
                check_manifest(path)?;
                read_statistics(path, spec.observation)?
            }
            None => {
                let normalise = match actor.normalise() {
                    Transform::Zscore => Transform::None,
                    other => other,
                };
                Statistics::new(normalise, 1.0, spec.observation)
            }
        };
        Ok(Self {
            normaliser: Normaliser::from_statistics(&[statistics], Device::Cpu),
            actor,
            weights,
            spec,
        })
    }

    /// The action for one observation, chosen as by every agent in an evaluation: the hyperbolic tangent of the network's
    /// output, scaled to the bounds of the action, or the index of the largest output.
    pub fn act(&self, observation: &[f64], noise: &mut dyn Noise) -> Vec<f32> {
        let input = self.input(&[observation]);
        let mut noise = NoiseContext::without_exploration(noise);
        let proposed = no_grad(|| self.actor.forward(&input, &self.weights, &mut noise));
        match &self.spec.action {
            ActionSpace::Box(bounds) => to_values(&proposed.tanh())
                .iter()
                .zip(bounds)
                .map(|(value, (low, high))| (low + high) / 2.0 + value * ((high - low) / 2.0))
                .collect(),
            ActionSpace::Discrete(_) => {
                vec![proposed.argmax(-1, false).int64_value(&[0, 0]) as f32]
            }
        }
    }

    /// The activity of the layers for these observations.
    pub fn activity<Row: AsRef<[f64]>>(
        &self,
        observations: &[Row],
        noise: &mut dyn Noise,
    ) -> Activity {
        let input = self.input(observations);
        self.actor.activity(&input, &self.weights, noise)
    }

    /// Normalised observations, `[1, B, features]`.
    fn input<Row: AsRef<[f64]>>(&self, observations: &[Row]) -> Tensor {
        let observations = from_observations(observations, Device::Cpu);
        self.normaliser.normalise(&observations.unsqueeze(0))
    }
}

/// The actor that the run in `folder` has trained, by its record.
pub fn recorded_actor(folder: &Path) -> Result<Component, PolicyError> {
    let path = folder.join(RECORD);
    let unreadable = |error: serde_json::Error| PolicyError::Record {
        path: path.clone(),
        reason: error.to_string(),
    };
    check_manifest(&path)?;
    let bytes = read_input_file(&path, MAX_RECORD_BYTES).map_err(|source| PolicyError::Io {
        path: path.clone(),
        source,
    })?;
    let record: serde_json::Value = serde_json::from_slice(&bytes).map_err(unreadable)?;
    let format = record["format"].as_u64();
    if let Some(found) = format.filter(|format| *format > FORMAT.into()) {
        return Err(PolicyError::Newer {
            path,
            found: u32::try_from(found).unwrap_or(u32::MAX),
            known: FORMAT,
        });
    }
    serde_json::from_value(record["cell"]["actor"].clone()).map_err(unreadable)
}

/// Builds an actor for the task `spec` that can act but not learn: its surrogate is zero everywhere.
pub fn build_acting_only(
    registry: &Registry,
    actor: &Component,
    spec: &Spec,
) -> Result<Box<dyn Actor>, ComponentError> {
    let surrogate: Arc<dyn AnySurrogate> = Arc::new(NoDerivative);
    registry.build_actor(actor, Some(surrogate), spec)
}

#[derive(Debug)]
struct NoDerivative;

impl Surrogate for NoDerivative {
    fn derivative<R: Real>(&self, _: R) -> R {
        R::from(0.0)
    }
}

//! A trained policy, read from the files that a run leaves, that acts without exploring and learns nothing.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tch::{Device, Tensor, no_grad};

use crate::analysis::{open_input_file, read_input_file};
use crate::api::{
    ActionSpace, Activity, Actor, AnySurrogate, Component, ComponentError, Noise, NoiseContext,
    Real, Spec, Statistics, Surrogate, Transform, Weights,
};
use crate::learn::normaliser::Normaliser;
use crate::registry::Registry;
use crate::run::policy_files::{PolicyError, STATISTICS, WEIGHTS, read_statistics, read_weights};
use crate::run::record::FORMAT;
use crate::run::tensors::{from_observations, to_values};

/// The names of files in the folder of a record.
const MANIFEST: &str = "MANIFEST";
const RECORD: &str = "record.json";

/// The largest size of a record without its tables, and of a manifest.
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

/// Checks a file in the folder of a record against the hash in the manifest of the record. A file that lies elsewhere, or that
/// a run does not leave, has none.
fn check_manifest(path: &Path) -> Result<(), PolicyError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let io = |path: &Path, source: io::Error| PolicyError::Io {
        path: path.to_owned(),
        source,
    };
    let damaged = |reason: &str| PolicyError::Damaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let manifest = folder.join(MANIFEST);
    let bytes = match read_input_file(&manifest, MAX_RECORD_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(&manifest, error)),
    };
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Ok(());
    };
    let lines = String::from_utf8_lossy(&bytes);
    let mut entries = lines.lines().filter_map(|line| line.split_once("  "));
    let Some((hash, _)) = entries.find(|(_, entry)| *entry == name) else {
        let is_of_a_record = [WEIGHTS, STATISTICS, RECORD].contains(&name);
        return if is_of_a_record {
            Err(damaged(
                "the MANIFEST beside it, which names every file of a record, does not name it",
            ))
        } else {
            Ok(())
        };
    };
    let mut hasher = blake3::Hasher::new();
    let file = open_input_file(path).map_err(|error| io(path, error))?;
    hasher
        .update_reader(file)
        .map_err(|error| io(path, error))?;
    if hasher.finalize().to_hex().as_str() == hash {
        Ok(())
    } else {
        Err(damaged(
            "it is not what its run wrote, by the hash in the MANIFEST beside it",
        ))
    }
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

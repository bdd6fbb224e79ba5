//! A trained policy, read from the files that a run leaves, that acts without exploring and learns nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tch::{Device, Tensor, no_grad};

use crate::analysis::read_input_file;
use crate::api::{
    ActionSpace, Activity, Actor, AnySurrogate, Component, ComponentError, Noise, NoiseContext,
    Real, Spec, Statistics, Surrogate, Transform, Weights,
};
use crate::learn::normaliser::Normaliser;
use crate::registry::Registry;
use crate::run::policy_files::{PolicyError, WEIGHTS, read_statistics, read_weights};
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

/// What the record of a run says of its policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The actor.
    pub actor: Component,
    /// The environment in which it was trained.
    pub environment: Component,
    /// The labels of the run and its seed, for a reader.
    pub title: String,
}

/// The actor that the run in `folder` has trained, by its record.
pub fn recorded_actor(folder: &Path) -> Result<Component, PolicyError> {
    component_of(folder, &record_of(folder)?, "actor")
}

/// What the record in `folder` says of its policy.
pub fn recorded(folder: &Path) -> Result<Recorded, PolicyError> {
    let record = record_of(folder)?;
    let cell = &record["cell"];
    let labels = ["surrogate", "actor", "agent", "environment"].map(|axis| &cell["labels"][axis]);
    let mut title: Vec<String> = labels
        .iter()
        .filter_map(|label| label.as_str().map(str::to_owned))
        .collect();
    title.push(format!("seed {}", cell["seed"]));
    Ok(Recorded {
        actor: component_of(folder, &record, "actor")?,
        environment: component_of(folder, &record, "environment")?,
        title: title.join(" · "),
    })
}

/// The folders in `folder`, at most four levels below it, that hold a record with a policy, each with what the record says; in
/// the order of their titles.
pub fn recorded_below(folder: &Path) -> Vec<(PathBuf, Recorded)> {
    let (mut found, mut open) = (Vec::new(), vec![(folder.to_owned(), 0)]);
    while let Some((folder, depth)) = open.pop() {
        if folder.join(WEIGHTS).exists()
            && let Ok(recorded) = recorded(&folder)
        {
            found.push((folder, recorded));
        } else if depth < DEEPEST
            && let Ok(entries) = fs::read_dir(&folder)
        {
            let folders = entries.filter_map(|entry| {
                let entry = entry.ok()?;
                entry.file_type().ok()?.is_dir().then(|| entry.path())
            });
            open.extend(folders.map(|folder| (folder, depth + 1)));
        }
    }
    found.sort_by(|(path, one), (other_path, other)| {
        (&one.title, path).cmp(&(&other.title, other_path))
    });
    found
}

/// From a folder of results to a run: the suite, its runs, the run, and one more.
const DEEPEST: usize = 4;

fn component_of(
    folder: &Path,
    record: &serde_json::Value,
    kind: &'static str,
) -> Result<Component, PolicyError> {
    serde_json::from_value(record["cell"][kind].clone()).map_err(|error| PolicyError::Record {
        path: folder.join(RECORD),
        kind,
        reason: error.to_string(),
    })
}

fn record_of(folder: &Path) -> Result<serde_json::Value, PolicyError> {
    let path = folder.join(RECORD);
    let unreadable = |error: serde_json::Error| PolicyError::Record {
        path: path.clone(),
        kind: "actor",
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
    Ok(record)
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

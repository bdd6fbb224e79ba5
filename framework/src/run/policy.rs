//! A policy as two files, and acting by it: the weights of the actor, and what is known of the observations.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor, no_grad};
use thiserror::Error;

use crate::api::{
    ActionSpace, Activity, Actor, Declaration, Init, Noise, ParameterError, Policy, Spec,
    Statistics, Streams, Transform, Weights,
};
use crate::learn::normaliser::Normaliser;

/// The names of the files beside a record.
pub const WEIGHTS: &str = "actor.safetensors";
/// What is known of the observations, as [`Statistics`] in JSON.
pub const STATISTICS: &str = "normaliser.json";

/// Says what the file is; the number is raised when names or shapes change.
const FORMAT: (&str, &str) = ("format", "spikebench actor 1");

/// The two files of one replica's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFiles {
    /// Safetensors, single precision: every tensor that the actor learns, under its name and with its shape, less the
    /// replicas: `encoder.…`, `layer.0.weight [in, out]`, `layer.0.bias [1, out]`, what neurons learn as
    /// `layer.0.…`, and `decoder.…`.
    pub weights: Vec<u8>,
    /// JSON.
    pub statistics: Vec<u8>,
}

impl PolicyFiles {
    /// Of one replica of a policy.
    pub fn of(policy: &Policy<'_>, replica: usize) -> io::Result<Self> {
        let tensors: Vec<(&str, Vec<usize>, Vec<u8>)> = policy
            .weights
            .iter()
            .map(|(name, tensor)| {
                let tensor = tensor.detach().select(0, replica as i64);
                let shape = tensor.size().iter().map(|&size| size as usize).collect();
                let bytes = values(&tensor)
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect();
                (name, shape, bytes)
            })
            .collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
            view.map(|view| (*name, view)).map_err(io::Error::other)
        });
        let views = views.collect::<io::Result<Vec<_>>>()?;
        let about = HashMap::from([(FORMAT.0.to_owned(), FORMAT.1.to_owned())]);
        let mut statistics = serde_json::to_vec_pretty(&policy.statistics[replica])?;
        statistics.push(b'\n');
        Ok(Self {
            weights: safetensors::serialize(views, Some(about)).map_err(io::Error::other)?,
            statistics,
        })
    }
}

/// A policy cannot be read.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// The file system refused.
    #[error("failed to read {}: {source}", path.display())]
    Io {
        /// What was to be read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is of another format.
    #[error("{} is not a safetensors file: {reason}", path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// The actor learns a tensor that the file does not have.
    #[error(
        "{} has no tensor {name} {expected:?}; it has {}",
        path.display(),
        if present.is_empty() { "none".to_owned() } else { present.join(", ") }
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape.
        expected: Vec<i64>,
        /// The tensors in the file.
        present: Vec<String>,
    },
    /// The file has a tensor that the actor does not learn.
    #[error("{} has a tensor {name} that this actor does not have; it has {}", path.display(), known.join(", "))]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The actor's tensors.
        known: Vec<String>,
    },
    /// A tensor has another shape.
    #[error("{}: tensor {name} has the shape {found:?}, expected {expected:?}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape in the actor.
        expected: Vec<i64>,
        /// Its shape in the file.
        found: Vec<i64>,
    },
    /// A tensor is not of single precision, or not of finite numbers.
    #[error("{}: tensor {name} has {found}, expected finite numbers of the type F32", path.display())]
    Numbers {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// What it has.
        found: String,
    },
    /// The statistics are not what they should be.
    #[error("{}: {reason}", path.display())]
    Statistics {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
}

/// The weights of an actor that learns `declared`, one replica, from a file.
pub fn read_weights(path: &Path, declared: &[Declaration]) -> Result<Weights, PolicyError> {
    let bytes = read(path)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| PolicyError::NotSafetensors {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    let mut present: Vec<String> = file.names().into_iter().map(str::to_owned).collect();
    present.sort();
    let of_file = declared
        .iter()
        .map(|one| {
            let view = file.tensor(&one.name).map_err(|_| PolicyError::Missing {
                path: path.to_owned(),
                name: one.name.clone(),
                expected: one.shape.clone(),
                present: present.clone(),
            })?;
            let init = Init::Values(numbers(path, one, &view)?);
            Ok(Declaration {
                init,
                ..one.clone()
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(name) = present
        .iter()
        .find(|name| !declared.iter().any(|one| one.name == **name))
    {
        return Err(PolicyError::Unknown {
            path: path.to_owned(),
            name: name.clone(),
            known: declared.iter().map(|one| one.name.clone()).collect(),
        });
    }
    let mut unused = Streams::new(&[0], "weights of a file", Device::Cpu);
    Ok(Weights::new(&of_file, &mut unused, Device::Cpu))
}

fn numbers(
    path: &Path,
    declared: &Declaration,
    view: &TensorView<'_>,
) -> Result<Vec<f32>, PolicyError> {
    let name = declared.name.clone();
    let found: Vec<i64> = view.shape().iter().map(|&size| size as i64).collect();
    if found != declared.shape {
        return Err(PolicyError::Shape {
            path: path.to_owned(),
            name,
            expected: declared.shape.clone(),
            found,
        });
    }
    let wrong = |found: String| PolicyError::Numbers {
        path: path.to_owned(),
        name: name.clone(),
        found,
    };
    if view.dtype() != Dtype::F32 {
        return Err(wrong(format!("the type {:?}", view.dtype())));
    }
    let (fours, _) = view.data().as_chunks::<4>();
    let numbers: Vec<f32> = fours.iter().map(|four| f32::from_le_bytes(*four)).collect();
    match numbers.iter().find(|number| !number.is_finite()) {
        Some(number) => Err(wrong(format!("the number {number}"))),
        None => Ok(numbers),
    }
}

/// The statistics of an observation of that many values, from a file.
pub fn read_statistics(path: &Path, features: usize) -> Result<Statistics, PolicyError> {
    let wrong = |reason: String| PolicyError::Statistics {
        path: path.to_owned(),
        reason,
    };
    let statistics: Statistics =
        serde_json::from_slice(&read(path)?).map_err(|error| wrong(error.to_string()))?;
    let said = |fault: ParameterError| wrong(format!("{} {}", fault.field, fault.message));
    statistics.check(features).map_err(said)?;
    Ok(statistics)
}

fn read(path: &Path) -> Result<Vec<u8>, PolicyError> {
    fs::read(path).map_err(|source| PolicyError::Io {
        path: path.to_owned(),
        source,
    })
}

/// An actor with its weights, that acts without exploring and learns nothing.
#[derive(Debug)]
pub struct Pilot {
    actor: Box<dyn Actor>,
    weights: Weights,
    normaliser: Normaliser,
    spec: Spec,
}

impl Pilot {
    /// Of an actor for the task `spec`, from its files. Without statistics nothing is known of the observations: an actor
    /// that wants them standardised gets them as they are.
    pub fn read(
        actor: Box<dyn Actor>,
        spec: Spec,
        weights: &Path,
        statistics: Option<&Path>,
    ) -> Result<Self, PolicyError> {
        let weights = read_weights(weights, &actor.learned())?;
        let statistics = match statistics {
            Some(path) => read_statistics(path, spec.observation)?,
            None => {
                let normalise = match actor.normalise() {
                    Transform::Zscore => Transform::None,
                    other => other,
                };
                Statistics::new(normalise, 1.0, spec.observation)
            }
        };
        Ok(Self {
            normaliser: Normaliser::knowing(&[statistics], Device::Cpu),
            actor,
            weights,
            spec,
        })
    }

    /// The task.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The action for one observation, as every agent chooses it in evaluation: the hyperbolic tangent, scaled to the
    /// bounds of the action, or the index of the largest value.
    pub fn act(&self, observation: &[f64], noise: &mut dyn Noise) -> Vec<f32> {
        let input = self.input(&[observation]);
        let proposed = no_grad(|| self.actor.forward(&input, &self.weights, noise));
        match &self.spec.action {
            ActionSpace::Box(bounds) => values(&proposed.tanh())
                .iter()
                .zip(bounds)
                .map(|(value, (low, high))| (low + high) / 2.0 + value * ((high - low) / 2.0))
                .collect(),
            ActionSpace::Discrete(_) => {
                vec![proposed.argmax(-1, false).int64_value(&[0, 0]) as f32]
            }
        }
    }

    /// What the layers do with these observations.
    pub fn activity(&self, observations: &[&[f64]], noise: &mut dyn Noise) -> Activity {
        let input = self.input(observations);
        self.actor.activity(&input, &self.weights, noise)
    }

    /// Normalised, `[1, B, features]`.
    fn input(&self, observations: &[&[f64]]) -> Tensor {
        let single: Vec<f32> = observations
            .iter()
            .flat_map(|row| row.iter().map(|&value| value as f32))
            .collect();
        let shape = [1, observations.len() as i64, self.spec.observation as i64];
        self.normaliser
            .normalise(&Tensor::from_slice(&single).view(shape))
    }
}

fn values(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.to_device(Device::Cpu).contiguous().view([-1]);
    let mut values = vec![0.0; flat.numel()];
    flat.copy_data(&mut values, flat.numel());
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Vec<Declaration> {
        vec![
            Declaration::new("layer.0.weight", &[2, 3], Init::Uniform(1.0)),
            Declaration::new("layer.0.bias", &[1, 3], Init::Uniform(1.0)),
        ]
    }

    fn written(declared: &[Declaration], replica: usize) -> (Weights, PolicyFiles) {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let weights = Weights::new(declared, &mut draw, Device::Cpu);
        let policy = Policy {
            weights: &weights,
            statistics: vec![Statistics::new(Transform::Zscore, 3.0, 2); 2],
        };
        let files = PolicyFiles::of(&policy, replica).unwrap();
        (weights, files)
    }

    fn said(bytes: &[u8], declared: &[Declaration]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w");
        fs::write(&path, bytes).unwrap();
        let error = read_weights(&path, declared).unwrap_err().to_string();
        error.replace(&format!("{}", path.display()), "F")
    }

    #[test]
    fn what_was_written_of_a_replica_is_read_to_the_last_bit() {
        let (weights, files) = written(&declared(), 1);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(WEIGHTS);
        fs::write(&path, &files.weights).unwrap();
        let read = read_weights(&path, &declared()).unwrap();
        for (name, tensor) in weights.iter() {
            assert!(read.get(name).equal(&tensor.narrow(0, 1, 1)), "{name}");
        }
        let path = folder.path().join(STATISTICS);
        fs::write(&path, &files.statistics).unwrap();
        let statistics = read_statistics(&path, 2).unwrap();
        assert_eq!(statistics, Statistics::new(Transform::Zscore, 3.0, 2));
        let error = read_statistics(&path, 3).unwrap_err().to_string();
        assert!(
            error.contains("mean has 2 values, not the 3 observed"),
            "{error}"
        );
    }

    #[test]
    fn a_tensor_that_does_not_fit_is_named_with_what_was_expected_and_found() {
        let (_, files) = written(&declared(), 0);
        let mut other = declared();
        other[0].shape = vec![3, 3];
        assert_eq!(
            said(&files.weights, &other),
            "F: tensor layer.0.weight has the shape [2, 3], expected [3, 3]"
        );
        other[0] = Declaration::new("layer.1.weight", &[3], Init::Uniform(1.0));
        assert_eq!(
            said(&files.weights, &other),
            "F has no tensor layer.1.weight [3]; it has layer.0.bias, layer.0.weight"
        );
        assert_eq!(
            said(&files.weights, &declared()[..1]),
            "F has a tensor layer.0.bias that this actor does not have; it has layer.0.weight"
        );
        assert!(said(b"PK", &declared()).starts_with("F is not a safetensors file: "));
        let mut nan = declared();
        nan[0].init = Init::Values(vec![1.0, 2.0, f32::NAN, 4.0, 5.0, 6.0]);
        assert_eq!(
            said(&written(&nan, 0).1.weights, &declared()),
            "F: tensor layer.0.weight has the number NaN, expected finite numbers of the type F32"
        );
        let bytes = [0; 24];
        let half = TensorView::new(Dtype::F16, vec![2, 3], &bytes[..12]).unwrap();
        let half = safetensors::serialize([("layer.0.weight", half)], None).unwrap();
        assert_eq!(
            said(&half, &declared()),
            "F: tensor layer.0.weight has the type F16, expected finite numbers of the type F32"
        );
    }
}

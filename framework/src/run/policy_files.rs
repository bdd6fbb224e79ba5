//! A trained policy as two files: the weights of its actor, and the statistics of its observations.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use tch::Device;
use thiserror::Error;

use crate::analysis::read_input_file;
use crate::api::{Declaration, Init, ParameterError, Policy, Statistics, Streams, Weights};
use crate::run::tensors::to_values;

/// Name of the file of weights beside a record.
pub const WEIGHTS: &str = "actor.safetensors";
/// Name of the file with the [`Statistics`] of the observations, as JSON, beside a record.
pub const STATISTICS: &str = "normaliser.json";

/// The entry in the file of weights that says what it is. The number is raised when names or shapes change.
const FORMAT: (&str, &str) = ("format", "spikebench actor 1");

/// How much larger a file may be than the numbers that are expected of it: the names of its tensors, and tensors of another
/// actor, which are named in the message.
const MORE_BYTES: u64 = 64 << 20;

/// The contents of the two files of one replica's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFiles {
    /// Safetensors in single precision: every tensor that the actor learns, by its name and without the dimension of the
    /// replicas. The names are `encoder.…`, `layer.0.weight [in, out]`, `layer.0.bias [1, out]`, `layer.0.…` for what
    /// neurons learn, and `decoder.…`.
    pub weights: Vec<u8>,
    /// The statistics of the observations, as JSON.
    pub statistics: Vec<u8>,
}

impl PolicyFiles {
    /// Encodes the policy of one replica.
    pub fn of(policy: &Policy<'_>, replica: usize) -> io::Result<Self> {
        let tensors: Vec<(&str, Vec<usize>, Vec<u8>)> = policy
            .weights
            .iter()
            .map(|(name, tensor)| {
                let tensor = tensor.detach().select(0, replica as i64);
                let shape = tensor.size().iter().map(|&size| size as usize).collect();
                let bytes = to_values(&tensor)
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
    /// The file system refused to give a file.
    #[error("failed to read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason that the system gave.
        source: io::Error,
    },
    /// The file of weights has another format.
    #[error("{} is not a safetensors file: {reason}", path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The actor learns a tensor that is missing from the file.
    #[error(
        "{} has no tensor {name} {expected:?}; it has {}",
        path.display(),
        if present.is_empty() { "none".to_owned() } else { present.join(", ") }
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Shape of the tensor.
        expected: Vec<i64>,
        /// Names of the tensors in the file.
        present: Vec<String>,
    },
    /// The file has a tensor that the actor does not learn.
    #[error("{} has a tensor {name} that this actor does not have; it has {}", path.display(), known.join(", "))]
    Unknown {
        /// The file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Names of the actor's tensors.
        known: Vec<String>,
    },
    /// A tensor has another shape in the file than in the actor.
    #[error("{}: tensor {name} has the shape {found:?}, expected {expected:?}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Shape in the actor.
        expected: Vec<i64>,
        /// Shape in the file.
        found: Vec<i64>,
    },
    /// The numbers of a tensor are not of single precision or not finite.
    #[error("{}: tensor {name} has {found}, expected finite numbers of the type F32", path.display())]
    Numbers {
        /// The file.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// The type or the number that was found.
        found: String,
    },
    /// The file of statistics is not valid.
    #[error("{}: {reason}", path.display())]
    Statistics {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The file is of a later version of this program.
    #[error(
        "{} was written by a newer version (format {found}; this version reads {known})",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The number of its format.
        found: u32,
        /// The largest number that this version knows.
        known: u32,
    },
    /// The file is not what the manifest beside it says.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How it differs.
        reason: String,
    },
    /// The record beside a policy does not name its actor or its environment.
    #[error("{}: cell.{kind}: {reason}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What it does not name.
        kind: &'static str,
        /// The reason.
        reason: String,
    },
}

/// Reads the weights of one replica of an actor that learns `declared`.
pub fn read_weights(path: &Path, declared: &[Declaration]) -> Result<Weights, PolicyError> {
    let expected = declared.iter().fold(0u64, |sum, one| {
        let size = |product: u64, &size: &i64| product.saturating_mul(size.unsigned_abs());
        sum.saturating_add(one.shape.iter().fold(4, size))
    });
    let bytes = read(path, expected.saturating_add(MORE_BYTES))?;
    check_format(path, &bytes)?;
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

/// Reads the statistics of observations of this many values.
pub fn read_statistics(path: &Path, features: usize) -> Result<Statistics, PolicyError> {
    let wrong = |reason: String| PolicyError::Statistics {
        path: path.to_owned(),
        reason,
    };
    let statistics: Statistics = serde_json::from_slice(&read(path, MORE_BYTES)?)
        .map_err(|error| wrong(error.to_string()))?;
    let invalid = |error: ParameterError| wrong(format!("{} {}", error.field, error.message));
    statistics.check(features).map_err(invalid)?;
    Ok(statistics)
}

/// Fails if the file says that it has a format which is newer than [`FORMAT`].
fn check_format(path: &Path, bytes: &[u8]) -> Result<(), PolicyError> {
    let (name, known) = FORMAT.1.rsplit_once(' ').unwrap_or(FORMAT);
    let written = SafeTensors::read_metadata(bytes).ok();
    let number = written.as_ref().and_then(|(_, about)| {
        let format = about.metadata().as_ref()?.get(FORMAT.0)?;
        format.strip_prefix(name)?.trim().parse::<u32>().ok()
    });
    match (number, known.parse::<u32>()) {
        (Some(found), Ok(known)) if found > known => Err(PolicyError::Newer {
            path: path.to_owned(),
            found,
            known,
        }),
        _ => Ok(()),
    }
}

fn read(path: &Path, most: u64) -> Result<Vec<u8>, PolicyError> {
    read_input_file(path, most).map_err(|source| PolicyError::Io {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::api::Transform;

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

    fn message(bytes: &[u8], declared: &[Declaration]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w");
        fs::write(&path, bytes).unwrap();
        let error = read_weights(&path, declared).unwrap_err().to_string();
        error.replace(&format!("{}", path.display()), "F")
    }

    #[test]
    fn the_files_of_a_replica_are_read_back_to_the_last_bit() {
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
    fn a_tensor_that_does_not_fit_is_named_with_what_was_expected_and_what_was_found() {
        let (_, files) = written(&declared(), 0);
        let mut other = declared();
        other[0].shape = vec![3, 3];
        assert_eq!(
            message(&files.weights, &other),
            "F: tensor layer.0.weight has the shape [2, 3], expected [3, 3]"
        );
        other[0] = Declaration::new("layer.1.weight", &[3], Init::Uniform(1.0));
        assert_eq!(
            message(&files.weights, &other),
            "F has no tensor layer.1.weight [3]; it has layer.0.bias, layer.0.weight"
        );
        assert_eq!(
            message(&files.weights, &declared()[..1]),
            "F has a tensor layer.0.bias that this actor does not have; it has layer.0.weight"
        );
        assert!(message(b"PK", &declared()).starts_with("F is not a safetensors file: "));
        let mut nan = declared();
        nan[0].init = Init::Values(vec![1.0, 2.0, f32::NAN, 4.0, 5.0, 6.0]);
        assert_eq!(
            message(&written(&nan, 0).1.weights, &declared()),
            "F: tensor layer.0.weight has the number NaN, expected finite numbers of the type F32"
        );
        let bytes = [0; 24];
        let half = TensorView::new(Dtype::F16, vec![2, 3], &bytes[..12]).unwrap();
        let half = safetensors::serialize([("layer.0.weight", half)], None).unwrap();
        assert_eq!(
            message(&half, &declared()),
            "F: tensor layer.0.weight has the type F16, expected finite numbers of the type F32"
        );
    }
}

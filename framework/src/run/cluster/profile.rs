//! What a site always needs: named settings in a file of the user's, never in a suite.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::request::WallTimeLimit;

/// Settings for submissions, which options of the command line override.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// The number of workers.
    pub workers: Option<u32>,
    /// The time that each may take.
    pub time: Option<WallTimeLimit>,
    /// Cores for each worker.
    pub cores: Option<u32>,
    /// GPUs for each worker.
    pub gpus: Option<u32>,
    /// The partition.
    pub partition: Option<String>,
    /// The account that pays.
    pub account: Option<String>,
    /// At most this many workers run at a time.
    pub throttle: Option<u32>,
    /// More arguments for the program that submits.
    pub arguments: Vec<String>,
    /// Lines of shell before a worker starts, such as `module load cuda`.
    pub setup: Vec<String>,
}

/// The profile that is used unless another one is named.
const DEFAULT: &str = "default";

/// A profile cannot be used.
#[derive(Debug, Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("failed to read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error("{}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// No profile has this name.
    #[error("{} has no profile {name:?}; known: {known}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
}

/// The file of profiles: `spikebench/cluster.yaml` in the user's folder for configurations.
pub fn profiles_file() -> Option<PathBuf> {
    let folder = |name: &str| {
        let value = env::var_os(name).filter(|value| !value.is_empty())?;
        Some(PathBuf::from(value)).filter(|path| path.is_absolute())
    };
    let configurations =
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
    Some(configurations?.join("spikebench/cluster.yaml"))
}

impl Profile {
    /// Reads the profile of this name. Without a name it is `default`, which need not exist.
    ///
    /// # Errors
    /// If the file is not valid, or has no profile of that name.
    pub fn read(file: &Path, name: Option<&str>) -> Result<Self, ProfileError> {
        let path = file.to_owned();
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && name.is_none() => {
                return Ok(Self::default());
            }
            Err(source) => return Err(ProfileError::Unreadable { path, source }),
        };
        let mut profiles: BTreeMap<String, Self> = match serde_yaml::from_str(&text) {
            Ok(Some(profiles)) => profiles,
            Ok(None) => BTreeMap::new(),
            Err(error) => {
                let message = error.to_string();
                return Err(ProfileError::Invalid { path, message });
            }
        };
        match (profiles.remove(name.unwrap_or(DEFAULT)), name) {
            (Some(profile), _) => Ok(profile),
            (None, None) => Ok(Self::default()),
            (None, Some(name)) => {
                let known: Vec<String> = profiles.into_keys().collect();
                let (name, known) = (name.to_owned(), known.join(", "));
                Err(ProfileError::Unknown { path, name, known })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_by_its_name_and_mistakes_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cluster.yaml");
        assert_eq!(Profile::read(&file, None).unwrap(), Profile::default());
        assert!(Profile::read(&file, Some("a")).is_err());
        let text = "default: {partition: long, time: \"1-00:00:00\"}\ngpu:\n  gpus: 1\n  setup: [module load cuda]\n";
        fs::write(&file, text).unwrap();
        let default = Profile::read(&file, None).unwrap();
        assert_eq!(default.partition.as_deref(), Some("long"));
        assert_eq!(default.time.unwrap().to_string(), "1-00:00:00");
        let gpu = Profile::read(&file, Some("gpu")).unwrap();
        assert_eq!((gpu.gpus, gpu.setup.len()), (Some(1), 1));
        let unknown = Profile::read(&file, Some("gpv")).unwrap_err().to_string();
        assert!(
            unknown.ends_with("no profile \"gpv\"; known: default, gpu"),
            "{unknown}"
        );
        fs::write(&file, "default: {partitoin: long}\n").unwrap();
        let misspelt = Profile::read(&file, None).unwrap_err().to_string();
        assert!(
            misspelt.contains("partitoin") && misspelt.contains("partition"),
            "{misspelt}"
        );
    }
}

//! The user's configuration: `spikebench/config.yaml` below `$XDG_CONFIG_HOME` or `~/.config`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::registry::plugin::{PluginFile, check_trust};

/// What the user has configured for every command.
#[derive(Debug, Default)]
pub struct Configuration {
    /// The plugins to load, before those that the command names.
    pub plugins: Vec<PluginFile>,
    /// The file that says so; none if there is none.
    pub file: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    plugins: Vec<String>,
}

impl Configuration {
    /// The configuration of the user; an empty one if there is no file.
    pub fn of_user() -> Result<Self, Failure> {
        match file() {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                let message = format!("{} cannot be read: {error}", path.display());
                return Err(Failure::new(exit::IO, message));
            }
        };
        let invalid = |error: &dyn std::fmt::Display| {
            Failure::new(exit::BAD_DATA, format!("{}: {error}", path.display()))
        };
        // Whoever can write it could have any code loaded.
        check_trust(path, false).map_err(|error| invalid(&error))?;
        let written: Option<Written> =
            serde_yaml::from_str(&text).map_err(|error| invalid(&error))?;
        let folder = path.parent().unwrap_or(path);
        let mut plugins = Vec::new();
        for line in written.unwrap_or_default().plugins {
            let mut file: PluginFile = line.parse().map_err(|error: String| invalid(&error))?;
            file.path = match (file.path.strip_prefix("~"), variable("HOME")) {
                (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
                _ => folder.join(file.path),
            };
            plugins.push(file);
        }
        Ok(Self {
            plugins,
            file: Some(path.to_owned()),
        })
    }
}

fn file() -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let folder = set("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(set("HOME")?).join(".config")));
    Some(folder?.join("spikebench/config.yaml"))
}

/// A variable of the environment. Before the C library is initialised, only the system knows it.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).or_else(|| {
        let all = fs::read("/proc/self/environ").ok()?;
        let mut all = all.split(|&byte| byte == 0);
        let value = all.find_map(|one| one.strip_prefix(format!("{name}=").as_bytes()))?;
        Some(OsString::from_vec(value.to_vec()))
    })
}

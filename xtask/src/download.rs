//! From the package index to verified wheels. pip downloads them and compares their hashes with the pinned
//! ones; a wheel that is already there is verified and not downloaded again.
use crate::{
    deps::{Deps, remove},
    problem::{About, Outcome, Problem},
    toolchain::Python,
    wheel::Wheel,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Tells pip which Python the wheels are for: the pinned one, whichever Python runs pip.
pub const FOR_PYTHON: [&str; 6] = [
    "--python-version",
    "3.11",
    "--implementation",
    "cp",
    "--abi",
    "cp311",
];

/// How many bytes of the wheel are still to be downloaded into the folder `downloads`.
pub fn remaining(wheel: &Wheel, downloads: &Path) -> u64 {
    if downloads.join(wheel.file).exists() {
        0
    } else {
        wheel.bytes
    }
}

/// The paths of the verified wheels, in the order of `wanted`.
pub fn wheels(wanted: &[&Wheel], deps: &Deps, python: &Python) -> Outcome<Vec<PathBuf>> {
    let downloads = deps.downloads();
    let scratch = deps.temporary("pip")?;
    let requirements = scratch.join("requirements.txt");
    let pinned: String = wanted.iter().map(|wheel| wheel.requirement()).collect();
    fs::write(&requirements, pinned).about("write", &requirements)?;
    let (target, requirements) = (downloads.to_string_lossy(), requirements.to_string_lossy());
    let mut arguments = vec!["download", "--no-input", "--no-deps", "--require-hashes"];
    // pip's cache would keep another copy of every wheel in the user's home.
    arguments.extend(["--no-cache-dir", "--only-binary=:all:"]);
    arguments.extend(FOR_PYTHON);
    let platforms = wanted.iter().flat_map(|wheel| wheel.platforms());
    arguments.extend(platforms.flat_map(|tag| ["--platform", tag]));
    arguments.extend(["--dest", &target, "--requirement", &requirements]);
    python.pip(&scratch, &arguments).map_err(|reason| {
        let names: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        Problem::new(format!(
            "pip cannot download {}: {reason}: check the network and pip's index settings (pip config list), \
             then run this again",
            names.join(", ")
        ))
    })?;
    remove(&scratch)?;
    let paths = wanted.iter().map(|wheel| {
        let path = downloads.join(wheel.file);
        if path.exists() {
            return Ok(path);
        }
        Err(Problem::new(format!(
            "pip did not download the pinned file {}: check pip's index settings (pip config list)",
            wheel.file
        )))
    });
    paths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::{GYMNASIUM, MUJOCO};

    #[test]
    fn only_missing_wheels_count_as_still_to_download() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MUJOCO.file), "").unwrap();
        assert_eq!(remaining(&MUJOCO, folder.path()), 0);
        assert_eq!(remaining(&GYMNASIUM, folder.path()), GYMNASIUM.bytes);
    }
}

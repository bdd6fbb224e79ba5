//! MuJoCo's library and Gymnasium's model files.
use crate::{
    artefact::{Artefact, GYMNASIUM, MUJOCO},
    deps::Deps,
    download,
    problem::{About, Outcome, Problem},
    toolchain::Python,
    unpack,
};
use std::{os::unix::fs::symlink, path::Path};

/// The folder below `.deps`.
pub const FOLDER: &str = "environments";

/// The name the linker looks for; the wheel has only the one with the version.
const LIBRARY: &str = "mujoco/libmujoco.so";

/// The wheels the folder needs: the models always, the library unless the user has one.
pub fn wheels(with_library: bool) -> Vec<&'static Artefact> {
    let library = with_library.then_some(&MUJOCO);
    [&GYMNASIUM].into_iter().chain(library).collect()
}

/// Whether the folder holds these wheels. It may hold more.
pub fn present(deps: &Deps, wheels: &[&Artefact]) -> bool {
    let stamp = deps.stamp(FOLDER);
    wheels
        .iter()
        .all(|wheel| stamp.lines().any(|line| line == wheel.stamp()))
}

/// Makes the folder.
pub fn make(deps: &Deps, python: &Python, wheels: &[&Artefact]) -> Outcome {
    let mut paths = Vec::new();
    for artefact in wheels {
        paths.push(download::wheel(artefact, &deps.downloads(), python)?);
    }
    let made = deps.temporary(FOLDER)?;
    for (artefact, path) in wheels.iter().zip(&paths) {
        unpack::unpack(artefact, path, &made)?;
    }
    if wheels.iter().any(|wheel| wheel.package == MUJOCO.package) {
        let link = made.join(LIBRARY);
        symlink(format!("libmujoco.so.{}", MUJOCO.version), &link).about("make the link", &link)?;
    }
    let stamps: Vec<String> = wheels.iter().map(|wheel| wheel.stamp()).collect();
    deps.publish(&made, FOLDER, &stamps.join("\n"))
}

/// Refuses a folder of the user's without the library.
pub fn check_users(folder: &Path) -> Outcome {
    if folder.is_absolute() && folder.join("libmujoco.so").exists() {
        return Ok(());
    }
    Err(Problem::new(format!(
        "MUJOCO_DYNAMIC_LINK_DIR={} has no libmujoco.so: set it to the absolute path of a folder where \
         libmujoco.so is a link to the library of MuJoCo {}, or unset it to have one fetched",
        folder.display(),
        MUJOCO.version
    )))
}

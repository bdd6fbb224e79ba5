//! MuJoCo's library and Gymnasium's model files.
use crate::{
    deps::Deps,
    download,
    problem::{About, Outcome, Problem},
    toolchain::Python,
    unpack,
    wheel::{GYMNASIUM, MUJOCO, Wheel},
};
use std::{os::unix::fs::symlink, path::Path};

/// The folder below `.deps`.
pub const FOLDER: &str = "environments";

/// The name that the linker looks for. The wheel has only the one that ends in the version.
const LIBRARY: &str = "mujoco/libmujoco.so";

/// The wheels that the folder needs: the model files always, the library unless the user has one.
pub fn wheels(with_library: bool) -> Vec<&'static Wheel> {
    let library = with_library.then_some(&MUJOCO);
    [&GYMNASIUM].into_iter().chain(library).collect()
}

/// Whether the folder was made from these wheels, and perhaps from more.
pub fn present(deps: &Deps, wheels: &[&Wheel]) -> bool {
    let stamp = deps.stamp(FOLDER);
    wheels
        .iter()
        .all(|wheel| stamp.lines().any(|line| line == wheel.stamp()))
}

/// Makes the folder and downloads what it needs.
pub fn make(deps: &Deps, python: &Python, wheels: &[&Wheel]) -> Outcome {
    let paths = download::wheels(wheels, deps, python)?;
    let made = deps.temporary(FOLDER)?;
    for (wheel, path) in wheels.iter().zip(&paths) {
        unpack::unpack(wheel, path, &made)?;
    }
    if wheels.iter().any(|wheel| wheel.package == MUJOCO.package) {
        let link = made.join(LIBRARY);
        symlink(format!("libmujoco.so.{}", MUJOCO.version), &link).about("make the link", &link)?;
    }
    let stamps: Vec<String> = wheels.iter().map(|wheel| wheel.stamp()).collect();
    deps.publish(&made, FOLDER, &stamps.join("\n"))
}

/// Refuses the user's folder if it lacks the library.
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

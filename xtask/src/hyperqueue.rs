//! HyperQueue, for the test that runs our worker under it.
use crate::{
    deps::Deps,
    download,
    problem::Outcome,
    say,
    toolchain::Python,
    unpack,
    wheel::{HYPERQUEUE, Wheel},
};
use std::path::{Path, PathBuf};

/// The folder below `.deps`, from which Python imports it.
const FOLDER: &str = "hyperqueue";

/// Makes the folder unless it is there, and returns its path.
pub fn make(root: &Path) -> Outcome<PathBuf> {
    let deps = Deps::of(root);
    let stamp = HYPERQUEUE.each_ref().map(Wheel::stamp).join("\n");
    let folder = deps.path(FOLDER);
    let _lock = deps.lock()?;
    if deps.stamp(FOLDER) == stamp {
        return Ok(folder);
    }
    say::line("setup: fetching HyperQueue (9 MB)");
    let wheels = HYPERQUEUE.each_ref();
    let paths = download::wheels(&wheels, &deps, &Python::find()?)?;
    let made = deps.temporary(FOLDER)?;
    for (wheel, path) in wheels.iter().zip(&paths) {
        unpack::unpack(wheel, path, &made)?;
    }
    deps.publish(&made, FOLDER, &stamp)?;
    Ok(folder)
}

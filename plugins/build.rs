//! Tells this package and its dependents where LibTorch, MuJoCo and Gymnasium's model files are.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=MUJOCO_DYNAMIC_LINK_DIR");
    let libtorch = env::var_os("DEP_SPIKEBENCH_LIBRARIES").map(PathBuf::from);
    let mujoco = env::var_os("MUJOCO_DYNAMIC_LINK_DIR").map(PathBuf::from);
    let mujoco = mujoco.and_then(|folder| fs::canonicalize(folder).ok());
    let folders: Vec<PathBuf> = libtorch.into_iter().chain(mujoco).collect();
    for folder in &folders {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
    if let Ok(folders) = env::join_paths(folders) {
        println!(
            "cargo::metadata=LIBRARIES={}",
            Path::new(&folders).display()
        );
    }
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let repository = package.parent().unwrap_or(&package);
    let assets = repository.join(".deps/environments/gymnasium/envs/mujoco/assets");
    println!(
        "cargo::rustc-env=SPIKEBENCH_ASSETS_DEFAULT={}",
        assets.display()
    );
    println!("cargo::metadata=ASSETS={}", assets.display());
}

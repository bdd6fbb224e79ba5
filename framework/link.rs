//! Lets every program and test of the workspace find the libraries that `cargo xtask setup` has fetched, without environment
//! variables at run time, and records the versions that the program is built from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Sets the search paths of the linker and the environment variables of the compiler.
pub fn main() {
    let root = workspace_root();
    for (variable, below) in [("LIBTORCH", "lib"), ("MUJOCO_DYNAMIC_LINK_DIR", "")] {
        println!("cargo:rerun-if-env-changed={variable}");
        let Some(folder) = env::var_os(variable) else {
            continue;
        };
        if let Ok(folder) = fs::canonicalize(Path::new(&folder).join(below)) {
            println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
        }
    }
    let assets = root.join(".deps/environments/gymnasium/envs/mujoco/assets");
    println!(
        "cargo:rustc-env=SPIKEBENCH_ASSETS_DEFAULT={}",
        assets.display()
    );
    println!("cargo:rustc-env=SPIKEBENCH_LIBTORCH={}", libtorch_version());
    println!("cargo:rustc-env=SPIKEBENCH_TCH={}", tch_version(&root));
    println!(
        "cargo:rerun-if-changed={}",
        root.join("Cargo.lock").display()
    );
    // The revision changes with every commit, so that only the host, which is small, is rebuilt for it.

    if env::var("CARGO_PKG_NAME").as_deref() == Ok("spikebench-host") {
        println!(
            "cargo:rerun-if-changed={}",
            root.join(".git/logs/HEAD").display()
        );
        println!("cargo:rustc-env=SPIKEBENCH_REVISION={}", revision(&root));
    }
}

fn workspace_root() -> PathBuf {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    package
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").exists())
        .unwrap_or(&package)
        .to_owned()
}

fn libtorch_version() -> String {
    let folder = PathBuf::from(env::var_os("LIBTORCH").unwrap_or_default());
    let version = fs::read_to_string(folder.join("build-version")).unwrap_or_default();
    if version.is_empty() {
        "unknown".into()
    } else {
        version.trim().into()
    }
}

fn tch_version(root: &Path) -> String {
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let version = lock
        .split("name = \"tch\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    version.unwrap_or("unknown").into()
}

fn revision(root: &Path) -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(arguments)
            .output()
            .ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    match git(&["rev-parse", "--short=12", "HEAD"]) {
        None => "unknown".into(),
        Some(hash) if git(&["status", "--porcelain"]).is_some_and(|changes| changes.is_empty()) => {
            hash
        }
        Some(hash) => format!("{hash}-dirty"),
    }
}

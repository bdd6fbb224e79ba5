//! Lets the program find LibTorch and MuJoCo without any environment variable, and states the revision that it is built
//! from.

use std::env;
use std::process::Command;

fn main() {
    let folders = env::var_os("DEP_SPIKEBENCH_PLUGINS_LIBRARIES").unwrap_or_default();
    for folder in env::split_paths(&folders) {
        println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
    // For the benchmark of MuJoCo alone.
    if let Ok(assets) = env::var("DEP_SPIKEBENCH_PLUGINS_ASSETS") {
        println!("cargo::rustc-env=SPIKEBENCH_ASSETS_DEFAULT={assets}");
    }
    // It changes with every commit. Only this small package states it, so that nothing else is rebuilt.
    println!("cargo::rerun-if-changed=.git/logs/HEAD");
    let revision = revision().unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=SPIKEBENCH_REVISION={revision}");
}

/// The commit, marked if files differ from it.
fn revision() -> Option<String> {
    let hash = git(&["rev-parse", "--short=12", "HEAD"])?;
    match git(&["status", "--porcelain"]) {
        Some(changes) if changes.is_empty() => Some(hash),
        _ => Some(format!("{hash}-dirty")),
    }
}

/// What git prints; build scripts run in the folder of their package.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let succeeded = output.status.success();
    succeeded.then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

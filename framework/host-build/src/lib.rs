//! The build script of a host, which is a program made of the framework and components:
//!
//! ```text
//! // build.rs
//! fn main() {
//!     spikebench_build::host();
//! }
//! ```

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lets the program find LibTorch and MuJoCo without any environment variable, and states the revisions that it is built from.
///
/// The package must depend on `spikebench`, and on `spikebench-plugins` if that has MuJoCo.
pub fn host() {
    for package in ["SPIKEBENCH", "SPIKEBENCH_PLUGINS"] {
        let folders = env::var_os(format!("DEP_{package}_LIBRARIES")).unwrap_or_default();
        for folder in env::split_paths(&folders) {
            println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
        }
    }
    let folder = |name: &str| env::var_os(name).map(PathBuf::from);
    let own = folder("CARGO_MANIFEST_DIR").and_then(|own| revision(&own));
    let framework = folder("DEP_SPIKEBENCH_ROOT").and_then(|root| revision(&root));
    let unknown = || "unknown".to_owned();
    let said = match (own, framework) {
        // The program of the repository itself.
        (Some(own), Some(framework)) if own == framework => own,
        (own, framework) => {
            let variable = |name: &str| env::var(name).unwrap_or_default();
            format!(
                "{} {} ({}), framework {}",
                variable("CARGO_PKG_NAME"),
                variable("CARGO_PKG_VERSION"),
                own.unwrap_or_else(unknown),
                framework.unwrap_or_else(unknown)
            )
        }
    };
    println!("cargo::rustc-env=SPIKEBENCH_REVISION={said}");
}

/// The commit of the repository that a folder is in, marked if files differ from it.
fn revision(folder: &Path) -> Option<String> {
    let hash = git(folder, &["rev-parse", "--short=12", "HEAD"])?;
    if let Some(log) = git(folder, &["rev-parse", "--git-path", "logs/HEAD"]) {
        // It changes with every commit.
        println!("cargo::rerun-if-changed={}", folder.join(log).display());
    }
    match git(folder, &["status", "--porcelain"]) {
        Some(changes) if changes.is_empty() => Some(hash),
        _ => Some(format!("{hash}-dirty")),
    }
}

/// What git prints in a folder.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .output()
        .ok()?;
    let succeeded = output.status.success();
    succeeded.then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

//! What decides whether a library of plugins fits a program, as far as a build script knows it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The crates whose types cross from a plugin to its host.
const CROSSING: [&str; 7] = [
    "serde_json",
    "tch",
    "torch-sys",
    "rand_core",
    "rand_distr",
    "rand_pcg",
    "rand_xoshiro",
];

/// The features of a processor that change how values are passed.
const PASSING: [&str; 5] = ["neon", "soft-float", "sse", "sse2", "x87"];

/// The sources whose types cross.
const PUBLIC: [&str; 3] = ["src/api", "src/formula", "src/kernel/torch/autograd.cpp"];

pub fn state(package: &Path, lock: Option<&str>) {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let features = variable("CARGO_CFG_TARGET_FEATURE");
    let passing = PASSING.into_iter();
    let passing: Vec<&str> = passing
        .filter(|name| features.split(',').any(|feature| feature == *name))
        .collect();
    let optimised = if variable("OPT_LEVEL") == "0" {
        "none"
    } else {
        "optimised"
    };
    let crates = CROSSING.map(|name| {
        let version = lock.and_then(|lock| version_used(lock, name));
        format!("{name} {}", version.unwrap_or("unknown"))
    });
    for (name, value) in [
        ("API", api(package)),
        ("RUSTC", compiler()),
        ("TARGET", variable("TARGET")),
        ("TARGET_FEATURES", passing.join(", ")),
        ("OPTIMISATION", optimised.to_owned()),
        ("CRATES", crates.join(", ")),
    ] {
        println!("cargo::rustc-env=SPIKEBENCH_STAMP_{name}={value}");
    }
}

/// The version of a crate that this package uses, of which the lock file may hold several.
pub fn version_used<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let entry = |package: &str| {
        let head = format!("name = \"{package}\"\n");
        lock.split("[[package]]\n")
            .find(|entry| entry.starts_with(&head))
    };
    let named = format!("\"{name} ");
    let own = entry("spikebench").and_then(|own| own.split(&named).nth(1));
    own.and_then(|rest| rest.split('"').next()).or_else(|| {
        let version = entry(name)?.split("version = \"").nth(1)?;
        version.split('"').next()
    })
}

/// The release and the commit of the compiler.
fn compiler() -> String {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(compiler).arg("-vV").output().ok();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    let field = |name: &str| {
        let mut lines = text.lines();
        lines
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or("unknown")
    };
    let commit = field("commit-hash: ");
    format!(
        "{} ({})",
        field("release: "),
        commit.get(..9).unwrap_or(commit)
    )
}

/// A hash of the sources that decide what crosses, without comments and unit tests.
fn api(package: &Path) -> String {
    let mut sources: Vec<PathBuf> = Vec::new();
    for place in PUBLIC {
        println!("cargo::rerun-if-changed={place}");
        collect(&package.join(place), &mut sources);
    }
    sources.sort();
    let mut hasher = blake3::Hasher::new();
    for source in &sources {
        let text = fs::read_to_string(source).unwrap_or_default();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let name = source.strip_prefix(package).unwrap_or(source);
        hasher.update(name.as_os_str().as_encoded_bytes());
        for line in text.lines().map(str::trim) {
            if !line.is_empty() && !line.starts_with("//") {
                hasher.update(line.as_bytes());
                hasher.update(b"\n");
            }
        }
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

fn collect(place: &Path, sources: &mut Vec<PathBuf>) {
    match fs::read_dir(place) {
        Ok(entries) => entries
            .flatten()
            .for_each(|entry| collect(&entry.path(), sources)),
        Err(_) => sources.push(place.to_owned()),
    }
}

//! Compiles the bridges to LibTorch, tells this package and its dependents where LibTorch is, and states what a plugin must
//! have in common with its host.

mod stamp;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let libtorch = env::var_os("LIBTORCH")
        .map(PathBuf::from)
        .unwrap_or_default();
    let libtorch = fs::canonicalize(&libtorch).unwrap_or(libtorch);
    export_libraries(&libtorch.join("lib"));
    record_versions(&libtorch);
    record_folders(&libtorch);
    // For the build scripts of hosts.
    let package = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::metadata=ROOT={package}");
    enable_avx512();
    compile_bridges(&libtorch);
}

/// Lets the tests of this package find LibTorch without any environment variable. An argument for the linker does not
/// reach dependents, so their build scripts read the folder from `DEP_SPIKEBENCH_LIBRARIES` and pass the same one.
fn export_libraries(folder: &Path) {
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", folder.display());
    println!("cargo::metadata=LIBRARIES={}", folder.display());
}

/// Where the libraries are, for the packages that `spikebench new` makes.
fn record_folders(libtorch: &Path) {
    println!("cargo::rerun-if-env-changed=MUJOCO_DYNAMIC_LINK_DIR");
    let mujoco = env::var_os("MUJOCO_DYNAMIC_LINK_DIR").map(PathBuf::from);
    let mujoco = mujoco.and_then(|folder| fs::canonicalize(folder).ok());
    let mujoco = mujoco.unwrap_or_default();
    println!(
        "cargo::rustc-env=SPIKEBENCH_LIBTORCH_FOLDER={}",
        libtorch.display()
    );
    println!(
        "cargo::rustc-env=SPIKEBENCH_MUJOCO_FOLDER={}",
        mujoco.display()
    );
}

/// The versions that every record states.
fn record_versions(libtorch: &Path) {
    let version = fs::read_to_string(libtorch.join("build-version")).unwrap_or_default();
    let version = match version.trim() {
        "" => "unknown",
        version => version,
    };
    println!("cargo::rustc-env=SPIKEBENCH_LIBTORCH={version}");

    let folder = |name| PathBuf::from(env::var_os(name).unwrap_or_default());
    let (package, output) = (folder("CARGO_MANIFEST_DIR"), folder("OUT_DIR"));
    // A package elsewhere that depends on this one has its own lock file, above its folder of build products.
    let mut locks = output
        .ancestors()
        .chain(package.ancestors())
        .map(|folder| folder.join("Cargo.lock"));
    let lock = locks.find(|lock| lock.exists());
    if let Some(lock) = &lock {
        println!("cargo::rerun-if-changed={}", lock.display());
    }
    let lock = lock.and_then(|lock| fs::read_to_string(lock).ok());
    let version = lock
        .as_deref()
        .and_then(|lock| stamp::version_used(lock, "tch"));
    println!(
        "cargo::rustc-env=SPIKEBENCH_TCH={}",
        version.unwrap_or("unknown")
    );
    stamp::state(&package, lock.as_deref());
}

/// `#[target_feature(enable = "avx512f")]` is stable since Rust 1.89.
fn enable_avx512() {
    println!("cargo::rustc-check-cfg=cfg(avx512)");
    if rust_minor_version().is_some_and(|minor| minor >= 89) {
        println!("cargo::rustc-cfg=avx512");
    }
}

fn rust_minor_version() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split('.').nth(1)?.parse().ok()
}

fn compile_bridges(libtorch: &Path) {
    let sources = [
        "src/kernel/torch/autograd.cpp",
        "src/kernel/torch/slices.cpp",
    ];
    for source in sources {
        println!("cargo::rerun-if-changed={source}");
    }
    cc::Build::new()
        .cpp(true)
        .std("c++17")
        .include(libtorch.join("include"))
        .include(libtorch.join("include/torch/csrc/api/include"))
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        .opt_level(2)
        .warnings(false)
        .files(sources)
        .compile("spikebench_bridges");
}

//! Compiles the C++ bridges to LibTorch, and does what every package of the workspace does.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

#[path = "link.rs"]
mod link;

fn main() {
    link::main();
    println!("cargo:rustc-check-cfg=cfg(avx512)");
    if rust_minor_version().is_some_and(|minor| minor >= 89) {
        println!("cargo:rustc-cfg=avx512");
    }
    let sources = [
        "src/kernel/torch/autograd.cpp",
        "src/kernel/torch/slices.cpp",
    ];
    for source in sources {
        println!("cargo:rerun-if-changed={source}");
    }
    let libtorch = env::var_os("LIBTORCH")
        .map(PathBuf::from)
        .unwrap_or_default();
    let libtorch = fs::canonicalize(&libtorch).unwrap_or(libtorch);
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

/// The minor version of the compiler: functions can use AVX-512 since Rust 1.89.
fn rust_minor_version() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?)
        .arg("--version")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split('.').nth(1)?.parse().ok()
}

//! `cargo xtask`: fetches the libraries that the workspace links to, runs the demo and the tests.
//!
//! - `artefact`: the table of pinned wheels
//! - `setup`: what is missing, in which order it comes
//! - `libtorch`, `environments`: the two folders the set-up makes
//! - `download` (with `fetch.py`) and `unpack`: from the package index to files
//! - `deps`: the git-ignored folder: lock, leftovers, stamps, atomic replacement
//! - `toolchain`: Python, pip, C++ compiler, platform
//! - `cargo`: the demo and the tests
//! - `bench`: our program measured against its peers
//! - `problem`, `say`: how the program speaks
#[cfg(not(unix))]
compile_error!(
    "`cargo xtask` runs on Linux x86-64 only; elsewhere set LIBTORCH and MUJOCO_DYNAMIC_LINK_DIR by hand"
);

mod artefact;
mod bench;
mod cargo;
mod deps;
mod download;
mod environments;
mod libtorch;
mod problem;
mod say;
mod setup;
mod toolchain;
mod unpack;

use std::{
    env,
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

const USAGE: &str = "\
usage: cargo xtask <verb>
  setup [--cuda]       fetch what is missing of LibTorch and MuJoCo into .deps
                       (--cuda: LibTorch with CUDA, about 5 GB; a later plain setup keeps it)
  demo                 setup, then run suites/quickstart.yaml and print its table
  test [--all] [-- <args>...]
                       setup, then cargo test --workspace --locked <args>... (--all: with the tests that
                       train for minutes)
  bench [stats] [--only <work>]... [--json <file>]
                       setup, fetch the peers of tests/peers into .deps, then measure our program against
                       them; with stats, our statistics against rliable and scipy
                       (without --only, results/bench is written)";

fn main() -> ExitCode {
    let words: Vec<String> = env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let root = root();
    let outcome = match words.as_slice() {
        ["setup"] => setup::setup(&root, false).map(|()| 0),
        ["setup", "--cuda"] => setup::setup(&root, true).map(|()| 0),
        ["demo"] => setup::setup(&root, false).and_then(|()| cargo::demo(&root)),
        ["test"] => test(&root, false, &[]),
        ["test", "--all"] => test(&root, true, &[]),
        ["test", "--", rest @ ..] => test(&root, false, rest),
        ["test", "--all", "--", rest @ ..] => test(&root, true, rest),
        ["bench", rest @ ..] => bench::bench(&root, rest),
        ["help" | "--help" | "-h"] => {
            let _ = writeln!(stdout(), "{USAGE}");
            Ok(0)
        }
        _ => {
            say::line(USAGE);
            Ok(2)
        }
    };
    ExitCode::from(outcome.unwrap_or_else(|problem| {
        say::line(&format!("error: {problem}"));
        1
    }))
}

fn test(root: &Path, all: bool, rest: &[&str]) -> problem::Outcome<u8> {
    setup::setup(root, false).and_then(|()| cargo::test(root, all, rest))
}

/// The workspace: the folder above this crate. Cargo names the crate's folder at run time too, which
/// stays right when the workspace was moved after the build.
fn root() -> PathBuf {
    let mut folder = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    folder.pop();
    folder
}

//! `cargo xtask`: fetches the libraries that the workspace links with, and runs the demo, the tests and the
//! benchmark.
//!
//! - `wheel`: the table of pinned wheels
//! - `setup`: finds out what is missing and makes it
//! - `libtorch`, `environments`: the two folders that the set-up makes
//! - `download`, `unpack`: from the package index to files
//! - `deps`: the git-ignored folder with its lock, stamps and atomic replacement
//! - `toolchain`: Python, pip, the C++ compiler and the platform
//! - `cargo`: the demo, the tests and the mutated inputs
//! - `hyperqueue`: a HyperQueue for the same tests
//! - `slurm`: a Slurm of its own for the tests of clusters
//! - `bundle`: one folder that runs from any path
//! - `bench`: measures our program against its peers
//! - `problem`, `say`: error messages and other output
#[cfg(not(unix))]
compile_error!(
    "`cargo xtask` runs only on Linux x86-64; elsewhere set LIBTORCH and MUJOCO_DYNAMIC_LINK_DIR by hand"
);

mod bench;
mod bundle;
mod cargo;
mod deps;
mod download;
mod environments;
mod hyperqueue;
mod libtorch;
mod problem;
mod say;
mod setup;
mod slurm;
mod toolchain;
mod unpack;
mod wheel;

use std::{
    env,
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
};

const USAGE: &str = "\
usage: cargo xtask <verb>
  setup [--cuda]       fetch LibTorch and MuJoCo into .deps unless they are there
                       (--cuda: LibTorch with CUDA, about 5 GB; a later plain setup keeps it)
  demo                 setup, then run suites/quickstart.yaml and print its table
  test [--all] [-- <args>...]
                       setup, then cargo test --workspace --locked <args>...
                       (--all: include the tests that train for minutes)
  test --cluster       setup, unpack a Slurm and a HyperQueue into .deps, and run the tests that need them
  bundle [<folder>]    setup, then make a folder (target/bundle unless given) with the program, its libraries and
                       MuJoCo's models, which runs from any path on machines without Rust
  mutate [--inputs <n>]
                       setup, then read n mutated inputs of every kind of file (100000 unless given) and
                       write results/reliability/MUTATIONS.md; the tests read some thousand
  bench [stats | growth [<axis>]... | commands | check] [--only <workload>]... [--json <file>]
                       setup, fetch the peers of tests/peers into .deps, then measure our program against
                       them; with stats, our statistics against rliable and scipy; with growth, how updates
                       slow down as networks grow (results/bench/growth.svg), along all axes or
                       T, hidden, batch or replicas alone; with commands, the time and memory of
                       commands with 9840 cells and records; check says whether ours and
                       the peers compute the same (without --only, results/bench is written)";

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
        ["test", "--cluster"] => setup::setup(&root, false)
            .and_then(|()| Ok((slurm::make(&root)?, hyperqueue::make(&root)?)))
            .and_then(|(slurm, queue)| cargo::test_cluster(&root, &slurm, &queue)),
        ["test", "--", rest @ ..] => test(&root, false, rest),
        ["test", "--all", "--", rest @ ..] => test(&root, true, rest),
        ["bundle"] => bundle(&root, &root.join("target/bundle")),
        ["bundle", folder] => bundle(&root, Path::new(folder)),
        ["mutate"] => mutate(&root, "100000"),
        ["mutate", "--inputs", inputs] if inputs.parse::<u64>().is_ok() => mutate(&root, inputs),
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

fn bundle(root: &Path, folder: &Path) -> problem::Outcome<u8> {
    setup::setup(root, false).and_then(|()| bundle::make(root, folder))
}

fn mutate(root: &Path, inputs: &str) -> problem::Outcome<u8> {
    setup::setup(root, false).and_then(|()| cargo::mutate(root, inputs))
}

/// The workspace: the folder above this package. At run time cargo names the package's folder too, which is
/// still right if the workspace was moved after the build.
fn root() -> PathBuf {
    let mut folder = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    folder.pop();
    folder
}

//! The time and the memory of commands, which no peer has.
use super::{Bench, build, cores};
use crate::{
    deps::remove,
    problem::{About, Outcome},
    say,
};
use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process,
};

/// Measures the commands and writes `results/bench/commands.json` and `commands.md`. Returns 1 if a command failed.
pub fn commands(bench: &Bench, root: &Path) -> Outcome<u8> {
    let program = build::ours(root, build::COMMAND)?;
    let folder = root.join("results/bench");
    fs::create_dir_all(&folder).about("make the folder", &folder)?;
    // Every record is synced: on a disk, that alone takes minutes for so many.
    let memory = PathBuf::from("/dev/shm");
    let place = if memory.is_dir() {
        memory
    } else {
        root.join("target")
    };
    let scratch = place.join(format!("spikebench-commands-{}", process::id()));
    fs::create_dir_all(&scratch).about("make the folder", &scratch)?;
    let shown = scratch.display();
    say::line(&format!(
        "bench: commands; their records take 1 GB in {shown} meanwhile"
    ));
    let processor = cores::model();
    let suite = bench.scripts.join("many-cells.yaml");
    let paths = [&program, &bench.ours, &suite, &scratch, &folder];
    let mut words: Vec<&OsStr> = paths.map(|path| path.as_os_str()).to_vec();
    words.push(processor.as_ref());
    let status = bench.run("commands.py", &words);
    remove(&scratch)?;
    status
}

//! The demo, the tests and the mutated inputs, run by cargo in the workspace's folder.
use crate::problem::{Outcome, Problem};
use std::{env, os::unix::process::ExitStatusExt, path::Path, process::Command};

const SUITE: &str = "suites/quickstart.yaml";

/// The exit code of a `spikebench run` that finished but in which some cells failed.
const SOME_CELLS_FAILED: u8 = 70;

/// Runs the quickstart suite and prints its table. It continues a demo that was stopped.
pub fn demo(root: &Path) -> Outcome<u8> {
    ignore_interrupts()?;
    let spikebench = |verb| {
        let words = ["run", "--release", "--locked", "--", verb, SUITE];
        cargo(root, &words)
    };
    let ran = spikebench("run")?;
    if ran != 0 && ran != SOME_CELLS_FAILED {
        return Ok(ran);
    }
    let reported = spikebench("report")?;
    Ok(if reported == 0 { ran } else { reported })
}

/// The variable that turns on the tests that train for minutes.
const ALL_TESTS: &str = "SPIKEBENCH_ALL_TESTS";

/// Runs the tests of the workspace; those that train for minutes only if `all`.
pub fn test(root: &Path, all: bool, rest: &[&str]) -> Outcome<u8> {
    ignore_interrupts()?;
    let words = [&["test", "--workspace", "--locked"], rest].concat();
    let wanted: &[_] = if all { &[(ALL_TESTS, "1")] } else { &[] };
    run(root, &words, wanted)
}

/// Runs the tests that need a Slurm and a HyperQueue, one after the other, with those in these folders.
pub fn test_cluster(root: &Path, slurm: &Path, hyperqueue: &Path) -> Outcome<u8> {
    ignore_interrupts()?;
    // With the whole workspace, so that what `test` has built is used.
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--test",
        "cluster",
        "--",
        "--ignored",
        "--test-threads=1",
    ];
    let (slurm, hyperqueue) = (slurm.to_string_lossy(), hyperqueue.to_string_lossy());
    let variables = [
        ("SPIKEBENCH_SLURM", slurm.as_ref()),
        ("SPIKEBENCH_HYPERQUEUE", hyperqueue.as_ref()),
    ];
    run(root, &words, &variables)
}

/// Reads this many mutated inputs of every kind of file, and writes the page of the results.
pub fn mutate(root: &Path, inputs: &str) -> Outcome<u8> {
    ignore_interrupts()?;
    let page = root.join("results/reliability/MUTATIONS.md");
    let words = ["test", "--workspace", "--locked", "--test", "mutations"];
    let page = page.to_string_lossy();
    let variables = [
        ("SPIKEBENCH_MUTATIONS", inputs),
        ("SPIKEBENCH_MUTATIONS_PAGE", &page),
    ];
    run(root, &words, &variables)
}

/// Leaves Ctrl-C to the programs that cargo runs, which it reaches as well. This one waits until they end.
fn ignore_interrupts() -> Outcome {
    ctrlc::set_handler(|| {})
        .map_err(|error| Problem::new(format!("cannot handle Ctrl-C: {error}")))
}

/// Runs cargo with these arguments.
pub fn cargo(root: &Path, words: &[&str]) -> Outcome<u8> {
    run(root, words, &[])
}

fn run(root: &Path, words: &[&str], variables: &[(&str, &str)]) -> Outcome<u8> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.envs(variables.iter().copied());
    let status = command.args(words).current_dir(root).status();
    let status = status.map_err(|error| {
        Problem::new(format!(
            "cannot run cargo: {error}: start this with `cargo xtask`"
        ))
    })?;
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

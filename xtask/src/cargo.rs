//! The demo and the tests: cargo in the workspace's folder.
use crate::problem::{Outcome, Problem};
use std::{env, os::unix::process::ExitStatusExt, path::Path, process::Command};

const SUITE: &str = "suites/quickstart.yaml";

/// The code with which `spikebench run` says that it went through but some cells failed.
const SOME_CELLS_FAILED: u8 = 70;

/// Runs the quickstart suite and prints its table. A second demo continues a run that was stopped.
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

/// Runs all tests of the workspace.
pub fn test(root: &Path, rest: &[&str]) -> Outcome<u8> {
    ignore_interrupts()?;
    let words = [&["test", "--workspace", "--locked"], rest].concat();
    cargo(root, &words)
}

/// Ctrl-C reaches the programs that cargo runs as well: they end in their own way, this one waits for them.
fn ignore_interrupts() -> Outcome {
    ctrlc::set_handler(|| {})
        .map_err(|error| Problem::new(format!("cannot handle Ctrl-C: {error}")))
}

fn cargo(root: &Path, words: &[&str]) -> Outcome<u8> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(words).current_dir(root).status();
    let status = status.map_err(|error| {
        Problem::new(format!(
            "cannot run cargo: {error}: start this with `cargo xtask`"
        ))
    })?;
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

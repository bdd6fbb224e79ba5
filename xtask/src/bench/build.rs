//! Builds our program as users build it.
use crate::{
    problem::{Outcome, Problem},
    say,
};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The program that does the work of a bench.
pub const WORKS: &str = "works";
/// The library of plugins that this program loads.
const LIBRARY: &str = "all_loaded";
/// The program that people use. Cargo builds it with any bench.
pub const COMMAND: &str = "spikebench";

/// Builds both programs and returns the path of one.
pub fn ours(root: &Path, target: &str) -> Outcome<PathBuf> {
    say::line("bench: building our program");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let words = [
        "build",
        "--release",
        "--locked",
        "--bench",
        WORKS,
        "--example",
        LIBRARY,
        "--message-format=json-render-diagnostics",
    ];
    let built = Command::new(cargo)
        .args(words)
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Problem::new(format!("cannot run cargo: {error}")))?;
    if !built.status.success() {
        let line = "our program does not build: cargo gives the reason above";
        return Err(Problem::new(line));
    }
    executable(&String::from_utf8_lossy(&built.stdout), target).ok_or_else(|| {
        Problem::new(format!(
            "cargo does not report the path of the program {target}"
        ))
    })
}

/// Finds the program in cargo's messages, which are one JSON object a line.
fn executable(messages: &str, target: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let ours = message["target"]["name"] == target;
        ours.then_some(message)
    });
    let mut found = messages.filter_map(|message| Some(message["executable"].as_str()?.into()));
    found.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_in_cargos_messages() {
        let messages = r#"{"target":{"name":"tch"},"executable":null}
{"target":{"name":"works"},"executable":"/target/release/deps/works-1"}
{"reason":"build-finished","success":true}"#;
        let found = executable(messages, WORKS);
        assert_eq!(found, Some("/target/release/deps/works-1".into()));
        assert_eq!(executable(messages, COMMAND), None);
    }
}

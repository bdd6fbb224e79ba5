//! A temporary folder for a test of the command, with a suite in it that trains within a second.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

pub const SUITE: &str = "\
name: small
seeds: 2
budget: {steps: 300, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, trapezoidal]
  actor: [{popsan: {hidden: [8]}}, {mlp: {hidden: [8]}}]
  agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8]}}]
  environment: [Pendulum-v1]
";

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new(suite: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("suite.yaml"), suite).unwrap();
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spikebench"));
        command.args(arguments).current_dir(self.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn evaluations(&self, id: &str) -> String {
        std::fs::read_to_string(
            self.path()
                .join("results/small/runs")
                .join(id)
                .join("evaluations.csv"),
        )
        .unwrap()
    }

    pub fn ids(&self) -> Vec<String> {
        let plan: Value =
            serde_json::from_slice(&self.run(&["plan", "suite.yaml", "--json"]).stdout).unwrap();
        plan["cells"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| cell["id"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn recorded(&self) -> usize {
        std::fs::read_dir(self.path().join("results/small/runs")).map_or(0, Iterator::count)
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Makes a record look like one of the first format, which lacks a file: its manifest has no mark at the end.
pub fn as_in_the_first_format(record: &Path, lacking: &str) {
    let path = |name: &str| record.join(name);
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
    let (now, manifest) = (read("record.json"), read("MANIFEST"));
    let then = now.replace("\"format\": 2", "\"format\": 1");
    assert_ne!(now, then);
    let lines: Vec<String> = manifest
        .lines()
        .filter(|line| !line.ends_with(lacking) && !line.starts_with("end "))
        .map(|line| line.replace(&hash(&now), &hash(&then)))
        .collect();
    std::fs::write(path("record.json"), then).unwrap();
    std::fs::write(path("MANIFEST"), lines.join("\n") + "\n").unwrap();
}

/// The files below a folder with this ending.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Waits up to two minutes for a condition.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < Duration::from_secs(120), "no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

//! The suite of this package runs from the first step to the report.

use std::path::Path;
use std::process::Command;

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/suite.yaml");

fn spikebench(folder: &Path, words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_own-surrogate"))
        .args(words)
        .current_dir(folder)
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_components_are_listed_beside_the_built_in_ones() {
    let folder = tempfile::tempdir().unwrap();
    let listed = spikebench(folder.path(), &["list"]);
    for name in [
        "raised-cosine",
        "two-leaks",
        "Puck-v0",
        "rectangular",
        "popsan",
    ] {
        assert!(listed.contains(name), "{name} is missing:\n{listed}");
    }
}

#[test]
fn the_suite_is_trained_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    spikebench(folder.path(), &["run", SUITE]);
    let report = spikebench(folder.path(), &["report", SUITE]);
    assert!(report.contains("raised-cosine(half_width=0.8)"), "{report}");
    assert!(report.contains("2/2"), "{report}");
}

//! Runs that are killed at a system call, or whose system call fails. `tests/reliability/faults.py` tries far more of them; its
//! figures are in `results/reliability`.

use std::process::Command;

use crate::folder::{Folder, text};
use crate::interruptions::processes::{computed, undisturbed};

const SUITE: &str = "\
name: small
seeds: 1
budget: {steps: 900, evaluate_every: 300, evaluation_episodes: 1}
matrix:
  actor: [{mlp: {hidden: [8]}}]
  agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8], buffer_size: 400}}]
  environment: [Pendulum-v1]
";

/// Without `strace` there is nothing to test with. Whoever asks for all tests wants to know.
fn has_strace() -> bool {
    let is_there = Command::new("strace").arg("-V").output().is_ok();
    assert!(
        is_there || std::env::var_os("SPIKEBENCH_ALL_TESTS").is_none(),
        "strace is missing: apt-get install strace"
    );
    is_there
}

#[test]
fn a_run_that_is_killed_at_a_system_call_or_whose_call_fails_is_completed_by_the_same_command() {
    if !has_strace() {
        return;
    }
    let expected = undisturbed(SUITE);
    let kills = [
        "fsync:signal=KILL:when=3",
        "fsync:signal=KILL:when=9",
        "rename:signal=KILL:when=2",
    ];
    let errors = [
        "fsync:error=ENOSPC:when=4",
        "rename:error=EIO:when=1",
        "linkat:error=EROFS:when=1",
    ];
    for fault in kills.into_iter().chain(errors) {
        let folder = Folder::new(SUITE);
        let call = fault.split(':').next().unwrap();
        let run = [
            env!("CARGO_BIN_EXE_spikebench"),
            "run",
            "suite.yaml",
            "--checkpoint",
            "0.0003",
        ];
        let broken = Command::new("strace")
            .args([
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                &format!("trace={call}"),
            ])
            .args(["-e", &format!("inject={fault}")])
            .args(run)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = text(&broken.stderr);
        assert!(!said.contains("panicked"), "{fault}: {said}");
        if folder.path().join("results/small/runs").exists() {
            let verified = folder.run(&["verify", "results"]);
            assert!(
                verified.status.success(),
                "{fault}: {}",
                text(&verified.stdout)
            );
        }
        // A worker that was killed alone is a crash, which only a person decides to try again.
        let output = folder.run(&["run", "suite.yaml", "--retry"]);
        assert!(output.status.success(), "{fault}: {}", text(&output.stderr));
        assert!(computed(&folder) == expected, "{fault}");
    }
}

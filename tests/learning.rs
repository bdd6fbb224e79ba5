//! Training for real, in small: the baseline and the spiking actor learn.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

const SUITE: &str = "\
name: learning
seeds: [1, 2]
budget: {steps: 6000, evaluate_every: 500, evaluation_episodes: 10}
matrix:
  surrogate: [triangular]
  actor: [{popsan: {hidden: [64, 64]}, as: popsan}, {mlp: {hidden: [64, 64]}, as: mlp}]
  agent:
    - td3: {start_steps: 1000, update_after: 1000, update_every: 10, gradient_steps: 10, policy_delay: 1,
            actor_lr: 0.003, critic_lr: 0.003, critic_hidden: [64, 64], gamma: 0.98, polyak: 0.97, action_noise: 0.5}
  environment: [Pendulum-v1, InvertedPendulum-v5]
compare: {factor: actor}
";

/// The mean return of each evaluation.
fn curve(record: &std::path::Path) -> Vec<f64> {
    let table = std::fs::read_to_string(record.join("evaluations.csv")).unwrap();
    let returns: Vec<f64> = table
        .lines()
        .skip(1)
        .map(|row| row.split(',').nth(2).unwrap().parse().unwrap())
        .collect();
    returns
        .chunks_exact(10)
        .map(|episodes| episodes.iter().sum::<f64>() / 10.0)
        .collect()
}

#[test]
fn both_actors_learn_both_pendulums() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("suite.yaml"), SUITE).unwrap();
    let spikebench = |arguments: &[&str]| {
        let program = env!("CARGO_BIN_EXE_spikebench");
        let output = Command::new(program)
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    spikebench(&["run", "suite.yaml"]);
    let plan: Value =
        serde_json::from_slice(&spikebench(&["plan", "suite.yaml", "--json"])).unwrap();
    let mut learned = BTreeMap::new();
    for cell in plan["cells"].as_array().unwrap() {
        let id = cell["id"].as_str().unwrap();
        let curve = curve(&folder.path().join("results/learning/runs").join(id));
        println!("{id}: {curve:.0?}");
        // Untrained, Pendulum gives about −1300 of at most 0, and InvertedPendulum about 10 of 1000.
        let reached = if id.starts_with("Pendulum") {
            -400.0
        } else {
            900.0
        };
        assert!(
            curve[0] < reached,
            "{id} knew it before it learned: {curve:.0?}"
        );
        let best = curve.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        *learned.entry(cell["labels"].to_string()).or_insert(0) += u32::from(best > reached);
    }
    // Not every seed learns within so few steps, and another CPU rounds otherwise.
    assert_eq!(learned.len(), 4);
    assert!(learned.values().all(|&seeds| seeds > 0), "{learned:#?}");
}

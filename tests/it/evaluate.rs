//! The policy that a finished run leaves behind, and `spikebench evaluate`, which plays episodes with it.

use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::{Value, json};
use spikebench::api::{
    ActionSpace, Actor, Component, Declaration, Init, Policy, Spec, Statistics, Streams, Transform,
    Weights,
};
use spikebench::registry::Registry;
use spikebench::run::policy_files::PolicyFiles;
use spikebench_plugins as _;
use tch::Device;

use crate::folder::as_in_the_first_format;

fn spikebench(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spikebench"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// An actor for Pendulum.
fn actor(written: Value) -> Box<dyn Actor> {
    let registry = Registry::linked().unwrap();
    let surrogate = registry.surrogate(&Component::named("rectangular"));
    let spec = Spec {
        observation: 3,
        action: ActionSpace::Box(vec![(-2.0, 2.0)]),
        max_episode_steps: 200,
    };
    let written: Component = serde_json::from_value(written).unwrap();
    registry
        .build_actor(&written, Some(surrogate.unwrap().0), &spec)
        .unwrap()
}

/// Writes `actor.safetensors` and `normaliser.json` of an actor in which all values of a tensor are the one that `value`
/// gives for its name.
fn write_policy(folder: &Path, actor: &dyn Actor, features: usize, value: fn(&str) -> f32) {
    let declared: Vec<Declaration> = actor
        .learned()
        .into_iter()
        .map(|one| {
            let count = one.shape.iter().product::<i64>() as usize;
            let init = Init::Values(vec![value(&one.name); count]);
            Declaration { init, ..one }
        })
        .collect();
    let mut draw = Streams::new(&[0], "test", Device::Cpu);
    let weights = Weights::new(&declared, &mut draw, Device::Cpu);
    let statistics = Statistics::new(Transform::Zscore, 3.0, features);
    let policy = Policy {
        weights: &weights,
        statistics: vec![statistics],
    };
    let files = PolicyFiles::of(&policy, 0).unwrap();
    std::fs::write(folder.join("actor.safetensors"), files.weights).unwrap();
    std::fs::write(folder.join("normaliser.json"), files.statistics).unwrap();
}

const POPSAN: &str = "{popsan: {hidden: [6], encoder: {population: {neurons: 2}}, decoder: {membrane: {neurons: 5}}}}";

/// Writes a policy whose first layer fires in every step and its second in none, so that its action is always zero.
fn write_popsan(folder: &Path) {
    let written = json!({ "popsan": {
        "hidden": [6], "encoder": { "population": { "neurons": 2 } }, "decoder": { "membrane": { "neurons": 5 } },
    } });
    write_policy(folder, actor(written).as_ref(), 3, |name| match name {
        "encoder.std" => 1000.0,
        "layer.0.bias" => 10.0,
        "layer.1.bias" => -10.0,
        _ => 0.0,
    });
}

const COMMON: [&str; 5] = [
    "evaluate",
    "--weights",
    "actor.safetensors",
    "--environment",
    "Pendulum-v1",
];

#[test]
fn the_returns_rates_operations_and_energies_of_a_known_network_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    write_popsan(folder.path());
    let more = [
        "--actor",
        POPSAN,
        "--normaliser",
        "normaliser.json",
        "--episodes",
        "3",
        "--seed",
        "5",
    ];
    let output = spikebench(folder.path(), &[&COMMON[..], &more].concat());
    assert_eq!(text(&output.stderr), "");
    // In 5 steps 6 encoder neurons with 6 connections each fire, and 6 hidden ones with 5 each.
    assert_snapshot!(text(&output.stdout), @"
      seed       return  length
         5    -1305.742     200
         6     -647.040     200
         7     -970.180     200

    return -974.321 ± 329.370 over 3 episodes

    spikes per neuron and time step
      encoder    1.0000
      layer.0    1.0000
      layer.1    0.0000

    one inference
      330.0 synaptic operations, 0 multiply-accumulates
      0.297 nJ at 0.9 pJ per synaptic operation and 4.6 pJ per multiply-accumulate (Horowitz, ISSCC 2014, 45 nm, FP32)
      0.025 nJ at 0.077 pJ per synaptic operation and 3.97 pJ per multiply-accumulate (Millar 2025 and Hu 2021, as in Proxy Target (arXiv 2505.24161))
      the energy excludes memory, addressing and the states of the neurons
    ");
}

#[test]
fn an_episode_depends_on_its_own_seed_alone() {
    let folder = tempfile::tempdir().unwrap();
    // The spikes of the encoder are random, and the action depends on them.
    let written = json!({ "popsan": { "hidden": [6], "encoder": { "population": { "spikes": "bernoulli" } } } });
    write_policy(
        folder.path(),
        actor(written.clone()).as_ref(),
        3,
        |name| match name {
            "encoder.std" => 1.0,
            "layer.0.weight" | "layer.1.weight" => 0.1,
            "layer.1.bias" => -0.2,
            "decoder.weight" => 0.3,
            "decoder.bias" => -1.0,
            _ => 0.0,
        },
    );
    let written = written.to_string();
    let episodes = |count: &str, seed: &str| {
        let more = [
            "--actor",
            &written,
            "--normaliser",
            "normaliser.json",
            "--json",
        ];
        let seeds = ["--episodes", count, "--seed", seed];
        let output = spikebench(folder.path(), &[&COMMON[..], &more, &seeds].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        json["episodes"].as_array().unwrap().clone()
    };
    let together = episodes("3", "7");
    let seeds: Vec<u64> = together
        .iter()
        .map(|one| one["seed"].as_u64().unwrap())
        .collect();
    assert_eq!(seeds, [7, 8, 9]);
    assert_eq!(episodes("1", "8")[0], together[1]);
    assert_ne!(together[0]["return"], together[1]["return"]);
}

#[test]
fn weights_that_do_not_fit_are_refused_with_the_tensor_and_both_shapes() {
    let folder = tempfile::tempdir().unwrap();
    write_popsan(folder.path());
    let fails = |more: &[&str], code: i32| {
        let output = spikebench(folder.path(), &[&COMMON[..], more].concat());
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let wider = POPSAN.replace("[6]", "[7]");
    assert_eq!(
        fails(&["--actor", &wider], 65),
        "error: actor.safetensors: tensor layer.0.weight has the shape [6, 6], expected [6, 7]\n"
    );
    let said = fails(&["--actor", "mlp"], 65);
    assert!(
        said.contains("tensor layer.0.weight has the shape [6, 6], expected [3, 256]"),
        "{said}"
    );
    let said = fails(&["--actor", "popsam"], 2);
    assert!(
        said.contains("--actor: \"popsam\" is not an actor; did you mean popsan? known: "),
        "{said}"
    );
    let said = fails(&["--actor", "popsan: {hidden: [64.0]}"], 2);
    assert!(
        said.contains("--actor: popsan.hidden[0]: invalid type: number `64.0`, expected")
            && said.contains("; write 64"),
        "{said}"
    );
    let said = fails(&["--actor", "popsan: {hidden: [0]}"], 2);
    assert!(
        said.contains("--actor: popsan.hidden[0]: 0 must be at least 1"),
        "{said}"
    );
    let said = fails(&["--actor", POPSAN, "--normaliser", "nowhere.json"], 74);
    assert!(said.contains("failed to read nowhere.json"), "{said}");
    std::fs::write(
        folder.path().join("bad.json"),
        "{\"normalise\": \"zscroe\"}",
    )
    .unwrap();
    let said = fails(&["--actor", POPSAN, "--normaliser", "bad.json"], 65);
    assert!(
        said.contains("bad.json: unknown variant `zscroe`, expected one of `zscore`, `tanh`"),
        "{said}"
    );
}

const SUITE: &str = "\
name: small
seeds: 1
budget: {steps: 300, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular]
  actor: [{ilcsan: {hidden: [8]}}, {mlp: {hidden: [8]}}]
  agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8]}}]
  environment: [Pendulum-v1]
";

#[test]
fn a_finished_run_leaves_its_diagnostics_and_a_policy_that_can_be_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("suite.yaml"), SUITE).unwrap();
    let output = spikebench(folder.path(), &["run", "suite.yaml"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for run in std::fs::read_dir(folder.path().join("results/small/runs")).unwrap() {
        let run = run.unwrap().path();
        let record = std::fs::read(run.join("record.json")).unwrap();
        let record: Value = serde_json::from_slice(&record).unwrap();
        let actor = record["cell"]["actor"].to_string();
        let spikes = actor.contains("ilcsan");

        let table = std::fs::read_to_string(run.join("diagnostics.csv")).unwrap();
        let mut lines = table.lines();
        assert_eq!(lines.next(), Some("step,name,value"));
        let rows: Vec<(u64, &str, f64)> = lines
            .map(|line| {
                let [step, name, value] = line.split(',').collect::<Vec<_>>()[..] else {
                    panic!("{line}")
                };
                (step.parse().unwrap(), name, value.parse().unwrap())
            })
            .collect();
        let of = |step, name: &str| {
            let row = rows.iter().find(|row| row.0 == step && row.1 == name);
            row.map(|row| row.2)
        };
        for step in [100, 200, 300] {
            assert!(of(step, "actor_gradient_norm").unwrap() > 0.0);
            assert_eq!(of(step, "firing_rate.encoder").is_some(), spikes);
            assert_eq!(of(step, "dead.layer.1").is_some(), spikes);
            let [rates, dead] = ["firing_rate", "dead"].map(|of| {
                let values = rows
                    .iter()
                    .filter(|row| row.0 == step && row.1.starts_with(of));
                values.map(|row| row.2).collect::<Vec<_>>()
            });
            assert_eq!(
                (rates.len(), dead.len()),
                if spikes { (3, 2) } else { (0, 0) }
            );
            assert!(
                rates
                    .iter()
                    .chain(&dead)
                    .all(|value| (0.0..=1.0).contains(value))
            );
            // Spikes times connections: each of the 30 encoder neurons has 8, each hidden one has 10, and each of the 10
            // output neurons has one to the readout and 10 within its layer.
            let expected: f64 = rates
                .iter()
                .zip([30 * 8, 8 * 10, 10 * 11])
                .map(|(rate, n)| rate * 5.0 * f64::from(n))
                .sum();
            let found = of(step, "synaptic_operations").unwrap();
            assert!(
                (found - expected).abs() < 1e-6 * expected.max(1.0),
                "{found} {expected}"
            );
        }

        let show = |name: &str| run.join(name).display().to_string();
        let arguments = [
            "evaluate",
            "--actor",
            &actor,
            "--weights",
            &show("actor.safetensors"),
            "--normaliser",
            &show("normaliser.json"),
            "--environment",
            "Pendulum-v1",
            "--episodes",
            "2",
            "--json",
        ];
        let output = spikebench(folder.path(), &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("another actor"));
        if spikes {
            let mut other = arguments;
            let slower = actor.replace("\"T\":5", "\"T\":2");
            other[2] = &slower;
            let warned = text(&spikebench(folder.path(), &other).stderr);
            assert!(
                warned.contains("they were trained in another actor"),
                "{warned}"
            );
        }
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(shown["episodes"][1]["length"], 200);
        let returns: Vec<f64> = shown["episodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["return"].as_f64().unwrap())
            .collect();
        let mean = (returns[0] + returns[1]) / 2.0;
        assert!((shown["mean"].as_f64().unwrap() - mean).abs() < 1e-9);
        let operations = shown["synaptic_operations"].as_f64().unwrap();
        let multiplications = shown["multiply_accumulates"].as_f64().unwrap();
        for (key, multiplication, operation) in [
            ("horowitz_2014", 4.6, 0.9),
            ("proxy_target_2025", 3.97, 0.077),
        ] {
            let expected = (operations * operation + multiplications * multiplication) / 1000.0;
            let found = shown["energy"][key]["nanojoules_per_inference"]
                .as_f64()
                .unwrap();
            assert!((found - expected).abs() < 1e-9 * expected.max(1.0), "{key}");
        }
        assert_eq!(
            shown["firing_rates"].as_object().unwrap().len(),
            if spikes { 3 } else { 0 }
        );
    }
}

#[test]
fn an_older_record_without_diagnostics_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let suite = SUITE.replace("{ilcsan: {hidden: [8]}}, ", "");
    std::fs::write(folder.path().join("suite.yaml"), suite).unwrap();
    let output = spikebench(folder.path(), &["run", "suite.yaml"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report = || spikebench(folder.path(), &["report", "suite.yaml", "--format", "csv"]);
    let before = report();
    let runs = folder.path().join("results/small/runs");
    let run = std::fs::read_dir(runs)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    std::fs::remove_file(run.join("diagnostics.csv")).unwrap();
    let damaged = report();
    assert_eq!(damaged.status.code(), Some(65));
    assert!(text(&damaged.stderr).contains("diagnostics.csv"));
    as_in_the_first_format(&run, "diagnostics.csv");
    let after = report();
    assert!(after.status.success(), "{}", text(&after.stderr));
    // What was not measured has no columns; the others are the same.
    let scores = |output: &Output| -> Vec<String> {
        let first = |line: &str| line.split(',').take(14).collect::<Vec<_>>().join(",");
        text(&output.stdout).lines().skip(1).map(first).collect()
    };
    assert_eq!(scores(&after), scores(&before));
    assert!(text(&before.stdout).contains(",synaptic_operations_mean"));
    assert!(!text(&after.stdout).contains(",synaptic_operations_mean"));
}

/// Writes the manifest of a record over these files of a folder.
fn write_manifest(folder: &Path, names: &[&str]) {
    let line = |name: &&str| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        format!("{}  {name}\n", blake3::hash(&bytes).to_hex())
    };
    let lines: String = names.iter().map(line).collect();
    std::fs::write(folder.join("MANIFEST"), lines).unwrap();
}

#[test]
fn a_policy_in_the_folder_of_a_record_must_be_as_its_manifest_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_popsan(path);
    let actor: Value = json!({ "popsan": {
        "hidden": [6], "encoder": { "population": { "neurons": 2 } }, "decoder": { "membrane": { "neurons": 5 } },
    } });
    let record = json!({ "format": 1, "cell": { "actor": actor } });
    std::fs::write(path.join("record.json"), record.to_string()).unwrap();
    let files = ["actor.safetensors", "normaliser.json", "record.json"];
    write_manifest(path, &files);
    let evaluate = [
        &COMMON[..],
        &[
            "--actor",
            POPSAN,
            "--normaliser",
            "normaliser.json",
            "--episodes",
            "1",
        ],
    ]
    .concat();
    let rollout = ["rollout", "Pendulum-v1", "--policy", ".", "--steps", "1"];
    let both = || {
        [&evaluate[..], &rollout].map(|arguments| {
            let output = spikebench(path, arguments);
            format!("{} {}", output.status.code().unwrap(), text(&output.stderr))
        })
    };
    for said in both() {
        assert!(said.starts_with("0 "), "{said}");
    }
    for name in ["actor.safetensors", "normaliser.json"] {
        let whole = std::fs::read(path.join(name)).unwrap();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(path.join(name), &changed).unwrap();
        for said in both() {
            assert!(
                said.starts_with("65 ") && said.contains(&format!("{name} is damaged: ")),
                "{said}"
            );
        }
        std::fs::write(path.join(name), &whole).unwrap();
    }
    // A manifest that was cut says nothing of the weights.
    write_manifest(path, &files[1..]);
    for said in both() {
        assert!(
            said.contains("actor.safetensors is damaged: the MANIFEST beside it"),
            "{said}"
        );
    }
    let newer = record.to_string().replace("\"format\":1", "\"format\":99");
    std::fs::write(path.join("record.json"), newer).unwrap();
    write_manifest(path, &files);
    let [_, said] = both();
    assert!(
        said.starts_with("65 ")
            && said.contains(
                "record.json was written by a newer version (format 99; this version reads "
            ),
        "{said}"
    );
}

#[test]
fn weights_of_a_newer_format_are_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    write_popsan(folder.path());
    let path = folder.path().join("actor.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let place = bytes
        .windows(18)
        .position(|part| part == b"spikebench actor 1")
        .unwrap();
    let newer = [&bytes[..place + 17], b"7", &bytes[place + 18..]].concat();
    std::fs::write(&path, newer).unwrap();
    let output = spikebench(folder.path(), &[&COMMON[..], &["--actor", POPSAN]].concat());
    assert_eq!(output.status.code(), Some(65));
    assert_eq!(
        text(&output.stderr),
        "error: actor.safetensors was written by a newer version (format 7; this version reads 1)\n"
    );
}

#[test]
fn a_parameter_that_is_given_twice_on_the_command_line_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let twice = ["--actor", "{mlp: {hidden: [16], hidden: [8]}}"];
    let output = spikebench(folder.path(), &[&COMMON[..], &twice].concat());
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: --actor: mlp.hidden: is given twice\n"
    );
}

//! The command as a person uses it, with real training in child processes.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::folder::{Folder, SUITE, text};

#[test]
fn the_instructions_of_the_cpu_do_not_change_a_bit_of_the_results() {
    // Connected neurons, noise, and neurons that learn, beside those that do not.
    let more = "{noisysan: {hidden: [8], neuron: plif}}";
    let suite = SUITE.replace("{mlp: {hidden: [8]}}", more);
    let suite = suite.replace("[rectangular, trapezoidal]", "[trapezoidal]");
    let returns = |permitted: &str| {
        let folder = Folder::new(&suite);
        let output = folder
            .command(&["run", "suite.yaml"])
            .env("SPIKEBENCH_INSTRUCTIONS", permitted)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let ids = folder.ids();
        assert_eq!(ids.len(), 4);
        ids.iter()
            .map(|id| folder.evaluations(id))
            .collect::<Vec<_>>()
    };
    let best = returns("all");
    assert_eq!(best, returns("avx2"));
    assert_eq!(best, returns("baseline"));
}

#[test]
fn libtorch_is_not_initialised_for_what_needs_no_tensor() {
    let folder = Folder::new(SUITE);
    let scores = "method,task,seed,score\na,t,1,1\na,t,2,2\nb,t,1,3\nb,t,2,5\n";
    std::fs::write(folder.path().join("scores.csv"), scores).unwrap();
    let is_initialised = |arguments: &[&str]| {
        // The loader names every library whose initialisers it calls.
        let output = folder
            .command(arguments)
            .env("LD_DEBUG", "files")
            .output()
            .unwrap();
        let told = text(&output.stderr);
        assert!(told.contains("libtorch_cpu.so"), "{arguments:?}: {told}");
        told.lines()
            .any(|line| line.contains("calling init") && line.contains("libtorch_cpu.so"))
    };
    for arguments in [
        &["--version"][..],
        &["--help"],
        &["run", "--help"],
        &["compare", "scores.csv"],
        &["design", "--effect", "1"],
        &["verify", "results"],
        &["list"],
        &["plot", "surrogates"],
    ] {
        assert!(!is_initialised(arguments), "{arguments:?}");
    }
    assert!(is_initialised(&["plan", "suite.yaml"]));
}

#[test]
fn a_cell_gives_the_same_returns_to_the_last_bit_every_time_and_other_cells_give_others() {
    let (first, second) = (Folder::new(SUITE), Folder::new(SUITE));
    for folder in [&first, &second] {
        let output = folder.run(&["run", "suite.yaml"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let ids = first.ids();
    assert_eq!(ids.len(), 6);
    for id in &ids {
        assert_eq!(first.evaluations(id), second.evaluations(id), "{id}");
    }
    for (a, one) in ids.iter().enumerate() {
        for other in &ids[..a] {
            assert_ne!(
                first.evaluations(one),
                first.evaluations(other),
                "{one} and {other}"
            );
        }
    }
    let report = |folder: &Folder| text(&folder.run(&["report", "suite.yaml"]).stdout);
    assert_eq!(report(&first), report(&second));
}

#[test]
fn after_a_kill_only_the_missing_cells_are_run() {
    let folder = Folder::new(SUITE);
    let mut child = folder
        .command(&["run", "suite.yaml", "--jobs", "1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while folder.recorded() < 2 {
        assert!(begin.elapsed() < Duration::from_secs(120), "no cell ends");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = folder.recorded();
    assert!((2..6).contains(&kept), "{kept} cells before the kill");

    let output = folder.run(&["run", "suite.yaml"]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains(&format!("{kept} of 6 cells have a record already")),
        "{said}"
    );
    assert_eq!(folder.recorded(), 6);
    assert_eq!(said.matches(" finished after ").count(), 6 - kept, "{said}");
}

#[test]
fn ctrl_c_in_a_terminal_leaves_no_trace_of_the_bars() {
    let folder = Folder::new(&SUITE.replace("steps: 300", "steps: 3000"));
    let output = Command::new("/usr/bin/env")
        .args(["python3", "-c", include_str!("interrupt.py")])
        .args([
            env!("CARGO_BIN_EXE_spikebench"),
            "run",
            "suite.yaml",
            "--jobs",
            "2",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    insta::assert_snapshot!(text(&output.stdout), @"
    0 finished, 0 did not, 6 left to run; records in results/small/runs
    the same command continues the run where it is
    ");
}

#[test]
fn a_run_continues_when_nobody_reads_its_messages() {
    let folder = Folder::new(SUITE);
    let mut child = folder
        .command(&["run", "suite.yaml", "--only", "Pendulum-v1.mlp"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(folder.recorded(), 2);
}

/// A text with every identifier cut short before its hash, which changes with every result epoch.
fn without_hashes(text: &str) -> String {
    let mut pieces = text.split("-").peekable();
    let mut shown = String::new();
    while let Some(piece) = pieces.next() {
        let is_hash = |piece: &str| {
            let digits = piece.bytes().take_while(u8::is_ascii_hexdigit).count();
            digits == 12
        };
        shown += match is_hash(piece) {
            true => &piece[12..],
            false => piece,
        };
        match pieces.peek() {
            Some(next) if is_hash(next) => shown += "-…",
            Some(_) => shown += "-",
            None => {}
        }
    }
    shown
}

#[test]
fn a_plan_is_always_the_same_and_writes_nothing() {
    let folder = Folder::new(SUITE);
    let plan = |arguments: &[&str]| text(&folder.run(arguments).stdout);
    let first = plan(&["plan", "suite.yaml"]);
    assert_eq!(first, plan(&["plan", "suite.yaml"]));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing but the suite itself"
    );
    insta::assert_snapshot!(without_hashes(&first), @r#"
    Pendulum-v1.popsan.td3.rectangular.s0-…
    Pendulum-v1.popsan.td3.trapezoidal.s0-…
    Pendulum-v1.mlp.td3.none.s0-…
    Pendulum-v1.popsan.td3.rectangular.s1-…
    Pendulum-v1.popsan.td3.trapezoidal.s1-…
    Pendulum-v1.mlp.td3.none.s1-…

    6 cells of 300 steps
    estimate: about 1 core-second without evaluations; small networks take less, laterally connected or noisy ones more
    "#);
}

#[test]
fn the_beginning_of_an_identifier_selects_cells() {
    let folder = Folder::new(SUITE);
    let output = folder.run(&["run", "suite.yaml", "--only", "Pendulum-v1.mlp.td3.none.s1"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(folder.recorded(), 1);
    let output = folder.run(&["run", "suite.yaml", "--only", "Hopper"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_record_of_another_cell_is_refused() {
    let folder = Folder::new(SUITE);
    let [first, second] = [0, 1].map(|seed| format!("Pendulum-v1.mlp.td3.none.s{seed}"));
    let output = folder.run(&["run", "suite.yaml", "--only", &second]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let ids = folder.ids();
    let whole = |prefix: &str| ids.iter().find(|id| id.starts_with(prefix)).unwrap();
    let runs = folder.path().join("results/small/runs");
    std::fs::rename(runs.join(whole(&second)), runs.join(whole(&first))).unwrap();
    for verb in ["report", "run"] {
        let output = folder.run(&[verb, "suite.yaml"]);
        assert_eq!(output.status.code(), Some(65));
        insta::allow_duplicates! {
            insta::assert_snapshot!(without_hashes(&text(&output.stderr)), @"error: the record results/small/runs/Pendulum-v1.mlp.td3.none.s0-… is damaged: it belongs to another cell, Pendulum-v1.mlp.td3.none.s1-…; move it away to run its cell again");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_before_any_run() {
    let folder = Folder::new(SUITE);
    let said = |results: &str| {
        let output = folder.run(&["run", "suite.yaml", "--results", results]);
        assert_eq!(output.status.code(), Some(74));
        text(&output.stderr)
    };
    insta::assert_snapshot!(said("suite.yaml"), @"error: failed to create suite.yaml/small: Not a directory (os error 20)");
    insta::assert_snapshot!(said("/proc/nowhere"), @"error: failed to create /proc/nowhere/small: No such file or directory (os error 2)");
    for (name, blocked) in [("a", "a/small/runs"), ("b", "b/small/tmp")] {
        std::fs::create_dir_all(folder.path().join(name).join("small")).unwrap();
        std::fs::write(folder.path().join(blocked), "").unwrap();
        assert_eq!(
            said(name),
            format!("error: failed to create {blocked}: File exists (os error 17)\n")
        );
    }
}

#[test]
fn a_device_that_is_not_available_is_an_error_before_any_run() {
    let folder = Folder::new(SUITE);
    for device in ["tpu", "cuda:99"] {
        let output = folder.run(&["run", "suite.yaml", "--device", device]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(device));
    }
    assert_eq!(folder.recorded(), 0);
}

#[test]
fn the_built_in_components_are_linked_and_listed() {
    let folder = Folder::new(SUITE);
    let output = folder.run(&["list", "--json"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            format!(
                "{} {}",
                entry["kind"].as_str().unwrap(),
                entry["name"].as_str().unwrap()
            )
        })
        .collect();
    for name in [
        "surrogate rectangular",
        "neuron clif",
        "encoder population",
        "decoder rate",
        "actor popsan",
        "agent td3",
        "environment Pendulum-v1",
    ] {
        assert!(names.iter().any(|known| known == name), "{name}");
    }
    for line in text(&folder.run(&["list"]).stdout).lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let listed = text(&folder.run(&["list", "surrogate"]).stdout);
    let entry = |name: &str| {
        let mut entries = listed.split("\n\n");
        let found = entries.find(|entry| {
            entry
                .lines()
                .next()
                .unwrap()
                .starts_with(&format!("surrogate {name} | "))
        });
        found.unwrap().to_owned()
    };
    insta::assert_snapshot!(entry("atan"), @r#"
    surrogate atan | arctan
        Derivative of the arctangent, of unit area (SpikingJelly, snnTorch,
            ILC-SAN).
        peak 1, half-width 0.3183, area 1, at u = -0.5: 0.2884
        alpha: 2.0
        anneal: null
        normalise: none
    "#);
    insta::assert_snapshot!(entry("straight-through"), @r#"
    surrogate straight-through | ste | straight-through-estimator
        One everywhere: the straight-through estimator.
        peak 1, half-width infinite, area divergent, at u = -0.5: 1
        anneal: null
        normalise: none
    "#);
    let mut all = list.as_array().unwrap().iter();
    let atan = all.find(|entry| entry["name"] == "atan").unwrap();
    let fact = |key: &str| atan["facts"][key].as_f64().unwrap();
    assert_eq!((fact("peak"), fact("u_at_rest")), (1.0, -0.5));
    assert!((fact("half_width") - std::f64::consts::FRAC_1_PI).abs() < 1e-12);
    assert!((fact("area") - 1.0).abs() < 1e-8);
}

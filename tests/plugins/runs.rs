//! Suites whose components are loaded: the results of linked ones, and failures that hurt nobody else.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::bench::{Folder, complaint, said};

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "loaded_components_of_every_kind_compute_what_linked_ones_do",
            same_bits,
        ),
        Trial::test(
            "a_failure_in_a_plugin_is_the_outcome_of_its_cell_alone",
            failures,
        ),
        Trial::test("a_report_names_cells_whose_plugins_differ", mixture),
        Trial::test(
            "a_cell_that_continues_with_another_file_has_both_in_its_record",
            continued,
        ),
        Trial::test(
            "what_ends_the_process_or_is_never_the_same_is_refused_by_the_plan",
            unplannable,
        ),
    ]
}

/// Surrogates, neurons with and without learned parameters, encoders, decoders, actors, agents and environments.
const KINDS: &str = "\
name: kinds
seeds: 1
budget: {steps: 260, evaluate_every: 130, evaluation_episodes: 2}
matrix:
  surrogate: [trapezoidal]
  actor:
    - {popsan: {hidden: [8], neuron: plif}}
    - {mdcsan: {hidden: [8]}}
    - {mlp: {hidden: [8]}}
  agent:
    - {td3: {start_steps: 50, update_after: 50, critic_hidden: [8]}}
    - {ppo: {horizon: 64, batch_size: 32, critic_hidden: [8]}}
  environment: [Pendulum-v1, HalfCheetah-v5]
";

fn record_folders(root: &Path, suite: &str) -> Vec<PathBuf> {
    let runs = fs::read_dir(root.join("results").join(suite).join("runs")).unwrap();
    let mut folders: Vec<PathBuf> = runs.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn record(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("record.json")).unwrap()).unwrap()
}

fn same_bits() -> Result<(), Failed> {
    let (loaded, linked) = (Folder::new(), Folder::new());
    let library = loaded.library("libmine.so", |_| {});
    let hash = blake3::hash(&fs::read(library)?).to_hex().to_string();
    loaded.file("suite.yaml", KINDS);
    linked.file("suite.yaml", KINDS);
    let output = loaded
        .bare(&["--plugin", "libmine.so", "run", "suite.yaml"])
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = linked.linked(&["run", "suite.yaml"]).output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    let pairs = [&loaded, &linked].map(|folder| record_folders(&folder.path(), "kinds"));
    assert_eq!(pairs[0].len(), 12);
    for (loaded, linked) in pairs[0].iter().zip(&pairs[1]) {
        assert_eq!(loaded.file_name(), linked.file_name());
        for file in ["evaluations.csv", "diagnostics.csv", "actor.safetensors"] {
            assert_eq!(
                fs::read(loaded.join(file))?,
                fs::read(linked.join(file))?,
                "{file} of {}",
                loaded.display()
            );
        }
        let (loaded, linked) = (record(loaded), record(linked));
        assert!(linked["provenance"].get("plugins").is_none());
        let plugin = &loaded["provenance"]["plugins"][0];
        assert_eq!(plugin["blake3"], hash.as_str());
        let names: Vec<&str> = plugin["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        let begins = |kind: &str| names.iter().any(|name| name.starts_with(kind));
        assert!(
            ["actor ", "agent ", "environment "].into_iter().all(begins),
            "{names:?}"
        );
    }
    Ok(())
}

const FAULTS: &str = "\
name: faults
seeds: 1
budget: {steps: 80, evaluate_every: 40, evaluation_episodes: 1}
matrix:
  surrogate: [rectangular, {faulty-surrogate: {panics: inderivative}}]
  actor: [{popsan: {hidden: [8]}}]
  agent: [{td3: {start_steps: 20, update_after: 20, critic_hidden: [8]}}]
  environment: [{faulty-from-outside: {how: well}}, {faulty-from-outside: {how: panic, after: 50}}, {faulty-from-outside: {how: segfault, after: 50}}]
";

fn failures() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    folder.file("suite.yaml", FAULTS);
    let output = folder
        .bare(&["--plugin", "libmine.so", "run", "suite.yaml"])
        .output()?;
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(70), "{complaints}");
    let mut seen: Vec<String> = record_folders(&folder.path(), "faults")
        .iter()
        .map(|folder| {
            let record = record(folder);
            let (cell, outcome) = (&record["cell"], &record["outcome"]);
            let reason = outcome["reason"].as_str().unwrap_or_default();
            format!(
                "{} in {}: {} {reason}",
                cell["labels"]["surrogate"].as_str().unwrap(),
                cell["labels"]["environment"].as_str().unwrap(),
                outcome["status"].as_str().unwrap()
            )
        })
        .collect();
    seen.sort();
    let suite = FAULTS.replace("inderivative", "indestructor");
    folder.file("dying.yaml", suite);
    let said = complaint(
        &folder,
        folder.bare(&["--plugin", "libmine.so", "plan", "dying.yaml"]),
        65,
    );
    insta::assert_snapshot!(said.lines().last().unwrap(), @"error: dying.yaml:5: matrix.surrogate[1].faulty-surrogate: panics when it is made: it does not want to go");
    insta::assert_snapshot!(seen.join("\n"), @r"
    faulty-surrogate(panics=inderivative) in faulty-from-outside(after=50,how=panic): failed panic: the slope is too steep
    faulty-surrogate(panics=inderivative) in faulty-from-outside(after=50,how=segfault): failed panic: the slope is too steep
    faulty-surrogate(panics=inderivative) in faulty-from-outside(how=well): failed panic: the slope is too steep
    rectangular in faulty-from-outside(after=50,how=panic): failed panic: the pole is not on the cart
    rectangular in faulty-from-outside(after=50,how=segfault): crashed killed by signal 11
    rectangular in faulty-from-outside(how=well): finished
    ");
    Ok(())
}

const TWO: &str = "\
name: two
seeds: 1
budget: {steps: 40, evaluate_every: 20, evaluation_episodes: 1}
matrix:
  surrogate: [rectangular, trapezoidal]
  actor: [{popsan: {hidden: [8]}}]
  agent: [{td3: {start_steps: 20, update_after: 20, critic_hidden: [8]}}]
  environment: [Pendulum-v1]
";

fn mixture() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    // Bytes behind the last table are loaded by nobody, and change the hash.
    folder.library("libagain.so", |bytes| bytes.extend([0; 8]));
    folder.file("suite.yaml", TWO);
    let ids = said(&folder.linked(&["plan", "suite.yaml"]).output()?);
    let mut ids = ids.lines();
    for file in ["libmine.so", "libagain.so"] {
        let words = [
            "--plugin",
            file,
            "run",
            "suite.yaml",
            "--only",
            ids.next().unwrap(),
        ];
        let output = folder.bare(&words).output()?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    // The fingerprints are the same, and so are the cells.
    let again = ["--plugin", "libagain.so", "plan", "suite.yaml"];
    let output = folder.bare(&again).output()?;
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        warned.contains("1 record has the surrogate ")
            && warned.contains("which is not the file that is loaded now"),
        "{warned}"
    );
    // Without the plugin the suite cannot be read, and the records say where the component was.
    let said_without = complaint(&folder, folder.bare(&["plan", "suite.yaml"]), 65);
    assert!(
        said_without.contains("is not a surrogate")
            && said_without.contains("had it from a plugin: --plugin FOLDER/lib"),
        "{said_without}"
    );
    let output = folder.linked(&["report", "suite.yaml"]).output()?;
    let report = said(&output);
    assert!(
        report.contains("plugin of agent td3"),
        "{report}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn continued() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    folder.library("libagain.so", |bytes| bytes.extend([0; 8]));
    folder.file(
        "suite.yaml",
        TWO.replace("steps: 40", "steps: 20000")
            .replace("evaluate_every: 20", "evaluate_every: 10000"),
    );
    let run = |file: &str, rest: &[&str]| {
        let words = ["--plugin", file, "run", "suite.yaml", "--jobs", "1"];
        folder.bare(&[&words, rest].concat()).output()
    };
    let output = run("libmine.so", &["--for", "2s"])?;
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    let output = run("libagain.so", &[])?;
    assert!(output.status.success(), "{output:?}");
    let counts = record_folders(&folder.path(), "two")
        .iter()
        .map(|folder| {
            let plugins = &record(folder)["provenance"]["plugins"];
            plugins.as_array().unwrap().len()
        })
        .collect::<Vec<_>>();
    assert!(counts.contains(&2), "{counts:?}");
    let report = said(
        &folder
            .bare(&["--plugin", "libagain.so", "report", "suite.yaml"])
            .output()?,
    );
    assert!(report.contains("plugin of agent td3"), "{report}");
    Ok(())
}

fn unplannable() -> Result<(), Failed> {
    let folder = Folder::new();
    folder.library("libmine.so", |_| {});
    let plan = |how: &str, code| {
        let one = format!("environment: [{{faulty-from-outside: {{how: {how}}}}}]");
        let suite = TWO.replace("environment: [Pendulum-v1]", &one);
        folder.file("suite.yaml", suite);
        let words = ["--plugin", "libmine.so", "plan", "suite.yaml"];
        complaint(&folder, folder.bare(&words), code)
    };
    insta::assert_snapshot!(plan("exit", 70), @"error: a component or a library called `exit`, which ends this process; nothing that it computed is taken over");
    insta::assert_snapshot!(plan("clock", 65), @"error: environment faulty-from-outside: computes other numbers each time that it is run, so that no run of it could be repeated; it may depend on its parameters, its inputs and the random streams that it is given, and on nothing else");
    Ok(())
}

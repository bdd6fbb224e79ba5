//! Processes that are killed, stopped, or work side by side.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::folder::{Folder, SUITE, files, text, wait_until};

/// Longer runs than those of [`SUITE`]: one to three seconds each on one core.
fn longer() -> String {
    let budget = "steps: 300, evaluate_every: 100";
    assert!(SUITE.contains(budget));
    SUITE
        .replace(budget, "steps: 6000, evaluate_every: 750")
        .replace("seeds: 2", "seeds: 1")
}

fn start(folder: &Folder, arguments: &[&str]) -> Child {
    let mut command = folder.command(&[&["run", "suite.yaml"], arguments].concat());
    command
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn signal(signal: &str, target: &str) {
    let sent = Command::new("kill")
        .args([signal, "--", target])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn suite_folder(folder: &Folder) -> PathBuf {
    folder.path().join("results/small")
}

/// What a run computes: all files of all records that do not depend on the time.
pub fn computed(folder: &Folder) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for id in folder.ids() {
        for name in [
            "evaluations.csv",
            "diagnostics.csv",
            "actor.safetensors",
            "normaliser.json",
        ] {
            let path = suite_folder(folder).join("runs").join(&id).join(name);
            all.insert(format!("{id}/{name}"), fs::read(path).unwrap());
        }
    }
    all
}

pub fn undisturbed(suite: &str) -> BTreeMap<String, Vec<u8>> {
    let folder = Folder::new(suite);
    let output = folder.run(&["run", "suite.yaml"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    computed(&folder)
}

#[test]
fn a_run_that_was_killed_again_and_again_ends_with_the_bits_of_an_undisturbed_one() {
    let suite = longer();
    let folder = Folder::new(&suite);
    let checkpoints = || files(&suite_folder(&folder).join("work"), ".checkpoint").len();
    for _ in 0..3 {
        let mut run = start(&folder, &["--jobs", "2", "--checkpoint", "0.002"]);
        let before = Instant::now();
        wait_until("checkpoint", || checkpoints() > 0);
        std::thread::sleep(Duration::from_millis(700).saturating_sub(before.elapsed()));
        run.kill().unwrap();
        run.wait().unwrap();
    }
    let output = folder.run(&["run", "suite.yaml"]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(" continues at step "), "{said}");
    assert!(computed(&folder) == undisturbed(&suite));
    for leftover in ["work", "lease", "tmp"] {
        let left = files(&suite_folder(&folder).join(leftover), "");
        let left: Vec<_> = left
            .iter()
            .filter(|path| !path.ends_with(".clock"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn each_signal_that_asks_for_a_stop_leaves_a_checkpoint_and_no_failed_record() {
    let suite = longer();
    let folder = Folder::new(&suite);
    // The second one reaches the workers as well, as at a shutdown or from a cluster.
    for (name, whole_group) in [("-INT", false), ("-TERM", true), ("-USR1", true)] {
        let run = start(&folder, &["--jobs", "2"]);
        let own = format!("\"pid\":{},", run.id());
        wait_until("lease", || {
            let leases = files(&suite_folder(&folder).join("lease"), "");
            leases
                .iter()
                .any(|path| fs::read_to_string(path).is_ok_and(|text| text.contains(&own)))
        });
        let workers = children(run.id());
        if whole_group {
            workers.iter().for_each(|worker| signal(name, worker));
        }
        signal(name, &run.id().to_string());
        let output = run.wait_with_output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(75), "{name}: {said}");
        assert!(
            said.contains("the same command continues the run where it is"),
            "{said}"
        );
        assert!(!files(&suite_folder(&folder).join("work"), ".checkpoint").is_empty());
    }
    let output = folder.run(&["run", "suite.yaml"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(computed(&folder) == undisturbed(&suite));
}

/// Kills a run, and waits until its workers have noticed and are gone.
fn kill_with_workers(run: &mut Child) {
    let workers = children(run.id());
    run.kill().unwrap();
    run.wait().unwrap();
    wait_until("end of the workers", || {
        !workers
            .iter()
            .any(|worker| Path::new("/proc").join(worker).exists())
    });
}

fn children(process: u32) -> Vec<String> {
    let path = format!("/proc/{process}/task");
    let tasks = fs::read_dir(path).into_iter().flatten().flatten();
    tasks
        .flat_map(|task| {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            children
                .split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn several_processes_share_a_folder_and_train_no_cell_twice() {
    let folder = Folder::new(SUITE);
    let run = start(&folder, &["--jobs", "1"]);
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let mut command = folder.command(&["work", "suite.yaml"]);
            command.stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let outputs: Vec<_> = [run]
        .into_iter()
        .chain(workers)
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    let said: Vec<String> = outputs.iter().map(|output| text(&output.stderr)).collect();
    assert!(outputs[0].status.success(), "{said:?}");
    assert_eq!(folder.recorded(), 6);
    assert!(computed(&folder) == undisturbed(SUITE));
}

#[test]
fn a_record_of_fewer_steps_is_continued_if_its_checkpoint_was_kept() {
    let shorter = longer().replace("steps: 6000", "steps: 1500");
    let folder = Folder::new(&shorter);
    let output = folder.run(&["run", "suite.yaml", "--keep-checkpoints"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    fs::write(folder.path().join("suite.yaml"), longer()).unwrap();
    let output = folder.run(&["run", "suite.yaml"]);
    let said = text(&output.stderr);
    assert_eq!(said.matches(" continues at step 1500").count(), 3, "{said}");
    assert!(computed(&folder) == undisturbed(&longer()));
}

#[test]
fn an_annealed_surrogate_is_not_continued_beyond_its_budget() {
    let suite = longer().replace("[rectangular, trapezoidal]", "[annealed-fast-sigmoid]");
    let folder = Folder::new(&suite.replace("steps: 6000", "steps: 750"));
    let output = folder.run(&[
        "run",
        "suite.yaml",
        "--keep-checkpoints",
        "--only",
        "Pendulum-v1.popsan",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    fs::write(folder.path().join("suite.yaml"), suite).unwrap();
    let output = folder.run(&["run", "suite.yaml", "--only", "Pendulum-v1.popsan"]);
    let said = text(&output.stderr);
    assert!(
        output.status.success() && !said.contains(" continues at step "),
        "{said}"
    );
    assert!(
        said.contains("annealed over the length of the run, which was another"),
        "{said}"
    );
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_it_is_taken() {
    let suite = longer();
    let folder = Folder::new(&suite);
    let work = suite_folder(&folder).join("work");
    let mut run = start(&folder, &["--jobs", "1", "--checkpoint", "0.001"]);
    wait_until("second checkpoint", || {
        files(&work, ".checkpoint").len() == 2
    });
    kill_with_workers(&mut run);
    let step =
        |path: &PathBuf| -> u64 { path.file_stem().unwrap().to_str().unwrap().parse().unwrap() };
    let newest = files(&work, ".checkpoint")
        .into_iter()
        .max_by_key(step)
        .unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&newest, bytes).unwrap();
    let output = folder.run(&["run", "suite.yaml"]);
    let said = text(&output.stderr);
    let named = format!(
        "{}: it is damaged",
        newest.file_name().unwrap().to_str().unwrap()
    );
    assert!(
        said.contains(&named) && said.contains(" continues at step "),
        "{said}"
    );
    assert!(computed(&folder) == undisturbed(&suite));
}

//! The command as a person uses it: real training in child processes, in a folder of its own.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const SUITE: &str = "\
name: small
seeds: 2
budget: {steps: 300, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, trapezoidal]
  actor: [{popsan: {hidden: [8]}}, {mlp: {hidden: [8]}}]
  agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8]}}]
  environment: [Pendulum-v1]
";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(suite: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("suite.yaml"), suite).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spikebench"));
        command.args(arguments).current_dir(self.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn evaluations(&self, id: &str) -> String {
        std::fs::read_to_string(
            self.path()
                .join("results/small/runs")
                .join(id)
                .join("evaluations.csv"),
        )
        .unwrap()
    }

    fn ids(&self) -> Vec<String> {
        let plan: Value =
            serde_json::from_slice(&self.run(&["plan", "suite.yaml", "--json"]).stdout).unwrap();
        plan["cells"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cell| cell["id"].as_str().unwrap().to_owned())
            .collect()
    }

    fn recorded(&self) -> usize {
        std::fs::read_dir(self.path().join("results/small/runs")).map_or(0, Iterator::count)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_instructions_the_cpu_has_changes_no_bit_of_what_the_kernels_compute() {
    let returns = |permitted: &str| {
        let folder = Folder::new(SUITE);
        let id = &folder.ids()[1];
        let output = folder
            .command(&["run", "suite.yaml", "--only", id])
            .env("SPIKEBENCH_INSTRUCTIONS", permitted)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        folder.evaluations(id)
    };
    let best = returns("all");
    assert_eq!(best, returns("avx2"));
    assert_eq!(best, returns("baseline"));
}

#[test]
fn one_cell_gives_the_same_returns_to_the_last_bit_each_time_and_another_seed_gives_others() {
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
fn after_a_kill_only_the_missing_cells_run() {
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
fn a_second_run_in_the_same_folder_ends_at_once_and_a_killed_one_locks_nothing() {
    let folder = Folder::new(SUITE);
    let mut first = folder
        .command(&["run", "suite.yaml", "--jobs", "1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lock = folder.path().join("results/small/lock");
    let begin = Instant::now();
    while !std::fs::read_to_string(&lock).is_ok_and(|owner| owner.ends_with('\n')) {
        assert!(begin.elapsed() < Duration::from_secs(60), "no lock");
        std::thread::sleep(Duration::from_millis(5));
    }
    let second = folder.run(&["run", "suite.yaml"]);
    let report = folder.run(&["report", "suite.yaml"]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.status.code(), Some(74));
    assert_eq!(
        text(&second.stderr),
        format!(
            "error: another run, process {}, is at work in results/small; wait for its end, or name another folder \
             with --results\n",
            first.id()
        )
    );
    assert!(report.status.success(), "{}", text(&report.stderr));
    let third = folder.run(&["run", "suite.yaml", "--only", "Pendulum-v1.mlp.td3.none.s0"]);
    assert!(third.status.success(), "{}", text(&third.stderr));
}

#[test]
fn an_interrupt_stops_cleanly_and_the_same_command_goes_on() {
    let folder = Folder::new(&SUITE.replace("steps: 300", "steps: 3000"));
    let child = folder
        .command(&["run", "suite.yaml", "--jobs", "2"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert!(said.contains("left to run"), "{said}");
    let staging = folder.path().join("results/small/tmp");
    assert_eq!(std::fs::read_dir(staging).map_or(0, Iterator::count), 0);
}

#[test]
fn ctrl_c_in_a_terminal_leaves_nothing_of_the_bars() {
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
    interrupted; the same command goes on
    ");
}

#[test]
fn a_run_goes_on_when_nobody_reads_what_it_says() {
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

#[test]
fn a_plan_is_pure_and_always_the_same() {
    let folder = Folder::new(SUITE);
    let plan = |arguments: &[&str]| text(&folder.run(arguments).stdout);
    let first = plan(&["plan", "suite.yaml"]);
    assert_eq!(first, plan(&["plan", "suite.yaml"]));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing but the suite itself"
    );
    insta::assert_snapshot!(first, @r#"
    Pendulum-v1.popsan.td3.rectangular.s0-fa52695a10eb
    Pendulum-v1.popsan.td3.trapezoidal.s0-a13146ffaa0a
    Pendulum-v1.mlp.td3.none.s0-0d30f354677d
    Pendulum-v1.popsan.td3.rectangular.s1-505e5c941fea
    Pendulum-v1.popsan.td3.trapezoidal.s1-478c93069fb0
    Pendulum-v1.mlp.td3.none.s1-6d59ad1e89d2

    6 cells of 300 steps
    estimate: about 1 core-seconds, roughly; small networks take less; evaluations not counted
    "#);
}

#[test]
fn a_part_of_an_id_chooses_cells() {
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
            insta::assert_snapshot!(text(&output.stderr), @"error: the record results/small/runs/Pendulum-v1.mlp.td3.none.s0-0d30f354677d is damaged: it is of another cell, Pendulum-v1.mlp.td3.none.s1-6d59ad1e89d2; move it away to run its cell again");
        }
    }
}

#[test]
fn results_that_cannot_be_written_are_an_error_before_any_run() {
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
fn a_device_that_is_not_there_is_an_error_before_any_run() {
    let folder = Folder::new(SUITE);
    for device in ["tpu", "cuda:99"] {
        let output = folder.run(&["run", "suite.yaml", "--device", device]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(device));
    }
    assert_eq!(folder.recorded(), 0);
}

#[test]
fn every_format_of_a_report_tells_of_every_entry() {
    let folder = Folder::new(SUITE);
    assert!(
        folder
            .run(&["run", "suite.yaml", "--only", "Pendulum-v1.popsan"])
            .status
            .success()
    );
    for format in ["text", "markdown", "csv", "json", "latex", "html"] {
        let output = folder.run(&["report", "suite.yaml", "--format", format]);
        let report = text(&output.stdout);
        assert!(output.status.success());
        assert!(
            report.contains("rectangular") && report.contains("trapezoidal"),
            "{report}"
        );
    }
    let json = folder
        .run(&["report", "suite.yaml", "--format", "json"])
        .stdout;
    let json: Value = serde_json::from_slice(&json).unwrap();
    let row = &json["comparison"]["blocks"][0]["rows"][1];
    assert_eq!(row["final"]["values"].as_array().unwrap().len(), 2);
    assert!(row["contrasts"][0]["p"].as_f64().unwrap() <= 1.0);
}

#[test]
fn a_suite_of_environments_with_different_engines_is_no_mixture() {
    let folder = Folder::new(&SUITE.replace("[Pendulum-v1]", "[Pendulum-v1, InvertedPendulum-v5]"));
    let only = [
        "Pendulum-v1.mlp.td3.none.s0",
        "InvertedPendulum-v5.mlp.td3.none.s0",
    ];
    let output = folder.run(&["run", "suite.yaml", "--only", only[0], "--only", only[1]]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report = text(
        &folder
            .run(&["report", "suite.yaml", "--format", "markdown"])
            .stdout,
    );
    assert!(
        report.contains("Made by: Pendulum-v1: spikebench"),
        "{report}"
    );
    assert!(
        report.contains("; InvertedPendulum-v5: spikebench"),
        "{report}"
    );
}

#[test]
fn a_table_without_its_baseline_says_why_it_compares_nothing() {
    let exclude = "exclude: [{surrogate: rectangular, environment: InvertedPendulum-v5}]\n";
    let environments = "[Pendulum-v1, InvertedPendulum-v5]";
    let folder = Folder::new(&(SUITE.replace("[Pendulum-v1]", environments) + exclude));
    std::fs::create_dir_all(folder.path().join("results/small")).unwrap();
    let report = text(
        &folder
            .run(&["report", "suite.yaml", "--format", "markdown"])
            .stdout,
    );
    let said: Vec<&str> = report
        .lines()
        .filter(|line| line.contains("excluded here"))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"InvertedPendulum-v5 · popsan(hidden=[8]) · td3(critic\_hidden=[8],start\_steps=50,update\_after=50): no comparison, because rectangular is excluded here.");
}

#[test]
fn a_suite_of_more_than_a_mebibyte_is_refused_unread() {
    let folder = Folder::new(&format!("{SUITE}# {}\n", "x".repeat(1 << 20)));
    for file in ["suite.yaml", "/dev/zero"] {
        let output = folder.run(&["plan", file]);
        assert_eq!(output.status.code(), Some(65));
        let said = format!("error: {file}: more than 1 MiB is too much for a suite\n");
        assert_eq!(text(&output.stderr), said);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_from_a_wrong_suite() {
    let folder = Folder::new("");
    std::fs::write(folder.path().join("latin.yaml"), b"seeds: 2\nname: \xe9").unwrap();
    let said = |file: &str| {
        let output = folder.run(&["plan", file]);
        format!("{} {}", output.status.code().unwrap(), text(&output.stderr))
    };
    insta::assert_snapshot!(said("nope.yaml"), @"74 error: nope.yaml: No such file or directory (os error 2)");
    insta::assert_snapshot!(said("."), @"74 error: .: Is a directory (os error 21)");
    insta::assert_snapshot!(said("latin.yaml"), @"65 error: latin.yaml:2: is not text in UTF-8");
    insta::assert_snapshot!(said("suite.yaml"), @"65 error: suite.yaml:1: the file is empty");
}

#[test]
fn a_report_of_nothing_is_an_error() {
    let folder = Folder::new(SUITE);
    let said = |results: &str| {
        let output = folder.run(&["report", "suite.yaml", "--results", results]);
        assert!(output.stdout.is_empty());
        format!("{} {}", output.status.code().unwrap(), text(&output.stderr))
    };
    insta::assert_snapshot!(said("suite.yaml"), @"74 error: failed to read suite.yaml/small: Not a directory (os error 20)");
    insta::assert_snapshot!(said("nope"), @"74 error: there is no folder nope/small; spikebench run makes it");
}

#[test]
fn an_alias_bomb_is_refused_within_a_hundred_megabytes_and_a_second() {
    let bomb = format!(
        "long: &long {}\nbomb: [{}*long]\n",
        "x".repeat(200_000),
        "*long, ".repeat(14_000)
    );
    let folder = Folder::new(&bomb);
    let program = env!("CARGO_BIN_EXE_spikebench");
    let peak = |arguments: &str| {
        let script = format!("{program} {arguments} >/dev/null 2>&1 & wait $! ; cat /dev/null");
        let begin = Instant::now();
        let output = Command::new("/usr/bin/env")
            .args(["python3", "-c", PEAK, "sh", "-c", &script])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let kilobytes: u64 = text(&output.stdout)
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
        (kilobytes, begin.elapsed())
    };
    // Loading LibTorch costs memory of its own, bomb or not.
    let (without, _) = peak("--version");
    let (with, time) = peak("plan suite.yaml");
    assert!(
        with.saturating_sub(without) < 100_000,
        "{with} KiB against {without} KiB"
    );
    assert!(
        time < Duration::from_secs(2),
        "{time:?}, Python's start included"
    );
    let output = folder.run(&["plan", "suite.yaml"]);
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("becomes too large with its aliases expanded"));
}

/// Prints the peak resident memory of a command, in KiB.
const PEAK: &str = "\
import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

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
    let listed = text(&folder.run(&["list", "surrogate"]).stdout);
    let entry = |name: &str| {
        let mut entries = listed.split("\n\n");
        let found = entries.find(|entry| entry.starts_with(&format!("surrogate {name}\n")));
        found.unwrap().to_owned()
    };
    insta::assert_snapshot!(entry("atan"), @r#"
    surrogate atan
        Derivative of the arctangent, of unit area (SpikingJelly, snnTorch, ILC-SAN).
        also: arctan
        peak 1, half-width 0.3183, area 1, at u = -0.5: 0.2884
        alpha: 2.0
        anneal: null
        normalise: none
    "#);
    insta::assert_snapshot!(entry("straight-through"), @r#"
    surrogate straight-through
        One everywhere.
        also: ste, straight-through-estimator
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

//! Whatever happens to a cell becomes the outcome in its record, and the other cells still run.
//!
//! This program registers an environment that misbehaves on demand. Started with a verb it is `spikebench`; without one it
//! is the test program.

use std::path::Path;
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spikebench::api::{
    ActionSpace, ComponentError, Environment, EnvironmentSettings, Mismatch, Spec, StateVisitor,
    Stateful, Step,
};
use spikebench_plugins as _;

/// Misbehaves in the way of `how` after `after` steps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Faulty {
    how: How,
    after: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum How {
    Well,
    Panic,
    Abort,
    Exit,
    Hang,
    Nan,
    Unopened,
}

impl Default for Faulty {
    fn default() -> Self {
        Self {
            how: How::Well,
            after: 30,
        }
    }
}

impl EnvironmentSettings for Faulty {
    fn spec(&self) -> Spec {
        Spec {
            observation: 2,
            action: ActionSpace::Box(vec![(-1.0, 1.0)]),
            max_episode_steps: 10,
        }
    }

    fn open(&self) -> Result<Box<dyn Environment>, ComponentError> {
        if self.how == How::Unopened {
            return Err(ComponentError::new(
                "the simulator is not installed; install it",
            ));
        }
        Ok(Box::new(FaultyEnvironment {
            settings: self.clone(),
            steps: 0,
        }))
    }
}

#[derive(Debug)]
struct FaultyEnvironment {
    settings: Faulty,
    steps: u64,
}

impl Environment for FaultyEnvironment {
    fn reset(&mut self, _: Option<u64>) -> Vec<f64> {
        vec![0.0, 1.0]
    }

    fn step(&mut self, action: &[f32]) -> Step {
        self.steps += 1;
        let mut reward = f64::from(-action[0].abs());
        if self.steps > self.settings.after {
            match self.settings.how {
                How::Well | How::Unopened => {}
                How::Panic => panic!("the pole is not on the cart"),
                How::Abort => std::process::abort(),
                How::Exit => {
                    eprintln!("licence expired");
                    std::process::exit(3);
                }
                How::Hang => std::thread::sleep(std::time::Duration::from_secs(3600)),
                How::Nan => reward = f64::NAN,
            }
        }
        Step {
            observation: vec![self.steps as f64 % 7.0, reward],
            reward,
            terminated: false,
        }
    }
}

impl Stateful for FaultyEnvironment {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.count("steps", &mut self.steps)
    }
}

spikebench::register! {
    /// Misbehaves on demand.
    environment "faulty" => Faulty
}

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    if ["run", "report", "plan", "worker"].contains(&verb.as_str()) {
        spikebench::cli::main("test");
    }
    libtest_mimic::run(
        &Arguments::from_args(),
        vec![
            Trial::test(
                "every_kind_of_failure_becomes_a_record_and_the_other_cells_still_run",
                every_failure,
            ),
            Trial::test(
                "an_environment_that_cannot_be_opened_is_an_error_before_any_run",
                unopened,
            ),
            Trial::test("a_failed_cell_is_run_again_only_on_request", retry),
            Trial::test("a_record_that_was_changed_is_refused", damaged),
        ],
    )
    .exit_code()
}

fn suite(folder: &Path, environments: &str) -> String {
    let path = folder.join("suite.yaml");
    let text = format!(
        "name: faults\nseeds: 1\n\
         budget: {{steps: 60, evaluate_every: 20, evaluation_episodes: 1, time_limit: 20}}\n\
         matrix:\n  actor: [{{mlp: {{hidden: [4]}}}}]\n  \
         agent: [{{td3: {{start_steps: 10, update_after: 20, update_every: 10, critic_hidden: [4]}}}}]\n  \
         environment: [{environments}]\n"
    );
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn spikebench(folder: &Path, arguments: &[&str]) -> Output {
    let program = std::env::current_exe().unwrap();
    Command::new(program)
        .args(arguments)
        .args(["--results", "."])
        .current_dir(folder)
        .output()
        .unwrap()
}

fn records(folder: &Path) -> Vec<(String, Value, String)> {
    let mut records: Vec<_> = std::fs::read_dir(folder.join("faults/runs"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let json = std::fs::read_to_string(path.join("record.json")).unwrap();
            let record: Value = serde_json::from_str(&json).unwrap();
            let how = record["cell"]["environment"]["faulty"]["how"]
                .as_str()
                .unwrap()
                .to_owned();
            (
                how,
                record,
                std::fs::read_to_string(path.join("evaluations.csv")).unwrap(),
            )
        })
        .collect();
    records.sort_by(|a, b| a.0.cmp(&b.0));
    records
}

fn every_failure() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let hows = ["well", "panic", "abort", "exit", "hang", "nan"];
    let list: Vec<String> = hows
        .iter()
        .map(|how| format!("{{faulty: {{how: {how}}}}}"))
        .collect();
    let suite = suite(folder.path(), &list.join(", "));
    let output = spikebench(folder.path(), &["run", &suite, "--jobs", "2"]);
    assert_eq!(output.status.code(), Some(70));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("1 finished, 5 did not, 0 left to run"),
        "{said}"
    );

    let seen: Vec<String> = records(folder.path())
        .into_iter()
        .map(|(how, record, evaluations)| {
            let outcome = &record["outcome"];
            let reason = outcome["reason"].as_str().unwrap_or("");
            // The evaluations before the failure are kept.
            assert!(evaluations.lines().count() >= 2, "{how}: {evaluations}");
            format!("{how}: {} {reason}", outcome["status"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        seen,
        [
            "abort: crashed killed by signal 6",
            "exit: crashed ended with exit status: 3; its last words: licence expired",
            "hang: timed_out stopped after 20 s",
            "nan: diverged critic loss is not finite at step 31",
            "panic: failed panic: the pole is not on the cart",
            "well: finished ",
        ]
    );

    let report = spikebench(folder.path(), &["report", &suite]);
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(report.contains("0/1†"), "{report}");
    assert!(
        report.contains("5 of the planned runs did not finish. Such a run"),
        "{report}"
    );
    Ok(())
}

fn unopened() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let suite = suite(
        folder.path(),
        "{faulty: {how: well}}, {faulty: {how: unopened}}",
    );
    let output = spikebench(folder.path(), &["run", &suite]);
    assert_eq!(output.status.code(), Some(65));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("the simulator is not installed; install it"),
        "{said}"
    );
    assert!(!folder.path().join("faults/runs").exists());
    Ok(())
}

fn retry() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let suite = suite(
        folder.path(),
        "{faulty: {how: panic}}, {faulty: {how: well}}",
    );
    let run = |more: &[&str]| {
        let output = spikebench(folder.path(), &[&["run", suite.as_str()], more].concat());
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert_eq!(run(&[]).0, Some(70));
    let (code, said) = run(&[]);
    assert!(
        code == Some(70) && said.contains("2 of 2 cells have a record already"),
        "{said}"
    );
    let (code, said) = run(&["--retry"]);
    assert!(
        code == Some(70) && said.contains("1 of 2 cells have a record already"),
        "{said}"
    );
    assert_eq!(
        std::fs::read_dir(folder.path().join("faults/set-aside"))?.count(),
        1
    );
    Ok(())
}

fn damaged() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let suite = suite(folder.path(), "{faulty: {how: well}}");
    assert_eq!(
        spikebench(folder.path(), &["run", &suite]).status.code(),
        Some(0)
    );
    let run = std::fs::read_dir(folder.path().join("faults/runs"))?
        .next()
        .unwrap()?
        .path();
    let table = std::fs::read_to_string(run.join("evaluations.csv"))?;
    std::fs::write(
        run.join("evaluations.csv"),
        table.replace("20,0,-", "20,0,"),
    )?;
    for verb in ["report", "run"] {
        let output = spikebench(folder.path(), &[verb, &suite]);
        assert_eq!(output.status.code(), Some(65));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("is damaged: evaluations.csv was changed"),
            "{said}"
        );
    }
    Ok(())
}

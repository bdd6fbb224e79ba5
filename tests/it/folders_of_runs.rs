//! Runs in folders: which of their files are compared, and what the paths tell, however the folders are given.

use std::fs;
use std::path::{Path, PathBuf};

use spikebench::analysis::{Reading, ScoreTable, read};

fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn table(paths: &[PathBuf]) -> ScoreTable {
    read(paths, &Reading::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// `method task seed: last score`, or `–` without one.
fn runs(table: &ScoreTable) -> Vec<String> {
    let run = |run: &spikebench::analysis::Run| {
        let last = run.curve.as_ref().and_then(|curve| curve.last());
        let score = last.map_or("–".to_owned(), |last| last.1.to_string());
        let (method, task) = (&table.methods[run.method], &table.tasks[run.task]);
        format!("{method} {task} {}: {score}", run.seed)
    };
    table.runs.iter().map(run).collect()
}

fn of(folder: &Path) -> ScoreTable {
    table(&[folder.to_owned()])
}

const BOTH: &str = "time/total_timesteps,rollout/ep_rew_mean,eval/mean_reward\n10,1,11\n20,2,12\n";
const NO_EVALUATION_YET: &str = "time/total_timesteps,rollout/ep_rew_mean\n10,90\n20,100\n";
const MONITOR: &str = "#{\"t_start\": 0.0, \"env_id\": \"T\"}\nr,l,t\n3,10,1\n5,10,2\n";

#[test]
fn a_run_that_ended_before_its_first_evaluation_is_not_measured_by_something_else() {
    let folder = written(&[
        ("a_0/progress.csv", BOTH),
        ("a_1/progress.csv", BOTH),
        ("b_0/progress.csv", BOTH),
        ("b_1/progress.csv", NO_EVALUATION_YET),
    ]);
    let found = of(folder.path());
    let ends: Vec<String> = runs(&found)
        .iter()
        .map(|run| run.split_once(": ").unwrap().1.to_owned())
        .collect();
    assert_eq!(ends, ["12", "12", "12", "–"]);
    let note = "b_1 has rollout/ep_rew_mean and not eval/mean_reward, which is compared: a run without a usable score";
    assert!(
        found.notes.iter().any(|said| said == note),
        "{:?}",
        found.notes
    );
}

#[test]
fn a_run_that_left_an_empty_file_is_one_without_a_usable_score() {
    let folder = written(&[
        ("ppo/T_1/0.monitor.csv", MONITOR),
        ("ppo/T_2/0.monitor.csv", ""),
        (
            "ppo/T_3/0.monitor.csv",
            "#{\"t_start\": 0.0, \"env_id\": \"T\"}\nr,l,t\n",
        ),
    ]);
    let found = of(folder.path());
    assert_eq!(runs(&found), ["ppo T 1: 5", "ppo T 2: –", "ppo T 3: –"]);
}

#[test]
fn files_that_are_no_runs_like_the_others_are_left_out_and_named() {
    let folder = written(&[
        ("a_0/progress.csv", BOTH),
        ("a_0/hyper.csv", "lr,bs\n0.1,64\n"),
        ("b_0/progress.csv", BOTH),
    ]);
    let found = of(folder.path());
    assert_eq!(found.methods, ["a", "b"]);
    let note = "left out, for each does not have eval/mean_reward, which is compared: a_0/hyper";
    assert!(
        found.notes.iter().any(|said| said == note),
        "{:?}",
        found.notes
    );
    let folder = written(&[
        ("dqn/0/train/progress.csv", NO_EVALUATION_YET),
        ("dqn/0/eval/progress.csv", BOTH),
    ]);
    let found = of(folder.path());
    assert_eq!(found.runs.len(), 1, "{:?}", runs(&found));
    assert_eq!(
        (found.methods[0].as_str(), found.runs[0].seed.as_str()),
        ("dqn", "0")
    );
}

#[test]
fn monitor_files_with_names_of_their_own_are_runs_of_their_own() {
    let folder = written(&[
        ("ppo_seed1.monitor.csv", MONITOR),
        ("ppo_seed2.monitor.csv", MONITOR),
        ("td3_seed1.monitor.csv", MONITOR),
    ]);
    assert_eq!(
        runs(&of(folder.path())),
        ["ppo T 1: 5", "ppo T 2: 5", "td3 T 1: 5"]
    );
    let both = written(&[
        ("run_1/train.monitor.csv", MONITOR),
        ("run_1/eval.monitor.csv", "r,l,t\n7,30,1\n"),
    ]);
    let found = of(both.path());
    assert_eq!(found.runs.len(), 1);
    assert_eq!(found.runs[0].curve, Some(vec![(30, 7.0)]));
}

#[test]
fn paths_of_a_shell_tell_what_the_folder_above_them_tells() {
    let files = [
        "ppo/Pendulum-v1_1",
        "ppo/Pendulum-v1_2",
        "td3/Pendulum-v1_1",
    ]
    .map(|run| (format!("{run}/0.monitor.csv"), "r,l,t\n3,10,1\n"));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), *text))
        .collect();
    let folder = written(&files);
    let expected = [
        "ppo Pendulum-v1 1: 3",
        "ppo Pendulum-v1 2: 3",
        "td3 Pendulum-v1 1: 3",
    ];
    assert_eq!(runs(&of(folder.path())), expected);
    let below = |end: &str| -> Vec<PathBuf> {
        let below = files
            .iter()
            .map(|(name, _)| name.trim_end_matches("0.monitor.csv"));
        below.map(|run| folder.path().join(run).join(end)).collect()
    };
    assert_eq!(runs(&table(&below(""))), expected);
    assert_eq!(runs(&table(&below("0.monitor.csv"))), expected);
}

#[test]
fn a_folder_that_holds_all_runs_says_nothing_of_them() {
    let file = "global_step,charts/episodic_return\n10,1\n20,2\n";
    let folder = written(&[
        ("runs/Hopper-v4__ppo__1__1700000000/progress.csv", file),
        ("runs/Hopper-v4__td3__1__1700000000/progress.csv", file),
    ]);
    let expected = ["ppo Hopper-v4 1: 2", "td3 Hopper-v4 1: 2"];
    assert_eq!(runs(&of(folder.path())), expected);
}

#[test]
fn a_report_in_the_folder_is_not_read_again() {
    let folder = written(&[
        ("scores.csv", "method,task,seed,score\na,T,0,1\n"),
        (
            "report/exports/scores.csv",
            "method,task,seed,score\na,T,0,1\n",
        ),
        ("report/report.csv", "environment,label\nT,a\n"),
    ]);
    assert_eq!(runs(&of(folder.path())), ["a T 0: 1"]);
}

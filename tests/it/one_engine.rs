//! Scores give the same numbers whichever door they come through: the records of a suite, or the CSV that its report
//! exports of them.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spikebench::analysis::options;
use spikebench::report::{Format, render};
use spikebench::run::record::{Outcome, Status};

use crate::folder::{self, Folder};
use crate::records::{Data, record, shapes};

/// What `report --json` says of the scores, and what `compare --json` says of the file that the report exported.
fn both_doors(data: &Data) -> (Value, Value) {
    let report = render(&data.study, shapes::COMMAND, Format::Json);
    let scores = shapes::file(data, "exports/scores.csv");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scores.csv");
    std::fs::write(&file, &scores).unwrap();
    let options = options(data.study.settings());
    (
        without_origin(&report),
        compare(
            &file,
            &options.iter().map(String::as_str).collect::<Vec<_>>(),
        ),
    )
}

fn compare(file: &Path, options: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_spikebench"))
        .arg("compare")
        .arg(file)
        .args(options)
        .arg("--json")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    without_origin(&String::from_utf8(output.stdout).unwrap())
}

/// The numbers without the command, and without what only a suite knows.
fn without_origin(json: &str) -> Value {
    let mut value: Value = serde_json::from_str(json).unwrap();
    let numbers = value.as_object_mut().unwrap();
    numbers.remove("command").unwrap();
    numbers.remove("comparison");
    value
}

/// A run's last return, different for each surrogate, actor and seed.
fn last(labels: &spikebench::suite::plan::Labels, seed: u64) -> f64 {
    let name = format!("{:?}{}", labels.surrogate, labels.actor);
    let level: u32 = name.bytes().map(u32::from).sum();
    f64::from(level % 97) + 10.0 * seed as f64 / 3.0
}

#[test]
fn compare_gives_number_for_number_what_the_report_of_a_suite_gave() {
    let several_actors = "\
name: two-actors
seeds: 5
budget: {steps: 200, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, triangular, trapezoidal]
  actor: [popsan, mdcsan, mlp]
  agent: [td3]
  environment: [InvertedPendulum-v5, Pendulum-v1]
exclude: [{surrogate: rectangular, environment: InvertedPendulum-v5, actor: mdcsan}]
";
    let few = several_actors.replace("exclude:", "# exclude:");
    let compares = [
        "",
        "compare: {metrics: [auc, final, best], failed: worst, test: mann-whitney, family: all}\n",
        "compare: {failed: exclude, test: wilcoxon, alpha: 0.1, correction: hommel, all_pairs: true}\n",
        "compare: {factor: actor, omnibus: welch-anova, post_hoc: conover, thresholds: {Pendulum-v1: 30}, stays: 1}\n",
        "compare: {test: tost, margin: 12.5, interval: bca, seed: 7, rope: 0.05}\n",
        "compare: {bounds_from_scores: false, bounds: {Pendulum-v1: {low: -1600, high: 0}}, post_hoc: dunnett}\n",
    ];
    for suite in [several_actors, &few] {
        for compare in compares {
            let data = Data::of(&format!("{suite}{compare}"), |cell| {
                let diverges = cell.seed == 3
                    && cell.labels.surrogate.as_deref() == Some("triangular")
                    && cell.labels.environment == "Pendulum-v1";
                let outcome = if diverges {
                    Outcome::because(Status::Diverged, "the critic's loss is NaN")
                } else {
                    Outcome::finished()
                };
                Some(record(cell, outcome, last(&cell.labels, cell.seed)))
            });
            let (report, compared) = both_doors(&data);
            assert_eq!(report, compared, "{suite}{compare}");
        }
    }
    for more in [
        "",
        "  family: all\n",
        "  bounds: {Pendulum-v1: {low: -1500, high: 0}}\n",
    ] {
        let (report, compared) = both_doors(&shapes::with(more));
        assert_eq!(report, compared, "{more}");
    }
}

#[test]
fn the_command_that_stands_in_exported_scores_gives_the_numbers_of_the_report() {
    let folder = Folder::new(folder::SUITE);
    assert!(folder.run(&["run", "suite.yaml"]).status.success());
    let report = folder.run(&["report", "suite.yaml", "--format", "json"]);
    let report = without_origin(&String::from_utf8(report.stdout).unwrap());
    let written = folder.run(&["report", "suite.yaml", "--out", "paper"]);
    assert!(written.status.success(), "{written:?}");
    let file = folder.path().join("paper/exports/scores.csv");
    let scores = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = scores.lines().collect();
    assert!(lines[0].starts_with("# spikebench report suite.yaml --out paper # data "));
    let command = lines[1].strip_prefix("# spikebench compare scores.csv ");
    let options: Vec<&str> = command.unwrap().split(' ').collect();
    assert_eq!(lines[2], "method,task,seed,step,score,context");
    assert_eq!(compare(&file, &options), report);
}

#[test]
fn a_suite_of_one_actor_exports_the_five_columns_and_a_failed_run_as_a_line_without_a_score() {
    let scores = shapes::file(&shapes::data(), "exports/scores.csv");
    let lines: Vec<&str> = scores.lines().skip(2).collect();
    assert_eq!(lines[0], "method,task,seed,step,score");
    assert!(lines.contains(&"rectangular,InvertedPendulum-v5,0,200,400.5"));
    assert!(lines.contains(&"rectangular,Pendulum-v1,4,200,"));
    assert!(lines.contains(&"triangular,Pendulum-v1,3,200,"));
}

//! What the command reads: the records of real training, and files that are not valid suites.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use spikebench::run::record::Machine;

use crate::folder::{Folder, SUITE, as_in_the_first_format, text};

#[test]
fn a_record_has_the_time_of_every_evaluation_and_an_older_one_without_times_is_complete() {
    let folder = Folder::new(SUITE);
    let id = &folder.ids()[0];
    let output = folder.run(&["run", "suite.yaml", "--only", id]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let record = folder.path().join("results/small/runs").join(id);
    let read = |name: &str| std::fs::read_to_string(record.join(name)).unwrap();
    let timings = read("timings.csv");
    let mut lines = timings.lines();
    assert_eq!(lines.next(), Some("step,seconds"));
    let rows: Vec<(u64, f64)> = lines
        .map(|line| {
            let (step, seconds) = line.split_once(',').unwrap();
            (step.parse().unwrap(), seconds.parse().unwrap())
        })
        .collect();
    let steps: Vec<u64> = rows.iter().map(|row| row.0).collect();
    assert_eq!(steps, [100, 200, 300]);
    assert!(rows[0].1 > 0.0 && rows.is_sorted_by(|one, next| one.1 < next.1));
    let whole: Value = serde_json::from_str(&read("record.json")).unwrap();
    assert!(rows[2].1 < whole["wall_seconds"].as_f64().unwrap());

    let report = || text(&folder.run(&["report", "suite.yaml"]).stdout);
    let with_times = report();
    std::fs::remove_file(record.join("timings.csv")).unwrap();
    as_in_the_first_format(&record, "timings.csv");
    assert_eq!(report(), with_times);
}

#[test]
fn every_format_of_a_report_names_every_entry() {
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
fn a_report_has_the_scale_of_every_surrogate_below_its_tables() {
    let folder = Folder::new(SUITE);
    let only = ["run", "suite.yaml", "--only", "Pendulum-v1.popsan"];
    assert!(folder.run(&only).status.success());
    let report = text(&folder.run(&["report", "suite.yaml"]).stdout);
    let table = report
        .split_once("surrogates as training begins")
        .expect("a table of surrogates")
        .1;
    let row = |label: &str| {
        let line = table.lines().find(|line| line.contains(label)).unwrap();
        let cells = line.split('│').map(|cell| cell.trim().to_owned());
        cells.skip(1).take(5).collect::<Vec<_>>()
    };
    // At the resting potential a rectangle of height and width one ends, while the trapezoid still slopes.
    assert_eq!(
        row("rectangular"),
        ["rectangular", "1.00", "0.500", "1.00", "0.000"]
    );
    assert_eq!(
        row("trapezoidal"),
        ["trapezoidal", "1.00", "0.500", "1.00", "0.500"]
    );
}

#[test]
fn environments_with_different_engines_have_separate_provenance() {
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
fn records_whose_c_library_computed_in_two_ways_are_called_a_mixture() {
    let machine = Machine::here();
    if machine.lacks_fused_libm() || !machine.libm.starts_with("fma") {
        eprintln!(
            "skipped: this C library cannot compute both with and without fused multiply-adds"
        );
        return;
    }
    let folder = Folder::new(SUITE);
    let ids = ["Pendulum-v1.mlp.td3.none.s0", "Pendulum-v1.mlp.td3.none.s1"];
    for (id, tunables) in ids.iter().zip(["", "glibc.cpu.hwcaps=-FMA"]) {
        let mut command = folder.command(&["run", "suite.yaml", "--only", id]);
        let output = command.env("GLIBC_TUNABLES", tunables).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let report = text(
        &folder
            .run(&["report", "suite.yaml", "--format", "markdown"])
            .stdout,
    );
    let said = "a mixture that can change numbers (mathematical functions of the C library in Pendulum-v1: fma ";
    assert!(report.contains(said), "{report}");
}

#[test]
fn a_table_whose_baseline_is_excluded_says_why_it_compares_nothing() {
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
        .filter(|line| line.contains("so nothing is compared"))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @r"InvertedPendulum-v5 · popsan(hidden=[8]) · td3(critic\_hidden=[8],start\_steps=50,update\_after=50): no run of rectangular, so nothing is compared with it.");
}

#[test]
fn a_report_on_a_suite_that_was_never_run_is_an_error() {
    let folder = Folder::new(SUITE);
    let said = |results: &str| {
        let output = folder.run(&["report", "suite.yaml", "--results", results]);
        assert!(output.stdout.is_empty());
        format!("{} {}", output.status.code().unwrap(), text(&output.stderr))
    };
    insta::assert_snapshot!(said("suite.yaml"), @"74 error: failed to read suite.yaml/small: Not a directory (os error 20)");
    insta::assert_snapshot!(said("nope"), @"74 error: there is no folder nope/small; `spikebench run` creates it");
}

#[test]
fn a_suite_of_more_than_half_a_mebibyte_is_refused_unread() {
    let folder = Folder::new(&format!("{SUITE}# {}\n", "x".repeat(512 << 10)));
    let output = folder.run(&["plan", "suite.yaml"]);
    assert_eq!(output.status.code(), Some(65));
    let said = "error: suite.yaml: more than 512 KiB is too much\n";
    assert_eq!(text(&output.stderr), said);
}

#[test]
fn a_file_that_cannot_be_read_is_distinguished_from_an_invalid_suite() {
    let folder = Folder::new("");
    std::fs::write(folder.path().join("latin.yaml"), b"seeds: 2\nname: \xe9").unwrap();
    let said = |file: &str| {
        let output = folder.run(&["plan", file]);
        format!("{} {}", output.status.code().unwrap(), text(&output.stderr))
    };
    insta::assert_snapshot!(said("nope.yaml"), @"74 error: nope.yaml: No such file or directory (os error 2)");
    insta::assert_snapshot!(said("."), @"74 error: .: is a folder, expected a file");
    insta::assert_snapshot!(said("latin.yaml"), @"65 error: latin.yaml:2: is not text in UTF-8");
    insta::assert_snapshot!(said("suite.yaml"), @"65 error: suite.yaml:1: is empty");
}

#[test]
fn an_alias_bomb_is_refused_quickly_and_within_a_hundred_megabytes() {
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
    // LibTorch takes memory of its own in either case.
    let (without, _) = peak("list");
    let (with, time) = peak("plan suite.yaml");
    assert!(
        with.saturating_sub(without) < 100_000,
        "{with} KiB against {without} KiB"
    );
    assert!(
        time < Duration::from_secs(60),
        "{time:?}, Python's start included"
    );
    let output = folder.run(&["plan", "suite.yaml"]);
    assert_eq!(output.status.code(), Some(65));
    assert!(text(&output.stderr).contains("is too large once its aliases are expanded"));
}

/// Prints the peak resident memory of a command, in KiB.
const PEAK: &str = "\
import resource, subprocess, sys
subprocess.run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
";

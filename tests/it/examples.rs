//! The scripts in `examples/`, on results of real runs.

use std::process::Command;

use crate::folder::{Folder, SUITE, text};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/read_results.py");

#[test]
fn the_script_that_reads_results_computes_the_means_of_the_report() {
    let pandas = Command::new("python3")
        .args(["-c", "import pandas"])
        .output();
    if !pandas.is_ok_and(|pandas| pandas.status.success()) {
        eprintln!("python3 has no pandas: the script is not run");
        return;
    }
    let folder = Folder::new(SUITE);
    for arguments in [
        &["run", "suite.yaml"][..],
        &["report", "suite.yaml", "--out", "report"],
    ] {
        let output = folder.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let output = Command::new("python3")
        .args([SCRIPT, "results/small", "report/report.csv"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(
        shown.contains("3 means of the report recomputed"),
        "{shown}"
    );
    let difference = shown.trim_end().rsplit(' ').next().unwrap();
    assert!(difference.parse::<f64>().unwrap() < 1e-9, "{shown}");
}

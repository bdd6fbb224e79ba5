//! The figures and the exports of a report.

use std::process::Command;

use spikebench::registry::Registry;

use crate::records::Data;
use crate::records::shapes::{bundle, data, with};

/// One file of the report as text.
fn file(name: &str) -> String {
    crate::records::shapes::file(&data(), name)
}

fn caption(data: &Data, figure: &str) -> String {
    let svg = crate::records::shapes::file(data, &format!("figures/{figure}.svg"));
    let title = svg.split("<title>").nth(1).unwrap();
    title.split("</title>").next().unwrap().to_owned()
}

#[test]
fn curves_over_wall_clock_are_drawn_where_every_record_tells_its_times_and_else_left_out() {
    let name = "figures/clock-pendulum-v1-popsan-8-td3.svg";
    let has_clock = |data: &Data| bundle(data).iter().any(|file| file.0 == name);
    let mut data = data();
    assert!(has_clock(&data));
    assert!(file(name).contains(">seconds of training</text>"));
    assert!(caption(&data, "clock-pendulum-v1-popsan-8-td3").contains("on cpu"));
    for record in data.records.iter_mut().flatten() {
        record.timings.clear();
    }
    let old = with_records(&data);
    assert!(!has_clock(&old));
    assert!(
        bundle(&old)
            .iter()
            .any(|file| file.0 == name.replace("clock", "curves"))
    );
    // Times are no part of what the hash of the data is of.
    assert_eq!(old.study.data_hash, data.study.data_hash);
}

fn with_records(data: &Data) -> Data {
    Data::of(crate::records::shapes::SUITE, |cell| {
        let place = data.plan.cells.iter().position(|other| other == cell);
        data.records[place.unwrap()].clone()
    })
}

#[test]
fn declared_bounds_are_the_common_scale_and_tasks_without_go_from_worst_run_to_best() {
    let scores = |data: &Data| -> serde_json::Value {
        let json = crate::records::shapes::file(data, "exports/rliable.json");
        serde_json::from_str::<serde_json::Value>(&json).unwrap()[0].clone()
    };
    let one = with("  bounds: {InvertedPendulum-v5: {low: 0, high: 841}}\n");
    let table = scores(&one);
    // The mean of two episodes of 420 and 421 is half of 841.
    assert_eq!(table["scores"]["triangular"][0][0], 0.5);
    assert_eq!(table["bounds"][0], serde_json::json!([0.0, 841.0]));
    let own = scores(&data());
    assert_eq!(table["bounds"][1], own["bounds"][1]);
    assert_eq!(own["scores"]["rectangular"][0][0], 0.0);
    let profiles = "profiles-popsan-8-td3";
    insta::assert_snapshot!(caption(&one, profiles), @"popsan-8 · td3: performance profiles of the final return on InvertedPendulum-v5, Pendulum-v1 (0 and 1 as declared: InvertedPendulum-v5 0 to 841; on Pendulum-v1, without bounds, the worst and the best run of any method). Bands: pointwise 95 % stratified percentile bootstrap intervals.");
    let both = with(
        "  bounds: {InvertedPendulum-v5: {low: 0, high: 1000}, Pendulum-v1: {low: -1500, high: 0}}\n",
    );
    insta::assert_snapshot!(caption(&both, profiles), @"popsan-8 · td3: performance profiles of the final return on InvertedPendulum-v5, Pendulum-v1 (0 and 1 as declared: InvertedPendulum-v5 0 to 1000, Pendulum-v1 −1500 to 0). Bands: pointwise 95 % stratified percentile bootstrap intervals.");
    assert!(
        caption(&data(), profiles).contains("(0: worst run of any method on that task, 1: best)")
    );
}

#[test]
fn every_seed_is_a_dot_in_the_figure_of_scores() {
    let svg = file("figures/scores-final-return-pendulum-v1-popsan-8-td3.svg");
    // Of fifteen planned runs two did not finish.
    assert_eq!(svg.matches("<circle ").count(), 13);
}

#[test]
fn the_text_of_a_figure_is_text_in_its_pdf_too() {
    let files = bundle(&data());
    let pdfs: Vec<_> = files
        .iter()
        .filter(|file| file.0.ends_with(".pdf"))
        .collect();
    assert!(pdfs.len() >= 9);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in pdfs {
        assert!(bytes.starts_with(b"%PDF-"), "{name}");
        let path = folder.path().join("figure.pdf");
        std::fs::write(&path, bytes).unwrap();
        let Ok(output) = Command::new("pdftotext").arg(&path).arg("-").output() else {
            println!("skipped: there is no pdftotext here");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for label in ["rectangular", "triangular", "50%_trapezoid"] {
            assert!(
                text.contains(label) || text.contains("P(run beats"),
                "{name}: {text}"
            );
        }
    }
}

#[test]
fn a_group_in_the_diagram_of_ranks_joins_what_no_test_tells_apart() {
    let svg = file("figures/ranks-popsan-8-td3.svg");
    // Two tasks cannot tell anything apart: one bar with a dot for each of the three entries.
    assert_eq!(svg.matches("<circle ").count(), 3);
}

#[test]
fn rliable_gets_runs_by_tasks_with_null_for_runs_that_did_not_finish() {
    let json: serde_json::Value = serde_json::from_str(&file("exports/rliable.json")).unwrap();
    let table = &json[0];
    assert_eq!(table["tasks"].as_array().unwrap().len(), 2);
    let raw = &table["raw"]["triangular"];
    assert_eq!(raw.as_array().unwrap().len(), 5);
    assert_eq!(raw[0][0], 420.5);
    assert!(raw[4][1].is_null() && raw[4][0].is_number());
    let scores = table["scores"]["50%_trapezoid"].as_array().unwrap();
    assert_eq!(scores[4][0], 1.0);
}

#[test]
fn marl_eval_gets_every_episode_of_every_evaluation() {
    let json: serde_json::Value = serde_json::from_str(&file("exports/marl-eval.json")).unwrap();
    let task = &json["shapes"]["InvertedPendulum-v5"];
    let run = &task["rectangular popsan-8 td3"]["seed_0"];
    assert_eq!(run["step_2"]["step_count"], 200);
    assert_eq!(run["step_2"]["return"], serde_json::json!([400.0, 401.0]));
    assert_eq!(
        run["absolute_metrics"],
        serde_json::json!({"return": [400.0, 401.0]})
    );
    // A run that diverged is not among those that a mean may be taken of.
    assert!(json["shapes"]["Pendulum-v1"]["rectangular popsan-8 td3"]["seed_4"].is_null());
}

#[test]
fn the_parquet_file_begins_and_ends_as_one() {
    let files = bundle(&data());
    let file = files
        .iter()
        .find(|file| file.0.ends_with(".parquet"))
        .unwrap();
    assert!(file.1.starts_with(b"PAR1") && file.1.ends_with(b"PAR1"));
}

#[test]
fn surrogates_are_drawn_with_their_smoothed_steps_whether_few_or_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let drawn = |names: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_spikebench"))
            .args(["plot", "surrogates", "--out", "figures"])
            .args(names)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        std::fs::read_to_string(folder.path().join("figures/surrogates.svg")).unwrap()
    };
    let two = drawn(&["rectangular", "triangular"]);
    assert!(two.contains(">rectangular</text>") && two.contains("smoothed step"));
    let all = drawn(&[]);
    let count = Registry::linked()
        .unwrap()
        .of(spikebench::api::Kind::Surrogate)
        .count();
    assert!(count > 6);
    assert_eq!(all.matches("stroke-width=\"1.2\"").count(), count);
    assert!(folder.path().join("figures/surrogates.pdf").exists());
}

#[test]
fn a_view_of_surrogates_that_has_no_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for reach in ["1e300", "inf", "NaN", "0"] {
        let output = Command::new(env!("CARGO_BIN_EXE_spikebench"))
            .args(["plot", "surrogates", "--reach", reach])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("must be a number above 0"), "{said}");
    }
}

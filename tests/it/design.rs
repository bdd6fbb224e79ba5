//! `spikebench design`: the number of runs needed agrees with statsmodels, from a guess or from a pilot, and planned looks
//! decide.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn design(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spikebench"));
    command.arg("design").args(arguments).output().unwrap()
}

fn text(arguments: &[&str]) -> String {
    let output = design(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&text(&[arguments, &["--json"]].concat())).unwrap()
}

/// Two methods on one task, `runs` seeds each, the second better by `gap`.
fn pilot(folder: &Path, runs: usize, gap: f64) -> String {
    let mut lines = "method,task,seed,score\n".to_owned();
    for seed in 0..runs {
        let score = (seed * 7 % 5) as f64;
        lines.push_str(&format!("old,hopper,{seed},{score}\n"));
        lines.push_str(&format!("new,hopper,{seed},{}\n", score + gap));
    }
    let file = folder.join("pilot.csv");
    std::fs::write(&file, lines).unwrap();
    file.display().to_string()
}

#[test]
fn the_runs_that_a_difference_needs_are_those_of_statsmodels() {
    // TTestIndPower().solve_power(d, alpha=alpha, power=.8), rounded up; .power(d, 5, alpha).
    for (d, alpha, needed, power) in [
        ("1", "0.05", 17, 0.286_295_493_380_597_6),
        ("0.5", "0.05", 64, 0.107_685_989_797_555_9),
        ("1.5", "0.01", 13, 0.250_533_162_619_535_4),
    ] {
        let arguments = ["--effect", d, "--alpha", alpha, "--runs", "5"];
        let found = &json(&[&arguments[..], &["--test", "student"]].concat())["expected"][0];
        assert_eq!(found["runs_needed"], needed, "{d}");
        assert!(
            (found["power"].as_f64().unwrap() - power).abs() < 1e-9,
            "{found}"
        );
        // Welch's test needs as many here, but five runs a side have less power.
        let welch = &json(&arguments)["expected"][0];
        assert_eq!(welch["runs_needed"], needed, "{d}");
        assert!(welch["power"].as_f64().unwrap() < power - 0.001, "{welch}");
    }
}

#[test]
fn the_power_is_that_of_the_test_that_is_asked_about() {
    // Simulated: 0.51 and 0.88 by Welch's test, where Student's has 0.84 and 0.95.
    for (d, runs, welch, student) in [("6", "2", 0.51, 0.84), ("4", "3", 0.88, 0.95)] {
        for (test, expected) in [("welch", welch), ("student", student)] {
            let found = json(&["--effect", d, "--runs", runs, "--test", test]);
            let power = found["expected"][0]["power"].as_f64().unwrap();
            assert!((power - expected).abs() < 0.006, "{test} {d}: {power}");
        }
    }
    let needed = |test: &str| {
        let found = json(&["--effect", "1.5", "--test", test]);
        found["expected"][0]["runs_needed"].as_u64().unwrap()
    };
    // Kolmogorov and Smirnov's test looks at everything, and so needs more to see a shift.
    assert_eq!((needed("welch"), needed("student")), (9, 9));
    assert!(needed("kolmogorov-smirnov") > needed("mann-whitney"));
    assert!(needed("wilcoxon") > needed("welch"));
}

#[test]
fn a_family_and_a_test_that_counts_arrangements_need_more() {
    let needed = |arguments: &[&str]| {
        json(&[&["--effect", "9"], arguments].concat())["expected"][0]["runs_needed"].clone()
    };
    // Two runs a side leave Welch's test one degree of freedom or little more.
    assert_eq!(needed(&[]), 3);
    assert_eq!(needed(&["--test", "student"]), 2);
    // Two against two runs cannot have p below 1/3 by Mann and Whitney, three not below 0.1, four not below 0.0286.
    assert_eq!(needed(&["--test", "mann-whitney"]), 4);
    assert_eq!(needed(&["--test", "mann-whitney", "--comparisons", "3"]), 5);
}

#[test]
fn a_pilot_is_read_and_its_looks_decide() {
    let folder = tempfile::tempdir().unwrap();
    let far = pilot(folder.path(), 10, 9.0);
    let found = &json(&[&far, "--looks", "2", "--every", "5"])["pilot"][0];
    assert_eq!(found["method"], "new");
    assert_eq!(found["decision"], serde_json::json!({ "different": 1 }));
    assert!(found["hedges_g"].as_f64().unwrap() > 5.0);
    let none = pilot(folder.path(), 10, 0.0);
    let found = &json(&[&none, "--looks", "2", "--every", "5"])["pilot"][0];
    assert_eq!(found["decision"], "not_found");
    assert!(found["runs_needed"].is_null());
    let open = &json(&[&none, "--looks", "3", "--every", "5"])["pilot"][0];
    assert_eq!(open["decision"], "go_on");
}

#[test]
fn a_pilot_without_spread_has_no_size_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("s.csv");
    std::fs::write(&file, "method,task,seed,score\na,t,0,5\nb,t,0,7\n").unwrap();
    let found = &json(&[&file.display().to_string()])["pilot"][0];
    assert!(found["hedges_g"].is_null() && found["power"].is_null());
    assert!(
        found["note"]
            .as_str()
            .unwrap()
            .contains("two runs a side that vary")
    );
}

#[test]
fn a_design_for_people_says_what_it_rests_on() {
    insta::assert_snapshot!(text(&["--effect", "1", "--runs", "3", "--test", "mann-whitney", "--comparisons", "2"]), @"
    spikebench design --effect 1 --test mann-whitney --comparisons 2 --runs 3

    Runs of each method
    ╭──────────────────┬─────────────┬─────────────────╮
    │ difference (std) │ runs needed │ power of 3 runs │
    ├──────────────────┼─────────────┼─────────────────┤
    │ +1.00            │          22 │            0.00 │
    ╰──────────────────┴─────────────┴─────────────────╯

    Runs needed: of each method, to find the difference with a probability of 0.8 by
    Mann–Whitney's U, exact at 0.0250, the strictest alpha of a family of 2 at 0.05
    corrected by holm, if scores are normal and vary equally. –: more than 10 000.

    3 runs of each method cannot give an adjusted p below 0.2000 by Mann–Whitney's
    U, exact, whatever they score.
    ");
}

#[test]
fn what_cannot_be_designed_is_said_with_an_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let single = folder.path().join("s.csv");
    std::fs::write(&single, "method,task,seed,score\na,t,0,5\n").unwrap();
    let single = single.display().to_string();
    let pilot = pilot(folder.path(), 3, 1.0);
    for (arguments, code, message) in [
        (&[][..], 2, "<SCORES>"),
        (&["--effect", "0"], 2, "must be a positive number"),
        (
            &["--effect", "1", "--power", "1"],
            2,
            "must lie between 0 and 1",
        ),
        (&["--effect", "1", "--test", "tukey"], 2, "welch, student"),
        (
            &["--effect", "1", "--test", "tost"],
            2,
            "other numbers of runs",
        ),
        (&[pilot.as_str(), "--looks", "3"], 2, "--every"),
        (
            &[pilot.as_str(), "--baseline", "newer"],
            2,
            "known: old, new",
        ),
        (&["nowhere.csv"], 74, "nowhere.csv"),
        (&[single.as_str()], 65, "at least two methods"),
    ] {
        let output = design(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(message), "{said}");
    }
}

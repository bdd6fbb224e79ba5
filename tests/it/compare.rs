//! `spikebench compare` as a person uses it: the numbers are those of scipy, statsmodels, pingouin and rliable
//! (`tests/golden/compare/make.py`), and what cannot be compared is said clearly.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const METHODS: [&str; 2] = ["triangular", "trapezoidal"];

fn golden(file: &str) -> String {
    format!("{}/tests/golden/compare/{file}", env!("CARGO_MANIFEST_DIR"))
}

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(golden("expected.json")).unwrap()).unwrap()
}

pub fn compare(file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spikebench"));
    command
        .arg("compare")
        .arg(file)
        .args(arguments)
        .output()
        .unwrap()
}

pub fn json(file: &Path, arguments: &[&str]) -> Value {
    let output = compare(file, &[arguments, &["--json"]].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn scores() -> std::path::PathBuf {
    golden("scores.csv").into()
}

/// Every number below `expected` is met by the value at the same place, to 1e-9 of it.
#[track_caller]
fn assert_met(actual: &Value, expected: &Value, place: &str) {
    match expected {
        Value::Object(entries) => {
            for (key, expected) in entries {
                assert_met(&actual[key], expected, &format!("{place}.{key}"));
            }
        }
        Value::Array(items) => {
            for (index, expected) in items.iter().enumerate() {
                assert_met(&actual[index], expected, &format!("{place}[{index}]"));
            }
        }
        Value::Number(number) => {
            let expected = number.as_f64().unwrap();
            let actual = actual
                .as_f64()
                .unwrap_or_else(|| panic!("{place}: {actual}, not {expected}"));
            let scale = expected.abs().max(1e-3);
            assert!(
                (actual - expected).abs() <= 1e-9 * scale,
                "{place}: {actual}, not {expected}"
            );
        }
        _ => {}
    }
}

pub struct File(tempfile::TempDir);

impl File {
    pub fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("s.csv"), text).unwrap();
        Self(folder)
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.0.path().join("s.csv")
    }
}

#[test]
fn what_each_method_scored_and_by_how_much_agrees_with_others() {
    let (expected, actual) = (expected(), json(&scores(), &[]));
    for (task, methods) in expected["described"].as_object().unwrap() {
        assert_met(&actual["tasks"][task]["methods"], methods, task);
        assert_met(
            &actual["tasks"][task]["kruskal_p"],
            &expected["kruskal_p"][task],
            task,
        );
        assert_met(
            &actual["tasks"][task]["against"]["rectangular"],
            &expected["effects"][task],
            task,
        );
    }
}

#[test]
fn every_test_agrees_with_scipy() {
    let expected = expected();
    for (test, tasks) in expected["against"].as_object().unwrap() {
        let actual = json(&scores(), &["--test", test, "--baseline", "rectangular"]);
        for (task, methods) in tasks.as_object().unwrap() {
            let against = &actual["tasks"][task]["against"]["rectangular"];
            assert_met(against, methods, &format!("{test} {task}"));
            for method in METHODS {
                assert_eq!(against[method]["test"], *test);
            }
        }
    }
}

#[test]
fn every_correction_agrees_with_statsmodels_in_every_family() {
    let expected = expected();
    let order = ["Hopper-v5", "Pendulum-v1", "Walker2d-v5", "CartPole-v1"];
    for (correction, families) in expected["adjusted"].as_object().unwrap() {
        for (family, values) in families.as_object().unwrap() {
            let actual = json(&scores(), &["--correction", correction, "--family", family]);
            let p = |task: &str, method: &str| {
                actual["tasks"][task]["against"]["rectangular"][method]["p_adjusted"].clone()
            };
            let all: Vec<Value> = order
                .iter()
                .flat_map(|task| METHODS.map(|method| p(task, method)))
                .collect();
            assert_met(
                &Value::Array(all),
                values,
                &format!("{correction} {family}"),
            );
        }
    }
}

#[test]
fn aggregates_and_tests_over_tasks_agree_with_rliable_and_scipy() {
    let expected = expected();
    let normalise: Vec<String> = expected["bounds"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(task, ends)| format!("--normalise={task}={}:{}", ends[0], ends[1]))
        .collect();
    let actual = json(
        &scores(),
        &normalise.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    assert_met(
        &actual["aggregate"]["methods"],
        &expected["aggregate"],
        "aggregate",
    );
    assert_met(&actual["across_tasks"], &expected["across"], "across");
    for method in ["rectangular", "triangular", "trapezoidal"] {
        let aggregate = &actual["aggregate"]["methods"][method];
        let (iqm, ends) = (aggregate["iqm"].as_f64().unwrap(), &aggregate["iqm_ci"]);
        assert!(ends[0].as_f64().unwrap() < iqm && iqm < ends[1].as_f64().unwrap());
    }
}

#[test]
fn all_pairs_are_one_family_of_a_task_or_of_all_and_have_no_baseline_for_a_family() {
    let adjusted = |family: &str| {
        let actual = json(
            &scores(),
            &[
                "--all-pairs",
                "--correction",
                "bonferroni",
                "--family",
                family,
            ],
        );
        let one = actual["tasks"]["Hopper-v5"]["against"]["triangular"]["trapezoidal"].clone();
        (
            one["p"].as_f64().unwrap(),
            one["p_adjusted"].as_f64().unwrap(),
            one["family_size"].as_u64().unwrap(),
        )
    };
    for (family, size) in [("per_environment", 3), ("all", 12)] {
        let (p, p_adjusted, family_size) = adjusted(family);
        assert_eq!(family_size, size);
        assert!((p_adjusted - (p * size as f64).min(1.0)).abs() < 1e-15);
    }
    let refused = compare(&scores(), &["--all-pairs", "--family", "against_baseline"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("all pairs have none"), "{said}");
}

#[test]
fn saturated_lonely_failed_and_missing_runs_have_an_answer_with_a_note() {
    let file = File::of(
        "method,task,seed,score\n\
         a,flat,0,500\na,flat,1,500\nb,flat,0,500\nb,flat,1,500\n\
         a,lonely,0,1\nb,lonely,0,2\n\
         a,failed,0,1\na,failed,1,2\na,failed,2,nan\nb,failed,0,4\nb,failed,1,inf\nb,failed,2,5\n\
         a,missing,0,1\na,missing,1,2\n",
    );
    let actual = json(&file.path(), &["--normalise", "flat=0:500"]);
    let against = |task: &str| actual["tasks"][task]["against"]["a"]["b"].clone();
    assert_eq!(against("flat")["p"], 1.0);
    assert_eq!(against("flat")["statistic"], Value::Null);
    assert_eq!(against("flat")["cohen_d"], Value::Null);
    assert!(
        against("flat")["note"]
            .as_str()
            .unwrap()
            .contains("scored the same")
    );
    assert_eq!(
        actual["tasks"]["flat"]["methods"]["a"]["shapiro_p"],
        Value::Null
    );
    assert_eq!(
        actual["tasks"]["lonely"]["methods"]["a"]["std"],
        Value::Null
    );
    assert_eq!(against("lonely")["p"], Value::Null);
    assert!(
        against("lonely")["note"]
            .as_str()
            .unwrap()
            .contains("each needs at least two")
    );
    assert_eq!(against("failed")["p"], Value::Null);
    assert!(
        against("failed")["note"]
            .as_str()
            .unwrap()
            .contains("1 of 3 runs of b failed")
    );
    let failed = &actual["tasks"]["failed"]["methods"]["a"];
    assert_eq!((&failed["n"], &failed["planned"]), (&2.into(), &3.into()));
    assert_eq!(against("missing"), Value::Null);
    let note = actual["across_tasks"]["note"].as_str().unwrap().to_owned();
    assert!(note.contains("no score on missing"), "{note}");
    assert_eq!(actual["across_tasks"]["friedman_p"], Value::Null);

    let worst = json(&file.path(), &["--failed", "worst"]);
    assert_eq!(worst["tasks"]["failed"]["methods"]["b"]["mean"], 10.0 / 3.0);
    let without = json(&file.path(), &["--failed", "exclude"]);
    assert_eq!(without["tasks"]["failed"]["methods"]["b"]["mean"], 4.5);
    let text = String::from_utf8(compare(&file.path(), &[]).stdout).unwrap();
    assert!(text.contains("2/3†"), "{text}");
}

#[test]
fn a_design_that_cannot_reach_alpha_is_told_so() {
    let lines: Vec<String> = (0..3)
        .flat_map(|k| [format!("a,t,{k},{k}"), format!("b,t,{k},{}", k + 9)])
        .collect();
    let file = File::of(&format!("method,task,seed,score\n{}\n", lines.join("\n")));
    let actual = json(&file.path(), &["--test", "mann-whitney"]);
    let against = &actual["tasks"]["t"]["against"]["a"]["b"];
    assert!((against["p"].as_f64().unwrap() - 0.1).abs() < 1e-12);
    assert!(against["note"].as_str().unwrap().contains("out of reach"));
}

#[test]
fn curves_are_compared_over_the_steps_that_whole_runs_cover() {
    let file = File::of(
        "method,task,seed,step,score\n\
         a,t,0,0,0\na,t,0,100,10\na,t,0,200,90\na,t,1,0,0\na,t,1,100,20\n\
         b,t,0,0,4\nb,t,0,100,30\nb,t,1,0,4\nb,t,1,50,100\nb,t,1,100,40\n",
    );
    let mean = |metric: &str, method: &str| {
        json(&file.path(), &["--metric", metric, "--until", "100"])["tasks"]["t"]["methods"][method]
            ["mean"]
            .as_f64()
            .unwrap()
    };
    assert_eq!((mean("final", "a"), mean("final", "b")), (15.0, 35.0));
    assert_eq!((mean("auc", "a"), mean("best", "b")), (7.5, 65.0));
    let actual = json(&file.path(), &["--threshold", "t=25", "--until", "100"]);
    let curves = &actual["tasks"]["t"]["curves"];
    assert_eq!(
        (&curves["to"], &curves["truncated"]),
        (&100.into(), &false.into())
    );
    let steps = |method: &str| curves["methods"][method]["steps_to_threshold"].clone();
    assert_eq!(
        steps("a"),
        serde_json::json!({
            "reached": 0, "runs": 2, "median": null, "restricted_mean": 100.0, "survival": [], "censored": [100, 100]
        })
    );
    assert_eq!(
        steps("b"),
        serde_json::json!({
            "reached": 2, "runs": 2, "median": 50, "restricted_mean": 75.0, "survival": [[50, 0.5], [100, 0.0]], "censored": []
        })
    );
    assert!((0.0..1.0).contains(&curves["log_rank_p"].as_f64().unwrap()));
    assert_eq!(curves["methods"]["b"]["band"][2]["iqm"], 35.0);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let [one, other] = [(); 2].map(|()| compare(&scores(), &["--json"]).stdout);
    assert_eq!(one, other);
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_an_exit_code() {
    let file = File::of("method,task,seed,score\na,t,0,1\na,t,1,many\n");
    for (path, arguments, code, message) in [
        (
            file.path(),
            &[][..],
            65,
            "s.csv:3: score \"many\" is not a number",
        ),
        (
            file.path().with_file_name("none.csv"),
            &[],
            74,
            "none.csv: No such file",
        ),
        (
            scores(),
            &["--baseline", "sigmoid"],
            2,
            "known: rectangular, triangular, trapezoidal",
        ),
        (
            scores(),
            &["--normalise", "Ant=0:1"],
            2,
            "no task \"Ant\" in the scores; known: Hopper-v5",
        ),
        (
            scores(),
            &["--normalise", "Hopper-v5=2:1"],
            2,
            "LOW must be below HIGH",
        ),
        (
            scores(),
            &["--test", "anova"],
            2,
            "possible values: welch, student",
        ),
        (scores(), &["--test", "tost"], 2, "needs a margin"),
        (scores(), &["--margin", "3"], 2, "only tost has one"),
        (scores(), &["--metric", "auc"], 2, "no column step"),
        (
            scores(),
            &["--metric", "throughput"],
            2,
            "was measured in training, which a file of scores does not hold",
        ),
        (
            scores(),
            &[
                "--normalise",
                "Hopper-v5=0:1",
                "--normalise",
                "Hopper-v5=0:2",
            ],
            2,
            "\"Hopper-v5\" is given twice",
        ),
        (scores(), &["--alpha", "5"], 2, "must lie between 0 and 1"),
    ] {
        let output = compare(&path, arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(
            error.contains(message) && output.stdout.is_empty(),
            "{error}"
        );
    }
}

#[test]
fn where_less_is_better_the_words_explain_the_signs() {
    let said = |arguments: &[&str]| {
        let text = compare(&scores(), arguments).stdout;
        let text = String::from_utf8(text).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ")
    };
    let signs = "Lower is better by score: g and δ are positive where a method is better, and Δ mean is negative there.";
    assert!(said(&["--better", "lower"]).contains(signs));
    assert!(!said(&[]).contains("Lower is better"));
}

fn after() -> Value {
    serde_json::from_str(&std::fs::read_to_string(golden("after.json")).unwrap()).unwrap()
}

#[test]
fn the_tests_of_all_methods_at_once_agree_with_scipy_and_pingouin() {
    for (test, tasks) in after()["omnibus"].as_object().unwrap() {
        let actual = json(&scores(), &["--omnibus", test]);
        for (task, expected) in tasks.as_object().unwrap() {
            let found = &actual["tasks"][task]["omnibus"];
            assert_met(found, expected, &format!("{test} {task}"));
            assert_eq!(found["test"], **test);
        }
    }
    let constant = json(&scores(), &["--omnibus", "welch-anova"]);
    let constant = &constant["tasks"]["CartPole-v1"]["omnibus"];
    assert!(constant["p"].is_null());
    assert!(
        constant["note"]
            .as_str()
            .unwrap()
            .contains("has no variance")
    );
}

#[test]
fn the_analysis_of_variance_by_permutation_has_its_f_and_nearly_its_p() {
    let by = |test: &str| {
        json(&scores(), &["--omnibus", test])["tasks"]["Pendulum-v1"]["omnibus"].clone()
    };
    let (permuted, plain) = (by("permutation"), by("anova"));
    assert_eq!(permuted["statistic"], plain["statistic"]);
    assert_eq!(permuted["basis"], "monte_carlo");
    let p = |found: &Value| found["p"].as_f64().unwrap();
    assert!(
        (p(&permuted) - p(&plain)).abs() < 0.02,
        "{permuted} {plain}"
    );
}

#[test]
fn dunnetts_test_on_each_task_agrees_with_scipy_to_its_error() {
    let actual = json(&scores(), &["--post-hoc", "dunnett"]);
    for (task, methods) in after()["dunnett"].as_object().unwrap() {
        let dunnett = &actual["tasks"][task]["dunnett"];
        assert_eq!(dunnett["against"], "rectangular");
        for (method, expected) in methods.as_object().unwrap() {
            let number = |value: &Value| value.as_f64().unwrap();
            let found = &dunnett["methods"][method];
            assert!((number(&found["t"]) - number(&expected["t"])).abs() < 1e-9);
            assert!((number(&found["p_adjusted"]) - number(&expected["p"])).abs() < 1e-3);
        }
    }
    assert!(json(&scores(), &[])["tasks"]["Hopper-v5"]["dunnett"].is_null());
}

#[test]
fn what_is_asked_after_friedmans_test_agrees_with_scikit_posthocs() {
    let file = format!("{}/tests/peers/scores.csv", env!("CARGO_MANIFEST_DIR"));
    for (test, expected) in after()["post_hoc"].as_object().unwrap() {
        let actual = json(Path::new(&file), &["--post-hoc", test]);
        let found = &actual["across_tasks"]["post_hoc"];
        assert_eq!(found["test"], **test);
        let pairs = found["pairs"].as_array().unwrap();
        assert_eq!(pairs.len(), expected["p"].as_array().unwrap().len());
        for key in ["p", "p_adjusted"] {
            let all = pairs.iter().map(|pair| pair[key].clone()).collect();
            assert_met(&Value::Array(all), &expected[key], &format!("{test} {key}"));
        }
    }
}

#[test]
fn bootstrap_intervals_are_narrower_by_option_and_it_is_said() {
    let ends = |arguments: &[&str]| {
        let found = json(&scores(), arguments)["tasks"]["Hopper-v5"]["against"]["rectangular"]["trapezoidal"].clone();
        let width = found["ci"][1].as_f64().unwrap() - found["ci"][0].as_f64().unwrap();
        (width, found["note"].to_string())
    };
    let (plain, silent) = ends(&[]);
    assert_eq!(silent, "null");
    for kind in ["bca", "percentile"] {
        let (width, note) = ends(&["--interval", kind]);
        assert!(
            width < plain && note.contains("covers less than 95 % with 7 runs"),
            "{note}"
        );
    }
    let (rank_test, _) = ends(&["--test", "mann-whitney"]);
    assert_eq!(rank_test, plain);
}

#[test]
fn names_of_tests_that_do_not_exist_are_answered_by_those_that_do() {
    for (option, known) in [
        (
            "--omnibus",
            "kruskal-wallis, anova, welch-anova, permutation",
        ),
        ("--post-hoc", "nemenyi, conover, many-to-one, dunnett"),
        ("--interval", "percentile, bca, expanded"),
    ] {
        let output = compare(&scores(), &[option, "tukey"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2));
        assert!(said.contains(known), "{said}");
    }
}

#[test]
fn a_method_that_has_no_run_of_a_task_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scores.csv");
    let rows: String = (0..4)
        .map(|seed| format!("a,T,{seed},{seed}\nb,T,{seed},{}\na,U,{seed},1\n", seed + 1))
        .collect();
    std::fs::write(&file, format!("method,task,seed,score\n{rows}")).unwrap();
    let shown = String::from_utf8(compare(&file, &[]).stdout).unwrap();
    let flowing = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flowing.contains("b is left out: no score on U."), "{shown}");
}

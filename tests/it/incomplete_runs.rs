//! Runs that end early, curves with gaps, and tasks that not every method has: what is left out is named, and nothing that was
//! not asked for decides the verdict of the others.

use serde_json::{Value, json as value};

use crate::compare::{File, compare, json};

/// Seed 2 of `slow` has one point, at step 100; the others go to 200.
fn one_short() -> File {
    let mut text = "method,task,seed,step,score\n".to_owned();
    for seed in 0..3 {
        text += &format!("slow,T,{seed},100,{}\n", 10 + seed);
        if seed < 2 {
            text += &format!("slow,T,{seed},200,{}\n", 90 + seed);
        }
        text += &format!(
            "fast,T,{seed},100,{}\nfast,T,{seed},200,{}\n",
            30 + seed,
            60 + seed
        );
    }
    File::of(&text)
}

fn contrast(found: &Value, method: &str, baseline: &str) -> (Option<f64>, Option<f64>, String) {
    let contrast = &found["tasks"]["T"]["against"][baseline][method];
    let number = |key: &str| contrast[key].as_f64();
    (
        number("mean_difference"),
        number("p"),
        contrast["note"].to_string(),
    )
}

#[test]
fn a_run_that_ends_before_the_others_is_one_without_a_usable_score() {
    let file = one_short();
    for metric in ["final", "best", "auc"] {
        let refused = json(&file.path(), &["--metric", metric]);
        let (difference, p, note) = contrast(&refused, "fast", "slow");
        assert_eq!((difference, p), (None, None), "{metric}");
        assert!(
            note.contains("1 of 3 runs of slow ends at step 100 of 200"),
            "{note}"
        );
        assert_eq!(refused["across_tasks"]["left_out"][0]["method"], "slow");
    }
    let excluded = json(&file.path(), &["--failed", "exclude"]);
    let (difference, p, _) = contrast(&excluded, "fast", "slow");
    assert_eq!(difference, Some(-29.5));
    assert!((p.unwrap() - 5.28e-5).abs() < 1e-7, "{p:?}");
    let worst = json(&file.path(), &["--failed", "worst"]);
    assert_eq!(
        worst["tasks"]["T"]["methods"]["slow"]["mean"],
        (90.0 + 91.0 + 60.0) / 3.0
    );
    // Of the curves only whole runs are in the bands.
    assert_eq!(excluded["tasks"]["T"]["curves"]["to"], 200);
}

#[test]
fn runs_can_be_compared_at_a_common_step_on_purpose_or_be_held_to_a_number_of_steps() {
    let file = one_short();
    let (difference, p, _) = contrast(&json(&file.path(), &["--until", "100"]), "fast", "slow");
    assert_eq!(difference, Some(20.0));
    assert!(p.unwrap() < 0.0001);
    let (_, p, note) = contrast(&json(&file.path(), &["--steps", "300"]), "fast", "slow");
    assert_eq!(p, None);
    assert!(note.contains("step 200 of 300"), "{note}");
    let plain = File::of("method,task,seed,score\na,T,0,1\nb,T,0,2\n");
    let output = compare(&plain.path(), &["--until", "3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no column step"));
}

/// Seed 2 of `slow` begins at step 300, the others of both methods at 100.
fn one_late() -> File {
    let mut text = "method,task,seed,step,score\n".to_owned();
    for (method, base) in [("slow", 0), ("fast", 20)] {
        for seed in 0..3 {
            for step in (100..=500).step_by(100) {
                if (method, seed) != ("slow", 2) || step >= 300 {
                    text += &format!("{method},T,{seed},{step},{}\n", base + step / 10 + seed);
                }
            }
        }
    }
    File::of(&text)
}

#[test]
fn a_run_that_begins_late_has_no_area_under_its_curve_and_shortens_nobody_elses() {
    let file = one_late();
    // How it ended is known.
    let (difference, p, _) = contrast(&json(&file.path(), &[]), "fast", "slow");
    assert_eq!(difference, Some(20.0));
    assert!(p.is_some());
    let (difference, p, note) = contrast(&json(&file.path(), &["--metric", "auc"]), "fast", "slow");
    assert_eq!((difference, p), (None, None));
    let late = "1 of 3 runs of slow begins at step 300, the others at 100";
    assert!(note.contains(late), "{note}");
    let excluded = json(&file.path(), &["--metric", "auc", "--failed", "exclude"]);
    // The mean over all five evaluations, 30 and the seed, of seeds 0 and 1; of the others 50 and the seed.
    assert_eq!(excluded["tasks"]["T"]["methods"]["slow"]["mean"], 30.5);
    assert_eq!(excluded["tasks"]["T"]["methods"]["fast"]["mean"], 51.0);
    assert_eq!(excluded["tasks"]["T"]["curves"]["from"], 100);
    assert!(excluded["tasks"]["T"]["notes"].to_string().contains(late));
    let worst = json(&file.path(), &["--metric", "auc", "--failed", "worst"]);
    assert_eq!(
        worst["tasks"]["T"]["methods"]["slow"]["mean"],
        (30.0 + 31.0 + 30.0) / 3.0
    );
}

/// `missing` stands in the place of one score of `b`.
fn gap(step: u64, missing: &str) -> File {
    let mut text = "method,task,seed,step,score\n".to_owned();
    for (method, base) in [("a", 0), ("b", 20)] {
        for seed in 0..2 {
            for at in 1..=2 {
                let score = base + 10 * at + seed;
                let is_gap = method == "b" && seed == 0 && at == step;
                let score = if is_gap {
                    missing.to_owned()
                } else {
                    score.to_string()
                };
                text += &format!("{method},T,{seed},{at},{score}\n");
            }
        }
    }
    File::of(&text)
}

#[test]
fn a_gap_inside_a_curve_is_no_failure_but_one_at_its_end_is() {
    for missing in ["", "NaN", "NA", "null", "inf", "1e300"] {
        for policy in ["refuse", "exclude", "worst"] {
            let found = json(&gap(1, missing).path(), &["--failed", policy]);
            let methods = &found["tasks"]["T"]["methods"];
            assert_eq!(
                (&methods["a"]["mean"], &methods["b"]["mean"]),
                (&value!(20.5), &value!(40.5))
            );
            let (difference, p, _) = contrast(&found, "b", "a");
            assert_eq!(difference, Some(20.0));
            assert!((p.unwrap() - 0.001248).abs() < 1e-6, "{p:?}");
            let notes = found["notes"].to_string();
            assert!(
                notes
                    .contains("1 evaluation without a usable score within a curve (first: line 6)"),
                "{notes}"
            );
        }
        let (_, p, note) = contrast(&json(&gap(2, missing).path(), &[]), "b", "a");
        assert_eq!(p, None);
        assert!(note.contains("1 of 2 runs of b"), "{note}");
    }
}

#[test]
fn of_a_table_with_a_missing_cell_the_method_or_the_task_is_left_out_and_named() {
    let file = File::of(
        "method,task,seed,score\n\
         a,easy,0,60\na,easy,1,62\nb,easy,0,50\nb,easy,1,52\nc,easy,0,1\nc,easy,1,2\n\
         a,hard,0,60\na,hard,1,62\nc,hard,0,3\nc,hard,1,4\n",
    );
    let methods = json(&file.path(), &["--incomplete", "drop-method"]);
    assert_eq!(methods, json(&file.path(), &[]));
    assert_eq!(methods["across_tasks"]["left_out"][0]["method"], "b");
    let tasks = json(&file.path(), &["--incomplete", "drop-task"]);
    let across = &tasks["across_tasks"];
    assert_eq!(across["left_out"], value!([]));
    assert_eq!(across["tasks"], value!(["easy"]));
    assert_eq!(
        across["tasks_left_out"],
        value!([{ "task": "hard", "reason": "no score of b" }])
    );
    assert_eq!(across["mean_ranks"]["b"], 2.0);
    assert!(
        across["note"]
            .to_string()
            .contains("task hard is left out: no score of b")
    );
}

#[test]
fn the_worst_and_the_best_run_of_each_task_can_stand_for_0_and_1() {
    let file = File::of(
        "method,task,seed,score\na,t1,0,1\na,t1,1,2\nb,t1,0,3\nb,t1,1,5\na,t2,0,10\na,t2,1,20\nb,t2,0,30\nb,t2,1,40\n",
    );
    let found = json(&file.path(), &["--normalise", "from-data"]);
    let mean = |method: &str| {
        found["aggregate"]["methods"][method]["mean"]
            .as_f64()
            .unwrap()
    };
    assert!((mean("a") - (0.125 + 1.0 / 6.0) / 2.0).abs() < 1e-12);
    assert!((mean("b") - (0.75 + 2.5 / 3.0) / 2.0).abs() < 1e-12);
    let command = found["command"].as_str().unwrap();
    assert!(command.ends_with("--normalise from-data"), "{command}");
    let scales = &found["aggregate"]["scales"]["t1"];
    assert_eq!(scales["is_declared"], false);
}

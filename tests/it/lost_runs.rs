//! The policy for runs that failed holds for everything that is said of what they belong to.

use serde_json::{Value, json as value};
use spikebench::report::{Format, render};
use spikebench::run::record::{Outcome, Status};

use crate::compare::{File, compare, json, scores};
use crate::records::{Data, record};

/// `b` lost a run on the hard task and leads if its survivor counts alone.
fn survivors() -> File {
    File::of(
        "method,task,seed,score\n\
         a,easy,0,60\na,easy,1,62\na,hard,0,60\na,hard,1,62\n\
         b,easy,0,50\nb,easy,1,52\nb,hard,0,nan\nb,hard,1,100\n",
    )
}

const BOUNDS: [&str; 4] = ["--normalise", "easy=0:100", "--normalise", "hard=0:100"];

fn by_policy(policy: &str) -> Value {
    json(
        &survivors().path(),
        &[&BOUNDS[..], &["--failed", policy]].concat(),
    )
}

#[test]
fn a_method_that_lost_a_run_is_neither_aggregated_nor_ranked_nor_tested_if_that_is_refused() {
    let refused = by_policy("refuse");
    assert_eq!(refused["aggregate"]["methods"]["b"], Value::Null);
    assert!(refused["aggregate"]["methods"]["a"]["mean"].is_f64());
    let across = &refused["across_tasks"];
    assert_eq!(across["mean_ranks"]["b"], Value::Null);
    assert_eq!(across["wilcoxon"]["b"], Value::Null);
    assert_eq!(across["wilcoxon_detail"]["b"], Value::Null);
    assert_eq!(
        across["left_out"],
        value!([{
            "method": "b",
            "reason": "on hard, 1 of 2 runs of b failed, and the policy is to refuse"
        }])
    );
    let hard = &refused["tasks"]["hard"];
    for test in ["kruskal_p", "brown_forsythe_p"] {
        assert_eq!(hard[test], Value::Null, "{test}");
    }
    assert_eq!(hard["omnibus"]["p"], Value::Null);
    assert_eq!(hard["methods"]["b"]["shapiro_p"], Value::Null);
    assert_eq!(hard["standings"]["a"], "untested");
    let text = compare(&survivors().path(), &BOUNDS).stdout;
    let text = String::from_utf8(text).unwrap();
    let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flowing.contains("b is left out: on hard, 1 of 2 runs of b failed"),
        "{text}"
    );
}

#[test]
fn survivors_are_aggregated_only_if_that_is_asked_and_the_worst_score_stands_for_the_lost() {
    let mean = |policy: &str| {
        let found = by_policy(policy)["aggregate"]["methods"]["b"].clone();
        (
            found["mean"].as_f64().unwrap(),
            found["iqm"].as_f64().unwrap(),
        )
    };
    assert!((mean("exclude").0 - 0.755).abs() < 1e-12);
    let (worst, iqm) = mean("worst");
    assert!((worst - 0.655).abs() < 1e-12 && (iqm - 0.56).abs() < 1e-12);
}

/// Four of six runs of `b` failed, the others were faster than any of `a`.
fn curves() -> File {
    let mut text = "method,task,seed,step,score\n".to_owned();
    for seed in 0..6 {
        text.push_str(&format!(
            "a,t,{seed},100,0\na,t,{seed},200,50\na,t,{seed},300,60\n"
        ));
        let score = if seed < 2 { "60" } else { "" };
        text.push_str(&format!(
            "b,t,{seed},100,55\nb,t,{seed},200,55\nb,t,{seed},300,{score}\n"
        ));
    }
    File::of(&text)
}

#[test]
fn failed_runs_count_as_never_reaching_a_threshold_or_nothing_is_tested() {
    let by_policy = |policy: &str| {
        let found = json(
            &curves().path(),
            &["--threshold", "t=50", "--failed", policy],
        );
        found["tasks"]["t"]["curves"].clone()
    };
    let reached = |curves: &Value| curves["methods"]["b"]["steps_to_threshold"].clone();
    let refused = by_policy("refuse");
    assert_eq!(reached(&refused)["reached"], Value::Null);
    assert_eq!(refused["methods"]["b"]["auc"], Value::Null);
    assert_eq!(refused["log_rank_p"], Value::Null);
    assert!(
        refused["note"]
            .as_str()
            .unwrap()
            .contains("4 runs are incomplete")
    );
    let worst = by_policy("worst");
    // Two runs in 100 steps, four not within 300: 100 + 200 · 4/6.
    assert_eq!(
        reached(&worst),
        value!({
            "reached": 2, "runs": 6, "median": null, "restricted_mean": 100.0 + 200.0 * 4.0 / 6.0,
            "survival": [[100, 1.0 - 2.0 / 6.0]], "censored": [300, 300, 300, 300]
        })
    );
    assert!(worst["log_rank_p"].as_f64().unwrap() < 1.0);
    let excluded = by_policy("exclude");
    assert_eq!(reached(&excluded)["runs"], 2);
    assert!(excluded["note"].as_str().unwrap().contains("left out"));
}

#[test]
fn a_comparison_that_was_refused_counts_in_the_planned_family() {
    let mut text = "method,task,seed,score\n".to_owned();
    for seed in 0..5 {
        text.push_str(&format!("a,t,{seed},{seed}\nb,t,{seed},{}\n", 3 + seed));
        let score = if seed == 4 {
            "nan".into()
        } else {
            (9 + seed).to_string()
        };
        text.push_str(&format!("c,t,{seed},{score}\n"));
    }
    let found = json(&File::of(&text).path(), &[])["tasks"]["t"]["against"]["a"].clone();
    assert_eq!(found["c"]["p"], Value::Null);
    assert_eq!(found["b"]["family_size"], 2);
    let (p, adjusted) = (found["b"]["p"].as_f64(), found["b"]["p_adjusted"].as_f64());
    assert_eq!(adjusted.unwrap(), 2.0 * p.unwrap());
}

#[test]
fn a_table_whose_best_lost_a_run_says_what_was_not_tested_against_it() {
    let suite = "\
name: made-up
seeds: 4
budget: {steps: 200, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, triangular, trapezoidal]
  actor: [popsan]
  agent: [td3]
  environment: [Pendulum-v1]
";
    let data = Data::of(suite, |cell| {
        let is_best = cell.labels.surrogate.as_deref() == Some("trapezoidal");
        let outcome = if is_best && cell.seed == 3 {
            Outcome::because(Status::Diverged, "the critic's loss is NaN")
        } else {
            Outcome::finished()
        };
        let level = if is_best { 500.0 } else { 100.0 };
        Some(record(cell, outcome, level + cell.seed as f64))
    });
    let latex = render(&data.study, "report", Format::Latex);
    assert!(
        latex.contains("Not tested against the best: rectangular, triangular."),
        "{latex}"
    );
}

#[test]
fn intervals_have_the_confidence_that_alpha_asks_for_and_simultaneous_ones_are_wider() {
    let ends = |alpha: &str, key: &str| {
        let found = json(&scores(), &["--alpha", alpha]);
        let found = &found["tasks"]["Hopper-v5"]["against"]["rectangular"]["trapezoidal"];
        let width = found[key][1].as_f64().unwrap() - found[key][0].as_f64().unwrap();
        (
            width,
            found["p"].as_f64().unwrap(),
            found[key][0].as_f64().unwrap() > 0.0,
        )
    };
    let (usual, p, excludes_zero) = ends("0.05", "ci");
    assert_eq!(p < 0.05, excludes_zero);
    assert!(ends("0.01", "ci").0 > usual && ends("0.2", "ci").0 < usual);
    assert!(ends("0.05", "simultaneous_ci").0 > usual);
    let text = compare(&scores(), &["--alpha", "0.01"]).stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("99 % CI") && !text.contains("95 %"), "{text}");
}

#[test]
fn pairs_over_tasks_are_told_by_name_and_so_few_tasks_as_can_never_separate_methods_are_told() {
    let found = json(&scores(), &[]);
    let across = &found["across_tasks"];
    let nemenyi = &across["nemenyi_p"];
    assert_eq!(
        nemenyi["rectangular"]["trapezoidal"],
        nemenyi["trapezoidal"]["rectangular"]
    );
    assert!(nemenyi["rectangular"]["triangular"].is_f64());
    assert!(
        across["note"]
            .as_str()
            .unwrap()
            .contains("no two methods can rank significantly differently"),
        "{across}"
    );
    assert!(across["wilcoxon_detail"]["triangular"]["beliefs"].is_null());
    assert!(
        across["note"]
            .as_str()
            .unwrap()
            .contains("no Bayesian test")
    );
}

#[test]
fn fewer_than_four_runs_have_a_mean_for_an_interquartile_mean_and_it_is_said() {
    let text = String::from_utf8(compare(&survivors().path(), &[]).stdout).unwrap();
    let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flowing.contains("With fewer than four runs nothing can be trimmed"),
        "{text}"
    );
}

#[test]
fn a_method_that_is_refused_does_not_set_the_scale_of_the_others() {
    let with_survivor = |score: &str| {
        let mut text = "method,task,seed,score\n".to_owned();
        for task in ["t", "u"] {
            for seed in 1..5 {
                text.push_str(&format!(
                    "a,{task},{seed},{seed}\nc,{task},{seed},{seed}.5\n"
                ));
            }
        }
        text.push_str(&format!("b,t,1,{score}\nb,t,2,\nb,u,1,2.5\nb,u,2,2.5\n"));
        let found = json(&File::of(&text).path(), &["--bounds-from-scores"]);
        (
            found["aggregate"]["methods"]["a"].clone(),
            found["across_tasks"]["wilcoxon_detail"]["c"].clone(),
        )
    };
    assert_eq!(with_survivor("3"), with_survivor("103"));
}

//! What a suite decides about its verdicts: which comparisons share alpha, and what runs that did not finish count as.

use std::process::Command;

use spikebench::analysis::{Contrast, MethodScores, Metric};
use spikebench::report::{Format, render};
use spikebench::run::record::{Outcome, Status};
use spikebench::stats::interval::Level;
use spikebench::stats::welch;

use crate::records::{Data, record};

/// Three surrogates on two actors and two tasks: two comparisons in each of four tables.
const SUITE: &str = "\
name: made-up
seeds: 5
budget: {steps: 200, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, triangular, trapezoidal]
  actor: [popsan, mdcsan]
  agent: [td3]
  environment: [InvertedPendulum-v5, Pendulum-v1]
compare:
  correction: bonferroni
";

/// The last return of a run, different for every surrogate, spread evenly over seeds.
fn last(surrogate: &str, seed: u64) -> f64 {
    let level = match surrogate {
        "rectangular" => 100.0,
        "triangular" => 118.0,
        _ => 95.0,
    };
    level + 10.0 * seed as f64
}

fn with(compare: &str) -> Data {
    Data::of(&format!("{SUITE}  {compare}\n"), |cell| {
        let surrogate = cell.labels.surrogate.as_deref().unwrap();
        Some(record(
            cell,
            Outcome::finished(),
            last(surrogate, cell.seed),
        ))
    })
}

/// Every comparison of a report.
fn contrasts(data: &Data) -> Vec<&Contrast> {
    let blocks = data.study.analysis.blocks.iter();
    let comparisons = blocks.flat_map(|block| &block.comparisons);
    comparisons.flat_map(|one| &one.contrasts).collect()
}

#[test]
fn a_small_p_of_an_equivalence_test_is_told_as_equal_and_never_as_a_difference() {
    let report = |margin: f64, format| {
        let data = with(&format!("test: tost\n  margin: {margin}"));
        render(&data.study, "report", format)
    };
    for format in [Format::Html, Format::Latex, Format::Text] {
        let wide = report(90.0, format);
        assert!(
            wide.contains("within ±90") || wide.contains("within $\\pm$90"),
            "{wide}"
        );
        for difference in [
            "significant difference",
            "differs from",
            "two-sided, of each",
        ] {
            assert!(!wide.contains(difference), "{difference}: {wide}");
        }
    }
    let page = report(90.0, Format::Html);
    assert!(
        page.contains("triangular and trapezoidal scored as rectangular within ±90"),
        "{page}"
    );
    assert!(page.contains(": equal within ±90)"), "{page}");
    assert!(report(1.0, Format::Html).contains(": not shown to be equal within ±1)"));
}

#[test]
fn the_declared_family_is_what_the_correction_counts() {
    for (family, size) in [("per_environment", 4), ("all", 8), ("against_baseline", 2)] {
        let data = with(&format!("family: {family}"));
        let contrasts = contrasts(&data);
        assert_eq!(contrasts.len(), 8);
        for contrast in contrasts {
            assert_eq!(contrast.family_size, size, "{family}");
            let bonferroni = (contrast.p.unwrap() * size as f64).min(1.0);
            assert!((contrast.p_adjusted.unwrap() - bonferroni).abs() < 1e-15);
        }
    }
    // Without a word it is the environment.
    let silent = with("alpha: 0.05");
    assert!(contrasts(&silent).iter().all(|one| one.family_size == 4));
}

#[test]
fn a_larger_family_turns_a_difference_that_a_smaller_one_would_show() {
    let finds = |family: &str| {
        let data = with(&format!("family: {family}"));
        let below = |one: &&Contrast| one.p_adjusted.unwrap() < 0.25;
        contrasts(&data).into_iter().filter(below).count()
    };
    // Welch: t = 1.8 at 8 degrees of freedom, so p = 0.11.
    assert_eq!(
        (finds("against_baseline"), finds("per_environment")),
        (4, 0)
    );
}

/// The scores of a method, and its comparison with the baseline.
type Row = (MethodScores, Option<Contrast>);

/// One table in which the fifth run of the triangle diverged after it had scored highest of all.
fn failed(policy: &str) -> (Row, Row, Row) {
    let suite = SUITE
        .replace("[popsan, mdcsan]", "[popsan]")
        .replace("[InvertedPendulum-v5, Pendulum-v1]", "[Pendulum-v1]");
    let data = Data::of(&format!("{suite}  {policy}\n"), |cell| {
        let surrogate = cell.labels.surrogate.as_deref().unwrap();
        let outcome = if surrogate == "triangular" && cell.seed == 4 {
            Outcome::because(Status::Diverged, "the critic's loss is NaN")
        } else {
            Outcome::finished()
        };
        Some(record(cell, outcome, last(surrogate, cell.seed)))
    });
    let block = &data.study.analysis.blocks[0];
    let row = |place: usize| {
        let method = block.methods[place].clone();
        let contrasts = &block.comparisons[0].contrasts;
        let own = contrasts.iter().find(|one| one.method == method.name);
        (method, own.cloned())
    };
    (row(0), row(1), row(2))
}

fn values(row: &Row) -> &[f64] {
    row.0.values(Metric::Final)
}

/// The p of Welch's test, from the values alone.
fn p(one: &[f64], other: &[f64]) -> f64 {
    welch::test(one, other, Level::P95).unwrap().p
}

#[test]
fn refusing_tests_nothing_that_a_failed_run_belongs_to_and_is_the_default() {
    for policy in ["failed: refuse", "alpha: 0.05"] {
        let (_, triangular, trapezoidal) = failed(policy);
        assert_eq!((triangular.0.finished, triangular.0.planned), (4, 5));
        let refused = triangular.1.unwrap();
        assert_eq!(
            (refused.p, refused.p_adjusted, refused.mean_difference),
            (None, None, None)
        );
        assert_eq!(
            refused.note.as_deref(),
            Some("1 of 5 runs of triangular failed, and the policy is to refuse")
        );
        assert!(trapezoidal.1.unwrap().p_adjusted.is_some());
    }
}

#[test]
fn excluding_tests_the_runs_that_are_left() {
    let (rectangular, triangular, _) = failed("failed: exclude");
    assert_eq!(values(&triangular), [118.5, 128.5, 138.5, 148.5]);
    assert_eq!((triangular.0.finished, triangular.0.planned), (4, 5));
    let found = triangular.1.as_ref().unwrap().p.unwrap();
    assert_eq!(found, p(values(&triangular), values(&rectangular)));
}

#[test]
fn the_worst_score_of_any_run_in_the_table_stands_for_a_run_that_failed() {
    let (rectangular, triangular, trapezoidal) = failed("failed: worst");
    // Of the trapezoid's first run: 95 and 96 in two episodes.
    assert_eq!(values(&triangular), [118.5, 128.5, 138.5, 148.5, 95.5]);
    assert_eq!(values(&trapezoidal)[0], 95.5);
    assert_eq!((triangular.0.finished, triangular.0.planned), (4, 5));
    let found = triangular.1.as_ref().unwrap().p.unwrap();
    assert_eq!(found, p(values(&triangular), values(&rectangular)));
}

#[test]
fn a_plan_warns_of_a_design_in_which_no_p_can_fall_below_alpha() {
    let folder = tempfile::tempdir().unwrap();
    let planned = |seeds: u64, compare: &str| {
        let suite = SUITE
            .replace("seeds: 5", &format!("seeds: {seeds}"))
            .replace("correction: bonferroni", compare)
            .replace("popsan, mdcsan", "popsan");
        std::fs::write(folder.path().join("suite.yaml"), suite).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_spikebench"))
            .args(["plan", "suite.yaml", "--json"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let warnings = json["warnings"].as_array().unwrap().clone();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.matches("warning: ").count(), warnings.len());
        warnings
            .iter()
            .map(|warning| warning.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    // Of the 70 ways to deal eight runs to two groups the two extreme ones give p = 2/70; doubled, that is above 0.05.
    let four = planned(4, "test: mann-whitney");
    insta::assert_snapshot!(four.join("\n"), @r"
    InvertedPendulum-v5 · popsan · td3: with 4 and 4 runs and 2 comparisons in a family, no p value of mann-whitney can be below 0.0571 after correction (holm), so alpha = 0.05 is out of reach; more seeds or fewer comparisons would help
    Pendulum-v1 · popsan · td3: with 4 and 4 runs and 2 comparisons in a family, no p value of mann-whitney can be below 0.0571 after correction (holm), so alpha = 0.05 is out of reach; more seeds or fewer comparisons would help
    ");
    assert!(planned(5, "test: mann-whitney").is_empty());
    assert!(
        planned(
            4,
            "{test: mann-whitney, correction: none}"
                .trim_matches(['{', '}'])
                .split(", ")
                .collect::<Vec<_>>()
                .join("\n  ")
                .as_str()
        )
        .is_empty()
    );
    // A t test knows no such limit, with two runs a side.
    assert!(planned(2, "test: welch").is_empty());
    // The family decides, too: four comparisons of 2/252 are below 0.05.
    assert!(planned(5, "test: mann-whitney\n  family: all").is_empty());
    assert_eq!(
        planned(5, "test: mann-whitney\n  alpha: 0.03\n  family: all").len(),
        2
    );
    assert!(planned(5, "test: mann-whitney\n  alpha: 0.03").is_empty());
}

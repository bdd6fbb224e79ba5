//! What a report says beyond the return: how soon, how steadily, at what energy, at what cost; which way is better; what changed.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spikebench::analysis::{Analysis, Direction, Failed, Metric, Settings, parse};
use spikebench::api::Kind;
use spikebench::registry::Registry;
use spikebench::report::{Format, render};
use spikebench::run::record::{Diagnostic, Outcome, Record};
use spikebench::stats::aggregate::Bounds;

use crate::folder::{Folder, text};
use crate::records::{Data, record, shapes};

fn analysis(csv: &str, settings: Settings) -> Analysis {
    let scores = parse("scores.csv", csv.as_bytes()).unwrap();
    Analysis::of(&scores, &settings).unwrap()
}

fn means(analysis: &Analysis, metric: Metric) -> Vec<f64> {
    let methods = analysis.blocks[0].methods.iter();
    methods
        .map(|method| method.scored(metric).unwrap().summary.mean)
        .collect()
}

/// Energies: b takes the least, then c, then a.
const COSTS: &str = "method,task,seed,score\n\
    a,nJ 1,0,200\na,nJ 1,1,210\na,nJ 1,2,190\na,nJ 2,0,20\na,nJ 2,1,21\na,nJ 2,2,19\n\
    b,nJ 1,0,140\nb,nJ 1,1,141\nb,nJ 1,2,139\nb,nJ 2,0,14\nb,nJ 2,1,15\nb,nJ 2,2,13\n\
    c,nJ 1,0,170\nc,nJ 1,1,171\nc,nJ 1,2,\nc,nJ 2,0,17\nc,nJ 2,1,18\nc,nJ 2,2,16\n";

#[test]
fn where_less_is_better_the_lowest_ranks_first_and_a_failed_run_counts_as_the_highest() {
    let lower = Settings {
        better: Direction::Lower,
        failed: Failed::Worst,
        bounds_from_scores: true,
        ..Settings::default()
    };
    let found = analysis(COSTS, lower.clone());
    let ranks: Vec<(String, f64)> = found.across[0].ranking.mean_ranks.clone();
    assert_eq!(
        ranks,
        [("a".into(), 3.0), ("b".into(), 1.0), ("c".into(), 2.0)]
    );
    // The failed run of c counts as 210, the most that any run took.
    assert_eq!(
        found.blocks[0].methods[2].values(Metric::Final),
        [170.0, 171.0, 210.0]
    );
    let b = &found.blocks[0].comparisons[0].contrasts[0];
    assert_eq!(
        (b.method.as_str(), b.mean_difference, b.cliff_delta),
        ("b", Some(-60.0), Some(1.0))
    );
    assert!(b.hedges_g.unwrap() > 0.0 && b.is_better());
    let across = &found.across[0].aggregate.methods[1];
    assert!(across.probability_of_improvement == Some(1.0) && across.iqm.unwrap() > 0.9);
    let answer = found
        .answers
        .iter()
        .find(|answer| answer.method == "b")
        .unwrap();
    assert_eq!((answer.wins, answer.losses), (2, 0));
    let beliefs = found.across[0].signed_ranks[0].beliefs.unwrap();
    assert!(beliefs.better > beliefs.worse);
    // The other way round everything turns.
    let higher = analysis(
        COSTS,
        Settings {
            better: Direction::Higher,
            ..lower
        },
    );
    assert_eq!(higher.across[0].ranking.mean_ranks[1].1, 3.0);
    assert_eq!(higher.blocks[0].methods[2].values(Metric::Final)[2], 139.0);
}

#[test]
fn bounds_are_the_worse_score_first_whichever_way_is_better() {
    let settings = |better: Direction, (low, high): (f64, f64)| Settings {
        better,
        bounds: [("nJ 1".to_owned(), Bounds::new(low, high).unwrap())].into(),
        ..Settings::default()
    };
    let scores = parse("scores.csv", COSTS.as_bytes()).unwrap();
    let found = Analysis::of(&scores, &settings(Direction::Lower, (300.0, 100.0))).unwrap();
    assert_eq!(
        found.across[0].scales[0].unwrap().bounds.normalise(140.0),
        0.8
    );
    for (better, bounds) in [
        (Direction::Lower, (100.0, 300.0)),
        (Direction::Higher, (300.0, 100.0)),
    ] {
        let error = Analysis::of(&scores, &settings(better, bounds))
            .unwrap_err()
            .to_string();
        assert!(error.contains("LOW must be"), "{error}");
    }
}

/// Two runs of each of two methods at steps 1, 2 and 3.
const CURVES: &str = "method,task,seed,step,score\n\
    a,t,0,1,9\na,t,0,2,1\na,t,0,3,1\na,t,1,1,2\na,t,1,2,8\na,t,1,3,2\n\
    b,t,0,1,1\nb,t,0,2,4\nb,t,0,3,6\nb,t,1,1,1\nb,t,1,2,7\nb,t,1,3,6\n";

#[test]
fn the_last_evaluations_and_the_best_of_the_mean_curve_are_metrics_of_their_own() {
    let settings = Settings {
        metrics: vec![Metric::Last(2), Metric::BestOfMean, Metric::Best],
        ..Settings::default()
    };
    let found = analysis(CURVES, settings);
    assert_eq!(
        means(&found, Metric::Last(2)),
        [(1.0 + 5.0) / 2.0, (5.0 + 6.5) / 2.0]
    );
    // The mean of a is best at step 1, that of b at step 3; the means of the runs' own maxima are higher.
    assert_eq!(means(&found, Metric::BestOfMean), [5.5, 6.0]);
    assert_eq!(means(&found, Metric::Best), [8.5, 6.5]);
}

#[test]
fn steps_to_a_threshold_are_compared_by_log_rank_and_restricted_means() {
    let mut csv = "method,task,seed,step,score\n".to_owned();
    for (method, reached) in [("slow", [4, 5, 9, 9, 9]), ("fast", [1, 2, 1, 2, 3])] {
        for (seed, at) in reached.into_iter().enumerate() {
            for step in 1..=5 {
                let score = if step >= at { 100 } else { 0 };
                csv.push_str(&format!("{method},t,{seed},{step},{score}\n"));
            }
        }
    }
    let steps = Metric::StepsTo(Some(50.0));
    let found = analysis(
        &csv,
        Settings {
            metrics: vec![steps],
            ..Settings::default()
        },
    );
    let contrast = &found.blocks[0].comparisons[0].contrasts[0];
    // fast: 1.8 steps on average; slow: 4.8, of which three runs had not reached it by step 5.
    assert!(
        (contrast.mean_difference.unwrap() + 3.0).abs() < 1e-9,
        "{contrast:?}"
    );
    assert!(contrast.is_better() && contrast.p.unwrap() < 0.05);
    assert!(
        contrast
            .note
            .as_ref()
            .unwrap()
            .contains("3 of 10 runs did not reach the threshold")
    );
    let answer = &found.answers[0];
    assert_eq!((answer.metric, answer.wins), (steps, 1));
    // Without a threshold there is nothing to reach.
    let scores = parse("scores.csv", csv.as_bytes()).unwrap();
    let error = Analysis::of(
        &scores,
        &Settings {
            metrics: vec![Metric::StepsTo(None)],
            ..Settings::default()
        },
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("steps_to needs the score")
    );
}

#[test]
fn the_command_reads_metrics_with_a_value_and_a_direction() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scores.csv");
    std::fs::write(&file, CURVES).unwrap();
    let compare = |options: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_spikebench"))
            .arg("compare")
            .arg(&file)
            .args(options)
            .output();
        let output = output.unwrap();
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (code, shown, said) = compare(&["--metric", "last:2", "--better", "lower", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let json: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(json["settings"]["metric"], "last:2");
    assert_eq!(json["tasks"]["t"]["standings"]["a"], "best");
    assert!(
        json["command"]
            .as_str()
            .unwrap()
            .ends_with("--metric last:2 --better lower"),
        "{}",
        json["command"]
    );
    let (code, _, said) = compare(&["--metric", "fnal"]);
    assert!(
        code == Some(2) && said.contains("expected one of final, last"),
        "{said}"
    );
}

/// Records whose networks fire, or do not: the surrogate decides, and the network without spikes multiplies.
fn with_activity(cell: &spikebench::suite::plan::Cell, rate: f64) -> Record {
    let spikes = cell.labels.surrogate.is_some();
    let mut made = record(cell, Outcome::finished(), 100.0 + 10.0 * cell.seed as f64);
    let mut note = |step: u64, name: &str, value: f64| {
        made.diagnostics.push(Diagnostic {
            step,
            name: name.to_owned(),
            value,
        });
    };
    for step in [0, 100, 200] {
        if spikes {
            note(step, "firing_rate.encoder", 0.9);
            note(step, "firing_rate.layer.0", rate);
            note(step, "firing_rate.layer.1", rate);
            note(step, "dead.layer.0", if rate > 0.0 { 0.0 } else { 1.0 });
        }
        note(
            step,
            "synaptic_operations",
            if spikes { 1000.0 } else { 0.0 },
        );
        note(
            step,
            "multiply_accumulates",
            if spikes { 100.0 } else { 1000.0 },
        );
    }
    made
}

const ACTORS: &str = "\
name: costs
seeds: 6
budget: {steps: 200, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, trapezoidal]
  actor: [{popsan: {hidden: [8]}, as: popsan-8}, {mlp: {hidden: [8]}, as: mlp-8}]
  agent: [td3]
  environment: [Pendulum-v1]
compare: {thresholds: {Pendulum-v1: 120}}
";

#[test]
fn firing_rates_operations_and_energy_are_set_beside_the_network_without_spikes() {
    let data = Data::of(ACTORS, |cell| Some(with_activity(cell, 0.2)));
    let block = &data.study.analysis.blocks[0];
    let method = &block.methods[0];
    let mean = |metric: &str| {
        let metric: Metric = metric.parse().unwrap();
        method.scored(metric).unwrap().summary.mean
    };
    // The encoder's own rate is not among the hidden layers'.
    assert_eq!(
        (mean("firing_rate"), mean("synaptic_operations")),
        (0.2, 1000.0)
    );
    // 1000 · 0.9 pJ and 100 · 4.6 pJ, beside 1000 · 4.6 pJ.
    assert!((mean("energy") - 1.36).abs() < 1e-12);
    let reference = block.costs[0].reference.as_ref().unwrap();
    assert_eq!(reference.name, "none · mlp-8 · td3");
    assert!(
        (reference.energy[0] - 1.36 / 4.6).abs() < 1e-12
            && (reference.operations - 1.1).abs() < 1e-12
    );
    // Seeds 2 to 5 reach 120 (their last evaluation has the mean of r and r + 1), after 8.2 to 8.5 s on one core.
    assert_eq!(
        (block.costs[0].trials, block.costs[0].reached),
        (6, Some(4))
    );
    assert_eq!(block.costs[0].trials_a_success(), Some(1.5));
    let costs = shapes::file(&data, "costs.md");
    assert!(
        costs.contains("rectangular: 4 of 6 runs reached 120.0, which is 1.50 training runs"),
        "{costs}"
    );
    assert!(costs.contains("Not measured:"), "{costs}");
    let page = shapes::file(&data, "report.html");
    assert!(
        page.contains("What adopting it costs")
            && page.contains("firing-rates-pendulum-v1-popsan-8-td3")
    );
    let shown = render(&data.study, shapes::COMMAND, Format::Text);
    insta::assert_snapshot!(table(&shown, "what an inference takes"), @r"
    what an inference takes
    ╭─────────────┬───────────────┬──────────────┬───────┬──────────────╮
    │ surrogate   │   firing rate │ synaptic ops │  MACs │  nJ Horowitz │
    ├─────────────┼───────────────┼──────────────┼───────┼──────────────┤
    │ rectangular │ 0.200 ± 0.000 │ 1000 ± 0.000 │ 100.0 │ 1.36 ± 0.000 │
    │ trapezoidal │ 0.200 ± 0.000 │ 1000 ± 0.000 │ 100.0 │ 1.36 ± 0.000 │
    ╰─────────────┴───────────────┴──────────────┴───────┴──────────────╯
    ");
}

/// The lines of a table from its title to the line below it.
fn table(text: &str, title: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with(title));
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_network_that_never_fires_is_marked_and_named() {
    let data = Data::of(ACTORS, |cell| {
        let silent = cell.labels.surrogate.as_deref() == Some("rectangular") && cell.seed < 3;
        Some(with_activity(cell, if silent { 0.0 } else { 0.2 }))
    });
    let shown = render(&data.study, shapes::COMMAND, Format::Markdown);
    assert!(shown.contains("| rectangular ‡ | 6/6 |"), "{shown}");
    assert!(
        shown.contains("‡ 3 of 6 runs of rectangular end with a network that never fires (firing rate 0.0000, 1.00 of its hidden"),
        "{shown}"
    );
    assert!(!shown.contains("trapezoidal ‡"));
}

#[test]
fn where_nobody_learned_the_report_says_so_before_it_compares() {
    let flat = Data::of(ACTORS, |cell| {
        let mut made = record(cell, Outcome::finished(), 100.0);
        made.evaluations
            .iter_mut()
            .for_each(|episode| episode.total = 7.0);
        Some(made)
    });
    let page = shapes::file(&flat, "report.html");
    let summary = page.split("id=\"summary\"").nth(1).unwrap();
    assert!(summary.contains(
        "nobody learned: none of 12 runs ends higher than its first evaluation at step 0"
    ));
    // There one task is learned, and on the other returns fall.
    let shapes = shapes::data();
    let blocks = &shapes.study.analysis.blocks;
    assert!(blocks[0].unlearned.is_none() && blocks[1].unlearned.is_some());
}

#[test]
fn a_reviewer_finds_every_parameter_with_what_differs_in_bold() {
    let appendix = shapes::file(&shapes::data(), "appendix.md");
    assert!(
        appendix.contains("| name | **rectangular** | **triangular** | **trapezoidal** |"),
        "{appendix}"
    );
    assert!(
        appendix.contains("spikebench report shapes.yaml")
            && appendix.contains("every parameter: agent")
    );
    assert!(appendix.contains("| gamma | 0.99 |"), "{appendix}");
    let bibliography = shapes::file(&shapes::data(), "references.bib");
    for author in ["Agarwal", "Towers", "Welch", "Spikebench maintainers"] {
        assert!(bibliography.contains(author), "{bibliography}");
    }
}

#[test]
fn agents_and_actors_name_the_papers_that_a_report_of_them_cites() {
    let registry = Registry::linked().unwrap();
    for kind in [Kind::Agent, Kind::Actor] {
        for entry in registry.of(kind) {
            assert!(
                !entry.cites.is_empty() || entry.name == "mlp",
                "{}",
                entry.name
            );
            for paper in entry.cites {
                let year = paper.trim_end_matches('.').rsplit_once(", ").unwrap().1;
                assert!(
                    paper.contains(": ") && year.parse::<u16>().is_ok(),
                    "{paper}"
                );
            }
        }
    }
    let papers = shapes::data().study.clone().with_papers(&registry).papers;
    let cited = |author: &str| papers.iter().any(|paper| paper.contains(author));
    assert!(cited("Fujimoto") && cited("Michmizos"), "{papers:?}");
}

#[test]
fn a_change_of_the_code_is_tested_against_an_earlier_store() {
    let folder = Folder::new(&ACTORS.replace("seeds: 6", "seeds: 2"));
    let suite = folder.path().join("suite.yaml");
    let small = std::fs::read_to_string(&suite).unwrap();
    let small = small.replace(
        "agent: [td3]",
        "agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8]}, as: td3}]",
    );
    std::fs::write(&suite, &small).unwrap();
    assert!(
        folder
            .run(&["run", "suite.yaml", "--results", "old"])
            .status
            .success()
    );
    assert!(
        folder
            .run(&["run", "suite.yaml", "--results", "new"])
            .status
            .success()
    );
    let against = |old: &str, more: &[&str]| {
        let arguments = [
            "report",
            "suite.yaml",
            "--results",
            "new",
            "--against",
            old,
            "--fail-on-drop",
        ];
        folder.run(&[&arguments[..], more].concat())
    };
    let same = against("old", &[]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stderr));
    assert!(
        text(&same.stdout).contains("3 the same to the last bit, 0 better, 0 worse"),
        "{}",
        text(&same.stdout)
    );

    // Another learning rate gives the cells other identifiers and keeps their labels.
    let changed = small.replace("critic_hidden: [8]", "critic_hidden: [8], critic_lr: 0.01");
    std::fs::write(&suite, changed).unwrap();
    assert!(
        folder
            .run(&["run", "suite.yaml", "--results", "new"])
            .status
            .success()
    );
    let other = against("old", &["--format", "json"]);
    let json: Value = serde_json::from_slice(&other.stdout).unwrap();
    let verdicts: Vec<&str> = json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts.len(), 3);
    assert!(
        verdicts
            .iter()
            .all(|verdict| *verdict != "same" && *verdict != "new"),
        "{verdicts:?}"
    );
    assert_eq!(
        other.status.code(),
        Some(if json["drop"] == true { 1 } else { 0 })
    );

    let nowhere = against("nowhere", &[]);
    assert_eq!(nowhere.status.code(), Some(74));
    assert!(Path::new(&suite).exists());
}

#[test]
fn what_got_significantly_worse_fails_the_command_that_asks_for_it() {
    use spikebench::report::against::Change;
    let worse = |offset: f64| {
        Data::of(ACTORS, move |cell| {
            Some(record(
                cell,
                Outcome::finished(),
                100.0 + offset + 3.0 * cell.seed as f64,
            ))
        })
    };
    let (before, now) = (worse(0.0), worse(-60.0));
    let change = Change::of(&now.study, &before.study.table).unwrap();
    assert!(change.has_drop());
    let shown = change
        .render("spikebench report costs.yaml --against old", Format::Text)
        .unwrap();
    insta::assert_snapshot!(table(&shown, "costs: "), @r"
    costs: final return before and now
    ╭──────────────────────────────┬─────────┬──────────────┬─────────────┬────────╮
    │ what                         │ verdict │       before │         now │ Δ mean │
    ├──────────────────────────────┼─────────┼──────────────┼─────────────┼────────┤
    │ Pendulum-v1 · rectangular ·  │   WORSE │ 108.0 ± 5.61 │ 48.0 ± 5.61 │  −60.0 │
    │   popsan-8 · td3             │         │              │             │        │
    │ Pendulum-v1 · trapezoidal ·  │   WORSE │ 108.0 ± 5.61 │ 48.0 ± 5.61 │  −60.0 │
    │   popsan-8 · td3             │         │              │             │        │
    │ Pendulum-v1 · none · mlp-8 · │   WORSE │ 108.0 ± 5.61 │ 48.0 ± 5.61 │  −60.0 │
    │   td3                        │         │              │             │        │
    ╰──────────────────────────────┴─────────┴──────────────┴─────────────┴────────╯
    ");
    let improved = Change::of(&before.study, &now.study.table).unwrap();
    assert!(!improved.has_drop());
}

#[test]
fn several_suites_stand_on_one_page_with_anchors_of_their_own() {
    let folder = Folder::new(crate::folder::SUITE);
    assert!(folder.run(&["run", "suite.yaml"]).status.success());
    let again = folder.run(&["report", "suite.yaml", "results/small", "--out", "both"]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    let page = std::fs::read_to_string(folder.path().join("both/report.html")).unwrap();
    for anchor in [
        "id=\"s1-study\"",
        "id=\"s2-study\"",
        "id=\"s1-answers\"",
        "id=\"s2-answers\"",
        "href=\"#s2-study\"",
    ] {
        assert_eq!(page.matches(anchor).count(), 1, "{anchor}");
    }
    let refused = folder.run(&["report", "suite.yaml", "results/small", "--format", "json"]);
    assert_eq!(refused.status.code(), Some(2));
}

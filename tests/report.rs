//! What a report says of records whose returns are written down here.

use std::path::Path;
use std::process::Command;

use spikebench::compare::Comparison;
use spikebench::plan::Plan;
use spikebench::record::{Evaluation, FORMAT, Outcome, Provenance, Record, Status};
use spikebench::registry::Registry;
use spikebench::report::{Format, render};
use spikebench::suite::Suite;
use spikebench_plugins as _;

const SUITE: &str = "\
name: shapes
seeds: 5
budget: {steps: 200, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, triangular, {trapezoidal: {}, as: 50%_trapezoid}]
  actor: [{popsan: {hidden: [8]}, as: popsan-8}]
  agent: [td3]
  environment: [InvertedPendulum-v5, Pendulum-v1]
compare: {metrics: [final, auc]}
";

/// A run's last return: clearly better with one of the shapes on one of the tasks.
fn level(surrogate: &str, environment: &str) -> f64 {
    match (surrogate, environment) {
        ("rectangular", "InvertedPendulum-v5") => 400.0,
        ("triangular", "InvertedPendulum-v5") => 420.0,
        (_, "InvertedPendulum-v5") => 900.0,
        ("rectangular", _) => -180.0,
        ("triangular", _) => -170.0,
        _ => -175.0,
    }
}

fn comparison(suite: &str) -> Comparison {
    let registry = Registry::linked().unwrap();
    let suite = Suite::parse("shapes.yaml", suite, &registry, 1000).unwrap();
    let plan = Plan::of(&suite);
    let records: Vec<Option<Record>> = plan
        .cells
        .iter()
        .map(|cell| {
            let surrogate = cell.labels.surrogate.as_deref().unwrap();
            let environment = cell.labels.environment.as_str();
            if surrogate == "triangular" && environment == "Pendulum-v1" && cell.seed == 3 {
                return None;
            }
            let diverges = surrogate == "rectangular" && cell.seed == 4;
            let outcome = if diverges && environment == "Pendulum-v1" {
                Outcome::because(Status::Diverged, "the critic's loss is NaN")
            } else {
                Outcome::finished()
            };
            let last = level(surrogate, environment) + 10.0 * cell.seed as f64;
            let evaluations = [(0, 0.1), (100, 0.5), (200, 1.0)].into_iter();
            Some(Record {
                format: FORMAT,
                cell: cell.clone(),
                outcome,
                provenance: Provenance {
                    spikebench: "0.1.0".into(),
                    revision: "abc".into(),
                    tch: "0.24.0".into(),
                    libtorch: "2.11.0".into(),
                    engine: None,
                    device: "cpu".into(),
                    threads: 1,
                    platform: "linux-x86_64".into(),
                },
                wall_seconds: 1.0,
                evaluations: evaluations
                    .flat_map(|(step, share)| {
                        [0, 1].map(|episode| Evaluation {
                            step,
                            episode,
                            total: last * share + episode as f64,
                            length: 100,
                        })
                    })
                    .collect(),
                log: String::new(),
            })
        })
        .collect();
    Comparison::of(&suite, &plan, &records)
}

fn shown(format: Format) -> String {
    render(&comparison(SUITE), "spikebench report shapes.yaml", format)
}

/// The lines from the one that begins with `first` to the first empty one.
fn paragraph(text: &str, first: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with(first));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_report_is_the_same_to_the_byte_and_begins_with_its_command_and_the_hash_of_its_data() {
    for format in [Format::Text, Format::Markdown, Format::Latex] {
        let report = shown(format);
        assert_eq!(report, shown(format));
        let head: Vec<&str> = report.lines().take(2).collect();
        let head = head.join(" ");
        assert!(head.contains("spikebench report shapes.yaml"), "{head}");
        assert!(head.contains(&comparison(SUITE).data_hash), "{head}");
    }
}

#[test]
fn the_terminal_shows_finished_and_planned_runs_in_every_cell_and_no_line_is_too_long() {
    let text = shown(Format::Text);
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    insta::assert_snapshot!(paragraph(&text, "final return ·"), @r"
    final return · popsan-8 · td3
    ╭───────────────┬─────────────────────┬──────────────────────╮
    │ surrogate     │ InvertedPendulum-v5 │          Pendulum-v1 │
    ├───────────────┼─────────────────────┼──────────────────────┤
    │ rectangular   │  420.5 ± 15.8 (5/5) │ −164.5 ± 12.9 (4/5†) │
    │ triangular    │  440.5 ± 15.8 (5/5) │ −152.0 ± 17.1 (4/5†) │
    │ 50%_trapezoid │ 920.5 ± 15.8* (5/5) │  −154.5 ± 15.8 (5/5) │
    ╰───────────────┴─────────────────────┴──────────────────────╯
    ");
}

#[test]
fn a_paper_has_the_best_in_bold_and_what_may_be_as_good_underlined() {
    let latex = shown(Format::Latex);
    let table = latex.split("\n\\begin{table}").nth(1).unwrap();
    insta::assert_snapshot!(table, @r"
    [htbp]
      \centering
      \caption{final return $\cdot$ popsan-8 $\cdot$ td3}
      \label{tab:overview-popsan-8-td3}
      \begin{tabular}{l S[table-format=3.0] @{${}\pm{}$} S[table-format=2.0,table-number-alignment=left] @{\,}l S[table-format=-3.0] @{${}\pm{}$} S[table-format=2.0,table-number-alignment=left] @{\,}l}
        \toprule
        surrogate & \multicolumn{3}{c}{InvertedPendulum-v5} & \multicolumn{3}{c}{Pendulum-v1} \\
        \midrule
        rectangular & 420 & 16 & {\scriptsize(5/5)} & {\underline{\num{-164}}} & 13 & {\scriptsize(4/5$^\dagger$)} \\
        triangular & 440 & 16 & {\scriptsize(5/5)} & \bfseries -152 & 17 & {\scriptsize(4/5$^\dagger$)} \\
        50\%\_trapezoid & \bfseries 920 & 16 & *{\scriptsize(5/5)} & {\underline{\num{-154}}} & 16 & {\scriptsize(5/5)} \\
        \bottomrule
      \end{tabular}

      \smallskip\footnotesize $\pm$: standard deviation over runs. Bold: best mean; \underline{underlined}: not significantly different from it (Welch's t, two-sided, holm correction, alpha = 0.05). *: differs from rectangular (p $<$ 0.05 after holm correction). In brackets: runs finished of runs planned. $^\dagger$: some planned runs did not finish and are in no number.
    \end{table}
    ");
}

#[test]
fn runs_that_did_not_finish_are_named_with_their_reason() {
    let text = shown(Format::Markdown);
    let said = paragraph(&text, "† Runs: 2 of the planned runs did not finish");
    let reason = |run: &str| {
        let rest = said.split(run).nth(1).unwrap();
        rest.split(['(', ')']).nth(1).unwrap().to_owned()
    };
    assert_eq!(reason("triangular.s3"), "not run");
    assert_eq!(reason("rectangular.s4"), "diverged: the critic's loss is NaN");
}

#[test]
fn the_document_for_a_paper_compiles() {
    let folder = tempfile::tempdir().unwrap();
    compile(folder.path(), "report.tex", &shown(Format::Latex));
}

/// Runs pdflatex, if there is one.
fn compile(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
    let output = Command::new("pdflatex")
        .args(["-interaction=nonstopmode", "-halt-on-error", name])
        .current_dir(folder)
        .output();
    let Ok(output) = output else {
        println!("skipped: there is no pdflatex here");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    if said.contains(".sty' not found") {
        println!("skipped: this LaTeX lacks a package: {said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    assert!(folder.join(name).with_extension("pdf").exists());
}

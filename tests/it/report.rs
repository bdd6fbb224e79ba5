//! What a report says of records whose returns are written down here.

use std::path::Path;
use std::process::Command;

use spikebench::report::{Format, render};

use crate::records::shapes::{COMMAND, bundle, data};

/// One file of the report as text.
fn file(name: &str) -> String {
    crate::records::shapes::file(&data(), name)
}

fn shown(format: Format) -> String {
    render(&data().study, COMMAND, format)
}

/// The lines from the one that begins with `first` to the first empty one.
fn paragraph(text: &str, first: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with(first));
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_report_is_the_same_to_the_byte_and_begins_with_its_command_and_the_hash_of_its_data() {
    for format in [
        Format::Text,
        Format::Markdown,
        Format::Csv,
        Format::Latex,
        Format::Html,
    ] {
        let report = shown(format);
        assert_eq!(report, shown(format));
        let head: Vec<&str> = report.lines().take(2).collect();
        let head = head.join(" ");
        assert!(head.contains(COMMAND), "{head}");
        assert!(head.contains(&data().study.data_hash), "{head}");
    }
    let (one, other) = (bundle(&data()), bundle(&data()));
    for (one, other) in one.iter().zip(&other) {
        assert!(one == other, "{} is not the same twice", one.0);
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
    let mut tables = latex.split("\n\\begin{table}");
    let table = tables.find(|table| table.contains("tab:overview")).unwrap();
    insta::assert_snapshot!(table, @r"
    [htbp]
      \centering
      \sisetup{detect-weight = true, mode = text, table-number-alignment = right, table-text-alignment = right, retain-explicit-plus = true, group-digits = none}
      \caption{final return $\cdot$ popsan-8 $\cdot$ td3}
      \label{tab:overview-popsan-8-td3}
      \smallskip
      \resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%
      \begin{tabular}{l S[table-format=3.0] @{${}\pm{}$} S[table-format=2.0,table-number-alignment=left] @{\,}l S[table-format=-3.0] @{${}\pm{}$} S[table-format=2.0,table-number-alignment=left] @{\,}l}
        \toprule
        surrogate & \multicolumn{3}{c}{InvertedPendulum-v5} & \multicolumn{3}{c}{Pendulum-v1} \\
        \midrule
        rectangular & 420 & 16 & {\scriptsize(5/5)} & {\underline{\num{-164}}} & 13 & {\scriptsize(4/5$^\dagger$)} \\
        triangular & 440 & 16 & {\scriptsize(5/5)} & \bfseries -152 & 17 & {\scriptsize(4/5$^\dagger$)} \\
        50\%\_trapezoid & \bfseries 920 & 16 & *{\scriptsize(5/5)} & {\underline{\num{-154}}} & 16 & {\scriptsize(5/5)} \\
        \bottomrule
      \end{tabular}}

      \smallskip\footnotesize $\pm$: standard deviation over runs. Bold: best mean; \underline{underlined}: not significantly different from it (Welch's t, two-sided, Holm correction, alpha = 0.05). *: differs from rectangular (p $<$ 0.05 after Holm correction). In brackets: runs finished of runs planned. $^\dagger$: some planned runs did not finish and are in no number.
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
    assert_eq!(
        reason("rectangular.s4"),
        "diverged: the critic's loss is NaN"
    );
}

#[test]
fn the_document_for_a_paper_compiles_and_so_does_the_diagram_of_ranks() {
    let folder = tempfile::tempdir().unwrap();
    compile(folder.path(), "report.tex", &shown(Format::Latex));
    let diagram = file("figures/ranks-popsan-8-td3.tex");
    let document = format!(
        "\\documentclass{{article}}\n\\usepackage{{tikz}}\n\\begin{{document}}\n{diagram}\\end{{document}}\n"
    );
    compile(folder.path(), "ranks.tex", &document);
}

#[test]
fn the_words_for_a_paper_are_true_to_the_numbers() {
    let words = file("words.txt");
    let (_, words) = words.split_once("Methods").unwrap();
    insta::assert_snapshot!(words.trim(), @r"
    We compared 3 surrogates (rectangular, triangular and 50%_trapezoid) in the network popsan-8 (popsan), trained by td3, on InvertedPendulum-v5 and Pendulum-v1 by training 5 independent runs of each combination, with different seeds, for 200 environment steps. Policies were evaluated without exploration, 2 episodes at a time, in environments of their own. Every run enters the statistics as one number per metric: the final return, the mean over the 2 episodes of the last evaluation; the area under the curve (AUC), the mean return averaged over the steps of training. Each surrogate was compared with rectangular by Welch's t test (two-sided, alpha = 0.05); p values were corrected by Holm's method within each metric and environment. Effect sizes are Cliff's delta and Hedges' g. Interquartile means have 95 % intervals (percentile bootstrap, expanded for few runs; 50 000 resamples of runs). Across tasks, scores were normalised (0: worst run of any method on that task, 1: best); aggregates are interquartile means with stratified bootstrap intervals, and mean scores were compared by Wilcoxon's signed-rank test over tasks. 2 planned runs did not finish; they are in no number.

    Results

    On InvertedPendulum-v5 · popsan-8 · td3, the final return of rectangular was 420.5 ± 15.8 (5 of 5 runs); that of triangular 440.5 ± 15.8 (5 of 5 runs) (difference +20.0, 95 % CI [−3.06, 43.1], p = 0.0805, δ = +0.64: not significant); that of 50%_trapezoid 920.5 ± 15.8 (5 of 5 runs) (difference +500.0, 95 % CI [476.9, 523.1], p < 0.0001, δ = +1.00: a significant difference). On InvertedPendulum-v5 · popsan-8 · td3, the AUC of rectangular was 221.0 ± 8.30 (5 of 5 runs); that of triangular 231.5 ± 8.30 (5 of 5 runs) (difference +10.5, 95 % CI [−1.61, 22.6], p = 0.0805, δ = +0.64: not significant); that of 50%_trapezoid 483.5 ± 8.30 (5 of 5 runs) (difference +262.5, 95 % CI [250.4, 274.6], p < 0.0001, δ = +1.00: a significant difference). On Pendulum-v1 · popsan-8 · td3, the final return of rectangular was −164.5 ± 12.9 (4 of 5 runs); that of triangular −152.0 ± 17.1 (4 of 5 runs) (difference +12.5, 95 % CI [−14.2, 39.2], p = 0.5807, δ = +0.44: not significant); that of 50%_trapezoid −154.5 ± 15.8 (5 of 5 runs) (difference +10.0, 95 % CI [−12.7, 32.7], p = 0.5807, δ = +0.40: not significant). On Pendulum-v1 · popsan-8 · td3, the AUC of rectangular was −86.1 ± 6.78 (4 of 5 runs); that of triangular −79.6 ± 8.97 (4 of 5 runs) (difference +6.56, 95 % CI [−7.44, 20.6], p = 0.5807, δ = +0.44: not significant); that of 50%_trapezoid −80.9 ± 8.30 (5 of 5 runs) (difference +5.25, 95 % CI [−6.64, 17.1], p = 0.5807, δ = +0.40: not significant).
    ");
}

#[test]
fn a_page_asks_for_nothing_from_a_network_and_names_every_run_that_is_missing() {
    let page = file("report.html");
    for outside in ["src=", "href=", "url(", "@import", "<link", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
    for run in [
        "triangular.s3",
        "rectangular.s4",
        "the critic's loss is NaN",
    ] {
        assert!(page.contains(run), "{run}");
    }
    assert_eq!(
        page.matches("<svg ").count(),
        page.matches("</svg>").count()
    );
    assert!(page.matches("<svg ").count() >= 11);
}

/// Runs pdflatex, if there is one.
pub fn compile(folder: &Path, name: &str, text: &str) {
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

#[test]
fn the_folder_of_the_results_gives_the_same_report_as_the_suite_that_was_run() {
    let folder = tempfile::tempdir().unwrap();
    let suite = "name: tiny\nseeds: 2\nbudget: {steps: 60, evaluate_every: 30, evaluation_episodes: 1}\nmatrix:\n  \
                 surrogate: [rectangular, triangular]\n  actor: [{popsan: {hidden: [8]}}]\n  agent: [{td3: {critic_hidden: [8], \
                 start_steps: 50, update_after: 50}}]\n  environment: [Pendulum-v1]\n";
    std::fs::write(folder.path().join("suite.yaml"), suite).unwrap();
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_spikebench"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    assert!(run(&["run", "suite.yaml"]).status.success());
    let body = |place: &str| {
        let output = run(&["report", place]);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    };
    assert_eq!(body("suite.yaml"), body("results/tiny"));
    let said = |arguments: &[&str]| {
        let output = run(arguments);
        let code = output.status.code().unwrap();
        format!("{code} {}", String::from_utf8(output.stderr).unwrap())
    };
    insta::assert_snapshot!(said(&["report", "results"]), @"74 error: results has no suite.yaml, which spikebench run leaves beside the records; name the suite file instead");
    insta::assert_snapshot!(said(&["report", "suite.yaml", "--format", "figures"]), @"2 error: --format figures makes several files; name a folder for them with --out");
    insta::assert_snapshot!(said(&["report", "suite.yaml", "--out", "suite.yaml"]), @"74 error: failed to write suite.yaml: File exists (os error 17)");
    let written = run(&["report", "results/tiny", "--out", "paper"]);
    assert!(written.status.success(), "{written:?}");
    for name in [
        "report.html",
        "report.tex",
        "words.txt",
        "figures/surrogates.pdf",
        "exports/rliable.json",
    ] {
        assert!(folder.path().join("paper").join(name).exists(), "{name}");
    }
}

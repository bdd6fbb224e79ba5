//! Names that other people chose are shown as they are written, whatever they would do to a terminal, a browser or a
//! spreadsheet.

use std::path::Path;
use std::process::{Command, Output};

use crate::compare::{compare, json};
use crate::folder::{Folder, SUITE};
use crate::report::compile;

const EVIL: &str = "\u{1b}[2J\u{202e}evil\u{9b}0m";
const MARKUP: &str = "<img src=x onerror=alert(1)>";
const FORMULA: &str = "=cmd|' /C calc'!A0";

fn scores(folder: &Path) -> std::path::PathBuf {
    scores_of(folder, "scores.csv", &[EVIL, MARKUP, FORMULA, "-plain"])
}

/// Four runs of each method, in a file of this name.
fn scores_of(folder: &Path, name: &str, methods: &[&str]) -> std::path::PathBuf {
    let mut text = format!("method,task,seed,score,{EVIL}\n");
    for (lift, method) in methods.iter().enumerate() {
        for seed in 0..4 {
            text.push_str(&format!(
                "\"{method}\",\"{FORMULA}\",{seed},{},0\n",
                lift * 10 + seed
            ));
        }
    }
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Whether a terminal would do something with the text.
fn acts(text: &str) -> bool {
    text.chars()
        .any(|one| (one.is_control() && one != '\n' && one != '\t') || one == '\u{202e}')
}

fn shown(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!acts(&text), "{text:?}");
    text
}

#[test]
fn no_format_of_a_comparison_lets_a_name_act() {
    let folder = tempfile::tempdir().unwrap();
    let scores = scores(folder.path());
    for format in ["text", "markdown", "csv", "json", "latex", "html"] {
        let text = shown(&compare(&scores, &["--format", format]));
        assert!(!text.is_empty(), "{format}");
        if matches!(format, "markdown" | "html") {
            assert!(!text.contains("<img"), "{text}");
        }
    }
    let text = shown(&compare(&scores, &[]));
    assert!(
        text.contains(r"\u{1b}[2J\u{202e}evil\u{9b}0m") || text.contains(r"\u{1b}[2J\u{"),
        "{text}"
    );
    let table = shown(&compare(&scores, &["--format", "csv"]));
    let rows = table.lines().skip(2);
    let cells = rows.flat_map(|line| {
        line.split(',')
            .map(|cell| cell.trim_matches('"').to_owned())
    });
    for cell in cells {
        let is_formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
        assert!(!is_formula, "{cell}");
    }
    assert_eq!(json(&scores, &[])["baseline"], EVIL);
}

#[test]
fn the_files_of_a_report_are_safe_and_its_scores_are_read_back_as_the_same_names() {
    let folder = tempfile::tempdir().unwrap();
    let scores = scores(folder.path());
    let out = folder.path().join("out");
    shown(&compare(&scores, &["--out", out.to_str().unwrap()]));
    for name in [
        "report.txt",
        "report.md",
        "report.csv",
        "report.json",
        "report.tex",
        "report.html",
        "words.txt",
    ] {
        let text = std::fs::read_to_string(out.join(name)).unwrap();
        assert!(!acts(&text), "{name}");
    }
    for figure in std::fs::read_dir(out.join("figures")).unwrap() {
        let path = figure.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "svg") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(!acts(&text) && !text.contains("<img"), "{}", path.display());
        }
    }
    let exported = out.join("exports/scores.csv");
    let text = std::fs::read_to_string(&exported).unwrap();
    assert!(
        text.contains(&format!("'{FORMULA}")) && !text.contains(&format!("\n{FORMULA}")),
        "{text}"
    );
    let (before, after) = (json(&scores, &[]), json(&exported, &[]));
    assert_eq!(before["data_hash"], after["data_hash"]);
    let methods = |json: &serde_json::Value| json["tasks"][FORMULA]["methods"].clone();
    assert!(methods(&before).is_object());
    assert_eq!(methods(&before), methods(&after));
}

/// What a reader keeps that takes `#` for the beginning of a comment wherever it does not stand in quotes.
fn without_comments(text: &str) -> String {
    let mut is_quoted = false;
    let mut kept = String::new();
    for line in text.lines() {
        let end = line.find(|letter: char| {
            is_quoted ^= letter == '"';
            letter == '#' && !is_quoted
        });
        kept.push_str(&line[..end.unwrap_or(line.len())]);
        kept.push('\n');
    }
    kept
}

#[test]
fn a_name_with_the_sign_of_a_comment_is_whole_in_tables_and_is_read_back_as_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let scores = scores_of(folder.path(), "scores.csv", &["ppo", "#1 ppo", "a #2"]);
    let out = folder.path().join("out");
    shown(&compare(&scores, &["--out", out.to_str().unwrap()]));
    for name in ["report.csv", "exports/scores.csv"] {
        let text = std::fs::read_to_string(out.join(name)).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let table: String = lines.map(|line| format!("{line}\n")).collect();
        assert!(
            table.contains("\"#1 ppo\"") && table.contains("\"a #2\""),
            "{table}"
        );
        assert_eq!(without_comments(&table), table, "{name}");
    }
    let (before, after) = (
        json(&scores, &[]),
        json(&out.join("exports/scores.csv"), &[]),
    );
    assert_eq!(before["data_hash"], after["data_hash"]);
    assert_eq!(
        before["tasks"][FORMULA]["methods"],
        after["tasks"][FORMULA]["methods"]
    );
}

#[test]
fn names_that_latex_would_take_for_arguments_compile() {
    let folder = tempfile::tempdir().unwrap();
    let methods = ["[link](x)", "*star", "近", "plain"];
    let scores = scores_of(folder.path(), "new\nline.csv", &methods);
    let output = compare(&scores, &["--format", "latex", "--baseline", "plain"]);
    compile(folder.path(), "report.tex", &shown(&output));
}

#[test]
fn a_printed_command_gives_the_same_when_it_is_pasted() {
    let folder = tempfile::tempdir().unwrap();
    let name = "-new\nline's.csv";
    scores_of(folder.path(), name, &["ppo", "-2+3"]);
    let program = env!("CARGO_BIN_EXE_spikebench");
    let run = |command: &mut Command| {
        let output = command.current_dir(folder.path()).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let given = [
        "compare",
        "--baseline=-2+3",
        "--task=-t",
        "--json",
        "--",
        name,
    ];
    let first = run(Command::new(program).args(given));
    let command = first["command"].as_str().unwrap();
    assert_eq!(command.lines().count(), 1, "{command}");
    let pasted = format!("spikebench() {{ '{program}' \"$@\"; }}\n{command} --json");
    assert_eq!(run(Command::new("bash").args(["-c", &pasted])), first);
}

#[test]
fn a_message_about_a_suite_writes_out_what_a_terminal_would_act_on() {
    let escape = r"\e[2J\u202e";
    let folder = Folder::new(&SUITE.replace("rectangular", &format!("\"{escape}\"")));
    let said = shown(&folder.run(&["plan", "suite.yaml"]));
    assert!(
        said.contains(r#""\u{1b}[2J\u{202e}" is not a surrogate"#),
        "{said}"
    );
    let folder = Folder::new(&format!("\"{escape}\": 1\n{SUITE}"));
    let said = shown(&folder.run(&["plan", "suite.yaml"]));
    assert!(
        said.contains(r"suite.yaml:1: \u{1b}[2J\u{202e}: unknown field"),
        "{said}"
    );
}

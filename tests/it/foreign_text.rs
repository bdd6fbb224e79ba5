//! Names that other people chose are shown as they are written, whatever they would do to a terminal, a browser or a
//! spreadsheet.

use std::path::Path;
use std::process::Output;

use crate::compare::{compare, json};
use crate::folder::{Folder, SUITE};

const EVIL: &str = "\u{1b}[2J\u{202e}evil\u{9b}0m";
const MARKUP: &str = "<img src=x onerror=alert(1)>";
const FORMULA: &str = "=cmd|' /C calc'!A0";

fn scores(folder: &Path) -> std::path::PathBuf {
    let mut text = format!("method,task,seed,score,{EVIL}\n");
    for (lift, method) in [EVIL, MARKUP, FORMULA, "-plain"].iter().enumerate() {
        for seed in 0..4 {
            text.push_str(&format!(
                "{method},\"{FORMULA}\",{seed},{},0\n",
                lift * 10 + seed
            ));
        }
    }
    let path = folder.join("scores.csv");
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

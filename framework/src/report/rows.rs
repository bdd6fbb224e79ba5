//! For programs: CSV and JSON at full precision.

use serde_json::json;

use crate::compare::{Comparison, Contrast, Row, Scored};

const HEAD: [&str; 24] = [
    "environment",
    "context",
    "label",
    "baseline",
    "planned",
    "finished",
    "final_mean",
    "final_std",
    "final_median",
    "final_iqm",
    "final_iqm_low",
    "final_iqm_high",
    "best_mean",
    "auc_mean",
    "metric",
    "difference",
    "difference_low",
    "difference_high",
    "statistic",
    "df",
    "p",
    "p_adjusted",
    "cliffs_delta",
    "note",
];

/// A comment with the command and the hash of the data, which `comment="#"` makes pandas skip; then one line for each row
/// of each table and each metric that is compared; empty where there is no number.
pub fn csv(comparison: &Comparison, command: &str) -> String {
    // A command is one line, unless a path in it is not.
    let command = command.replace(['\r', '\n'], " ");
    let head = format!("# {command} # data {}\n", comparison.data_hash);
    let mut writer = csv::Writer::from_writer(head.into_bytes());
    let mut write = |cells: Vec<String>| {
        // A vector takes whatever is written to it.
        let _ = writer.write_record(cells);
    };
    write(HEAD.map(str::to_owned).to_vec());
    for block in &comparison.blocks {
        for row in &block.rows {
            let left = [
                vec![
                    block.environment.clone(),
                    block.context.join(" · "),
                    row.label.clone(),
                ],
                vec![(row.label == comparison.compare.baseline).to_string()],
                score_cells(row),
            ]
            .concat();
            if row.contrasts.is_empty() {
                write([left.clone(), vec![String::new(); 10]].concat());
            }
            for contrast in &row.contrasts {
                write([left.clone(), contrast_cells(contrast)].concat());
            }
        }
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn score_cells(row: &Row) -> Vec<String> {
    let last = row.last.as_ref();
    let ends = last.and_then(|scored| scored.iqm_interval);
    let mean = |scored: Option<&Scored>| number(scored.map(|scored| scored.summary.mean));
    vec![
        row.planned.to_string(),
        row.finished.to_string(),
        mean(last),
        number(last.and_then(|scored| scored.summary.std)),
        number(last.map(|scored| scored.summary.median)),
        number(last.map(|scored| scored.summary.iqm)),
        number(ends.map(|ends| ends.low)),
        number(ends.map(|ends| ends.high)),
        mean(row.best.as_ref()),
        mean(row.auc.as_ref()),
    ]
}

fn contrast_cells(contrast: &Contrast) -> Vec<String> {
    let metric = serde_json::to_value(contrast.metric).ok();
    vec![
        metric
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
        number(contrast.difference),
        number(contrast.interval.map(|ends| ends.low)),
        number(contrast.interval.map(|ends| ends.high)),
        number(contrast.statistic),
        number(contrast.df),
        number(contrast.p),
        number(contrast.p_adjusted),
        number(contrast.cliffs_delta),
        contrast.note.clone().unwrap_or_default(),
    ]
}

fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Everything, and the command.
pub fn json(comparison: &Comparison, command: &str) -> String {
    format!(
        "{:#}\n",
        json!({ "command": command, "comparison": comparison })
    )
}

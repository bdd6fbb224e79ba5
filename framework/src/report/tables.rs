//! The one model of every table: a title, a head, cells of text.

use crate::compare::{Block, Comparison, Row, Scored};
use crate::suite::Metric;

use super::numbers::{interval, or_dash, p, score, signed};

/// A table, ready to be drawn.
#[derive(Debug)]
pub struct Table {
    pub title: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// What each entry scored.
pub fn scores(comparison: &Comparison, block: &Block) -> Table {
    let head = [
        &comparison.compare.factor.to_string(),
        "runs",
        "final return",
        "IQM [95 % CI]",
        "best",
        "AUC",
    ];
    Table {
        title: title(block),
        head: head.map(str::to_owned).to_vec(),
        rows: block.rows.iter().map(score_row).collect(),
    }
}

fn score_row(row: &Row) -> Vec<String> {
    let mean = |scored: &Scored| score(scored.summary.mean);
    let spread = |scored: &Scored| {
        let std = or_dash(scored.summary.std, score);
        format!("{} ± {std}", score(scored.summary.mean))
    };
    let iqm = |scored: &Scored| {
        let iqm = score(scored.summary.iqm);
        scored
            .iqm_interval
            .as_ref()
            .map_or(iqm.clone(), |ends| format!("{iqm} {}", interval(ends)))
    };
    let unfinished = if row.finished < row.planned {
        "†"
    } else {
        ""
    };
    vec![
        row.label.clone(),
        format!("{}/{}{unfinished}", row.finished, row.planned),
        or_dash(row.last.as_ref(), spread),
        or_dash(row.last.as_ref(), iqm),
        or_dash(row.best.as_ref(), mean),
        or_dash(row.auc.as_ref(), mean),
    ]
}

/// Each entry against the baseline, by one metric; nothing if there is nothing to compare.
pub fn contrasts(comparison: &Comparison, block: &Block, metric: Metric) -> Option<Table> {
    let rows: Vec<Vec<String>> = block
        .rows
        .iter()
        .filter_map(|row| {
            let contrast = row
                .contrasts
                .iter()
                .find(|contrast| contrast.metric == metric)?;
            let significant = contrast
                .p_adjusted
                .is_some_and(|p| p < comparison.compare.alpha);
            Some(vec![
                row.label.clone(),
                or_dash(contrast.difference, signed),
                or_dash(contrast.interval.as_ref(), interval),
                or_dash(contrast.p, p),
                or_dash(contrast.p_adjusted, |value| {
                    p(value) + if significant { "*" } else { "" }
                }),
                or_dash(contrast.cliffs_delta, |delta| {
                    format!("{delta:+.2}").replace('-', "−")
                }),
            ])
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    let adjusted = format!("p {}", comparison.compare.correction);
    let head = ["", "difference", "95 % CI", "p Welch", &adjusted, "Cliff δ"];
    Some(Table {
        title: format!("{} against {}", name(metric), comparison.compare.baseline),
        head: head.map(str::to_owned).to_vec(),
        rows,
    })
}

/// What a metric is called.
pub fn name(metric: Metric) -> &'static str {
    match metric {
        Metric::Final => "final return",
        Metric::Best => "best return",
        Metric::Auc => "AUC",
    }
}

/// The task and the labels on the other axes.
pub fn title(block: &Block) -> String {
    format!("{} · {}", block.environment, block.context.join(" · "))
}

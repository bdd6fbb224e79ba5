//! Which tables a comparison has.

use crate::compare::{Block, Comparison, Row, Scale, Scored};
use crate::ranking::{self, Standing};
use crate::suite::{Metric, Test};

use super::numbers::interval_title;
use super::table::{Cell, Column, Kind, Runs, Table, Value, slug};

/// All tables, in the order in which they are shown.
pub fn all(comparison: &Comparison) -> Vec<Table> {
    let mut all: Vec<Table> = overviews(comparison);
    for block in &comparison.blocks {
        all.push(scores(comparison, block));
        let metrics = comparison.compare.metrics.iter();
        all.extend(metrics.filter_map(|&metric| contrasts(comparison, block, metric)));
    }
    all.extend(surrogates(comparison));
    all
}

/// How large and how wide the surrogates are; nothing if that is not known.
fn surrogates(comparison: &Comparison) -> Option<Table> {
    let row = |scale: &Scale| {
        let facts = &scale.facts;
        vec![
            Cell::text(scale.label.clone()),
            Cell::new(Value::Number(facts.peak)),
            Cell::of(facts.half_width, Value::Number),
            Cell::of(facts.area, Value::Number),
            Cell::new(Value::Number(facts.at_rest)),
        ]
    };
    let rows: Vec<Vec<Cell>> = comparison.surrogates.iter().map(row).collect();
    (!rows.is_empty()).then(|| Table {
        id: "surrogates".into(),
        title: "surrogates as training begins".into(),
        subject: None,
        columns: vec![
            Column::new("surrogate", Kind::Label),
            Column::new("peak", Kind::Number),
            Column::new("half-width", Kind::Number),
            Column::new("area", Kind::Number),
            Column::new("at rest", Kind::Number),
        ],
        rows,
    })
}

/// What each entry scored.
pub fn scores(comparison: &Comparison, block: &Block) -> Table {
    let columns = vec![
        Column::new(comparison.compare.factor.to_string(), Kind::Label),
        Column::new("runs", Kind::Runs),
        Column::new("final return", Kind::Spread),
        Column::new("IQM [95 % CI]", Kind::Estimate),
        Column::new("best", Kind::Number),
        Column::new("AUC", Kind::Number),
    ];
    let standings = |metric| {
        let compared = comparison.compare.metrics.contains(&metric);
        let standings = ranking::standings(&comparison.compare, block, metric);
        standings
            .into_iter()
            .map(|standing| if compared { standing } else { Standing::Plain })
            .collect::<Vec<_>>()
    };
    let last = standings(Metric::Final);
    let best = standings(Metric::Best);
    let auc = standings(Metric::Auc);
    let rows = block.rows.iter().enumerate();
    Table {
        id: format!("scores-{}", slug(&title(block))),
        title: title(block),
        subject: None,
        columns,
        rows: rows
            .map(|(place, row)| {
                let iqm =
                    |scored: &Scored| Value::Estimate(scored.summary.iqm, scored.iqm_interval);
                vec![
                    Cell::text(row.label.clone()),
                    Cell::new(Value::Runs(runs(row))),
                    Cell::of(row.last.as_ref(), spread).standing(last[place]),
                    Cell::of(row.last.as_ref(), iqm),
                    Cell::of(row.best.as_ref(), mean).standing(best[place]),
                    Cell::of(row.auc.as_ref(), mean).standing(auc[place]),
                ]
            })
            .collect(),
    }
}

/// Each entry against the baseline, by one metric; nothing if there is nothing to compare.
pub fn contrasts(comparison: &Comparison, block: &Block, metric: Metric) -> Option<Table> {
    let rows: Vec<Vec<Cell>> = block
        .rows
        .iter()
        .filter_map(|row| {
            let contrast = row
                .contrasts
                .iter()
                .find(|contrast| contrast.metric == metric)?;
            let mut adjusted = Cell::of(contrast.p_adjusted, Value::P);
            adjusted.significant = contrast
                .p_adjusted
                .is_some_and(|p| p < comparison.compare.alpha);
            Some(vec![
                Cell::text(row.label.clone()),
                Cell::of(contrast.difference, Value::Signed),
                Cell::of(contrast.interval, Value::Interval),
                Cell::of(contrast.p, Value::P),
                adjusted,
                Cell::of(contrast.cliffs_delta, Value::Delta),
            ])
        })
        .collect();
    if rows.is_empty() {
        return None;
    }
    Some(Table {
        id: format!("{}-{}", slug(name(metric)), slug(&title(block))),
        title: format!("{} against {}", name(metric), comparison.compare.baseline),
        subject: Some(title(block)),
        columns: vec![
            Column::new(comparison.compare.factor.to_string(), Kind::Label),
            Column::new("difference", Kind::Number),
            Column::new(
                interval_title(comparison.compare.test, comparison.compare.alpha),
                Kind::Interval,
            ),
            Column::new(
                if comparison.compare.test == Test::Welch {
                    "p Welch"
                } else {
                    "p"
                },
                Kind::P,
            ),
            Column::new(format!("p {}", comparison.compare.correction), Kind::P),
            Column::new("Cliff δ", Kind::Number),
        ],
        rows,
    })
}

/// Entries by tasks, one table for each combination of the other axes, by the main metric. A single task has none: its
/// own table says the same.
pub fn overviews(comparison: &Comparison) -> Vec<Table> {
    let Some(&metric) = comparison.compare.metrics.first() else {
        return Vec::new();
    };
    let mut contexts: Vec<&[String]> = Vec::new();
    for block in &comparison.blocks {
        if !contexts.contains(&block.context.as_slice()) {
            contexts.push(&block.context);
        }
    }
    contexts
        .into_iter()
        .filter_map(|context| overview(comparison, context, metric))
        .collect()
}

fn overview(comparison: &Comparison, context: &[String], metric: Metric) -> Option<Table> {
    let blocks: Vec<&Block> = comparison
        .blocks
        .iter()
        .filter(|block| block.context == context)
        .collect();
    if blocks.len() < 2 {
        return None;
    }
    let mut labels: Vec<&str> = Vec::new();
    for row in blocks.iter().flat_map(|block| &block.rows) {
        if !labels.contains(&row.label.as_str()) {
            labels.push(&row.label);
        }
    }
    let columns: Vec<Vec<Cell>> = blocks
        .iter()
        .map(|block| column(comparison, block, metric, &labels))
        .collect();
    let heads = blocks
        .iter()
        .map(|block| Column::new(block.environment.clone(), Kind::Spread));
    let factor = Column::new(comparison.compare.factor.to_string(), Kind::Label);
    Some(Table {
        id: format!("overview-{}", slug(&context.join(" "))),
        title: format!("{} · {}", name(metric), context.join(" · ")),
        subject: None,
        columns: [factor].into_iter().chain(heads).collect(),
        rows: labels
            .iter()
            .enumerate()
            .map(|(place, label)| {
                let cells = columns.iter().map(|column| column[place].clone());
                [Cell::text(*label)].into_iter().chain(cells).collect()
            })
            .collect(),
    })
}

fn column(comparison: &Comparison, block: &Block, metric: Metric, labels: &[&str]) -> Vec<Cell> {
    let standings = ranking::standings(&comparison.compare, block, metric);
    let cell = |label: &&str| {
        let place = block.rows.iter().position(|row| row.label == *label);
        let Some(place) = place else {
            return Cell::new(Value::None);
        };
        let row = &block.rows[place];
        let mut cell = Cell::of(row.score(metric), spread)
            .standing(standings[place])
            .with_runs(runs(row));
        cell.significant = row.contrasts.iter().any(|contrast| {
            let significant = |p: f64| p < comparison.compare.alpha;
            contrast.metric == metric && contrast.p_adjusted.is_some_and(significant)
        });
        cell
    };
    labels.iter().map(cell).collect()
}

fn mean(scored: &Scored) -> Value {
    Value::Number(scored.summary.mean)
}

fn spread(scored: &Scored) -> Value {
    Value::Spread(scored.summary.mean, scored.summary.std)
}

fn runs(row: &Row) -> Runs {
    Runs {
        finished: row.finished,
        planned: row.planned,
    }
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

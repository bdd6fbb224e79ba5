//! For programs: the tables as CSV, at full precision.

use crate::analysis::{Block, Contrast, MethodScores, Metric, Scored, csv_writer, guarded};

use super::partial;
use super::printable::one_line;
use super::study::Study;

const HEAD: [&str; 28] = [
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
    "best_std",
    "auc_mean",
    "auc_std",
    "metric",
    "difference",
    "difference_low",
    "difference_high",
    "statistic",
    "df",
    "p",
    "p_adjusted",
    "cliffs_delta",
    "hedges_g",
    "against",
    "note",
];

/// The metrics with columns of their own behind these: every one that some run has and that is not among them.
fn others(study: &Study) -> Vec<Metric> {
    let named = [Metric::Final, Metric::Best, Metric::Auc];
    let methods = study
        .analysis
        .blocks
        .iter()
        .flat_map(|block| &block.methods);
    let mut others: Vec<Metric> = Vec::new();
    for scored in methods.flat_map(|method| &method.scored) {
        if !named.contains(&scored.metric) && !others.contains(&scored.metric) {
            others.push(scored.metric);
        }
    }
    others
}

/// A comment with the command and the hash of the data, which `comment="#"` makes pandas skip; then one line for each method
/// of each table and each comparison; empty where there is no number. A name that a spreadsheet would
/// take for a formula has an apostrophe before it, and one with `#` stands in quotes. Behind these columns each other metric has its mean, its standard deviation and
/// the number of its runs, and then each part of the context has a column, such as the actor and the agent.
pub fn csv(study: &Study, command: &str) -> String {
    let command = one_line(command);
    let head = format!("# {command} # data {}\n", study.data_hash);
    let partial: String = partial::note(study)
        .map(|note| format!("# {}\n", one_line(&note)))
        .into_iter()
        .collect();
    let mut writer = csv_writer((head + &partial).into_bytes());
    let mut write = |cells: Vec<String>| {
        // A vector takes whatever is written to it.
        let _ = writer.write_record(cells);
    };
    let others = others(study);
    let titles = others.iter().flat_map(|metric| {
        let metric = metric.to_string().replace([':', ' '], "_");
        ["mean", "std", "runs"].map(|of| format!("{metric}_{of}"))
    });
    let axes = &study.table.context_axes;
    let names = axes.iter().map(|axis| axis.name.clone());
    let head = HEAD.map(str::to_owned).into_iter();
    write(head.chain(titles).chain(names).collect());
    for block in &study.analysis.blocks {
        for method in &block.methods {
            let left = left_cells(study, block, method);
            let mut right = right_cells(method, &others);
            right.extend(study.table.parts_of(&block.context).into_iter().map(text));
            let contrasts: Vec<Vec<String>> = block
                .comparisons
                .iter()
                .flat_map(|comparison| {
                    let own = comparison.contrasts.iter();
                    own.filter(|contrast| contrast.method == method.name)
                        .map(|contrast| contrast_cells(contrast, comparison.metric))
                })
                .collect();
            if contrasts.is_empty() {
                let empty = vec![String::new(); HEAD.len() - left.len()];
                write([left.clone(), empty, right.clone()].concat());
            }
            for contrast in contrasts {
                write([left.clone(), contrast, right.clone()].concat());
            }
        }
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn left_cells(study: &Study, block: &Block, method: &MethodScores) -> Vec<String> {
    let last = method.scored(Metric::Final);
    let ends = last.and_then(|scored| scored.iqm_interval);
    let mean = |scored: Option<&Scored>| number(scored.map(|scored| scored.summary.mean));
    let std = |scored: Option<&Scored>| number(scored.and_then(|scored| scored.summary.std));
    vec![
        text(&block.task),
        text(&block.context),
        text(&method.name),
        (method.name == study.analysis.baseline).to_string(),
        method.planned.to_string(),
        method.finished.to_string(),
        mean(last),
        std(last),
        number(last.map(|scored| scored.summary.median)),
        number(last.map(|scored| scored.summary.iqm)),
        number(ends.map(|ends| ends.low)),
        number(ends.map(|ends| ends.high)),
        mean(method.scored(Metric::Best)),
        std(method.scored(Metric::Best)),
        mean(method.scored(Metric::Auc)),
        std(method.scored(Metric::Auc)),
    ]
}

fn right_cells(method: &MethodScores, others: &[Metric]) -> Vec<String> {
    let cells = others.iter().flat_map(|&metric| {
        let scored = method.scored(metric);
        [
            number(scored.map(|scored| scored.summary.mean)),
            number(scored.and_then(|scored| scored.summary.std)),
            scored.map_or(String::new(), |scored| scored.values.len().to_string()),
        ]
    });
    cells.collect()
}

fn contrast_cells(contrast: &Contrast, metric: Metric) -> Vec<String> {
    vec![
        metric.to_string(),
        number(contrast.mean_difference),
        number(contrast.interval.map(|ends| ends.low)),
        number(contrast.interval.map(|ends| ends.high)),
        number(contrast.statistic),
        number(contrast.df),
        number(contrast.p),
        number(contrast.p_adjusted),
        number(contrast.cliff_delta),
        number(contrast.hedges_g),
        text(&contrast.baseline),
        contrast.note.as_deref().map(text).unwrap_or_default(),
    ]
}

/// Text that neither a terminal nor a spreadsheet acts on.
fn text(text: &str) -> String {
    guarded(&one_line(text)).into_owned()
}

fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

//! The tables of all tasks together: an overview, normalised scores, ranks.

use crate::analysis::{Across, Block};

use super::names::{correction_title, interval_title, name};
use super::partial;
use super::study::Study;
use super::table::{Cell, Kind, Table, Value, slug};
use super::task_tables::{runs, spread};

/// Methods by tasks, one table for each context with several tasks, by the main metric.
pub fn overviews(study: &Study) -> Vec<Table> {
    let of_context = |across: &Across| {
        let blocks: Vec<&Block> = study
            .analysis
            .blocks
            .iter()
            .filter(|block| block.context == across.context)
            .collect();
        (blocks.len() > 1).then(|| {
            let mut table = overview(study, &across.context, &blocks);
            if let Some(mark) = partial::mark(study, blocks) {
                table.title.push_str(&format!(" ({mark})"));
            }
            table
        })
    };
    study
        .analysis
        .across
        .iter()
        .filter_map(of_context)
        .collect()
}

fn overview(study: &Study, context: &str, blocks: &[&Block]) -> Table {
    let methods: Vec<&String> = study
        .analysis
        .methods
        .iter()
        .filter(|name| {
            let has_it = |block: &&Block| block.methods.iter().any(|method| method.name == **name);
            blocks.iter().any(has_it)
        })
        .collect();
    let columns: Vec<(&str, Kind)> = [(study.noun.as_str(), Kind::Label)]
        .into_iter()
        .chain(
            blocks
                .iter()
                .map(|block| (block.task.as_str(), Kind::Spread)),
        )
        .collect();
    let row = |name: &&String| {
        let cells = blocks.iter().map(|block| overview_cell(study, block, name));
        [Cell::text(name.as_str())]
            .into_iter()
            .chain(cells)
            .collect()
    };
    let metric = name(study, study.settings().metric());
    Table::new(
        format!("overview-{}", slug(context))
            .trim_end_matches('-')
            .to_owned(),
        if context.is_empty() {
            metric
        } else {
            format!("{metric} · {context}")
        },
        &columns,
        methods.iter().map(row).collect(),
    )
}

fn overview_cell(study: &Study, block: &Block, name: &str) -> Cell {
    let settings = study.settings();
    let metric = settings.metric();
    let place = block.methods.iter().position(|method| method.name == name);
    let Some((place, comparison)) = place.zip(block.comparison(metric)) else {
        return Cell::new(Value::None);
    };
    let method = &block.methods[place];
    let mut cell = Cell::of(method.scored(metric), spread)
        .standing(comparison.standings[place])
        .with_runs(runs(method));
    cell.significant = comparison.contrasts.iter().any(|contrast| {
        let is_own = contrast.method == name && contrast.baseline == study.analysis.baseline;
        is_own && contrast.is_significant(settings.alpha)
    });
    cell
}

/// The methods on the common scale of several tasks.
pub fn aggregate(study: &Study, across: &Across) -> Option<Table> {
    let aggregate = &across.aggregate;
    if aggregate.tasks.is_empty() || across.tasks.len() < 2 && !across.has_declared_scale() {
        return None;
    }
    let rows = aggregate.methods.iter().map(|method| {
        let is_baseline = method.name == study.analysis.baseline;
        let improvement = method.probability_of_improvement;
        vec![
            Cell::text(method.name.clone()),
            Cell::of(method.iqm, |iqm| Value::Estimate(iqm, method.iqm_interval)),
            Cell::of(method.mean, Value::Number),
            Cell::of(method.median, Value::Number),
            Cell::of(method.optimality_gap, Value::Number),
            Cell::of(improvement.filter(|_| !is_baseline), |chance| {
                Value::Estimate(chance, method.improvement_interval)
            }),
        ]
    });
    let (iqm, better) = (
        format!("IQM [{}]", interval_title(study)),
        format!("P(better) [{}]", interval_title(study)),
    );
    let columns = [
        (study.noun.as_str(), Kind::Label),
        (iqm.as_str(), Kind::Estimate),
        ("mean", Kind::Number),
        ("median", Kind::Number),
        ("gap", Kind::Number),
        (better.as_str(), Kind::Estimate),
    ];
    Some(Table::new(
        with_context("aggregate", across),
        titled("normalised scores over", aggregate.tasks.len(), "", across),
        &columns,
        rows.collect(),
    ))
}

/// The methods ranked over several tasks, and each against the baseline.
pub fn ranks(study: &Study, across: &Across) -> Option<Table> {
    if across.tasks.len() < 2 || across.methods.len() < 2 {
        return None;
    }
    let rows = across.ranking.mean_ranks.iter().map(|(method, rank)| {
        let signed = across
            .signed_ranks
            .iter()
            .find(|signed| signed.method == *method);
        let beliefs = signed.and_then(|signed| signed.beliefs);
        let mut adjusted = Cell::of(signed.and_then(|signed| signed.p_adjusted), Value::P);
        adjusted.significant = signed
            .and_then(|signed| signed.p_adjusted)
            .is_some_and(|p| p < study.settings().alpha);
        vec![
            Cell::text(method.clone()),
            Cell::new(Value::Number(*rank)),
            Cell::of(signed.and_then(|signed| signed.p), Value::P),
            adjusted,
            Cell::of(beliefs, |beliefs| chance(beliefs.worse)),
            Cell::of(beliefs, |beliefs| chance(beliefs.equivalent)),
            Cell::of(beliefs, |beliefs| chance(beliefs.better)),
        ]
    });
    let adjusted = format!("p {}", correction_title(study.settings().correction));
    let columns = [
        (study.noun.as_str(), Kind::Label),
        ("mean rank", Kind::Number),
        ("p signed rank", Kind::P),
        (&adjusted, Kind::P),
        ("worse", Kind::Label),
        ("same", Kind::Label),
        ("better", Kind::Label),
    ];
    let baseline = &study.analysis.baseline;
    let against = format!(", against {baseline}");
    Some(Table::new(
        with_context("signed-ranks", across),
        titled("over", across.tasks.len(), &against, across),
        &columns,
        rows.collect(),
    ))
}

/// The id of what is shown of a context.
pub fn with_context(kind: &str, across: &Across) -> String {
    let id = format!("{kind}-{}", slug(&across.context));
    id.trim_end_matches('-').to_owned()
}

/// What is shown, over how many tasks, in which context.
fn titled(what: &str, count: usize, more: &str, across: &Across) -> String {
    let tasks = tasks(count);
    if across.context.is_empty() {
        format!("{what} {tasks}{more}")
    } else {
        format!("{what} {tasks}{more} · {}", across.context)
    }
}

fn tasks(count: usize) -> String {
    if count == 1 {
        "1 task".into()
    } else {
        format!("{count} tasks")
    }
}

fn chance(value: f64) -> Value {
    Value::Text(format!("{value:.2}"))
}

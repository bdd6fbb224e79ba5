//! What methods take: the training of one that reaches the threshold, and an inference.

use crate::analysis::{Block, Cost, MethodScores, Metric, Scored, USUAL_LAST};
use crate::network::energy::CONSTANTS;

use super::names::{name, short};
use super::study::{Study, Times};
use super::table::{Cell, Kind, Table, Value, slug};
use super::task_tables::spread;

/// Time, trials and the risk of a run; `None` where no run tells its times and no threshold is set.
pub fn training(study: &Study, block: &Block, times: Times) -> Option<Table> {
    let is_timed = |method: &MethodScores| method.scored(Metric::Throughput).is_some();
    let has_clock = times == Times::Shown && block.methods.iter().any(is_timed);
    let has_goal = block.costs.iter().any(|cost| cost.reached.is_some());
    if !has_clock && !has_goal {
        return None;
    }
    let row = |(method, cost): (&MethodScores, &Cost)| {
        let mut cells = vec![Cell::text(method.name.clone())];
        if has_clock {
            cells.push(Cell::of(method.scored(Metric::Throughput), spread));
            cells.push(Cell::of(cost.hours, Value::Number));
        }
        if has_goal {
            cells.push(Cell::of(cost.trials_a_success(), Value::Number));
            if has_clock {
                cells.push(Cell::of(cost.core_hours, Value::Number));
            }
        }
        cells.push(Cell::of(cost.worst_quarter, Value::Number));
        cells
    };
    let mut columns = vec![(study.noun.as_str(), Kind::Label)];
    if has_clock {
        columns.extend([("steps/s", Kind::Spread), ("hours", Kind::Number)]);
    }
    if has_goal {
        columns.push(("trials", Kind::Number));
        columns.extend(has_clock.then_some(("core-hours", Kind::Number)));
    }
    columns.push(("worst quarter", Kind::Number));
    Some(table(
        "training",
        "what training takes",
        block,
        &columns,
        row,
    ))
}

/// Firing rates, operations and energy of an inference; `None` where they are not known.
pub fn inference(study: &Study, block: &Block) -> Option<Table> {
    let is_known = |method: &MethodScores| method.scored(Metric::SynapticOperations).is_some();
    if !block.methods.iter().any(is_known) {
        return None;
    }
    let has_reference = block.costs.iter().any(|cost| cost.reference.is_some());
    let row = |(method, cost): (&MethodScores, &Cost)| {
        let of = |metric: Metric| Cell::of(method.scored(metric), spread);
        let mut cells = vec![
            Cell::text(method.name.clone()),
            of(Metric::FiringRate),
            of(Metric::SynapticOperations),
            Cell::of(cost.multiply_accumulates, Value::Number),
        ];
        cells.extend(
            CONSTANTS
                .iter()
                .map(|constants| of(Metric::Energy(constants))),
        );
        if has_reference {
            let reference = cost.reference.as_ref();
            cells.push(Cell::of(reference, |reference| {
                Value::Number(reference.operations)
            }));
            cells.push(Cell::of(reference, |reference| {
                Value::Number(reference.energy[0])
            }));
        }
        cells
    };
    let energies: Vec<String> = CONSTANTS
        .iter()
        .map(|constants| short(Metric::Energy(constants)))
        .collect();
    let mut columns = vec![
        (study.noun.as_str(), Kind::Label),
        ("firing rate", Kind::Spread),
        ("synaptic ops", Kind::Spread),
        ("MACs", Kind::Number),
    ];
    columns.extend(
        energies
            .iter()
            .map(|energy| (energy.as_str(), Kind::Spread)),
    );
    if has_reference {
        columns.extend([("ops/plain", Kind::Number), ("nJ/plain", Kind::Number)]);
    }
    Some(table(
        "inference",
        "what an inference takes",
        block,
        &columns,
        row,
    ))
}

/// The scores of a task by the metrics that are not the main one, each with its spread; `None` without curves.
pub fn other_scores(study: &Study, block: &Block) -> Option<Table> {
    let main = study.settings().metric();
    let is_there = |metric: Metric| {
        let mut scored = block
            .methods
            .iter()
            .filter_map(|method| method.scored(metric));
        scored.any(|scored: &Scored| !scored.values.is_empty())
    };
    let others: Vec<Metric> = [
        Metric::Final,
        Metric::Last(USUAL_LAST),
        Metric::Best,
        Metric::BestOfMean,
        Metric::Auc,
    ]
    .into_iter()
    .filter(|&metric| metric != main && study.table.has_steps && is_there(metric))
    .collect();
    if others.is_empty() {
        return None;
    }
    let row = |(place, method): (usize, &MethodScores)| {
        let cells = others.iter().map(|&metric| {
            let standing = block
                .comparison(metric)
                .map(|comparison| comparison.standings[place]);
            Cell::of(method.scored(metric), spread).standing(standing.unwrap_or_default())
        });
        [Cell::text(method.name.clone())]
            .into_iter()
            .chain(cells)
            .collect()
    };
    let heads: Vec<String> = others.iter().map(|&metric| short(metric)).collect();
    let mut columns = vec![(study.noun.as_str(), Kind::Label)];
    columns.extend(heads.iter().map(|head| (head.as_str(), Kind::Spread)));
    let rows = block.methods.iter().enumerate().map(row).collect();
    Some(Table {
        subject: Some(block.title()),
        ..Table::new(
            format!("other-scores-{}", slug(&block.title())),
            "by other metrics".into(),
            &columns,
            rows,
        )
    })
}

fn table(
    id: &str,
    title: &str,
    block: &Block,
    columns: &[(&str, Kind)],
    row: impl Fn((&MethodScores, &Cost)) -> Vec<Cell>,
) -> Table {
    let rows = block.methods.iter().zip(&block.costs).map(row).collect();
    Table {
        subject: Some(block.title()),
        ..Table::new(
            format!("{id}-{}", slug(&block.title())),
            title.to_owned(),
            columns,
            rows,
        )
    }
}

/// What the columns of these tables mean, as far as the study has them.
pub fn note(study: &Study, times: Times) -> Option<String> {
    let blocks = &study.analysis.blocks;
    let mut text = String::new();
    let tables = || {
        blocks
            .iter()
            .filter_map(|block| training(study, block, times))
    };
    let has =
        |column: &str| tables().any(|table| table.columns.iter().any(|one| one.name == column));
    if tables().next().is_some() {
        text.push_str("Training: ");
        if has("hours") {
            text.push_str(
                "steps for each second of it and its hours, without evaluations, which depend on the machine and on its other load; ",
            );
        }
        if has("trials") {
            text.push_str(
                "trials, runs that have to be begun for one that reaches the threshold; ",
            );
        }
        if has("core-hours") {
            text.push_str(
                "core-hours of all runs, each until it reached it or ended, for each run that did; ",
            );
        }
        text.push_str(&format!(
            "worst quarter, mean of the {} over the worst quarter of the runs. ",
            name(study, study.settings().metric())
        ));
    }
    if blocks.iter().any(|block| inference(study, block).is_some()) {
        let constants: Vec<String> = CONSTANTS
            .iter()
            .map(|constants| {
                format!(
                    "{}: {} pJ a multiply-accumulate and {} pJ a synaptic operation ({})",
                    constants.short,
                    constants.multiply_accumulate,
                    constants.synaptic_operation,
                    constants.source
                )
            })
            .collect();
        text.push_str(&format!(
            "Inference, at the last evaluation, means over runs: firing rate, spikes of a hidden neuron in a time step; synaptic \
             operations, weights added because of spikes; MACs, multiplications by numbers that are not spikes; nJ, the energy of \
             these operations alone, without memory, addressing and the updates of neurons, by {}. ",
            constants.join(", by ")
        ));
        let references: Vec<&str> = blocks
            .iter()
            .flat_map(|block| &block.costs)
            .filter_map(|cost| Some(cost.reference.as_ref()?.name.as_str()))
            .collect();
        if let Some(first) = references.first() {
            let same = references.iter().all(|name| name == first);
            text.push_str(&format!(
                "ops/plain and nJ/plain ({}): divided by those of the network without spikes, {}. ",
                CONSTANTS[0].short,
                if same {
                    first
                } else {
                    "the nearest one of the suite"
                }
            ));
        }
    }
    (!text.is_empty()).then(|| text.trim_end().to_owned())
}

/// Methods of which some runs end with a network that does not fire.
pub fn silent(block: &Block) -> Vec<String> {
    let silent = block.costs.iter().filter(|cost| cost.silent > 0);
    silent
        .map(|cost| {
            let dead = cost.dead.map(|dead| format!(", {dead:.2} of its hidden neurons without a gradient"));
            format!(
                "‡ {} of {} runs of {} end with a network that never fires (firing rate 0.0000{}): what it does, it does without spikes",
                cost.silent,
                cost.trials,
                cost.name,
                dead.unwrap_or_default()
            )
        })
        .collect()
}

//! The figures of the questions besides the return: how soon, over all tasks, at what energy, with how many spikes.

use crate::analysis::{Across, Block, Curve, MethodScores, Metric};
use crate::network::energy::CONSTANTS;
use crate::report::across_prose::scale;
use crate::report::across_tables::with_context;
use crate::report::names::name;
use crate::report::numbers::score;
use crate::report::study::Study;
use crate::report::table::{brief, slug};
use crate::stats::interval_method::IntervalMethod;

use super::curves::{self, Along};
use super::scatter::{self, Cloud};
use super::scene::Figure;
use super::survival;

/// The figures of one task besides its returns.
pub fn of_block(study: &Study, block: &Block) -> Vec<Figure> {
    [survival_curves(block), firing_rates(study, block)]
        .into_iter()
        .flatten()
        .collect()
}

fn survival_curves(block: &Block) -> Option<Figure> {
    let learning = block.learning.as_ref()?;
    Some(Figure {
        id: format!("steps-to-{}", slug(&block.title())),
        caption: format!(
            "{}: share of runs that have not reached a score of {} yet (Kaplan–Meier). Vertical marks: runs that were not \
             followed further. Lines of equal height are drawn side by side.",
            brief(&block.title()),
            score(learning.threshold?)
        ),
        scene: survival::draw(learning)?,
        is_diagram: false,
    })
}

fn firing_rates(study: &Study, block: &Block) -> Option<Figure> {
    let has_line = block
        .firing_rates
        .iter()
        .any(|curve| curve.points.len() > 1);
    has_line.then(|| Figure {
        id: format!("firing-rates-{}", slug(&block.title())),
        caption: format!(
            "{}: firing rates along training, spikes of a hidden neuron in a time step. Lines: interquartile mean over runs; bands: \
             pointwise {} intervals by the {}.",
            brief(&block.title()),
            study.settings().level_title(),
            IntervalMethod::Expanded.title()
        ),
        scene: curves::draw(&block.firing_rates, Along::Steps, "firing rate"),
        is_diagram: false,
    })
}

/// One learning curve over all tasks of a context.
pub fn over_tasks(study: &Study, across: &Across) -> Option<Figure> {
    let common = &across.curves;
    let has_line = common
        .curves
        .iter()
        .any(|curve: &Curve| curve.points.len() > 1);
    let along = if common.along_steps {
        Along::Steps
    } else {
        Along::Share
    };
    let place = brief(if across.context.is_empty() {
        &study.name
    } else {
        &across.context
    });
    has_line.then(|| Figure {
        id: with_context("curves-over-tasks", across),
        caption: format!(
            "{place}: learning curves over {} tasks. Lines: interquartile mean of normalised scores ({}); bands: pointwise {} \
             intervals by the stratified {}.",
            across.tasks.len(),
            scale(across),
            study.settings().level_title(),
            IntervalMethod::Percentile.title()
        ),
        scene: curves::draw(&common.curves, along, "normalised score"),
        is_diagram: false,
    })
}

/// For each task, what runs score against the energy and against the operations of an inference, all contexts together.
pub fn of_tasks(study: &Study) -> Vec<Figure> {
    let mut figures = Vec::new();
    for task in &study.table.tasks {
        let blocks = study
            .analysis
            .blocks
            .iter()
            .filter(|block| block.task == *task);
        let blocks: Vec<&Block> = blocks.collect();
        let energy = Metric::Energy(&CONSTANTS[0]);
        let by_energy = |method: &MethodScores, seed: &str| of_run(method, energy, seed);
        let title = format!("nJ an inference ({})", CONSTANTS[0].short);
        figures.extend(against(
            study,
            task,
            &blocks,
            ("energy", &title),
            &by_energy,
        ));
        let by_operations = |method: &MethodScores, seed: &str| {
            let cost = blocks.iter().find_map(|block| {
                let place = block
                    .methods
                    .iter()
                    .position(|one| std::ptr::eq(one, method))?;
                block.costs.get(place)
            })?;
            Some(of_run(method, Metric::SynapticOperations, seed)? + cost.multiply_accumulates?)
        };
        figures.extend(against(
            study,
            task,
            &blocks,
            ("operations", "operations an inference"),
            &by_operations,
        ));
    }
    figures
}

/// The number of one run by a metric.
fn of_run(method: &MethodScores, metric: Metric, seed: &str) -> Option<f64> {
    let scored = method.scored(metric)?;
    let place = scored.seeds.iter().position(|one| one == seed)?;
    scored.values.get(place).copied()
}

fn against(
    study: &Study,
    task: &str,
    blocks: &[&Block],
    (id, title): (&str, &str),
    of: &dyn Fn(&MethodScores, &str) -> Option<f64>,
) -> Option<Figure> {
    let metric = study.settings().metric();
    let contexts: Vec<&str> = blocks.iter().map(|block| block.context.as_str()).collect();
    let cloud = |block: &Block, method: &MethodScores| {
        let scored = method.scored(metric)?;
        let runs = scored.seeds.iter().zip(&scored.values);
        let runs: Vec<(f64, f64)> = runs
            .filter_map(|(seed, &score)| Some((of(method, seed)?, score)))
            .collect();
        let apart = apart(&block.context, &contexts);
        let label = if apart.is_empty() {
            method.name.clone()
        } else {
            format!("{} · {apart}", method.name)
        };
        (!runs.is_empty()).then_some(Cloud { label, runs })
    };
    let clouds = blocks.iter().flat_map(|block| {
        block
            .methods
            .iter()
            .filter_map(|method| cloud(block, method))
    });
    let clouds: Vec<Cloud> = clouds.collect();
    let name = name(study, metric);
    (!clouds.is_empty()).then(|| Figure {
        id: format!("{id}-{}", slug(task)),
        caption: format!(
            "{task}: {name} against {title}. Small dots: runs; large dots: their means."
        ),
        scene: scatter::draw(&clouds, title, &name),
        is_diagram: false,
    })
}

/// The parts of a context that differ among `contexts`.
fn apart(context: &str, contexts: &[&str]) -> String {
    const SEPARATOR: &str = " · ";
    let is_shared = |part: &&str| {
        let has = |other: &&str| other.split(SEPARATOR).any(|one| one == *part);
        contexts.iter().all(has)
    };
    let parts = context.split(SEPARATOR).filter(|part| !is_shared(part));
    parts.collect::<Vec<_>>().join(SEPARATOR)
}

//! The records of a suite as a table of scores: every planned run, by what the suite compares.

use crate::analysis::{ContextAxis, NetworkActivity, Run, ScoreTable};
use crate::run::record::{Diagnostic, Evaluation, Record, Status};
use crate::stats::describe;
use crate::suite::plan::{Cell, Plan};
use crate::suite::{Entry, Factor, Suite};

/// The label in the place of the surrogate for a network without spikes.
pub const NO_SURROGATE_LABEL: &str = "none";

/// The separator between the labels of a context.
const SEPARATOR: &str = " · ";

impl ScoreTable {
    /// The scores of `records`, which belong to the cells of `plan` in the same order. The compared axis gives the methods;
    /// a context is the labels of the other axes. A cell without a record, or whose run did not finish, is a failed run.
    ///
    /// A network without spikes has no surrogate: where surrogates are compared it is a method of its own, called
    /// [`NO_SURROGATE_LABEL`]; where something else is compared it belongs to the context of every surrogate.
    pub fn of_records(suite: &Suite, plan: &Plan, records: &[Option<Record>]) -> Self {
        let axes = Axes::of(suite);
        let has_none = plan.cells.iter().any(|cell| axes.method(cell).is_none());
        let none = has_none.then(|| NO_SURROGATE_LABEL.to_owned());
        let methods: Vec<String> = labels(suite.matrix.axis(axes.factor))
            .into_iter()
            .chain(none)
            .collect();
        let tasks = labels(&suite.matrix.environment);
        let place = |names: &[String], name: &str| names.iter().position(|one| one == name);
        let mut runs = Vec::new();
        for (cell, record) in plan.cells.iter().zip(records) {
            let method = place(&methods, axes.method(cell).unwrap_or(NO_SURROGATE_LABEL));
            let (Some(method), Some(task)) = (method, place(&tasks, &cell.labels.environment))
            else {
                continue;
            };
            let record = record.as_ref().filter(|record| is_finished(record));
            let curve = record.map(|record| mean_curve(&record.evaluations));
            let first = curve.as_ref().and_then(|curve| curve.first());
            let first_step = first.map_or(0, |first| first.0);
            let last = curve.as_ref().and_then(|curve| curve.last());
            let last_step = last.map_or(0, |last| last.0);
            let contexts = (0..axes.contexts.len()).filter(|&context| axes.is_in(cell, context));
            runs.extend(contexts.map(|context| Run {
                method,
                task,
                context,
                seed: cell.seed.to_string(),
                curve: curve.clone(),
                clock: record.and_then(clock),
                first_step,
                last_step,
                cores: record.and_then(|record| u32::try_from(record.provenance.threads).ok()),
                activity: record.map(activity).unwrap_or_default(),
                ..Run::default()
            }));
        }
        // In the order of the plan within each.
        runs.sort_by_key(|run| (run.method, run.task, run.context));
        Self {
            methods,
            tasks,
            contexts: axes
                .contexts
                .iter()
                .map(|labels| labels.join(SEPARATOR))
                .collect(),
            context_axes: axes.columns(),
            runs,
            has_steps: true,
            ignored: Vec::new(),
            notes: Vec::new(),
            published: Vec::new(),
        }
    }
}

fn is_finished(record: &Record) -> bool {
    record.outcome.status == Status::Finished
}

fn labels(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.label.clone()).collect()
}

/// The compared axis, and the combinations of labels on the two others.
struct Axes {
    factor: Factor,
    contexts: Vec<[String; 2]>,
}

impl Axes {
    fn of(suite: &Suite) -> Self {
        let matrix = &suite.matrix;
        let surrogates = || {
            if matrix.surrogate.is_empty() {
                vec![NO_SURROGATE_LABEL.to_owned()]
            } else {
                labels(&matrix.surrogate)
            }
        };
        let factor = suite.compare.factor;
        let (first, second) = match factor {
            Factor::Surrogate => (labels(&matrix.actor), labels(&matrix.agent)),
            Factor::Actor => (labels(&matrix.agent), surrogates()),
            Factor::Agent => (labels(&matrix.actor), surrogates()),
        };
        let pairs = first.iter().flat_map(|first| {
            let pair = |second: &String| [first.clone(), second.clone()];
            second.iter().map(pair).collect::<Vec<_>>()
        });
        Self {
            factor,
            contexts: pairs.collect(),
        }
    }

    /// The other axes, each with its label in every context.
    fn columns(&self) -> Vec<ContextAxis> {
        let names = match self.factor {
            Factor::Surrogate => [Factor::Actor, Factor::Agent],
            Factor::Actor => [Factor::Agent, Factor::Surrogate],
            Factor::Agent => [Factor::Actor, Factor::Surrogate],
        };
        let column = |(place, name): (usize, Factor)| ContextAxis {
            name: name.to_string(),
            labels: self
                .contexts
                .iter()
                .map(|pair| pair[place].clone())
                .collect(),
        };
        names.into_iter().enumerate().map(column).collect()
    }

    /// The label of a cell on the compared axis.
    fn method<'c>(&self, cell: &'c Cell) -> Option<&'c str> {
        let labels = &cell.labels;
        match self.factor {
            Factor::Surrogate => labels.surrogate.as_deref(),
            Factor::Actor => Some(&labels.actor),
            Factor::Agent => Some(&labels.agent),
        }
    }

    fn is_in(&self, cell: &Cell, context: usize) -> bool {
        let labels = &cell.labels;
        let others = match self.factor {
            Factor::Surrogate => [Some(&labels.actor), Some(&labels.agent)],
            Factor::Actor => [Some(&labels.agent), labels.surrogate.as_ref()],
            Factor::Agent => [Some(&labels.actor), labels.surrogate.as_ref()],
        };
        let wanted = others.iter().zip(&self.contexts[context]);
        wanted
            .into_iter()
            .all(|(label, wanted)| label.is_none_or(|label| label == wanted))
    }
}

/// The mean return of each evaluation, by step.
pub fn mean_curve(evaluations: &[Evaluation]) -> Vec<(u64, f64)> {
    evaluations
        .chunk_by(|a, b| a.step == b.step)
        .map(|episodes| {
            let sum: f64 = episodes.iter().map(|episode| episode.total).sum();
            (episodes[0].step, sum / episodes.len() as f64)
        })
        .collect()
}

/// What an inference took at each evaluation, from the diagnostics. The rate of a network is the mean of its hidden layers:
/// what an encoder fires is the choice of the encoder.
fn activity(record: &Record) -> Vec<NetworkActivity> {
    let of_evaluation = |numbers: &[Diagnostic]| {
        let named = |name: &str| {
            let found = numbers.iter().find(|number| number.name == name);
            found.map(|number| number.value)
        };
        let mean = |prefix: &str| {
            let layers = numbers
                .iter()
                .filter(|number| number.name.starts_with(prefix));
            let layers: Vec<f64> = layers.map(|number| number.value).collect();
            describe::mean(&layers)
        };
        NetworkActivity {
            step: numbers[0].step,
            firing_rate: mean("firing_rate.layer."),
            synaptic_operations: named("synaptic_operations"),
            multiply_accumulates: named("multiply_accumulates"),
            dead: mean("dead.layer."),
        }
    };
    let by_step = record
        .diagnostics
        .chunk_by(|one, next| one.step == next.step);
    let all = by_step.map(of_evaluation);
    all.filter(|activity| activity.synaptic_operations.is_some())
        .collect()
}

/// Milliseconds of training at each evaluation; `None` for an older record without times.
fn clock(record: &Record) -> Option<Vec<u64>> {
    let milliseconds = |step: u64| {
        let timing = record.timings.iter().find(|timing| timing.step == step)?;
        Some((timing.seconds * 1000.0).round() as u64)
    };
    let curve = mean_curve(&record.evaluations).into_iter();
    curve.map(|(step, _)| milliseconds(step)).collect()
}

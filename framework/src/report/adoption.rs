//! What adopting a method costs, in sentences, each with the table that it is from.

use crate::analysis::{Block, Cost, MethodScores, Metric};
use crate::network::energy::CONSTANTS;

use super::markdown::{code, escape};
use super::names::name;
use super::numbers::score;
use super::study::Study;

/// What is said of one task.
pub struct Adoption {
    /// The task and its context.
    pub title: String,
    /// One for each method and question.
    pub sentences: Vec<String>,
}

/// What no number of a report covers.
pub const NOT_MEASURED: &str = "Not measured: the search for hyperparameters, which can cost more than the training reported \
     here; the working time of those who adopt it; the energy of training; of an inference, memory access, addressing, the \
     updates of neurons and the time that it takes; anything on neuromorphic hardware, of which operations times published \
     energies are an estimate only.";

/// What every task shows of the costs; empty where nothing is known.
pub fn all(study: &Study) -> Vec<Adoption> {
    let of_block = |block: &Block| {
        let methods = block.methods.iter().zip(&block.costs);
        let sentences: Vec<String> = methods
            .flat_map(|(method, cost)| sentences(study, block, method, cost))
            .collect();
        (!sentences.is_empty()).then(|| Adoption {
            title: block.title(),
            sentences,
        })
    };
    study.analysis.blocks.iter().filter_map(of_block).collect()
}

fn sentences(study: &Study, block: &Block, method: &MethodScores, cost: &Cost) -> Vec<String> {
    let training = trials(block, method, cost).or_else(|| hours(method, cost));
    let all = [
        training.map(|text| format!("{text} (table: what training takes).")),
        risk(study, method, cost).map(|text| format!("{text} (table: what training takes).")),
        inference(method, cost).map(|text| format!("{text} (table: what an inference takes).")),
    ];
    all.into_iter().flatten().collect()
}

/// Trials and core-hours until the threshold.
fn trials(block: &Block, method: &MethodScores, cost: &Cost) -> Option<String> {
    let reached = cost.reached?;
    let goal = score(block.learning.as_ref()?.threshold?);
    let (name, trials) = (&method.name, cost.trials);
    let Some(needed) = cost.trials_a_success() else {
        return Some(format!(
            "{name}: none of {trials} runs reached {goal}, so that its cost is not known"
        ));
    };
    let hours = cost
        .core_hours
        .map(|hours| format!(" and {} core-hours", score(hours)));
    Some(format!(
        "{name}: {reached} of {trials} runs reached {goal}, which is {} training runs{} for each that does",
        score(needed),
        hours.unwrap_or_default()
    ))
}

/// The time of a whole training, where no threshold says when it is done.
fn hours(method: &MethodScores, cost: &Cost) -> Option<String> {
    let throughput = method.scored(Metric::Throughput)?.summary.mean;
    Some(format!(
        "{}: a training takes {} hours, {} steps a second; no threshold is set, so that it is not known how soon it is good enough",
        method.name,
        score(cost.hours?),
        score(throughput)
    ))
}

fn risk(study: &Study, method: &MethodScores, cost: &Cost) -> Option<String> {
    let metric = study.settings().metric();
    let mean = method.scored(metric)?.summary.mean;
    // A file of scores without times or thresholds has no table of training.
    let is_tabled = cost.reached.is_some() || method.scored(Metric::Throughput).is_some();
    let worst = cost.worst_quarter.filter(|_| is_tabled)?;
    Some(format!(
        "{}: the worst quarter of its runs has a {} of {}, where all have {}",
        method.name,
        name(study, metric),
        score(worst),
        score(mean)
    ))
}

fn inference(method: &MethodScores, cost: &Cost) -> Option<String> {
    let mean = |metric: Metric| Some(number(method.scored(metric)?.summary.mean));
    let energies = CONSTANTS.iter().map(|constants| {
        Some(format!(
            "{} nJ ({})",
            mean(Metric::Energy(constants))?,
            constants.short
        ))
    });
    let energies: Vec<String> = energies.collect::<Option<_>>()?;
    let reference = cost.reference.as_ref().map(|reference| {
        format!(
            "; that is {} of the operations and {} of the energy ({}) of {}, which has no spikes",
            score(reference.operations),
            score(reference.energy[0]),
            CONSTANTS[0].short,
            reference.name
        )
    });
    Some(format!(
        "{}: an inference takes {} synaptic operations and {} multiply-accumulates, {}{}",
        method.name,
        mean(Metric::SynapticOperations)?,
        number(cost.multiply_accumulates?),
        energies.join(" or "),
        reference.unwrap_or_default()
    ))
}

/// A number in a sentence: zero is no decimals.
fn number(value: f64) -> String {
    if value == 0.0 {
        "no".into()
    } else {
        score(value)
    }
}

/// The page as Markdown; `None` where nothing is known.
pub fn markdown(study: &Study, command: &str) -> Option<String> {
    let all = all(study);
    if all.is_empty() {
        return None;
    }
    let mut text = format!(
        "# What adopting it costs: {}\n\n{} (data {})\n",
        escape(&study.name),
        code(command),
        study.data_hash
    );
    for adoption in all {
        text.push_str(&format!("\n## {}\n\n", escape(&adoption.title)));
        for sentence in adoption.sentences {
            text.push_str(&format!("- {}\n", escape(&sentence)));
        }
    }
    text.push_str(&format!("\n{NOT_MEASURED}\n"));
    Some(text)
}

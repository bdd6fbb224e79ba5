//! A network without spikes beside each one with spikes: how much of its operations and of its energy they take.

use crate::network::energy::CONSTANTS;

use super::block::Block;
use super::cost::{Cost, Reference};
use super::method_scores::MethodScores;
use super::metric::Metric;

/// Sets every method with spikes beside a network without spikes on the same task: one of its own table, else the one whose
/// context has the most in common.
pub fn refer(blocks: &mut [Block]) {
    let references: Vec<Plain> = blocks.iter().flat_map(plain_networks).collect();
    for block in blocks {
        let (task, context) = (&block.task, &block.context);
        let near = |plain: &&Plain| {
            let shared = plain
                .context
                .split(SEPARATOR)
                .filter(|part| context.split(SEPARATOR).any(|own| own == *part));
            (plain.context == *context, shared.count())
        };
        let candidates = references.iter().filter(|plain| plain.task == *task);
        let Some(plain) = candidates.rev().max_by_key(near) else {
            continue;
        };
        for place in 0..block.costs.len() {
            let method = &block.methods[place];
            if method.values(Metric::FiringRate).is_empty() {
                continue;
            }
            block.costs[place].reference = plain.beside(method, &block.costs[place]);
        }
    }
}

const SEPARATOR: &str = " · ";

/// A network without spikes.
struct Plain {
    task: String,
    context: String,
    name: String,
    energy: Vec<f64>,
    operations: f64,
}

fn mean(method: &MethodScores, metric: Metric) -> Option<f64> {
    Some(method.scored(metric)?.summary.mean)
}

fn plain_networks(block: &Block) -> Vec<Plain> {
    let plain = |(method, cost): (&MethodScores, &Cost)| {
        if !method.values(Metric::FiringRate).is_empty() {
            return None;
        }
        let energy = CONSTANTS
            .iter()
            .map(|constants| mean(method, Metric::Energy(constants)));
        Some(Plain {
            task: block.task.clone(),
            context: block.context.clone(),
            name: if block.context.is_empty() {
                method.name.clone()
            } else {
                format!("{}{SEPARATOR}{}", method.name, block.context)
            },
            energy: energy.collect::<Option<_>>()?,
            operations: cost.multiply_accumulates? + mean(method, Metric::SynapticOperations)?,
        })
    };
    block
        .methods
        .iter()
        .zip(&block.costs)
        .filter_map(plain)
        .collect()
}

impl Plain {
    fn beside(&self, method: &MethodScores, cost: &Cost) -> Option<Reference> {
        let energy = CONSTANTS.iter().zip(&self.energy).map(|(constants, &own)| {
            Some(mean(method, Metric::Energy(constants))? / own).filter(|share| share.is_finite())
        });
        let operations = mean(method, Metric::SynapticOperations)? + cost.multiply_accumulates?;
        Some(Reference {
            name: self.name.clone(),
            energy: energy.collect::<Option<_>>()?,
            operations: Some(operations / self.operations).filter(|share| share.is_finite())?,
        })
    }
}

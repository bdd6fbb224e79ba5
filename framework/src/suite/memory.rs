//! The memory that a cell takes, estimated from the sizes of its networks and buffers before anything is allocated.

use std::collections::{HashMap, HashSet};

use crate::api::{ComponentError, Spec};
use crate::registry::Registry;
use crate::suite::definition::{Exclusion, Suite};
use crate::suite::error::{Invalid, invalid};
use crate::suite::exclusions::is_left;
use crate::suite::matrix::{Combination, Matrix};

/// The most memory that a cell may take on any machine.
const MOST_BYTES: u64 = 64 << 30;

/// The bytes that a learner holds at most: a lower bound of what its process takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    /// For its actor, with the gradient and the two moments of an optimiser.
    actor: u64,
    /// For everything.
    all: u64,
}

/// The combination of a suite that takes the most memory, and how many bytes that is.
pub fn largest<'s>(registry: &Registry, suite: &'s Suite) -> Option<(Combination<'s>, u64)> {
    let Suite {
        matrix,
        seeds,
        exclude,
        budget,
        ..
    } = suite;
    sizes(registry, matrix, seeds, exclude, budget.steps)
        .into_iter()
        .map(|(one, size)| (one, size.all))
        .max_by_key(|(_, bytes)| *bytes)
}

/// Checks that no combination takes more memory than any machine may give it.
pub fn check_memory(
    registry: &Registry,
    matrix: &Matrix,
    seeds: &[u64],
    exclude: &[Exclusion],
    steps: u64,
) -> Result<(), Invalid> {
    let mut sizes = sizes(registry, matrix, seeds, exclude, steps).into_iter();
    let Some((one, size)) = sizes.find(|(_, size)| size.all > MOST_BYTES) else {
        return Ok(());
    };
    let (axis, entries, label) = if size.actor > MOST_BYTES {
        ("actor", &matrix.actor, &one.actor.label)
    } else {
        ("agent", &matrix.agent, &one.agent.label)
    };
    let index = entries.iter().position(|entry| entry.label == *label);
    invalid(
        format!("matrix.{axis}[{}]", index.unwrap_or_default()),
        format!(
            "{} needs {} GiB of memory or more; at most {} are allowed: choose smaller layers or a smaller buffer_size",
            named(&one),
            size.all >> 30,
            MOST_BYTES >> 30
        ),
    )
}

/// A combination in words.
pub fn named(one: &Combination<'_>) -> String {
    let (actor, agent, task) = (&one.actor.label, &one.agent.label, &one.environment.label);
    format!("{actor} with {agent} in {task}")
}

/// The sizes of all combinations that are left, each once whatever its surrogate. What cannot be made on this machine has no
/// size; a run says why.
fn sizes<'m>(
    registry: &Registry,
    matrix: &'m Matrix,
    seeds: &[u64],
    exclude: &[Exclusion],
    steps: u64,
) -> Vec<(Combination<'m>, Size)> {
    let mut seen = HashSet::new();
    let mut networks = HashMap::new();
    let mut agents = HashMap::new();
    let mut sizes = Vec::new();
    for one in matrix.combinations() {
        let [actor, agent, task] =
            [one.actor, one.agent, one.environment].map(|entry| entry.label.as_str());
        if !seen.insert([actor, agent, task]) || !is_left(&one, seeds, exclude) {
            continue;
        }
        let network = networks
            .entry([actor, task])
            .or_insert_with(|| network(registry, &one).ok());
        let settings = agents
            .entry(agent)
            .or_insert_with(|| registry.agent(&one.agent.component).ok());
        if let (Some((spec, learned)), Some((settings, _))) = (network, settings) {
            let size = Size {
                actor: learned.saturating_mul(16),
                all: settings.numbers(spec, *learned, steps).saturating_mul(4),
            };
            sizes.push((one, size));
        }
    }
    sizes
}

/// The task of a combination, and how many values its actor learns.
fn network(registry: &Registry, one: &Combination<'_>) -> Result<(Spec, u64), ComponentError> {
    let spec = registry.environment(&one.environment.component)?.0.spec();
    let surrogate = match one.surrogate {
        Some(entry) => Some(registry.surrogate(&entry.component)?.0),
        None => None,
    };
    let actor = registry.build_actor(&one.actor.component, surrogate, &spec)?;
    let learned = actor.learned().iter().fold(0u64, |sum, declared| {
        let size = |product: u64, &size: &i64| product.saturating_mul(size.unsigned_abs());
        sum.saturating_add(declared.shape.iter().fold(1, size))
    });
    Ok((spec, learned))
}

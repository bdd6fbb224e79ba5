//! The memory that a cell takes, estimated from the sizes of its networks and buffers before anything is allocated.

use std::collections::HashSet;

use crate::api::ComponentError;
use crate::registry::Registry;
use crate::suite::definition::{Exclusion, Suite};
use crate::suite::error::{Invalid, invalid};
use crate::suite::exclusions::is_left;
use crate::suite::matrix::{Combination, Matrix};

/// The most memory that a cell may take on any machine.
pub const MOST_BYTES: u64 = 64 << 30;

/// The bytes that the learner of a combination holds at most: a lower bound of what its process takes.
pub fn bytes(
    registry: &Registry,
    combination: &Combination<'_>,
    steps: u64,
) -> Result<u64, ComponentError> {
    let spec = registry
        .environment(&combination.environment.component)?
        .0
        .spec();
    let surrogate = match combination.surrogate {
        Some(entry) => Some(registry.surrogate(&entry.component)?.0),
        None => None,
    };
    let actor = registry.build_actor(&combination.actor.component, surrogate, &spec)?;
    let learned = actor.learned().iter().fold(0u64, |sum, one| {
        let size = |product: u64, &size: &i64| product.saturating_mul(size.unsigned_abs());
        sum.saturating_add(one.shape.iter().fold(1, size))
    });
    let agent = registry.agent(&combination.agent.component)?.0;
    Ok(agent.numbers(&spec, learned, steps).saturating_mul(4))
}

/// The combination of a suite that takes the most memory, and how many bytes that is.
pub fn largest<'s>(registry: &'s Registry, suite: &'s Suite) -> Option<(Combination<'s>, u64)> {
    let Suite {
        matrix,
        seeds,
        exclude,
        budget,
        ..
    } = suite;
    sizes(registry, matrix, seeds, exclude, budget.steps).max_by_key(|(_, bytes)| *bytes)
}

/// Checks that no combination takes more memory than any machine may give it.
pub fn check_memory(
    registry: &Registry,
    matrix: &Matrix,
    seeds: &[u64],
    exclude: &[Exclusion],
    steps: u64,
) -> Result<(), Invalid> {
    let mut sizes = sizes(registry, matrix, seeds, exclude, steps);
    let Some((one, bytes)) = sizes.find(|(_, bytes)| *bytes > MOST_BYTES) else {
        return Ok(());
    };
    let mut actors = matrix.actor.iter();
    let index = actors.position(|entry| entry.label == one.actor.label);
    invalid(
        format!("matrix.actor[{}]", index.unwrap_or_default()),
        format!(
            "{} needs {} GiB of memory or more; at most {} are allowed: choose smaller layers or a smaller buffer_size",
            named(&one),
            bytes >> 30,
            MOST_BYTES >> 30
        ),
    )
}

/// A combination in words.
pub fn named(one: &Combination<'_>) -> String {
    let (actor, agent, task) = (&one.actor.label, &one.agent.label, &one.environment.label);
    format!("{actor} with {agent} in {task}")
}

/// The bytes of every combination that is left, each once whatever its surrogate. What cannot be made on this machine has no
/// size; a run says why.
fn sizes<'m>(
    registry: &'m Registry,
    matrix: &'m Matrix,
    seeds: &'m [u64],
    exclude: &'m [Exclusion],
    steps: u64,
) -> impl Iterator<Item = (Combination<'m>, u64)> {
    let mut seen = HashSet::new();
    let mut is_new = move |one: &Combination<'m>| {
        let entries = [one.actor, one.agent, one.environment];
        seen.insert(entries.map(|entry| entry.label.as_str()))
    };
    let combinations = matrix.combinations().into_iter();
    combinations
        .filter(move |one| is_left(one, seeds, exclude) && is_new(one))
        .filter_map(move |one| Some((one, bytes(registry, &one, steps).ok()?)))
}

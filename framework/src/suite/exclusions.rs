//! Checks of the combinations that a suite leaves after its exclusions.

use std::collections::HashSet;

use crate::api::ParameterError;
use crate::registry::Registry;
use crate::suite::compare::Compare;
use crate::suite::definition::Exclusion;
use crate::suite::error::{Invalid, invalid};
use crate::suite::matrix::{Combination, Matrix};

/// Checks that every agent can act in the environments that it is left with.
pub fn check_tasks(
    registry: &Registry,
    matrix: &Matrix,
    seeds: &[u64],
    exclude: &[Exclusion],
) -> Result<(), Invalid> {
    let is_left = |combination: &Combination<'_>| is_left(combination, seeds, exclude);
    let combinations = matrix.combinations();
    let pairs: HashSet<(&str, &str)> = combinations
        .iter()
        .filter(|combination| is_left(combination))
        .map(|one| (one.agent.label.as_str(), one.environment.label.as_str()))
        .collect();
    let mut specs = Vec::with_capacity(matrix.environment.len());
    for (index, task) in matrix.environment.iter().enumerate() {
        let path = format!("matrix.environment[{index}]");
        let made = registry.environment(&task.component);
        specs.push(made.map_err(|error| error.below(&path))?.0.spec());
    }
    for (index, entry) in matrix.agent.iter().enumerate() {
        let path = format!("matrix.agent[{index}]");
        let below = |error: ParameterError| error.below(&path);
        let agent = registry.agent(&entry.component).map_err(below)?.0;
        for (task, spec) in matrix.environment.iter().zip(&specs) {
            if pairs.contains(&(entry.label.as_str(), task.label.as_str()))
                && let Err(reason) = agent.accepts(spec)
            {
                let (agent, task) = (&entry.label, &task.label);
                return invalid(
                    &path,
                    format!(
                        "{agent} cannot act in {task}: {reason}; leave out this pair with \
                         `exclude: [{{agent: \"{agent}\", environment: \"{task}\"}}]`"
                    ),
                );
            }
        }
    }
    Ok(())
}

/// Whether the combination is left with any seed.
pub fn is_left(combination: &Combination<'_>, seeds: &[u64], exclude: &[Exclusion]) -> bool {
    seeds.iter().any(|&seed| {
        !exclude
            .iter()
            .any(|exclusion| exclusion.covers(combination, seed))
    })
}

/// Checks that some cell is left, and that the baseline is.
pub fn check_remainder(
    matrix: &Matrix,
    seeds: &[u64],
    exclude: &[Exclusion],
    compare: &Compare,
) -> Result<(), Invalid> {
    let combinations = matrix.combinations();
    let is_left = |combination: &Combination<'_>| is_left(combination, seeds, exclude);
    if !combinations.iter().any(is_left) {
        return invalid("exclude", "leaves out every cell");
    }
    let mut baseline = combinations
        .iter()
        .filter(|combination| combination.level(compare.factor) == Some(compare.baseline()))
        .peekable();
    if baseline.peek().is_some() && !baseline.any(is_left) {
        return invalid(
            "exclude",
            format!(
                "leaves out every cell of the baseline {}; name another one under compare",
                compare.baseline()
            ),
        );
    }
    Ok(())
}

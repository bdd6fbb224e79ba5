//! Checks of the combinations that a suite leaves after its exclusions.

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
    let combinations: Vec<_> = matrix.combinations().into_iter().filter(is_left).collect();
    for (index, entry) in matrix.agent.iter().enumerate() {
        let path = format!("matrix.agent[{index}]");
        let below = |error: ParameterError| error.below(&path);
        let agent = registry.agent(&entry.component).map_err(below)?.0;
        for task in &matrix.environment {
            let is_pair = |one: &Combination<'_>| {
                one.agent.label == entry.label && one.environment.label == task.label
            };
            let spec = registry
                .environment(&task.component)
                .map_err(below)?
                .0
                .spec();
            if combinations.iter().any(is_pair)
                && let Err(reason) = agent.accepts(&spec)
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
fn is_left(combination: &Combination<'_>, seeds: &[u64], exclude: &[Exclusion]) -> bool {
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

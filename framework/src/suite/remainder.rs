//! What is left to run when the exclusions of a suite are taken out.

use crate::api::ParameterError;
use crate::registry::Registry;

use super::check::{Wrong, wrong};
use super::{Combination, Compare, Exclusion, Matrix};

/// Whatever is left to run, its agent must be able to act in its environment.
pub fn check_tasks(
    registry: &Registry,
    matrix: &Matrix,
    seeds: &[u64],
    exclude: &[Exclusion],
) -> Result<(), Wrong> {
    let is_left = |combination: &Combination<'_>| is_left(combination, seeds, exclude);
    let combinations: Vec<_> = matrix.combinations().into_iter().filter(is_left).collect();
    for (index, entry) in matrix.agent.iter().enumerate() {
        let fault = |fault: ParameterError| {
            let fault = fault.below(&format!("matrix.agent[{index}]"));
            (fault.field, fault.message)
        };
        let agent = registry.agent(&entry.component).map_err(fault)?.0;
        for task in &matrix.environment {
            let meet = |one: &Combination<'_>| {
                one.agent.label == entry.label && one.environment.label == task.label
            };
            let spec = registry
                .environment(&task.component)
                .map_err(fault)?
                .0
                .spec();
            if combinations.iter().any(meet)
                && let Err(reason) = agent.accepts(&spec)
            {
                let (agent, task) = (&entry.label, &task.label);
                return wrong(
                    format!("matrix.agent[{index}]"),
                    format!(
                        "{agent} cannot act in {task}: {reason}; leave the two out with \
                         `exclude: [{{agent: \"{agent}\", environment: \"{task}\"}}]`"
                    ),
                );
            }
        }
    }
    Ok(())
}

/// Is it left to run with any seed?
fn is_left(combination: &Combination<'_>, seeds: &[u64], exclude: &[Exclusion]) -> bool {
    seeds.iter().any(|&seed| {
        !exclude
            .iter()
            .any(|exclusion| exclusion.covers(combination, seed))
    })
}

/// Something must be left to run, and something to compare with.
pub fn check_remainder(
    matrix: &Matrix,
    seeds: &[u64],
    exclude: &[Exclusion],
    compare: &Compare,
) -> Result<(), Wrong> {
    let combinations = matrix.combinations();
    let is_left = |combination: &Combination<'_>| is_left(combination, seeds, exclude);
    if !combinations.iter().any(is_left) {
        return wrong("exclude", "leaves out every cell");
    }
    let mut baseline = combinations
        .iter()
        .filter(|combination| combination.level(compare.factor) == Some(&compare.baseline))
        .peekable();
    if baseline.peek().is_some() && !baseline.any(is_left) {
        return wrong(
            "exclude",
            format!(
                "leaves out every cell of the baseline {}; name another one under compare",
                compare.baseline
            ),
        );
    }
    Ok(())
}

//! From a suite as it is written to one that can be run: finds everything that is wrong with it, except for its syntax and
//! its types.

use std::collections::HashSet;

use crate::api::Kind;
use crate::registry::Registry;
use crate::suite::axis::axis;
use crate::suite::compare;
use crate::suite::definition::{Budget, Exclusion, Suite};
use crate::suite::error::{Invalid, invalid};
use crate::suite::exclusions::{check_remainder, check_tasks};
use crate::suite::keyed::Keyed;
use crate::suite::label::check_label;
use crate::suite::matrix::Matrix;
use crate::suite::memory::check_memory;
use crate::suite::whole_number::WholeNumber;
use crate::suite::wire;

/// Checks a suite and fills in every default.
pub fn checked(wire: wire::Suite, registry: &Registry, max_cells: u64) -> Result<Suite, Invalid> {
    check_name(&wire.name)?;
    let (budget, time_limit) = check_budget(&wire.budget.0)?;
    let Keyed(axes) = wire.matrix;
    let matrix = Matrix {
        surrogate: axis(registry, Kind::Surrogate, axes.surrogate)?,
        actor: axis(registry, Kind::Actor, axes.actor)?,
        agent: axis(registry, Kind::Agent, axes.agent)?,
        environment: axis(registry, Kind::Environment, axes.environment)?,
    };
    for (name, axis) in [
        ("actor", &matrix.actor),
        ("agent", &matrix.agent),
        ("environment", &matrix.environment),
    ] {
        if axis.is_empty() {
            return invalid(
                format!("matrix.{name}"),
                "is empty, expected at least one entry",
            );
        }
    }
    if let Some(spiking) = matrix.actor.iter().find(|actor| actor.spiking)
        && matrix.surrogate.is_empty()
    {
        return invalid(
            "matrix.surrogate",
            format!(
                "is empty, but the actor {} spikes and needs one",
                spiking.label
            ),
        );
    }
    let seeds = check_seeds(wire.seeds, &matrix, max_cells)?;
    let exclude = check_exclusions(wire.exclude, &matrix, &seeds)?;
    let compare = compare::check(wire.compare.0, &matrix)?;
    check_remainder(&matrix, &seeds, &exclude, &compare)?;
    check_tasks(registry, &matrix, &seeds, &exclude)?;
    check_memory(registry, &matrix, &seeds, &exclude, budget.steps)?;
    Ok(Suite {
        name: wire.name,
        description: wire.description,
        seeds,
        budget,
        time_limit,
        matrix,
        exclude,
        compare,
    })
}

fn check_name(name: &str) -> Result<(), Invalid> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(plain) {
        return invalid(
            "name",
            format!(
                "\"{name}\" cannot name a folder; expected at most 64 of A-Z a-z 0-9 . _ - and no dot at the front"
            ),
        );
    }
    Ok(())
}

/// The longest time limit in seconds, ten years. The clocks of a system do not count forever.
const LONGEST_TIME_LIMIT: f64 = 10.0 * 365.0 * 86_400.0;

/// The most episodes of an evaluation. All of them are played at the same time, each in an environment of its own.
const MOST_EPISODES: u64 = 1000;

fn check_budget(wire: &wire::Budget) -> Result<(Budget, Option<f64>), Invalid> {
    let budget = Budget {
        steps: wire.steps.0,
        evaluate_every: wire.evaluate_every.0,
        evaluation_episodes: wire.evaluation_episodes.0,
    };
    for (key, value) in [
        ("budget.steps", budget.steps),
        ("budget.evaluate_every", budget.evaluate_every),
        ("budget.evaluation_episodes", budget.evaluation_episodes),
    ] {
        if value == 0 {
            return invalid(key, "0 must be positive");
        }
    }
    if budget.evaluation_episodes > MOST_EPISODES {
        return invalid(
            "budget.evaluation_episodes",
            format!(
                "{} is too much, at most {MOST_EPISODES} are allowed",
                budget.evaluation_episodes
            ),
        );
    }
    if !budget.steps.is_multiple_of(budget.evaluate_every) {
        return invalid(
            "budget.evaluate_every",
            format!(
                "{} does not divide steps ({}), so the last step would not be evaluated",
                budget.evaluate_every, budget.steps
            ),
        );
    }
    if let Some(limit) = wire.time_limit {
        let invalid = |rule: &str| invalid("budget.time_limit", format!("{limit:?} {rule}"));
        if limit <= 0.0 {
            return invalid("must be positive (seconds)");
        }
        if limit > LONGEST_TIME_LIMIT {
            return invalid("must be at most 315360000 (seconds, ten years)");
        }
    }
    Ok((budget, wire.time_limit))
}

/// The most cells that a suite may have, whatever limit was asked for: a plan lies in memory.
const MOST_CELLS: u64 = 100_000;

/// Every cell is held against every exclusion.
const MOST_EXCLUSIONS: usize = 1000;

fn check_seeds(wire: wire::Seeds, matrix: &Matrix, max_cells: u64) -> Result<Vec<u64>, Invalid> {
    let count = match &wire {
        wire::Seeds::Count(count) => *count,
        wire::Seeds::List(list) => list.len() as u64,
    };
    if count == 0 {
        return invalid("seeds", "there are none, expected at least one");
    }
    let spiking = matrix.actor.iter().filter(|actor| actor.spiking).count() as u64;
    let networks = spiking * matrix.surrogate.len() as u64 + (matrix.actor.len() as u64 - spiking);
    let cells = [
        networks,
        matrix.agent.len() as u64,
        matrix.environment.len() as u64,
        count,
    ]
    .iter()
    .try_fold(1u64, |product, &length| product.checked_mul(length));
    match cells {
        Some(cells) if cells > MOST_CELLS => {
            return invalid(
                "",
                format!("{cells} cells are more than {MOST_CELLS}, the most that a suite may have"),
            );
        }
        Some(cells) if cells <= max_cells => {}
        Some(cells) => {
            return invalid(
                "",
                format!(
                    "{cells} cells are more than {max_cells}; allow them with --max-cells {cells}"
                ),
            );
        }
        None => {
            return invalid(
                "seeds",
                format!("{count} seeds make more cells than can be counted"),
            );
        }
    }
    match wire {
        wire::Seeds::Count(count) => Ok((0..count).collect()),
        wire::Seeds::List(list) => {
            let mut known = HashSet::with_capacity(list.len());
            for (index, seed) in list.iter().enumerate() {
                if !known.insert(seed) {
                    return invalid(format!("seeds[{index}]"), format!("{seed} is given twice"));
                }
            }
            Ok(list)
        }
    }
}

fn check_exclusions(
    wire: Vec<Keyed<wire::Exclusion>>,
    matrix: &Matrix,
    seeds: &[u64],
) -> Result<Vec<Exclusion>, Invalid> {
    if wire.len() > MOST_EXCLUSIONS {
        let message = format!(
            "has {} entries; at most {MOST_EXCLUSIONS} are allowed",
            wire.len()
        );
        return invalid("exclude", message);
    }
    let mut exclusions = Vec::with_capacity(wire.len());
    for (index, Keyed(one)) in wire.into_iter().enumerate() {
        let path = format!("exclude[{index}]");
        let axes = [
            ("surrogate", &one.surrogate, &matrix.surrogate),
            ("actor", &one.actor, &matrix.actor),
            ("agent", &one.agent, &matrix.agent),
            ("environment", &one.environment, &matrix.environment),
        ];
        for (name, label, axis) in axes {
            if let Some(label) = label {
                check_label(&format!("{path}.{name}"), label, axis)?;
            }
        }
        let seed = one.seed.map(|WholeNumber(seed)| seed);
        if let Some(seed) = seed
            && !seeds.contains(&seed)
        {
            return invalid(
                format!("{path}.seed"),
                format!("{seed} is not one of the seeds"),
            );
        }
        let exclusion = Exclusion {
            surrogate: one.surrogate,
            actor: one.actor,
            agent: one.agent,
            environment: one.environment,
            seed,
        };
        if exclusion == Exclusion::default() {
            return invalid(path, "is empty and would leave out every cell");
        }
        exclusions.push(exclusion);
    }
    Ok(exclusions)
}

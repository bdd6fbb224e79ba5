//! From a suite as it is written to one that can be run: everything that can be wrong with it, but its syntax and its
//! types, is found here.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::api::{Component, Kind, ParameterError};
use crate::registry::Registry;
use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;

use super::keyed::Keyed;
use super::remainder::{check_remainder, check_tasks};
use super::{Budget, Compare, Entry, Exclusion, Factor, Matrix, Metric, Suite, Test, wire};

/// A path within the suite and what is wrong there.
pub type Wrong = (String, String);

/// The error of these two.
pub fn wrong<T>(path: impl Into<String>, message: impl Into<String>) -> Result<T, Wrong> {
    Err((path.into(), message.into()))
}

/// Checks everything, and fills in every default.
pub fn checked(wire: wire::Suite, registry: &Registry, max_cells: u64) -> Result<Suite, Wrong> {
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
            return wrong(
                format!("matrix.{name}"),
                "is empty, expected at least one entry",
            );
        }
    }
    if let Some(spiking) = matrix.actor.iter().find(|actor| actor.spiking)
        && matrix.surrogate.is_empty()
    {
        return wrong(
            "matrix.surrogate",
            format!(
                "is empty, but the actor {} spikes and needs one",
                spiking.label
            ),
        );
    }
    let seeds = check_seeds(wire.seeds, &matrix, max_cells)?;
    let exclude = check_exclusions(wire.exclude, &matrix, &seeds)?;
    let compare = check_compare(wire.compare.0, &matrix)?;
    check_remainder(&matrix, &seeds, &exclude, &compare)?;
    check_tasks(registry, &matrix, &seeds, &exclude)?;
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

fn check_name(name: &str) -> Result<(), Wrong> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    if name.is_empty() || name.len() > 64 || name.starts_with('.') || !name.chars().all(plain) {
        return wrong(
            "name",
            format!(
                "\"{name}\" cannot name a folder; expected at most 64 of A-Z a-z 0-9 . _ - and no dot at the front"
            ),
        );
    }
    Ok(())
}

/// No clock of the system counts for ever.
const LONGEST_TIME_LIMIT: f64 = 10.0 * 365.0 * 86_400.0;

fn check_budget(wire: &wire::Budget) -> Result<(Budget, Option<f64>), Wrong> {
    for (key, value) in [
        ("budget.steps", wire.steps),
        ("budget.evaluate_every", wire.evaluate_every),
        ("budget.evaluation_episodes", wire.evaluation_episodes),
    ] {
        if value == 0 {
            return wrong(key, "0 must be positive");
        }
    }
    if !wire.steps.is_multiple_of(wire.evaluate_every) {
        return wrong(
            "budget.evaluate_every",
            format!(
                "{} does not divide steps ({}), so the last step would not be evaluated",
                wire.evaluate_every, wire.steps
            ),
        );
    }
    if let Some(limit) = wire.time_limit {
        let wrong = |rule: &str| wrong("budget.time_limit", format!("{limit:?} {rule}"));
        if limit <= 0.0 {
            return wrong("must be positive (seconds)");
        }
        if limit > LONGEST_TIME_LIMIT {
            return wrong("must be at most 315360000 (seconds, ten years)");
        }
    }
    let budget = Budget {
        steps: wire.steps,
        evaluate_every: wire.evaluate_every,
        evaluation_episodes: wire.evaluation_episodes,
    };
    Ok((budget, wire.time_limit))
}

fn axis(registry: &Registry, kind: Kind, wire: Vec<wire::Entry>) -> Result<Vec<Entry>, Wrong> {
    let mut entries: Vec<Entry> = Vec::with_capacity(wire.len());
    let mut known: HashMap<String, usize> = HashMap::new();
    for (
        index,
        wire::Entry {
            component: given,
            label,
        },
    ) in wire.into_iter().enumerate()
    {
        let path = format!("matrix.{kind}[{index}]");
        let fault = |fault: ParameterError| {
            let fault = fault.below(&path);
            (fault.field, fault.message)
        };
        let component = registry.resolve(kind, &given).map_err(fault)?;
        let spiking = kind == Kind::Actor && registry.actor(&component).map_err(fault)?.0.spiking();
        if let Some(first) = known.insert(
            Value::Object(component.parameters.clone()).to_string() + &component.name,
            index,
        ) {
            return wrong(
                path,
                format!(
                    "is the same as matrix.{kind}[{first}]: {}",
                    entries[first].label
                ),
            );
        }
        let label = match label {
            Some(label) if label.is_empty() || label.chars().any(char::is_control) => {
                return wrong(format!("{path}.as"), format!("{label:?} is not a label"));
            }
            Some(label) => label,
            None => default_label(&given),
        };
        if let Some(first) = entries.iter().position(|entry| entry.label == label) {
            return wrong(
                path,
                format!(
                    "is called {label} like matrix.{kind}[{first}]; give one another name with `as`"
                ),
            );
        }
        entries.push(Entry {
            label,
            component,
            spiking,
        });
    }
    Ok(entries)
}

/// The name, and the parameters that were given: `trapezoidal(inner=0.5,outer=1)`.
fn default_label(given: &Component) -> String {
    if given.parameters.is_empty() {
        return given.name.clone();
    }
    let parameters: Vec<String> = given
        .parameters
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("{}({})", given.name, parameters.join(",").replace('"', ""))
}

fn check_seeds(wire: wire::Seeds, matrix: &Matrix, max_cells: u64) -> Result<Vec<u64>, Wrong> {
    let count = match &wire {
        wire::Seeds::Count(count) => *count,
        wire::Seeds::List(list) => list.len() as u64,
    };
    if count == 0 {
        return wrong("seeds", "there is none, expected at least one");
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
        Some(cells) if cells <= max_cells => {}
        Some(cells) => {
            return wrong(
                "",
                format!(
                    "{cells} cells are more than {max_cells}; allow them with --max-cells {cells}"
                ),
            );
        }
        None => {
            return wrong(
                "seeds",
                format!("{count} makes more cells than can be counted"),
            );
        }
    }
    match wire {
        wire::Seeds::Count(count) => Ok((0..count).collect()),
        wire::Seeds::List(list) => {
            for (index, seed) in list.iter().enumerate() {
                if list[..index].contains(seed) {
                    return wrong(format!("seeds[{index}]"), format!("{seed} is given twice"));
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
) -> Result<Vec<Exclusion>, Wrong> {
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
        if let Some(seed) = one.seed
            && !seeds.contains(&seed)
        {
            return wrong(
                format!("{path}.seed"),
                format!("{seed} is not one of the seeds"),
            );
        }
        let exclusion = Exclusion {
            surrogate: one.surrogate,
            actor: one.actor,
            agent: one.agent,
            environment: one.environment,
            seed: one.seed,
        };
        if exclusion == Exclusion::default() {
            return wrong(path, "names nothing, and would leave out every cell");
        }
        exclusions.push(exclusion);
    }
    Ok(exclusions)
}

fn check_label(path: &str, label: &str, axis: &[Entry]) -> Result<(), Wrong> {
    if axis.iter().any(|entry| entry.label == label) {
        return Ok(());
    }
    let known: Vec<&str> = axis.iter().map(|entry| entry.label.as_str()).collect();
    wrong(
        path,
        format!(
            "\"{label}\" is not on this axis; known: {}",
            known.join(", ")
        ),
    )
}

fn check_compare(wire: wire::Compare, matrix: &Matrix) -> Result<Compare, Wrong> {
    let factor = wire.factor.unwrap_or(if matrix.surrogate.len() > 1 {
        Factor::Surrogate
    } else if matrix.actor.len() > 1 {
        Factor::Actor
    } else if matrix.agent.len() > 1 {
        Factor::Agent
    } else {
        Factor::Surrogate
    });
    let axis = matrix.axis(factor);
    let baseline = match wire.baseline {
        Some(baseline) => {
            check_label("compare.baseline", &baseline, axis)?;
            baseline
        }
        None => axis
            .first()
            .map(|entry| entry.label.clone())
            .unwrap_or_default(),
    };
    let metrics = wire.metrics.unwrap_or_else(|| vec![Metric::Final]);
    if metrics.is_empty() {
        return wrong(
            "compare.metrics",
            "is empty, expected at least one of final, best, auc",
        );
    }
    for (index, metric) in metrics.iter().enumerate() {
        if metrics[..index].contains(metric) {
            return wrong(format!("compare.metrics[{index}]"), "is given twice");
        }
    }
    let alpha = wire.alpha.unwrap_or(0.05);
    if !(alpha > 0.0 && alpha < 1.0) {
        return wrong("compare.alpha", format!("{alpha} must lie between 0 and 1"));
    }
    match (wire.test, wire.margin) {
        (Test::Tost, None) => {
            let message = "is missing: the test tost needs a difference that does not matter, in the unit of the metric";
            return wrong("compare.margin", message);
        }
        (_, Some(margin)) if !(margin > 0.0 && margin.is_finite()) => {
            return wrong(
                "compare.margin",
                format!("{margin} must be a positive number"),
            );
        }
        _ => {}
    }
    let correction = wire.correction.unwrap_or(Correction::Holm);
    Ok(Compare {
        factor,
        baseline,
        metrics,
        test: wire.test,
        margin: wire.margin,
        correction,
        family: wire.family,
        alpha,
        failed: wire.failed,
        bounds: check_bounds(wire.bounds, &matrix.environment)?,
    })
}

fn check_bounds(
    wire: BTreeMap<String, Keyed<wire::Bounds>>,
    environments: &[Entry],
) -> Result<BTreeMap<String, Bounds>, Wrong> {
    let check = |(label, Keyed(wire::Bounds { low, high })): (String, Keyed<wire::Bounds>)| {
        let path = format!("compare.bounds.{label}");
        check_label(&path, &label, environments)?;
        match Bounds::new(low, high) {
            Some(bounds) => Ok((label, bounds)),
            None => wrong(path, format!("low ({low}) must lie below high ({high})")),
        }
    };
    wire.into_iter().map(check).collect()
}

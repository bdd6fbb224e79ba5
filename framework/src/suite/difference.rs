//! The differences between two cells with the same components.

use serde_json::{Map, Value};

use crate::api::Component;
use crate::suite::definition::Budget;
use crate::suite::plan::Cell;

/// One difference between a cell of a former plan and one of this plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The difference in words: `evaluate_every 500 → 1000`.
    pub text: String,
    /// The number of values that changed.
    pub changes: usize,
    /// The fingerprints before and after, if a component computes something else.
    pub fingerprints: Option<(String, String)>,
}

impl Difference {
    fn of(text: String, changes: usize) -> Self {
        Self {
            text,
            changes,
            fingerprints: None,
        }
    }
}

/// The differences of two cells that have the same seed and components of the same names. Labels do not count.
pub fn differences(before: &Cell, after: &Cell) -> Vec<Difference> {
    let mut all = of_budgets(&before.budget, &after.budget);
    all.extend(of_parameters(before, after));
    if before.fingerprints.is_empty() {
        let text = "written before records held fingerprints of what they computed";
        all.push(Difference::of(text.to_owned(), 1));
    } else {
        all.extend(of_behaviours(before, after));
    }
    all
}

fn of_budgets(before: &Budget, after: &Budget) -> Vec<Difference> {
    let values = |budget: &Budget| {
        [
            budget.steps,
            budget.evaluate_every,
            budget.evaluation_episodes,
        ]
    };
    ["budget steps", "evaluate_every", "evaluation_episodes"]
        .into_iter()
        .zip(values(before).into_iter().zip(values(after)))
        .filter(|(_, (before, after))| before != after)
        .map(|(name, (before, after))| Difference::of(format!("{name} {before} → {after}"), 1))
        .collect()
}

fn of_parameters(before: &Cell, after: &Cell) -> Vec<Difference> {
    let mut all = Vec::new();
    for (role, new) in roles(after) {
        let mut changed = Vec::new();
        if let Some(old) = component(before, role) {
            compare("", &old.parameters, &new.parameters, &mut changed);
        }
        if !changed.is_empty() {
            let text = format!("{role} {}: {}", new.name, changed.join(", "));
            all.push(Difference::of(text, changed.len()));
        }
    }
    all
}

/// The components that compute something else with the same parameters. (Other parameters are the reason themselves, and
/// those of an environment may change what an actor and an agent are measured with.)
fn of_behaviours(before: &Cell, after: &Cell) -> Vec<Difference> {
    let changed: Vec<(&str, Difference)> = after
        .fingerprints
        .iter()
        .filter(|(role, _)| {
            let outer = role.split('.').next().unwrap_or(role);
            [outer, "environment"]
                .into_iter()
                .all(|role| component(before, role) == component(after, role))
        })
        .filter_map(|(role, new)| {
            let old = before.fingerprints.get(role).filter(|old| *old != new)?;
            let text = format!("{} computes something else since", named(role, after));
            let fingerprints = Some((old.to_owned(), new.to_owned()));
            let difference = Difference {
                fingerprints,
                ..Difference::of(text, 1)
            };
            Some((role, difference))
        })
        .collect();
    // A changed part of an actor explains the change of the whole.
    let explained = changed.iter().any(|(role, _)| role.starts_with("actor."));
    let kept = changed.into_iter();
    kept.filter(|(role, _)| !(explained && *role == "actor"))
        .map(|(_, difference)| difference)
        .collect()
}

fn component<'c>(cell: &'c Cell, role: &str) -> Option<&'c Component> {
    let mut roles = roles(cell).into_iter();
    roles.find(|(known, _)| *known == role).map(|(_, one)| one)
}

/// The components of a cell with their roles.
fn roles(cell: &Cell) -> Vec<(&'static str, &Component)> {
    let surrogate = cell.surrogate.as_deref().map(|one| ("surrogate", one));
    let others = [
        ("actor", &*cell.actor),
        ("agent", &*cell.agent),
        ("environment", &*cell.environment),
    ];
    surrogate.into_iter().chain(others).collect()
}

/// The component with this role in words: `surrogate atan`, `neuron clif of actor popsan`.
fn named(role: &str, cell: &Cell) -> String {
    if let Some(field) = role.strip_prefix("actor.") {
        let inner = cell.actor.parameters.get(field).cloned();
        let inner = inner.and_then(|inner| serde_json::from_value::<Component>(inner).ok());
        let name = inner.map_or(String::new(), |inner| format!(" {}", inner.name));
        return format!("{field}{name} of actor {}", cell.actor.name);
    }
    let name = component(cell, role).map_or(String::new(), |one| format!(" {}", one.name));
    format!("{role}{name}")
}

/// Adds what differs between two maps of parameters, with the path of each value.
fn compare(path: &str, old: &Map<String, Value>, new: &Map<String, Value>, into: &mut Vec<String>) {
    let at = |name: &str| match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    };
    for (name, was) in old {
        match new.get(name) {
            Some(is) if was == is => {}
            Some(is) => match (only(was), only(is)) {
                // A component within the component.
                (Some((a, _)), Some((b, _))) if a != b => {
                    into.push(format!("{} {a} → {b}", at(name)));
                }
                _ => match (was, is) {
                    (Value::Object(was), Value::Object(is)) => compare(&at(name), was, is, into),
                    _ => into.push(format!("{} {was} → {is}", at(name))),
                },
            },
            None => into.push(format!("{} was {was}, and is gone", at(name))),
        }
    }
    for (name, is) in new {
        if !old.contains_key(name) {
            into.push(format!("{} is new: {is}", at(name)));
        }
    }
}

/// The only entry of a map that has a map as its value: a component.
fn only(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (name, inner) = map.iter().next()?;
    inner.is_object().then_some((name.as_str(), inner))
}

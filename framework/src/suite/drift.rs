//! What became of records that a plan no longer matches: which change of the suite or of the program separates them from it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::suite::difference::{Difference, differences};
use crate::suite::plan::{Cell, Plan};

/// One sentence for each cause, with the number of records that it concerns, the largest number first. `stored` are cells of
/// records in the suite's folder that are not in the plan.
pub fn causes(plan: &Plan, stored: &[Cell]) -> Vec<String> {
    let axes = Axes::of(plan);
    let (mut unmatched, mut gone) = (BTreeMap::new(), BTreeMap::<String, usize>::new());
    for cell in stored {
        match axes.nearest(cell) {
            Some(nearest) => unmatched
                .entry(texts(&nearest))
                .or_insert_with(Cause::default)
                .add(nearest),
            None => *gone.entry(axes.missing(cell)).or_default() += 1,
        }
    }
    let mut sentences: Vec<(usize, String)> = unmatched
        .into_iter()
        .map(|(texts, cause)| (cause.records, cause.sentence(&texts)))
        .chain(gone.into_iter().map(|(what, records)| {
            let are = if records == 1 {
                "record is"
            } else {
                "records are"
            };
            (records, format!("{records} {are} of {what}"))
        }))
        .collect();
    sentences.sort_by_key(|(records, _)| usize::MAX - records);
    sentences
        .into_iter()
        .map(|(_, sentence)| sentence)
        .collect()
}

fn texts(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(|one| one.text.clone()).collect()
}

/// Records that the same changes separate from the plan.
#[derive(Default)]
struct Cause {
    records: usize,
    /// The fingerprints before and after each of the changes.
    fingerprints: Vec<BTreeSet<(String, String)>>,
}

impl Cause {
    fn add(&mut self, differences: Vec<Difference>) {
        self.records += 1;
        self.fingerprints.resize(differences.len(), BTreeSet::new());
        for (known, difference) in self.fingerprints.iter_mut().zip(differences) {
            known.extend(difference.fingerprints);
        }
    }

    fn sentence(&self, texts: &[String]) -> String {
        let with_fingerprints = texts.iter().zip(&self.fingerprints).map(|(text, pairs)| {
            // An agent's differ from task to task, and a list of them says nothing.
            match pairs.first() {
                Some((before, after)) if pairs.len() == 1 => {
                    format!("{text} (fingerprint {} → {})", short(before), short(after))
                }
                _ => text.clone(),
            }
        });
        let changes: Vec<String> = with_fingerprints.collect();
        let changes = match changes.is_empty() {
            true => "written by another result epoch".to_owned(),
            false => changes.join("; "),
        };
        let records = self.records;
        let (records_of, match_it) = match records {
            1 => ("record of", "matches"),
            _ => ("records of", "match"),
        };
        format!("{records} {records_of} this suite no longer {match_it}: {changes}")
    }
}

fn short(fingerprint: &str) -> String {
    format!("{}…", fingerprint.chars().take(6).collect::<String>())
}

/// The names of a cell's components, without their parameters.
#[derive(PartialEq, Eq, Hash)]
struct Names<'c> {
    surrogate: Option<&'c str>,
    actor: &'c str,
    agent: &'c str,
    environment: &'c str,
}

impl<'c> Names<'c> {
    fn of(cell: &'c Cell) -> Self {
        Self {
            surrogate: cell.surrogate.as_ref().map(|one| one.name.as_str()),
            actor: &cell.actor.name,
            agent: &cell.agent.name,
            environment: &cell.environment.name,
        }
    }
}

/// The cells of a plan, by what a record of a former plan has to share with them.
struct Axes<'p> {
    cells: HashMap<(u64, Names<'p>), Vec<&'p Cell>>,
    seeds: HashSet<u64>,
    names: HashSet<(&'static str, &'p str)>,
}

impl<'p> Axes<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut axes = Self {
            cells: HashMap::new(),
            seeds: HashSet::new(),
            names: HashSet::new(),
        };
        for cell in &plan.cells {
            let key = (cell.seed, Names::of(cell));
            axes.cells.entry(key).or_default().push(cell);
            axes.seeds.insert(cell.seed);
            axes.names.extend(named(cell));
        }
        axes
    }

    /// What separates a stored cell from the most similar cell of the plan with the same components and the same seed.
    fn nearest(&self, stored: &Cell) -> Option<Vec<Difference>> {
        let similar = self.cells.get(&(stored.seed, Names::of(stored)))?;
        let all = similar.iter().map(|planned| differences(stored, planned));
        all.min_by_key(|some| some.iter().map(|one| one.changes).sum::<usize>())
    }

    /// What the plan does not have of a stored cell.
    fn missing(&self, stored: &Cell) -> String {
        let unknown = named(stored).find(|name| !self.names.contains(name));
        match unknown {
            Some((axis, name)) => format!("{axis} {name}, which the suite no longer has"),
            None if !self.seeds.contains(&stored.seed) => {
                "seeds that the suite no longer has".to_owned()
            }
            None => "combinations that the suite no longer has".to_owned(),
        }
    }
}

/// The names of a cell's components with their axes.
fn named(cell: &Cell) -> impl Iterator<Item = (&'static str, &str)> {
    let surrogate = cell.surrogate.as_ref();
    let surrogate = surrogate.map(|one| ("surrogate", one.name.as_str()));
    surrogate.into_iter().chain([
        ("actor", cell.actor.name.as_str()),
        ("agent", cell.agent.name.as_str()),
        ("environment", cell.environment.name.as_str()),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A cell of the suite as it is now.
    fn cell(surrogate: &str, seed: u64) -> Value {
        json!({
            "id": format!("{surrogate}.{seed}"),
            "labels": {"surrogate": surrogate, "actor": "net", "agent": "learner", "environment": "task"},
            "surrogate": {surrogate: {"alpha": 2.0}},
            "actor": {"net": {"hidden": [8], "neuron": {"plain": {"leak": 0.5}}}},
            "agent": {"learner": {"actor_lr": 0.0003, "n_step": 1}},
            "environment": {"task": {}},
            "budget": {"steps": 1000, "evaluate_every": 100, "evaluation_episodes": 2},
            "seed": seed,
            "fingerprints": {
                "surrogate": "aaaaaaaaaaaaaaaa", "actor": "bbbbbbbbbbbbbbbb", "actor.neuron": "cccccccccccccccc",
                "agent": "dddddddddddddddd", "environment": "eeeeeeeeeeeeeeee",
            },
        })
    }

    fn plan() -> Plan {
        let cells = (0..3).flat_map(|seed| ["bump", "box"].map(|surrogate| cell(surrogate, seed)));
        Plan {
            suite: "test".to_owned(),
            cells: cells
                .map(|cell| serde_json::from_value(cell).unwrap())
                .collect(),
            excluded: 0,
        }
    }

    /// What is said of records of seeds 0 and 1 in which these values were other ones.
    fn said(changes: &[(&str, Value)]) -> String {
        let stored: Vec<Cell> = (0..2)
            .map(|seed| {
                let mut cell = cell("bump", seed);
                for (pointer, value) in changes {
                    *cell.pointer_mut(pointer).unwrap() = value.clone();
                }
                serde_json::from_value(cell).unwrap()
            })
            .collect();
        causes(&plan(), &stored).join("\n")
    }

    #[test]
    fn a_changed_parameter_or_budget_is_named_with_both_values() {
        let fewer = ("/budget/steps", json!(500));
        insta::assert_snapshot!(said(std::slice::from_ref(&fewer)), @"2 records of this suite no longer match: budget steps 500 → 1000");
        insta::assert_snapshot!(said(&[fewer, ("/budget/evaluate_every", json!(50))]), @"2 records of this suite no longer match: budget steps 500 → 1000; evaluate_every 50 → 100");
        insta::assert_snapshot!(said(&[("/agent/learner/actor_lr", json!(0.001))]), @"2 records of this suite no longer match: agent learner: actor_lr 0.001 → 0.0003");
        insta::assert_snapshot!(said(&[("/agent/learner", json!({"actor_lr": 0.0003, "old": true}))]), @"2 records of this suite no longer match: agent learner: old was true, and is gone, n_step is new: 1");
        insta::assert_snapshot!(said(&[("/actor/net/neuron/plain/leak", json!(0.75))]), @"2 records of this suite no longer match: actor net: neuron.plain.leak 0.75 → 0.5");
        insta::assert_snapshot!(said(&[("/actor/net/neuron", json!({"other": {}}))]), @"2 records of this suite no longer match: actor net: neuron other → plain");
    }

    #[test]
    fn a_component_that_computes_something_else_is_named_with_its_fingerprints() {
        let other = |role: &str| (format!("/fingerprints/{role}"), json!("1234567890abcdef"));
        let said_of = |roles: &[&str]| {
            let changes: Vec<_> = roles.iter().map(|role| other(role)).collect();
            let changes: Vec<_> = changes
                .iter()
                .map(|(pointer, value)| (pointer.as_str(), value.clone()))
                .collect();
            said(&changes)
        };
        insta::assert_snapshot!(said_of(&["surrogate"]), @"2 records of this suite no longer match: surrogate bump computes something else since (fingerprint 123456… → aaaaaa…)");
        insta::assert_snapshot!(said_of(&["actor"]), @"2 records of this suite no longer match: actor net computes something else since (fingerprint 123456… → bbbbbb…)");
        insta::assert_snapshot!(said_of(&["actor", "actor.neuron"]), @"2 records of this suite no longer match: neuron plain of actor net computes something else since (fingerprint 123456… → cccccc…)");
    }

    #[test]
    fn records_without_a_difference_are_of_another_epoch_and_old_ones_have_no_fingerprints() {
        insta::assert_snapshot!(said(&[]), @"2 records of this suite no longer match: written by another result epoch");
        insta::assert_snapshot!(said(&[("/fingerprints", json!({}))]), @"2 records of this suite no longer match: written before records held fingerprints of what they computed");
    }

    #[test]
    fn records_of_what_the_suite_no_longer_has_are_counted_by_what_that_is() {
        let stored = [cell("cone", 0), cell("cone", 1), cell("bump", 9)];
        let stored: Vec<Cell> = stored
            .into_iter()
            .map(|cell| serde_json::from_value(cell).unwrap())
            .collect();
        insta::assert_snapshot!(causes(&plan(), &stored).join("\n"), @r"
        2 records are of surrogate cone, which the suite no longer has
        1 record is of seeds that the suite no longer has
        ");
    }

    #[test]
    fn of_two_cells_with_the_same_components_the_more_similar_one_is_compared() {
        let mut plan = plan();
        let mut wide = cell("bump", 0);
        wide["surrogate"]["bump"]["alpha"] = json!(9.0);
        plan.cells
            .insert(0, serde_json::from_value(wide.clone()).unwrap());
        wide["budget"]["steps"] = json!(10);
        let stored: Cell = serde_json::from_value(wide).unwrap();
        insta::assert_snapshot!(causes(&plan, &[stored]).join("\n"), @"1 record of this suite no longer matches: budget steps 10 → 1000");
    }
}

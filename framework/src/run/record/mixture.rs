//! Records of one environment that were made in different ways, and whether that can change their numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::run::record::contents::Provenance;
use crate::run::record::machine::Machine;
use crate::run::record::origin::Made;

/// Something in which records of the same environment differ. Two environments may have two simulators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs, in words: `C library`.
    pub what: String,
    /// Its values.
    pub values: Vec<String>,
    /// The environments whose records differ in it.
    pub environments: Vec<String>,
    /// Whether the same cell may have other returns for it, be it in the last bit.
    pub changes_numbers: bool,
}

/// All differences within environments; those that change numbers come first.
pub fn differences(provenance: &[Made]) -> Vec<Difference> {
    let mut all: Vec<Difference> = Vec::new();
    for (number, made) in provenance.iter().enumerate() {
        for environment in &made.environments {
            let earlier = provenance[..number].iter();
            for other in earlier.filter(|other| other.environments.contains(environment)) {
                let pairs = aspects(&other.by).into_iter().zip(aspects(&made.by));
                for (one, other) in pairs.filter(|(one, other)| one.value != other.value) {
                    note(&mut all, environment, one, other);
                }
            }
        }
    }
    all.extend(different_plugins(provenance));
    all.sort_by_key(|difference| !difference.changes_numbers);
    all
}

/// The components that were loaded from files of different contents.
fn different_plugins(provenance: &[Made]) -> Vec<Difference> {
    let mut loaded: BTreeMap<&str, Difference> = BTreeMap::new();
    for made in provenance {
        for plugin in &made.by.plugins {
            for component in &plugin.components {
                let known = loaded.entry(component).or_insert_with(|| Difference {
                    what: format!("plugin of {component}"),
                    values: Vec::new(),
                    environments: Vec::new(),
                    changes_numbers: true,
                });
                add(&mut known.values, plugin.short());
                made.environments
                    .iter()
                    .for_each(|name| add(&mut known.environments, name.clone()));
            }
        }
    }
    loaded
        .into_values()
        .filter(|difference| difference.values.len() > 1)
        .collect()
}

fn add(list: &mut Vec<String>, value: String) {
    if !list.contains(&value) {
        list.push(value);
    }
}

fn note(all: &mut Vec<Difference>, environment: &str, one: Aspect, other: Aspect) {
    let known = all.iter().position(|known| known.what == one.what);
    let place = known.unwrap_or_else(|| {
        all.push(Difference {
            what: one.what.to_owned(),
            values: Vec::new(),
            environments: Vec::new(),
            changes_numbers: one.changes_numbers,
        });
        all.len() - 1
    });
    let difference = &mut all[place];
    add(&mut difference.values, one.value);
    add(&mut difference.values, other.value);
    add(&mut difference.environments, environment.to_owned());
}

/// One part of a provenance; those that change numbers come first.
struct Aspect {
    what: &'static str,
    value: String,
    changes_numbers: bool,
}

/// The machines that computed the beginning of a run and whose last bits are others.
fn earlier_machines(by: &Provenance) -> String {
    let own = by.machine.as_ref().map(Machine::deciding);
    let others = by.earlier_machines.iter().map(Machine::deciding);
    let others: Vec<String> = others.filter(|other| Some(other) != own.as_ref()).collect();
    match others.as_slice() {
        [] => "none".to_owned(),
        some => some.join(" and "),
    }
}

fn aspects(by: &Provenance) -> Vec<Aspect> {
    let machine = |value: &dyn Fn(&Machine) -> String| {
        let machine = by.machine.as_ref();
        machine.map_or("not recorded".to_owned(), value)
    };
    let unknown = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let decisive = [
        ("version of spikebench", by.spikebench.clone()),
        ("revision", by.revision.clone()),
        ("version of tch", by.tch.clone()),
        ("version of LibTorch", by.libtorch.clone()),
        (
            "simulator",
            by.engine.clone().unwrap_or_else(|| "none".to_owned()),
        ),
        ("device", by.device.clone()),
        ("number of threads", by.threads.to_string()),
        ("platform", by.platform.clone()),
        ("processor features", machine(&Machine::features_named)),
        ("C library", machine(&|machine| unknown(&machine.c_library))),
        (
            "mathematical functions of the C library",
            machine(&|machine| machine.libm.clone()),
        ),
        ("other machines before a checkpoint", earlier_machines(by)),
    ];
    // Only records that both tell these can be said to differ in them.
    let harmless = by.machine.iter().flat_map(|machine| {
        [
            ("processor model", unknown(&machine.cpu)),
            ("host", unknown(&machine.host)),
        ]
    });
    let aspect = |changes_numbers| {
        move |(what, value)| Aspect {
            what,
            value,
            changes_numbers,
        }
    };
    decisive
        .into_iter()
        .map(aspect(true))
        .chain(harmless.map(aspect(false)))
        .collect()
}

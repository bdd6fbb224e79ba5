//! Fingerprints of all registered components: different where behaviours differ, and taken in no time.

use std::collections::BTreeMap;
use std::time::Instant;

use spikebench::api::{ActionSpace, Component, Kind, Spec};
use spikebench::registry::Registry;
use spikebench::suite::fingerprint::Fingerprinter;

use crate::agents::small::{continuous, discrete, names};

/// The fingerprint of a component in this task; none for an agent that refuses the task, and for an environment that cannot
/// be opened.
fn taken(
    fingerprinter: &Fingerprinter<'_>,
    registry: &Registry,
    kind: Kind,
    name: &str,
    spec: &Spec,
) -> Option<String> {
    let component = registry.resolve(kind, &Component::named(name)).unwrap();
    let taken = match kind {
        Kind::Surrogate => fingerprinter.surrogate(&component),
        Kind::Neuron => fingerprinter.neuron(&component),
        Kind::Encoder => fingerprinter.encoder(&component, spec.observation),
        Kind::Decoder => fingerprinter.decoder(&component, spec.action.outputs()),
        Kind::Actor => fingerprinter.actor(&component, spec),
        Kind::Agent => {
            let settings = registry.agent(&component).unwrap().0;
            if settings.accepts(spec).is_err() {
                return None;
            }
            fingerprinter.agent(&component, spec)
        }
        Kind::Environment => {
            let settings = registry.environment(&component).unwrap().0;
            if settings.open().is_err() {
                return None;
            }
            fingerprinter.environment(&component)
        }
    };
    Some(taken.unwrap())
}

#[test]
fn components_have_the_same_fingerprint_only_if_they_compute_the_same() {
    let registry = Registry::linked().unwrap();
    let mut same = String::new();
    for spec in [continuous(7, 3, 1.0), discrete(4, 3)] {
        let fingerprinter = Fingerprinter::new(&registry);
        for kind in Kind::ALL {
            let mut by_fingerprint: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for name in names(&registry, kind) {
                let begin = Instant::now();
                let taken = taken(&fingerprinter, &registry, kind, name, &spec);
                eprintln!(
                    "{:8.2} ms {kind} {name} {taken:?}",
                    begin.elapsed().as_secs_f64() * 1e3
                );
                if let Some(taken) = taken {
                    by_fingerprint.entry(taken).or_default().push(name);
                }
            }
            for names in by_fingerprint.values().filter(|names| names.len() > 1) {
                let space = matches!(spec.action, ActionSpace::Box(_));
                same += &format!("{kind} {} {space}\n", names.join(", "));
            }
        }
    }
    insta::assert_snapshot!(same, @"");
}

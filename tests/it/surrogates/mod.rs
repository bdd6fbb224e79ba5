//! All registered surrogates, on numbers and on tensors: their functions and their profiles.

mod facts;
mod functions;

use std::sync::Arc;

use spikebench::api::{AnySurrogate, Component, Kind};
use spikebench::registry::Registry;
use spikebench_plugins as _;

fn every() -> Vec<(&'static str, Arc<dyn AnySurrogate>)> {
    let registry = Registry::linked().unwrap();
    let made = |name| (name, registry.surrogate(&Component::named(name)).unwrap().0);
    registry
        .of(Kind::Surrogate)
        .map(|entry| made(entry.name))
        .collect()
}

fn with(name: &str, parameters: &[(&str, f64)]) -> Arc<dyn AnySurrogate> {
    let mut component = Component::named(name);
    for &(key, value) in parameters {
        component.parameters.insert(key.into(), value.into());
    }
    Registry::linked().unwrap().surrogate(&component).unwrap().0
}

fn points() -> impl Iterator<Item = f64> {
    (-400..=400).map(|i| f64::from(i) / 100.0 + 0.001)
}

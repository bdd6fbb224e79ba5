//! The plugins behind the components of a cell.

use crate::api::{Component, Kind};
use crate::registry::Registry;
use crate::registry::plugin::PluginOrigin;
use crate::suite::plan::Cell;

/// The plugins that the components of a cell came from.
pub fn plugins_of(cell: &Cell, registry: &Registry) -> Vec<PluginOrigin> {
    let components = components(cell, registry);
    registry.plugins_of(components.iter().map(|(kind, one)| (*kind, one)))
}

/// The components of a cell, with those that its actor is built from.
fn components(cell: &Cell, registry: &Registry) -> Vec<(Kind, Component)> {
    let named = [
        (Kind::Actor, Some(&cell.actor)),
        (Kind::Agent, Some(&cell.agent)),
        (Kind::Environment, Some(&cell.environment)),
        (Kind::Surrogate, cell.surrogate.as_ref()),
    ];
    let named = named
        .into_iter()
        .filter_map(|(kind, one)| Some((kind, one?)));
    let mut all: Vec<(Kind, Component)> = named
        .map(|(kind, one)| (kind, Component::clone(one)))
        .collect();
    if let Ok((mut actor, _)) = registry.actor(&cell.actor) {
        let nested = actor.components().into_iter();
        all.extend(nested.map(|(_, kind, one)| (kind, one.clone())));
    }
    all
}

//! The known components. A registry is a value that is made from the registrations of the linked plugins.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::api::{
    Actor, ActorSettings, AgentSettings, AnyNeuron, AnySurrogate, Component, ComponentError,
    ComponentFactory, Decoder, Encoder, EnvironmentSettings, Factory, Kind, Made, ParameterError,
    REGISTRATIONS, Registration, Spec,
};

/// Registers a component under a name, in the file of its type:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use spikebench::api::{Real, Surrogate};
///
/// #[derive(Debug, Default, Serialize, Deserialize)]
/// #[serde(deny_unknown_fields, default)]
/// struct StraightThrough {}
///
/// impl Surrogate for StraightThrough {
///     fn derivative<R: Real>(&self, _: R) -> R {
///         R::from(1.0)
///     }
/// }
/// spikebench::register! {
///     /// One everywhere.
///     surrogate "straight-through" => StraightThrough
/// }
/// # fn main() {}
/// ```
///
/// The kinds are `surrogate`, `neuron`, `encoder`, `decoder`, `actor`, `agent` and `environment`. `spikebench list` shows the
/// comment.
///
/// Aliases follow the name, as in `"atan" | "arctan"`. Case does not matter in names, and `_` is the same as `-`.
///
/// A preset follows the type, as in `"T-in" => Trapezoidal { "outer": 0.5 }`: parameters that differ under this name from the
/// defaults of the type. One type may thus be registered under several names. If the preset of an actor has a component, such
/// as its neuron, and a suite gives the same component with parameters, the suite's parameters override those of the preset
/// one by one.
#[macro_export]
macro_rules! register {
    ($(#[doc = $summary:literal])+ $kind:ident $name:literal $(| $alias:literal)* => $type:ty $({ $($preset:tt)* })?) => {
        const _: () = {
            #[$crate::linkme::distributed_slice($crate::api::REGISTRATIONS)]
            #[linkme(crate = $crate::linkme)]
            static REGISTRATION: $crate::api::Registration = $crate::api::Registration {
                name: $name,
                aliases: &[$($alias),*],
                summary: concat!($($summary),+),
                preset: concat!("{", $(stringify!($($preset)*),)? "}"),
                factory: $crate::api::Factory::$kind::<$type>(),
                origin: (env!("CARGO_PKG_NAME"), file!(), line!()),
            };
        };
    };
}

/// Two components of the same kind have the same name.
#[derive(Debug, Error)]
#[error("two {kind}s are called {name}: one from {}, one from {}", place(.first), place(.second))]
pub struct Duplicate {
    kind: Kind,
    name: &'static str,
    first: (&'static str, &'static str, u32),
    second: (&'static str, &'static str, u32),
}

fn place((package, file, line): &(&str, &str, u32)) -> String {
    format!("{package} ({file}:{line})")
}

/// The known components.
#[derive(Debug)]
pub struct Registry(BTreeMap<(Kind, &'static str), &'static Registration>);

impl Registry {
    /// All components that are linked into this program. Fails if two of a kind have the same name.
    pub fn linked() -> Result<Self, Duplicate> {
        let (mut known, mut names) = (BTreeMap::new(), BTreeMap::new());
        for entry in REGISTRATIONS {
            let kind = entry.factory.kind();
            for name in [&entry.name].into_iter().chain(entry.aliases) {
                if let Some(other) = names.insert((kind, plain(name)), entry) {
                    let (first, second) = (other.origin, entry.origin);
                    return Err(Duplicate {
                        kind,
                        name,
                        first,
                        second,
                    });
                }
            }
            known.insert((kind, entry.name), entry);
        }
        Ok(Self(known))
    }

    /// The components of one kind, sorted by name.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &'static Registration> {
        self.0
            .range((kind, "")..)
            .take_while(move |((of, _), _)| *of == kind)
            .map(|(_, entry)| *entry)
    }

    fn find(&self, kind: Kind, name: &str) -> Result<&'static Registration, ParameterError> {
        self.of(kind)
            .find(|entry| {
                let mut names = [&entry.name].into_iter().chain(entry.aliases);
                names.any(|known| plain(known) == plain(name))
            })
            .ok_or_else(|| {
                let known: Vec<_> = self.of(kind).map(|entry| entry.name).collect();
                let article = if matches!(kind, Kind::Surrogate | Kind::Neuron | Kind::Decoder) {
                    "a"
                } else {
                    "an"
                };
                ParameterError {
                    field: String::new(),
                    message: format!(
                        "\"{name}\" is not {article} {kind}; known: {}",
                        known.join(", ")
                    ),
                }
            })
    }

    /// Checks the parameters of a component and fills in every default.
    pub fn resolve(&self, kind: Kind, component: &Component) -> Result<Component, ParameterError> {
        let complete = match kind {
            Kind::Surrogate => self.surrogate(component)?.1,
            Kind::Neuron => self.neuron(component)?.1,
            Kind::Encoder => self.encoder(component)?.1,
            Kind::Decoder => self.decoder(component)?.1,
            Kind::Actor => self.actor(component)?.1,
            Kind::Agent => self.agent(component)?.1,
            Kind::Environment => self.environment(component)?.1,
        };
        let parameters: Map<String, Value> =
            serde_json::from_str(&complete).map_err(|error| ParameterError {
                field: component.name.clone(),
                message: format!("its parameters are not a map: {error}"),
            })?;
        Ok(Component {
            name: self.find(kind, &component.name)?.name.to_owned(),
            parameters,
        })
    }

    /// Makes the settings of an actor and completes the components in it.
    pub fn actor(&self, component: &Component) -> Made<Box<dyn ActorSettings>> {
        let entry = self.find(Kind::Actor, &component.name)?;
        let Factory::Actor(make) = entry.factory else {
            unreachable!("an entry is found under its own kind")
        };
        let complete = || {
            let presets = preset(entry)?;
            let mut nested = |parameter: &str, kind, inner: &mut Component| {
                *inner = match presets.get(parameter) {
                    Some(preset) => self.fall_back(kind, inner, preset)?,
                    None => self.resolve(kind, inner)?,
                };
                Ok(())
            };
            over(presets.clone(), &component.parameters, |text| {
                make(text, &mut nested)
            })
        };
        complete().map_err(|error| error.below(&component.name))
    }

    /// Resolves a component within an actor. If the preset of the actor has the same component in this place, under any of
    /// its names, the given parameters override those of the preset.
    fn fall_back(
        &self,
        kind: Kind,
        component: &Component,
        preset: &Value,
    ) -> Result<Component, ParameterError> {
        let found = |name: &str| self.find(kind, name).map(|entry| entry.name).ok();
        let same = serde_json::from_value::<Component>(preset.clone())
            .ok()
            .filter(|preset| found(&component.name) == found(&preset.name));
        let Some(preset) = same else {
            return self.resolve(kind, component);
        };
        over(preset.parameters, &component.parameters, |text| {
            let parameters = serde_json::from_str(text).expect("a JSON map, made from one");
            let name = component.name.clone();
            self.resolve(kind, &Component { name, parameters })
        })
    }
}

macro_rules! makers {
    ($($(#[$doc:meta])+ $method:ident: $kind:ident => $made:ty;)+) => {
        impl Registry {$(
            $(#[$doc])+
            pub fn $method(&self, component: &Component) -> Made<$made> {
                let entry = self.find(Kind::$kind, &component.name)?;
                let Factory::$kind(make) = entry.factory else {
                    unreachable!("an entry is found under its own kind")
                };
                preset(entry)
                    .and_then(|preset| over(preset, &component.parameters, make))
                    .map_err(|error| error.below(&component.name))
            }
        )+}
    };
}

makers! {
    /// Makes a surrogate.
    surrogate: Surrogate => Arc<dyn AnySurrogate>;
    /// Makes a neuron model.
    neuron: Neuron => Arc<dyn AnyNeuron>;
    /// Makes an encoder.
    encoder: Encoder => Box<dyn Encoder>;
    /// Makes a decoder.
    decoder: Decoder => Box<dyn Decoder>;
    /// Makes the settings of an agent.
    agent: Agent => Box<dyn AgentSettings>;
    /// Makes the settings of an environment.
    environment: Environment => Box<dyn EnvironmentSettings>;
}

impl Registry {
    /// Builds the network of an actor for the task `spec`. Its neurons learn by `surrogate`, which a network without spikes
    /// does not need. The network holds no weights.
    pub fn build_actor(
        &self,
        actor: &Component,
        surrogate: Option<Arc<dyn AnySurrogate>>,
        spec: &Spec,
    ) -> Result<Box<dyn Actor>, ComponentError> {
        let builder = ActorBuilder {
            registry: self,
            surrogate,
        };
        let settings = self.actor(actor)?.0;
        let (features, outputs) = (spec.observation as i64, spec.action.outputs() as i64);
        settings.build(features, outputs, &builder)
    }
}

/// The preset of a name.
fn preset(entry: &Registration) -> Result<Map<String, Value>, ParameterError> {
    serde_json::from_str(entry.preset).map_err(|error| ParameterError {
        field: String::new(),
        message: format!("the preset {} is not a JSON map: {error}", entry.preset),
    })
}

/// Makes something from the given parameters, which override those of a preset. Only the component itself knows the aliases
/// of its parameters: if it reports that a parameter is given twice, under two of its names, the preset's is dropped.
fn over<M>(
    mut preset: Map<String, Value>,
    given: &Map<String, Value>,
    mut make: impl FnMut(&str) -> Result<M, ParameterError>,
) -> Result<M, ParameterError> {
    loop {
        let mut parameters = preset.clone();
        parameters.extend(given.clone());
        let made = make(&Value::Object(parameters).to_string());
        let twice = made.as_ref().err().and_then(ParameterError::twice);
        match twice.filter(|name| !given.contains_key(*name)) {
            Some(name) if preset.contains_key(name) => preset.remove(name),
            _ => return made,
        };
    }
}

/// A name without its case, and with `-` for `_`.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// Makes the components that the network of an actor is built from.
#[derive(Debug)]
pub struct ActorBuilder<'a> {
    /// The known components.
    pub registry: &'a Registry,
    /// The surrogate of the network; none for a network without spikes.
    pub surrogate: Option<Arc<dyn AnySurrogate>>,
}

impl ComponentFactory for ActorBuilder<'_> {
    fn surrogate(&self) -> Option<Arc<dyn AnySurrogate>> {
        self.surrogate.clone()
    }
    fn neuron(&self, component: &Component) -> Result<Arc<dyn AnyNeuron>, ComponentError> {
        Ok(self.registry.neuron(component)?.0)
    }
    fn encoder(&self, component: &Component) -> Result<Box<dyn Encoder>, ComponentError> {
        Ok(self.registry.encoder(component)?.0)
    }
    fn decoder(&self, component: &Component) -> Result<Box<dyn Decoder>, ComponentError> {
        Ok(self.registry.decoder(component)?.0)
    }
}

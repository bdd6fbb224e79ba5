//! Which components there are. A registry is a value, made from the registrations of the linked plugins.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::api::{
    Actor, ActorSettings, AgentSettings, AnyNeuron, AnySurrogate, Component, ComponentError,
    Decoder, Encoder, EnvironmentSettings, Factory, Kind, Made, ParameterError, Parts,
    Registration, Spec,
};

/// Registers a component under a name, beside its type:
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
/// Other names that a component is known by stand after its name, `"atan" | "arctan"`; parameters that it has under this
/// name, where they differ from the defaults of its type, after the type: `"T-in" => Trapezoidal { "outer": 0.5 }`. So
/// one type may be registered under several names. Where a part of an actor is given that the actor has by this name, what is
/// not said of it is as it is there. Names are found whatever their case, and with `_` for `-`.
///
/// The kinds are `surrogate`, `neuron`, `encoder`, `decoder`, `actor`, `agent` and `environment`. The comment is
/// what `spikebench list` shows.
#[macro_export]
macro_rules! register {
    ($(#[doc = $summary:literal])+ $kind:ident $name:literal $(| $alias:literal)* => $type:ty $({ $($preset:tt)* })?) => {
        $crate::inventory::submit! {
            $crate::api::Registration {
                name: $name,
                aliases: &[$($alias),*],
                summary: concat!($($summary),+),
                preset: concat!("{", $(stringify!($($preset)*),)? "}"),
                factory: $crate::api::Factory::$kind::<$type>(),
                origin: (env!("CARGO_PKG_NAME"), file!(), line!()),
            }
        }
    };
}

/// Two components of one kind have one name.
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
    /// Everything that is linked into this program.
    pub fn linked() -> Result<Self, Duplicate> {
        let (mut known, mut names) = (BTreeMap::new(), BTreeMap::new());
        for entry in inventory::iter::<Registration>() {
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

    /// The components of one kind, by name.
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

    /// The component with every default filled in and every parameter checked.
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

    /// Makes the settings of an actor, and completes the components within.
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
        complete().map_err(|fault| fault.below(&component.name))
    }

    /// Resolves a component, whose parameters are over those of what stands in its place in a preset, if that is the same
    /// component, by whichever of its names.
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
                    .map_err(|fault| fault.below(&component.name))
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
    /// Builds the network of an actor for the task `spec`, whose neurons learn by `surrogate`. It holds no weights. A network
    /// without spikes needs no surrogate.
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

/// The parameters of a name.
fn preset(entry: &Registration) -> Result<Map<String, Value>, ParameterError> {
    serde_json::from_str(entry.preset).map_err(|error| ParameterError {
        field: String::new(),
        message: format!("the preset {} is not a JSON map: {error}", entry.preset),
    })
}

/// Makes something from the parameters that were given, over those of a preset. Only the component itself knows the other
/// names of its parameters: where it finds one twice that was given by another name, the preset's gives way.
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

/// A name without what does not matter in it.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// The registry as an actor sees it that is being put together for one cell.
#[derive(Debug)]
pub struct ActorBuilder<'a> {
    /// The known components.
    pub registry: &'a Registry,
    /// The surrogate of the cell.
    pub surrogate: Option<Arc<dyn AnySurrogate>>,
}

impl Parts for ActorBuilder<'_> {
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

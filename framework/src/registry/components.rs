//! The known components. A registry is a value that is made from the registrations of the linked components, and of the
//! plugins that are loaded.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::{Map, Value};
use thiserror::Error;

use super::plugin::{Plugin, PluginOrigin};
use crate::api::{
    Actor, ActorSettings, AgentSettings, AnyNeuron, AnySurrogate, Component, ComponentError,
    ComponentFactory, Decoder, Encoder, EnvironmentSettings, Factory, Kind, Made, ParameterError,
    REGISTRATIONS, Registration, Spec,
};

/// Two components of the same kind have the same name.
#[derive(Debug, Error)]
#[error("two {kind}s are called {name}: one from {first}, one from {second}")]
pub struct Duplicate {
    kind: Kind,
    name: &'static str,
    first: String,
    second: String,
}

/// What to look for if a component of one's own is not known.
const NOT_REGISTERED: &str = "; one of your own needs `register!`, the `mod` line of its file, and `--plugin FILE` if it is in a library";

/// The known components, and the plugins that some of them came from.
#[derive(Debug, Default)]
pub struct Registry {
    known: BTreeMap<(Kind, &'static str), &'static Registration>,
    /// By kind and plain name, aliases included: the registration, and the number of its plugin if it came from one.
    names: BTreeMap<(Kind, String), (&'static Registration, Option<usize>)>,
    plugins: Vec<Plugin>,
}

impl Registry {
    /// All components that are linked into this program. Fails if two of a kind have the same name.
    pub fn linked() -> Result<Self, Duplicate> {
        let mut registry = Self::default();
        for entry in REGISTRATIONS {
            registry.add(entry, None)?;
        }
        Ok(registry)
    }

    /// Adds the components of a plugin that was [loaded](Plugin::load). Fails if one has the name of another one.
    pub fn add_plugin(
        &mut self,
        plugin: Plugin,
        components: &[&'static Registration],
    ) -> Result<(), Duplicate> {
        self.plugins.push(plugin);
        let number = self.plugins.len() - 1;
        let mut components = components.iter();
        components.try_for_each(|entry| self.add(entry, Some(number)))
    }

    fn add(
        &mut self,
        entry: &'static Registration,
        plugin: Option<usize>,
    ) -> Result<(), Duplicate> {
        let kind = entry.factory.kind();
        for name in [&entry.name].into_iter().chain(entry.aliases) {
            if let Some((other, from)) = self.names.insert((kind, plain(name)), (entry, plugin)) {
                return Err(Duplicate {
                    kind,
                    name,
                    first: self.place(other, from),
                    second: self.place(entry, plugin),
                });
            }
        }
        self.known.insert((kind, entry.name), entry);
        Ok(())
    }

    fn place(&self, entry: &Registration, plugin: Option<usize>) -> String {
        let (package, file, line) = entry.origin;
        let plugin = plugin.map(|number| format!("{}, ", self.plugins[number].file.display()));
        format!("{}{package} ({file}:{line})", plugin.unwrap_or_default())
    }

    /// The plugins whose components are among the known ones.
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The plugin that a component (`surrogate my-triangle`) came from, if it came from one.
    pub fn plugin_of(&self, component: &str) -> Option<&Plugin> {
        let mut entries = self.names.iter();
        let found = entries.find(|((kind, _), (entry, _))| {
            component.strip_prefix(&kind.to_string()) == Some(&format!(" {}", entry.name))
        });
        found.and_then(|(_, (_, number))| self.plugins.get((*number)?))
    }

    /// Whether there is a component of this kind with this name.
    pub fn is_known(&self, kind: Kind, name: &str) -> bool {
        self.names.contains_key(&(kind, plain(name)))
    }

    /// Whether a component is none of the built-in ones.
    pub fn is_foreign(&self, kind: Kind, name: &str) -> bool {
        let entry = self.names.get(&(kind, plain(name)));
        entry.is_some_and(|(entry, _)| entry.origin.0 != "spikebench-plugins")
    }

    /// Whether a component came from a plugin.
    pub fn is_loaded(&self, kind: Kind, name: &str) -> bool {
        matches!(self.names.get(&(kind, plain(name))), Some((_, Some(_))))
    }

    /// The plugins that these components came from.
    pub fn plugins_of<'c>(
        &self,
        components: impl IntoIterator<Item = (Kind, &'c Component)>,
    ) -> Vec<PluginOrigin> {
        let mut used: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (kind, component) in components {
            if let Some((entry, Some(number))) = self.names.get(&(kind, plain(&component.name))) {
                let name = format!("{kind} {}", entry.name);
                let names = used.entry(*number).or_default();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let origin = |(number, components): (usize, Vec<String>)| PluginOrigin {
            file: self.plugins[number].file.display().to_string(),
            blake3: self.plugins[number].hash.clone(),
            components,
        };
        used.into_iter().map(origin).collect()
    }

    /// The components of one kind, sorted by name.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &'static Registration> {
        self.known
            .range((kind, "")..)
            .take_while(move |((of, _), _)| *of == kind)
            .map(|(_, entry)| *entry)
    }

    /// The kind and the name of the component that an error is about, if the error is that it is not known.
    pub fn not_known(message: &str) -> Option<(Kind, &str)> {
        let (name, rest) = message.strip_prefix('"')?.split_once("\" is not a")?;
        let rest = rest.strip_prefix('n').unwrap_or(rest).strip_prefix(' ')?;
        let mut kinds = Kind::ALL.into_iter();
        let kind = kinds.find(|kind| rest.starts_with(&kind.to_string()))?;
        rest.contains(" known: ").then_some((kind, name))
    }

    fn find(&self, kind: Kind, name: &str) -> Result<&'static Registration, ParameterError> {
        let found = self.names.get(&(kind, plain(name)));
        found.map(|(entry, _)| *entry).ok_or_else(|| {
            let article = if matches!(kind, Kind::Surrogate | Kind::Neuron | Kind::Decoder) {
                "a"
            } else {
                "an"
            };
            let hint = match self.nearest(kind, name) {
                Some(near) => format!("; did you mean {near}?"),
                None => format!("{NOT_REGISTERED};"),
            };
            let known: Vec<_> = self.of(kind).map(|entry| entry.name).collect();
            ParameterError {
                field: String::new(),
                message: format!(
                    "\"{name}\" is not {article} {kind}{hint} known: {}",
                    known.join(", ")
                ),
            }
        })
    }

    /// The names that were probably meant, at most three.
    pub fn nearest(&self, kind: Kind, name: &str) -> Option<String> {
        let wanted = plain(name);
        let letters = wanted.chars().count();
        let names = self.names.range((kind, String::new())..);
        let names = names.take_while(|((of, _), _)| *of == kind);
        // Each letter more or less is wrong, so most names need not be looked at more closely.
        let names = names.filter(|((_, known), _)| known.len().abs_diff(letters) * 3 <= letters);
        let mut near: Vec<(usize, &str)> = names
            .map(|((_, known), (entry, _))| {
                (strsim::damerau_levenshtein(&wanted, known), entry.name)
            })
            .collect();
        near.sort_unstable();
        let least = near.first()?.0;
        near.retain(|(distance, _)| *distance == least);
        near.dedup();
        let names: Vec<&str> = near.iter().take(3).map(|(_, name)| *name).collect();
        // A third of the letters may be wrong.
        (least * 3 <= letters).then(|| names.join(" or "))
    }

    /// Checks the parameters of a component and fills in every default. A panic of the component, which is made for this, is an
    /// error too.
    pub fn resolve(&self, kind: Kind, component: &Component) -> Result<Component, ParameterError> {
        let resolved = catch_unwind(AssertUnwindSafe(|| self.complete(kind, component)));
        resolved.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(ParameterError {
                field: component.name.clone(),
                message: format!(
                    "panics when it is made: {}",
                    text.unwrap_or("without a message")
                ),
            })
        })
    }

    fn complete(&self, kind: Kind, component: &Component) -> Result<Component, ParameterError> {
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

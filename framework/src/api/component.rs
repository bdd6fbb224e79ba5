//! A component as a suite names it: by name, with or without parameters.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The role of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A surrogate gradient: a pseudo-derivative of the spike.
    Surrogate,
    /// A neuron model.
    Neuron,
    /// A map from observations to spikes.
    Encoder,
    /// A map from spikes to actions.
    Decoder,
    /// A policy network.
    Actor,
    /// A learning algorithm.
    Agent,
    /// A task.
    Environment,
}

impl Kind {
    /// All kinds, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Surrogate,
        Self::Neuron,
        Self::Encoder,
        Self::Decoder,
        Self::Actor,
        Self::Agent,
        Self::Environment,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Surrogate => "surrogate",
            Self::Neuron => "neuron",
            Self::Encoder => "encoder",
            Self::Decoder => "decoder",
            Self::Actor => "actor",
            Self::Agent => "agent",
            Self::Environment => "environment",
        })
    }
}

/// A name with parameters, written in a suite as `name` or as `name: {parameter: value}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// The name under which the component is registered.
    pub name: String,
    /// The parameters that are given; once the component is resolved, all parameters.
    pub parameters: Map<String, Value>,
}

impl Component {
    /// The component of this name with its default parameters.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            parameters: Map::new(),
        }
    }
}

impl Serialize for Component {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&self.name, &self.parameters)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Component {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = NameOrMap { label_key: None };
        let (component, _) = deserializer.deserialize_any(visitor)?;
        Ok(component)
    }
}

/// The error that a key of a component has something else than parameters, which happens to those who look for the key of
/// the label.
fn not_parameters(name: &str, value: &Value, label_key: Option<&str>) -> String {
    let label = label_key.map_or_else(String::new, |key| {
        format!(" and, optionally, its label: {{NAME: {{PARAMETER: VALUE}}, {key}: LABEL}}")
    });
    format!(
        "`{name}: {value}` is not a component; expected one name with a map of its parameters{label}"
    )
}

/// Reads a component from its name, or from a map of one name to its parameters.
pub(crate) struct NameOrMap {
    /// The key in such a map under which the component may be given a label.
    pub(crate) label_key: Option<&'static str>,
}

impl<'de> Visitor<'de> for NameOrMap {
    type Value = (Component, Option<String>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name, or one name with its parameters")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok((Component::named(name), None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut component, mut label) = (None::<Component>, None);
        while let Some(name) = map.next_key::<String>()? {
            if Some(name.as_str()) == self.label_key {
                label = Some(map.next_value()?);
                continue;
            }
            if let Some(first) = component {
                return Err(A::Error::custom(format!(
                    "two names, {} and {name}, expected one name with its parameters",
                    first.name
                )));
            }
            let parameters = match map.next_value()? {
                Value::Null => None,
                Value::Object(parameters) => Some(parameters),
                value
                @ (Value::Array(_) | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                    return Err(A::Error::custom(not_parameters(
                        &name,
                        &value,
                        self.label_key,
                    )));
                }
            };
            component = Some(Component {
                name,
                parameters: parameters.unwrap_or_default(),
            });
        }
        match component {
            Some(component) => Ok((component, label)),
            None => Err(A::Error::custom(
                "no name, expected one name with its parameters",
            )),
        }
    }
}

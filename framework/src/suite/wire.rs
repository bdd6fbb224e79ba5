//! A suite as it is written: the keys of the file, nothing checked but their types.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::compare;
use super::keyed::Keyed;
use crate::api::Component;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suite {
    pub name: String,
    #[serde(default)]
    pub description: String,
    pub seeds: Seeds,
    pub budget: Keyed<Budget>,
    pub matrix: Keyed<Matrix>,
    #[serde(default)]
    pub exclude: Vec<Keyed<Exclusion>>,
    #[serde(default)]
    pub compare: Keyed<compare::Wire>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub steps: u64,
    pub evaluate_every: u64,
    #[serde(default = "ten")]
    pub evaluation_episodes: u64,
    #[serde(default)]
    pub time_limit: Option<f64>,
}

fn ten() -> u64 {
    10
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    #[serde(default)]
    pub surrogate: Vec<Entry>,
    pub actor: Vec<Entry>,
    pub agent: Vec<Entry>,
    pub environment: Vec<Entry>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exclusion {
    pub surrogate: Option<String>,
    pub actor: Option<String>,
    pub agent: Option<String>,
    pub environment: Option<String>,
    pub seed: Option<u64>,
}

/// `seeds: 5` or `seeds: [3, 1, 4]`.
#[derive(Debug)]
pub enum Seeds {
    Count(u64),
    List(Vec<u64>),
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountOrList;

        impl<'de> Visitor<'de> for CountOrList {
            type Value = Seeds;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a count, or a list of whole numbers that are not negative")
            }

            fn visit_u64<E: Error>(self, count: u64) -> Result<Seeds, E> {
                Ok(Seeds::Count(count))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Seeds, A::Error> {
                let mut list = Vec::new();
                while let Some(seed) = items.next_element()? {
                    list.push(seed);
                }
                Ok(Seeds::List(list))
            }
        }

        deserializer.deserialize_any(CountOrList)
    }
}

/// `name`, `name: {parameter: value}`, or the latter with `as: label`.
#[derive(Debug)]
pub struct Entry {
    pub component: Component,
    pub label: Option<String>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrMap;

        impl<'de> Visitor<'de> for NameOrMap {
            type Value = Entry;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name, or one name with its parameters")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Entry, E> {
                Ok(Entry {
                    component: Component::named(name),
                    label: None,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let (mut component, mut label) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    if key == "as" {
                        label = Some(map.next_value()?);
                        continue;
                    }
                    let parameters: Option<Map<String, Value>> = map.next_value()?;
                    let parameters = parameters.unwrap_or_default();
                    if let Some(Component { name, .. }) = component.replace(Component {
                        name: key,
                        parameters,
                    }) {
                        let message =
                            format!("{name} and another name in one entry, expected one name");
                        return Err(A::Error::custom(message));
                    }
                }
                let component =
                    component.ok_or_else(|| A::Error::custom("an entry without a name"))?;
                Ok(Entry { component, label })
            }
        }

        deserializer.deserialize_any(NameOrMap)
    }
}

//! A suite as it is written: the keys of the file, of which nothing but the types is checked.

use std::fmt;

use serde::de::{Error, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::api::{Component, NameOrMap};
use crate::suite::compare;
use crate::suite::keyed::Keyed;
use crate::suite::whole_number::{WholeNumber, exact};

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
    pub steps: WholeNumber,
    pub evaluate_every: WholeNumber,
    #[serde(default = "ten")]
    pub evaluation_episodes: WholeNumber,
    #[serde(default)]
    pub time_limit: Option<f64>,
}

fn ten() -> WholeNumber {
    WholeNumber(10)
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
    pub seed: Option<WholeNumber>,
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

            fn visit_f64<E: Error>(self, count: f64) -> Result<Seeds, E> {
                let error = || E::invalid_type(Unexpected::Float(count), &self);
                exact(count).map(Seeds::Count).ok_or_else(error)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Seeds, A::Error> {
                let mut list = Vec::new();
                while let Some(WholeNumber(seed)) = items.next_element()? {
                    list.push(seed);
                }
                Ok(Seeds::List(list))
            }
        }

        deserializer.deserialize_any(CountOrList)
    }
}

/// An entry of an axis: `name`, `name: {parameter: value}`, or the latter with `as: label`.
#[derive(Debug)]
pub struct Entry {
    pub component: Component,
    pub label: Option<String>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = NameOrMap {
            label_key: Some("as"),
        };
        let (component, label) = deserializer.deserialize_any(visitor)?;
        Ok(Self { component, label })
    }
}

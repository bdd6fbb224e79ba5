//! A JSON Schema of suites, by which an editor completes and checks them.
//!
//! Nobody writes it: the reader is [probed](super::probe), so the schema cannot differ from the reader, and has the parameters
//! of plugins that nobody has described. What the reader takes, the schema takes; ranges, labels and what else depends on
//! other places is left to `spikebench plan`.

use serde_json::{Map, Value, json};

use crate::api::{Component, Kind};
use crate::registry::Registry;
use crate::suite::probe::{LABEL, Place};
use crate::suite::reader::typed;
use crate::suite::{keyed::Keyed, wire};

/// The version of JSON Schema that editors know best.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// How deeply maps within maps are asked for.
const DEPTH: usize = 8;

/// The schema of suites with these components.
pub fn schema(registry: &Registry) -> Value {
    let mut definitions = Map::new();
    for kind in Kind::ALL {
        definitions.insert(kind.to_string(), component(registry, kind, false));
        for entry in registry.of(kind) {
            definitions.insert(
                place(kind, entry.name),
                parameters(registry, kind, entry.name),
            );
        }
    }
    let axes = [Kind::Surrogate, Kind::Actor, Kind::Agent, Kind::Environment];
    for axis in axes {
        definitions.insert(format!("{axis} axis"), component(registry, axis, true));
    }
    let minimal = json!({
        "name": "a", "description": "", "seeds": 1, "exclude": [], "compare": {},
        "budget": { "steps": 1, "evaluate_every": 1 },
        "matrix": { "surrogate": [], "actor": [], "agent": [], "environment": [] },
    });
    let read = |value: Value| typed::<Keyed<wire::Suite>>(value).map(|_| ());
    let mut schema = Place {
        path: String::new(),
        read: &read,
        usual: &minimal,
    }
    .schema(DEPTH);
    for axis in axes {
        let items = reference(&format!("{axis} axis"));
        // Networks without spikes need no surrogate.
        let least = u64::from(axis != Kind::Surrogate);
        schema["properties"]["matrix"]["properties"][axis.to_string()] =
            json!({ "type": "array", "items": items, "minItems": least });
    }
    // What the suite above has is no default.
    for place in ["/properties", "/properties/budget/properties"] {
        let keys = schema.pointer_mut(place).and_then(Value::as_object_mut);
        for (_, key) in keys.into_iter().flatten() {
            key.as_object_mut().map(|key| key.remove("default"));
        }
    }
    schema["$schema"] = DRAFT.into();
    schema["title"] = "A suite of Spikebench".into();
    schema["definitions"] = definitions.into();
    schema
}

fn place(kind: Kind, name: &str) -> String {
    format!("{kind} {name}")
}

fn reference(definition: &str) -> Value {
    // Only `%`, `~` and `/` are special in such a path, which no name of ours has, and blanks.
    json!({ "$ref": format!("#/definitions/{}", definition.replace(' ', "%20")) })
}

/// A component of a kind: a name, or a map of one name to its parameters, on an axis with a label.
fn component(registry: &Registry, kind: Kind, is_labelled: bool) -> Value {
    let (mut words, mut keys, mut spellings) = (Vec::new(), Map::new(), Map::new());
    for entry in registry.of(kind) {
        let parameters = reference(&place(kind, entry.name));
        let summary = entry.summary.trim();
        for name in [&entry.name].into_iter().chain(entry.aliases) {
            words.push(json!({ "const": name, "description": summary }));
            keys.insert(
                (*name).to_owned(),
                json!({ "description": summary, "allOf": [parameters] }),
            );
            words.push(json!({ "type": "string", "pattern": spelling(name) }));
            spellings.insert(spelling(name), parameters.clone());
        }
    }
    let one = json!({
        "type": "object",
        "properties": keys,
        "patternProperties": spellings,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    });
    if is_labelled {
        let mut labelled = one.clone();
        labelled["properties"]["as"] =
            json!({ "type": LABEL, "description": "Its label in tables and figures" });
        labelled["required"] = json!(["as"]);
        labelled["minProperties"] = 2.into();
        labelled["maxProperties"] = 2.into();
        words.push(labelled);
    }
    words.push(one);
    json!({ "anyOf": words })
}

/// A pattern of everything that the registry takes for a name.
fn spelling(name: &str) -> String {
    let letter = |letter: char| match letter {
        '-' | '_' => "[-_]".to_owned(),
        letter if letter.is_ascii_alphabetic() => {
            format!(
                "[{}{}]",
                letter.to_ascii_uppercase(),
                letter.to_ascii_lowercase()
            )
        }
        letter if letter.is_ascii_digit() => letter.to_string(),
        other => format!("[{other}]"),
    };
    format!("^{}$", name.chars().map(letter).collect::<String>())
}

/// The parameters of one component.
fn parameters(registry: &Registry, kind: Kind, name: &str) -> Value {
    let defaults = registry.resolve(kind, &Component::named(name));
    let defaults = Value::Object(defaults.map(|made| made.parameters).unwrap_or_default());
    let read = |value: Value| match value {
        Value::Object(parameters) => {
            let name = name.to_owned();
            registry
                .resolve(kind, &Component { name, parameters })
                .map(|_| ())
        }
        _ => Ok(()),
    };
    let place = Place {
        path: name.to_owned(),
        read: &read,
        usual: &defaults,
    };
    // A name with nothing behind its colon is that component with its defaults.
    let mut schema = json!({ "type": ["object", "null"] });
    if let Value::Object(schema) = &mut schema {
        place.keys(schema, DEPTH);
    }
    if kind == Kind::Actor
        && let Ok((mut settings, _)) = registry.actor(&Component::named(name))
    {
        for (field, kind, _) in settings.components() {
            schema["properties"][field] = reference(&kind.to_string());
        }
    }
    schema
}

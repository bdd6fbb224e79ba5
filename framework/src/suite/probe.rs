//! What a reader takes at one place of a file, found by reading values of every JSON type there.

use serde_json::{Map, Value, json};

use crate::api::ParameterError;
use crate::suite::label::is_label;

/// What a label may look like. It is the text that is written, even if that could be a number.
pub const LABEL: [&str; 3] = ["string", "number", "boolean"];

/// Nothing has a key or is a word of this name.
const STRANGE: &str = "?";

/// How the messages begin that refuse every value of a type. The last one refuses maps where a word is expected.
const REFUSALS: [&str; 4] = [
    "invalid type",
    "unknown variant",
    "expected a word",
    "invalid value: map",
];

/// A place of a file that can be read with any value in it.
pub struct Place<'a> {
    /// Where the reader says that an error is, if it is here.
    pub path: String,
    /// Reads the whole with a value here.
    pub read: &'a dyn Fn(Value) -> Result<(), ParameterError>,
    /// A value that is right here.
    pub usual: &'a Value,
}

impl Place<'_> {
    /// Why a value cannot be here, if it cannot. Errors at other places, and values that are out of range, are none.
    fn refusal(&self, value: Value) -> Option<String> {
        let error = (self.read)(value).err()?;
        let is_of_type = REFUSALS
            .iter()
            .any(|begin| error.message.starts_with(begin));
        (error.field == self.path && is_of_type).then_some(error.message)
    }

    /// The schema of what can be here, with so many levels of maps and lists in it.
    pub fn schema(&self, depth: usize) -> Value {
        let takes = |value: Value| self.refusal(value).is_none();
        let words = self
            .refusal(STRANGE.into())
            .filter(|why| why.starts_with("unknown variant"));
        let words = words.map(|why| quoted(&why).split_off(1));
        let mut types = Vec::new();
        for (name, is_taken) in [
            ("null", takes(Value::Null)),
            ("boolean", takes(true.into())),
            ("number", takes(0.5.into())),
            ("string", words.is_some() || takes(STRANGE.into())),
            ("array", takes(json!([]))),
            ("object", takes(json!({}))),
        ] {
            if is_taken {
                types.push(name);
            }
        }
        if is_label(&self.path) {
            types.extend(LABEL.iter().filter(|name| **name != "string"));
        }
        if types.len() == 6 {
            return json!({});
        }
        let mut schema = Map::new();
        let negative = (self.read)((-1).into()).err();
        let is_out_of_type = |error: &ParameterError| {
            error.field == self.path && error.message.starts_with("invalid value: number")
        };
        if negative.as_ref().is_some_and(is_out_of_type) {
            schema.insert("minimum".to_owned(), 0.into());
        }
        if !types.contains(&"number") && takes(1.into()) {
            if takes(1.0.into()) {
                // `1e6`, which not every validator takes for an integer.
                types.push("number");
                schema.insert("multipleOf".to_owned(), 1.into());
            } else {
                types.push("integer");
            }
        }
        if depth > 0 && types.contains(&"object") {
            self.keys(&mut schema, depth - 1);
        }
        if schema.contains_key("properties") {
            // The values without their keys, in order, are taken as well, but nobody should write that.
            types.retain(|name| *name != "array");
        }
        if depth > 0 && types.contains(&"array") {
            schema.extend(
                self.items(depth - 1)
                    .map(|items| ("items".to_owned(), items)),
            );
        }
        match words {
            Some(words) if types == ["string"] => schema.insert("enum".to_owned(), words.into()),
            Some(words) => {
                types.retain(|name| *name != "string");
                let either = json!([{ "enum": words }, { "type": types }]);
                schema.insert("anyOf".to_owned(), either)
            }
            None => schema.insert("type".to_owned(), types.into()),
        };
        Value::Object(schema)
    }

    /// What an array holds, if all of its elements are alike.
    fn items(&self, depth: usize) -> Option<Value> {
        let usual = self.usual.as_array().map_or(&[][..], Vec::as_slice);
        let (first, rest) = usual
            .split_first()
            .map_or((&Value::Null, usual), |parts| parts);
        let alike = |other: &Value| std::mem::discriminant(other) == std::mem::discriminant(first);
        if !rest.iter().all(alike) {
            return None;
        }
        let read = |value: Value| {
            let rest = rest.iter().cloned();
            (self.read)(std::iter::once(value).chain(rest).collect())
        };
        let path = format!("{}[0]", self.path);
        let items = Place {
            path,
            read: &read,
            usual: first,
        }
        .schema(depth);
        Some(items)
    }

    /// The keys of a map: those that the reader names, or any.
    pub fn keys(&self, schema: &mut Map<String, Value>, depth: usize) {
        let usual = self.whole();
        let with = |key: &str, value: Value| {
            let mut map = usual.clone();
            map.insert(key.to_owned(), value);
            (self.read)(Value::Object(map))
        };
        let error = with(STRANGE, Value::Null).err();
        let Some(error) = error.filter(|error| error.message.starts_with("unknown field")) else {
            let read = |value: Value| with(STRANGE, value);
            let any = Place {
                path: self.below(STRANGE),
                read: &read,
                usual: &Value::Null,
            };
            schema.insert("additionalProperties".to_owned(), any.schema(depth));
            return;
        };
        let mut properties = Map::new();
        for key in quoted(&error.message).iter().skip(1) {
            // A key may be another name of one that is there.
            let mut base = usual.clone();
            if is_twice(&with(key, Value::Null)) {
                base.retain(|other, _| {
                    let mut without = usual.clone();
                    without.remove(other);
                    without.insert(key.clone(), Value::Null);
                    is_twice(&(self.read)(Value::Object(without)))
                });
            }
            let read = |value: Value| {
                let mut map = base.clone();
                map.insert(key.clone(), value);
                (self.read)(Value::Object(map))
            };
            let usual = usual.get(key).unwrap_or(&Value::Null);
            let place = Place {
                path: self.below(key),
                read: &read,
                usual,
            };
            let mut schema = place.schema(depth);
            if !(usual.is_null() || usual.is_object()) {
                schema["default"] = usual.clone();
            }
            properties.insert(key.clone(), schema);
        }
        let required: Vec<&String> = usual
            .keys()
            .filter(|key| {
                let mut map = usual.clone();
                map.remove(*key);
                missing((self.read)(Value::Object(map))).is_some()
            })
            .collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema.insert("properties".to_owned(), properties.into());
        schema.insert("additionalProperties".to_owned(), false.into());
    }

    /// The usual map, with something behind each key that must not be missing.
    fn whole(&self) -> Map<String, Value> {
        let mut map = self.usual.as_object().cloned().unwrap_or_default();
        while let Some(key) = missing((self.read)(Value::Object(map.clone()))) {
            let fits = |value: &Value| {
                let read = |value: Value| {
                    let mut map = map.clone();
                    map.insert(key.clone(), value);
                    (self.read)(Value::Object(map))
                };
                let place = Place {
                    path: self.below(&key),
                    read: &read,
                    usual: &Value::Null,
                };
                place.refusal(value.clone()).is_none()
            };
            let some = [json!(1), json!(STRANGE), json!([]), json!({})];
            let Some(value) = some.into_iter().find(fits) else {
                break;
            };
            map.insert(key, value);
        }
        map
    }

    fn below(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }
}

/// The key that a map should have had.
fn missing(read: Result<(), ParameterError>) -> Option<String> {
    let message = read.err()?.message;
    let key = message.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(key.to_owned())
}

fn is_twice(read: &Result<(), ParameterError>) -> bool {
    read.as_ref().is_err_and(|error| error.twice().is_some())
}

/// The words between backticks.
fn quoted(message: &str) -> Vec<String> {
    message
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

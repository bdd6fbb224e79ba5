//! From a YAML text to plain values; the only file that uses `serde_yaml`.

use serde_json::{Map, Number, Value};

use crate::suite::label::is_label;
use crate::suite::source_map::SourceMap;
use crate::suite::walk::{YamlError, source_map};

/// Reads the values of a text and their places.
pub fn read(text: &str) -> Result<(Value, SourceMap), YamlError> {
    let map = source_map(text)?;
    let value: serde_yaml::Value = serde_yaml::from_str(text).map_err(|error| YamlError {
        line: error.location().map_or(1, |location| location.line()),
        path: String::new(),
        message: format!("is not YAML: {error}"),
    })?;
    let value = plain(value, &mut String::new(), &map).map_err(|(path, message)| YamlError {
        line: map.line(&path).unwrap_or(1),
        path,
        message,
    })?;
    Ok((value, map))
}

/// A value as in JSON: keys are strings and numbers are finite. A label is the text that is written.
fn plain(
    value: serde_yaml::Value,
    path: &mut String,
    map: &SourceMap,
) -> Result<Value, (String, String)> {
    let length = path.len();
    if (value.is_number() || value.is_bool())
        && is_label(path)
        && let Some(text) = map.written(path)
    {
        return Ok(Value::String(text.to_owned()));
    }
    let plain = match value {
        serde_yaml::Value::Null => Value::Null,
        serde_yaml::Value::Bool(truth) => Value::Bool(truth),
        serde_yaml::Value::String(text) => Value::String(text),
        serde_yaml::Value::Number(number) => {
            let whole = number
                .as_u64()
                .map(Number::from)
                .or_else(|| number.as_i64().map(Number::from));
            let Some(number) = whole.or_else(|| number.as_f64().and_then(Number::from_f64)) else {
                return Err((path.clone(), format!("{number} is not a finite number")));
            };
            Value::Number(number)
        }
        serde_yaml::Value::Sequence(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.into_iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                list.push(plain(item, path, map)?);
                path.truncate(length);
            }
            Value::Array(list)
        }
        serde_yaml::Value::Mapping(entries) => {
            let mut object = Map::new();
            for (key, item) in entries {
                let serde_yaml::Value::String(key) = key else {
                    return Err((path.clone(), "has a key that is not a string".to_owned()));
                };
                if length > 0 {
                    path.push('.');
                }
                path.push_str(&key);
                object.insert(key, plain(item, path, map)?);
                path.truncate(length);
            }
            Value::Object(object)
        }
        serde_yaml::Value::Tagged(_) => {
            return Err((path.clone(), "has a tag; tags are not supported".into()));
        }
    };
    Ok(plain)
}

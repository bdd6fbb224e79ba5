//! JSON as it is written: maps in their order, and the NaN that Python writes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value of a JSON text.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Json {
    /// Reads a text that holds one value, or one on each line.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let bytes = without_nan(bytes);
        let values = serde_json::Deserializer::from_slice(&bytes).into_iter::<Self>();
        let mut values = values.collect::<Result<Vec<_>, _>>()?;
        Ok(match values.len() {
            1 => values.remove(0),
            _ => Self::List(values),
        })
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let mut entries = self.entries().iter();
        entries
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// Whether it is a map with something in it.
    pub fn is_map(&self) -> bool {
        !self.entries().is_empty()
    }

    /// A number, `NaN` for null; `None` for anything else.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Null => Some(f64::NAN),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Json::Map(map))
    }
}

/// The text with `null` for each NaN and infinity outside of strings.
fn without_nan(bytes: &[u8]) -> Cow<'_, [u8]> {
    let names: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
    let mut text = Vec::new();
    let (mut written, mut place, mut is_string) = (0, 0, false);
    while place < bytes.len() {
        match bytes[place] {
            b'\\' if is_string => place += 1,
            b'"' => is_string = !is_string,
            b'N' | b'I' | b'-' if !is_string => {
                let mut names = names.iter();
                if let Some(name) = names.find(|name| bytes[place..].starts_with(name)) {
                    text.extend_from_slice(&bytes[written..place]);
                    text.extend_from_slice(b"null");
                    place += name.len() - 1;
                    written = place + 1;
                }
            }
            _ => {}
        }
        place += 1;
    }
    if written == 0 {
        return Cow::Borrowed(bytes);
    }
    text.extend_from_slice(&bytes[written..]);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_keep_their_order_and_what_python_writes_for_no_number_is_null() {
        let text = br#"{"b": [NaN, 1, -Infinity, -2.5], "a": "NaN \" Infinity", "c": NaN}"#;
        let Json::Map(entries) = Json::parse(text).unwrap() else {
            panic!("a map");
        };
        let numbers = [
            Json::Null,
            Json::Number(1.0),
            Json::Null,
            Json::Number(-2.5),
        ];
        let expected = [
            ("b", Json::List(numbers.to_vec())),
            ("a", Json::Text("NaN \" Infinity".into())),
            ("c", Json::Null),
        ];
        assert_eq!(
            entries,
            expected.map(|(key, value)| (key.to_owned(), value))
        );
        let lines = Json::parse(b"{\"a\": 1}\n{\"a\": 2}\n").unwrap();
        assert_eq!(lines.items().len(), 2);
        assert!(Json::parse(b"{\"a\": NaN").is_err());
    }
}

//! The hash of what determines the result of a cell.

use serde::Serialize;
use serde_json::{Value, json};

/// The name of the seed among what determines a result.
const SEED: &str = "seed";

/// What determines the results of cells that differ in their seed alone.
#[derive(Debug)]
pub struct Identity {
    before_the_seed: Vec<u8>,
    after_the_seed: Vec<u8>,
}

impl Identity {
    /// The identity of a JSON object, of which the values are given as [`canonical`] JSON, and to which a seed is still to be
    /// added.
    pub fn of(mut members: Vec<(&str, &[u8])>) -> Self {
        members.sort_by_key(|(key, _)| *key);
        let split = members.partition_point(|(key, _)| *key < SEED);
        let (before, after) = members.split_at(split);
        let (mut before_the_seed, mut after_the_seed) = (vec![b'{'], Vec::new());
        for (key, value) in before {
            before_the_seed.extend(format!("\"{key}\":").bytes());
            before_the_seed.extend(*value);
            before_the_seed.push(b',');
        }
        before_the_seed.extend(format!("\"{SEED}\":").bytes());
        for (key, value) in after {
            after_the_seed.extend(format!(",\"{key}\":").bytes());
            after_the_seed.extend(*value);
        }
        after_the_seed.push(b'}');
        Self {
            before_the_seed,
            after_the_seed,
        }
    }

    /// The hash with this seed: twelve hexadecimal digits.
    pub fn hash(&self, seed: u64) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("spikebench cell v1");
        hasher.update(&self.before_the_seed);
        hasher.update(seed.to_string().as_bytes());
        hasher.update(&self.after_the_seed);
        hasher.finalize().to_hex()[..12].to_owned()
    }
}

/// JSON with sorted keys, whatever order this build of `serde_json` keeps them in.
pub fn canonical(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    write(&json!(value), &mut text);
    text
}

fn write(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            text.push(b'{');
            for (place, (key, value)) in entries.into_iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                write_plain(key, text);
                text.push(b':');
                write(value, text);
            }
            text.push(b'}');
        }
        Value::Array(items) => {
            text.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                write(item, text);
            }
            text.push(b']');
        }
        plain => write_plain(plain, text),
    }
}

/// Writes a text, a number, a truth value or null.
fn write_plain(plain: &impl Serialize, text: &mut Vec<u8>) {
    // A vector takes whatever is written to it, and these are JSON.
    let _ = serde_json::to_writer(text, plain);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_is_that_of_one_object_in_which_the_seed_has_its_place() {
        let cases = [
            (
                json!({ "z": [1, { "b": null, "a": 2.5 }], "e": "x" }),
                r#"{"e":"x","seed":17,"z":[1,{"a":2.5,"b":null}]}"#,
            ),
            (json!({ "a": 1 }), r#"{"a":1,"seed":17}"#),
            (json!({ "t": 1 }), r#"{"seed":17,"t":1}"#),
            (json!({}), r#"{"seed":17}"#),
        ];
        for (determining, text) in cases {
            let mut hasher = blake3::Hasher::new_derive_key("spikebench cell v1");
            hasher.update(text.as_bytes());
            let expected = hasher.finalize().to_hex();
            let members = determining.as_object().unwrap().iter();
            let members: Vec<_> = members
                .map(|(key, value)| (key.as_str(), canonical(value)))
                .collect();
            let members = members.iter().rev().map(|(key, value)| (*key, &value[..]));
            assert_eq!(Identity::of(members.collect()).hash(17), expected[..12]);
        }
    }
}

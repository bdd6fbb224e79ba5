//! The hash of what determines the result of a cell.

use serde_json::Value;

/// The name of the seed among what determines a result.
const SEED: &str = "seed";

/// What determines the results of cells that differ in their seed alone.
#[derive(Debug)]
pub struct Identity {
    before_the_seed: String,
    after_the_seed: String,
}

impl Identity {
    /// The identity of a JSON object, to which a seed is still to be added.
    pub fn of(determining: &Value) -> Self {
        let entries = determining.as_object().into_iter().flatten();
        let (before, after): (Vec<_>, Vec<_>) = entries.partition(|(key, _)| key.as_str() < SEED);
        let before = members(before).into_iter().map(|member| member + ",");
        let after = members(after)
            .into_iter()
            .map(|member| format!(",{member}"));
        Self {
            before_the_seed: format!("{{{}\"{SEED}\":", before.collect::<String>()),
            after_the_seed: format!("{}}}", after.collect::<String>()),
        }
    }

    /// The hash with this seed: twelve hexadecimal digits.
    pub fn hash(&self, seed: u64) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("spikebench cell v1");
        hasher.update(self.before_the_seed.as_bytes());
        hasher.update(seed.to_string().as_bytes());
        hasher.update(self.after_the_seed.as_bytes());
        hasher.finalize().to_hex()[..12].to_owned()
    }
}

/// JSON with sorted keys, whatever order this build of `serde_json` keeps them in.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => format!("{{{}}}", members(map.iter().collect()).join(",")),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        plain => plain.to_string(),
    }
}

fn members(mut entries: Vec<(&String, &Value)>) -> Vec<String> {
    entries.sort_by_key(|(key, _)| *key);
    let member = |(key, value): (&String, &Value)| {
        format!("{}:{}", Value::String(key.clone()), canonical(value))
    };
    entries.into_iter().map(member).collect()
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
            assert_eq!(Identity::of(&determining).hash(17), expected[..12]);
        }
    }
}

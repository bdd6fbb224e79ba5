//! A component with its sizes and waiting times cut down, and its learning sped up. Parameters are part of a cell's identity themselves, so a
//! fingerprint has to show the code behind them only, and may run it on a small scale.

use serde_json::Value;

use crate::api::Component;

/// The limits of whole numbers that are tried one after the other, until the component accepts its parameters.
const LIMITS: [u64; 2] = [8, 64];

/// The component with every whole number limited, at any depth, the smallest first, and every smaller fraction raised to
/// `least`. Other numbers, texts and switches choose between formulas and stay.
pub fn miniatures(component: &Component, least: f64) -> impl Iterator<Item = Component> {
    LIMITS.iter().map(move |&limit| {
        let parameters = component.parameters.iter();
        Component {
            name: component.name.clone(),
            parameters: parameters
                .map(|(name, value)| (name.clone(), limited(value, limit, least)))
                .collect(),
        }
    })
}

fn limited(value: &Value, limit: u64, least: f64) -> Value {
    match value {
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => whole.min(limit).into(),
            (_, Some(fraction)) if fraction > 0.0 => fraction.max(least).into(),
            _ => value.clone(),
        },
        Value::Array(items) => items
            .iter()
            .map(|item| limited(item, limit, least))
            .collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| (name.clone(), limited(value, limit, least)))
            .collect(),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_are_limited_and_fractions_raised_at_any_depth_and_nothing_else_changes() {
        let component: Component = serde_json::from_value(json!({"net": {
            "hidden": [256, 4], "inner": {"size": 30, "name": "a", "on": true}, "rate": [100.5, 0.001], "low": -70, "none": null
        }}))
        .unwrap();
        let all: Vec<Component> = miniatures(&component, 0.01).collect();
        let wanted = json!({"net": {
            "hidden": [8, 4], "inner": {"size": 8, "name": "a", "on": true}, "rate": [100.5, 0.01], "low": -70, "none": null
        }});
        assert_eq!(serde_json::to_value(&all[0]).unwrap(), wanted);
    }
}

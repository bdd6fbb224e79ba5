mod ilcsan;
mod mdcsan;
mod mlp;
mod popsan;
mod spiking;

use serde_json::Value;
use spikebench::api::{Component, Fault};

/// Refuses hidden layers without neurons.
fn check_sizes(hidden: &[u32]) -> Result<(), Fault> {
    hidden.iter().enumerate().try_for_each(|(index, &size)| {
        Fault::unless_at_least(&format!("hidden[{index}]"), size.into(), 1)
    })
}

/// A component as a suite would write it, `{name: {parameter: value}}`.
fn component(written: Value) -> Component {
    serde_json::from_value(written).expect("one name with its parameters")
}

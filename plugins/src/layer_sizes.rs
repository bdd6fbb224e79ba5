//! The sizes of layers, as actors and agents have them among their parameters.

use spikebench::api::ParameterError;

/// The sizes of all layers of a perceptron with these hidden ones.
pub fn layer_sizes(inputs: i64, hidden: &[u32], outputs: i64) -> Vec<i64> {
    let hidden = hidden.iter().map(|&size| i64::from(size));
    [inputs]
        .into_iter()
        .chain(hidden)
        .chain([outputs])
        .collect()
}

/// The most neurons of a hidden layer.
const WIDEST: u64 = 1 << 20;

/// The most hidden layers.
const DEEPEST: usize = 64;

/// Rejects hidden layers in the parameter `field` that are empty, too wide or too many.
pub fn check_hidden(field: &str, hidden: &[u32]) -> Result<(), ParameterError> {
    let rule = format!("layers are too many, at most {DEEPEST} are allowed");
    ParameterError::unless(hidden.len() <= DEEPEST, field, hidden.len(), rule)?;
    hidden.iter().enumerate().try_for_each(|(index, &size)| {
        ParameterError::unless_size(&format!("{field}[{index}]"), size.into(), WIDEST)
    })
}

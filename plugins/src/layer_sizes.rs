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

/// Rejects empty hidden layers in the parameter `field`.
pub fn check_hidden(field: &str, hidden: &[u32]) -> Result<(), ParameterError> {
    hidden.iter().enumerate().try_for_each(|(index, &size)| {
        ParameterError::unless_at_least(&format!("{field}[{index}]"), size.into(), 1)
    })
}

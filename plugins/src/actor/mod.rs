mod dsqn;
mod ilcsan;
mod mdcsan;
mod mlp;
mod popsan;
mod spiking;

use spikebench::api::ParameterError;

/// Refuses hidden layers without neurons.
fn check_sizes(hidden: &[u32]) -> Result<(), ParameterError> {
    hidden.iter().enumerate().try_for_each(|(index, &size)| {
        ParameterError::unless_at_least(&format!("hidden[{index}]"), size.into(), 1)
    })
}

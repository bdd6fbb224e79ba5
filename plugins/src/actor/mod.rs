mod dsqn;
mod ilcsan;
mod mdcsan;
mod mlp;
mod popsan;
mod spiking;

use spikebench::api::Fault;

/// Rejects empty hidden layers.
fn check_sizes(hidden: &[u32]) -> Result<(), Fault> {
    hidden.iter().enumerate().try_for_each(|(index, &size)| {
        Fault::unless_at_least(&format!("hidden[{index}]"), size.into(), 1)
    })
}

//! The activity of a network: how often its layers fired, and how many operations that took.

/// The activity of a network on a batch of observations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    /// All layers that fire, the encoder first; empty for a network without spikes.
    pub layers: Vec<LayerActivity>,
    /// The multiplications by numbers that are not spikes, for one observation: all of a network without spikes, the first
    /// layer behind an encoder that emits currents, a readout of firing rates. Biases are not counted.
    pub multiply_accumulates: u64,
}

/// The activity of one layer, with one number for each replica.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerActivity {
    /// The name of the layer: `encoder`, `layer.0`, …
    pub name: String,
    /// The mean number of spikes of a neuron in a time step.
    pub firing_rate: Vec<f64>,
    /// The synaptic operations for one observation over all its time steps: the number of weights that its spikes make the
    /// next layer add up, which is spikes times outgoing connections of a neuron.
    pub synaptic_operations: Vec<f64>,
    /// The fraction of neurons whose surrogate gradient is zero in every time step of every observation; `None` for an
    /// encoder.
    pub dead: Option<Vec<f64>>,
}

impl Activity {
    /// The synaptic operations of all layers for one observation, for each replica.
    pub fn synaptic_operations(&self) -> Vec<f64> {
        let replicas = self
            .layers
            .first()
            .map_or(0, |layer| layer.synaptic_operations.len());
        (0..replicas)
            .map(|replica| {
                let of_layer = |layer: &LayerActivity| layer.synaptic_operations[replica];
                self.layers.iter().map(of_layer).sum()
            })
            .collect()
    }
}

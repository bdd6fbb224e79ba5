//! What the layers of a network did: how often they fired, and what that cost.

/// What a network did with a batch of observations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    /// Everything that fires, the encoder first; nothing for a network without spikes.
    pub layers: Vec<LayerActivity>,
    /// Multiplications with numbers that are not spikes, for one observation: all of a network without spikes, the
    /// first layer behind an encoder that gives currents, a read-out of firing rates. Biases are not counted.
    pub multiply_accumulates: u64,
}

/// What one layer did; a number for each replica.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerActivity {
    /// `encoder`, `layer.0`, …
    pub name: String,
    /// Spikes for each neuron and time step, on average.
    pub firing_rate: Vec<f64>,
    /// Weights that are added up because of its spikes, for one observation and all its time steps: spikes times
    /// connections that leave a neuron.
    pub synaptic_operations: Vec<f64>,
    /// The share of neurons whose surrogate gradient is zero in every time step of every observation; absent for an
    /// encoder.
    pub dead: Option<Vec<f64>>,
}

impl Activity {
    /// Synaptic operations of all layers for one observation, of each replica.
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

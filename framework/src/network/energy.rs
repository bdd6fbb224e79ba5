//! Estimates of the energy of one inference on neuromorphic hardware, from operation counts. Memory access, addressing and
//! the updates of neuron states are not included.

/// The energy of each kind of operation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants {
    /// The key in JSON.
    pub key: &'static str,
    /// The name at the head of a column.
    pub short: &'static str,
    /// The publication that the numbers are from.
    pub source: &'static str,
    /// Picojoules per multiply-accumulate.
    pub multiply_accumulate: f64,
    /// Picojoules per synaptic operation: one weight added because of one spike.
    pub synaptic_operation: f64,
}

/// Papers use either the one or the other, and by the second the same spiking network is 12 times cheaper. Every table of
/// energies should therefore name its constants.
pub static CONSTANTS: [Constants; 2] = [
    Constants {
        key: "horowitz_2014",
        short: "Horowitz",
        source: "Horowitz, ISSCC 2014, 45 nm, FP32",
        multiply_accumulate: 4.6,
        synaptic_operation: 0.9,
    },
    Constants {
        key: "proxy_target_2025",
        short: "Proxy Target",
        source: "Millar 2025 and Hu 2021, as in Proxy Target (arXiv 2505.24161)",
        multiply_accumulate: 3.97,
        synaptic_operation: 0.077,
    },
];

impl Constants {
    /// Nanojoules for these numbers of operations.
    pub fn nanojoules(&self, synaptic_operations: f64, multiply_accumulates: f64) -> f64 {
        let picojoules = synaptic_operations * self.synaptic_operation
            + multiply_accumulates * self.multiply_accumulate;
        picojoules / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_energies_are_reproduced() {
        let [horowitz, proxy] = CONSTANTS;
        let close = |one: f64, other: f64| assert!((one - other).abs() < 0.01 * other, "{one}");
        // Proxy Target, tables for the networks with and without spikes.
        close(proxy.nanojoules(144.0e3, 0.0), 11.09);
        close(proxy.nanojoules(158.6e3, 0.0), 12.21);
        close(proxy.nanojoules(0.0, 71_014.4), 281.9);
        close(horowitz.nanojoules(144.0e3, 0.0), 129.6);
        close(horowitz.nanojoules(0.0, 71_014.0), 326.7);
    }
}

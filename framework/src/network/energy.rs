//! What an inference would cost on hardware for spikes: an estimate from counts of operations. Memory, addressing and the
//! states of neurons are not in it.

/// What operations cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constants {
    /// The key in JSON.
    pub key: &'static str,
    /// Where they are from.
    pub source: &'static str,
    /// Picojoules for a multiplication with an addition.
    pub multiply_accumulate: f64,
    /// Picojoules for adding a weight because of a spike.
    pub synaptic_operation: f64,
}

/// Published papers take one or the other; the same network is 12 times cheaper by the second. They belong into every
/// table of energies.
pub const CONSTANTS: [Constants; 2] = [
    Constants {
        key: "horowitz_2014",
        source: "Horowitz, ISSCC 2014, 45 nm, FP32",
        multiply_accumulate: 4.6,
        synaptic_operation: 0.9,
    },
    Constants {
        key: "proxy_target_2025",
        source: "Millar 2025 and Hu 2021, as in Proxy Target (arXiv 2505.24161)",
        multiply_accumulate: 3.97,
        synaptic_operation: 0.077,
    },
];

impl Constants {
    /// Nanojoules of so many operations.
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
    fn published_energies_come_out() {
        let [horowitz, proxy] = CONSTANTS;
        let close = |one: f64, other: f64| assert!((one - other).abs() < 0.01 * other, "{one}");
        // Proxy Target, tables of the networks with and without spikes.
        close(proxy.nanojoules(144.0e3, 0.0), 11.09);
        close(proxy.nanojoules(158.6e3, 0.0), 12.21);
        close(proxy.nanojoules(0.0, 71_014.4), 281.9);
        close(horowitz.nanojoules(144.0e3, 0.0), 129.6);
        close(horowitz.nanojoules(0.0, 71_014.0), 326.7);
    }
}

//! Gaussian population coding (Tang et al. 2020, section 3.2; `popsan.py`, lines 38–111).

use serde::{Deserialize, Serialize};
use spikebench::api::{
    Declaration, Encoder, Formula, Init, Noise, ParameterError, Real, Scope, StraightThrough,
};
use spikebench::kernel::ShapeRef;
use spikebench::kernel::autograd::reshaped;
use spikebench::kernel::elementwise::elementwise;
use spikebench::register;
use tch::Tensor;

use super::spikes::{Coding, Gradient, Spikes, check_range};

/// Each observed value `x` excites `neurons` Gaussian receptive fields, `A = exp(−(x − μ)² / 2σ²)`, whose means are evenly
/// spaced over `range` at first; a lone one stands in the middle. The activations are turned into spikes or used as currents. The options are:
///
/// - `spikes`: `deterministic` with `threshold: 0.999` as in the Pop-SAN code, or 1.0; `bernoulli`; or `analog` (MDC-SAN);
/// - `gradient` of the deterministic spikes: `through_reset` as in the code, or `identity` as in the paper;
/// - `learned: false` keeps means and standard deviations at their initial values.
///
/// Pop-SAN and MDC-SAN use `range: [-3, 3]` and `variance: 0.15`; Proxy Target uses `[-1, 1]` and 0.05 (after `tanh`).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Population {
    neurons: u32,
    range: (f64, f64),
    variance: f64,
    learned: bool,
    spikes: Spikes,
    threshold: f64,
    gradient: Gradient,
}

impl Default for Population {
    fn default() -> Self {
        Self {
            neurons: 10,
            range: (-3.0, 3.0),
            variance: 0.15,
            learned: true,
            spikes: Spikes::Deterministic,
            threshold: 0.999,
            gradient: Gradient::ThroughReset,
        }
    }
}

impl Population {
    fn coding(&self) -> Coding {
        Coding {
            spikes: self.spikes,
            threshold: self.threshold,
            gradient: self.gradient,
        }
    }

    /// The initial means and standard deviations, each `[features, neurons]` in row-major order.
    fn initial(&self, features: i64) -> [Vec<f32>; 2] {
        let neurons = self.neurons as usize;
        let (low, high) = self.range;
        let mean = |j: usize| match neurons {
            // At an end of the range it would see half of it and, with few values there, never fire.
            1 => ((low + high) / 2.0) as f32,
            _ => (low + j as f64 * (high - low) / (neurons - 1) as f64) as f32,
        };
        let means = (0..features).flat_map(|_| (0..neurons).map(mean)).collect();
        let deviations = vec![self.variance.sqrt() as f32; neurons * features as usize];
        [means, deviations]
    }
}

impl Population {
    /// The activations `[R, B, width]`.
    fn activation(&self, observation: &Tensor, learned: Scope<'_>) -> Tensor {
        let [replicas, _, features] = *observation.shape() else {
            panic!(
                "observations are [R, B, features], not {:?}",
                observation.shape()
            )
        };
        let width = self.width(features);
        let [mean, deviation] = if self.learned {
            ["mean", "std"].map(|name| reshaped(learned.get(name), &[replicas, 1, width]))
        } else {
            self.initial(features).map(|values| {
                let values = Tensor::from_slice(&values).to_device(observation.device());
                values.expand([replicas, 1, width], false)
            })
        };
        elementwise(ReceptiveField, &[observation, &mean, &deviation])
    }
}

impl Encoder for Population {
    fn width(&self, features: i64) -> i64 {
        features * i64::from(self.neurons)
    }

    fn learned(&self, features: i64) -> Vec<Declaration> {
        if !self.learned {
            return Vec::new();
        }
        let [means, deviations] = self.initial(features);
        let shape = [features, i64::from(self.neurons)];
        vec![
            Declaration::new("mean", &shape, Init::Values(means)),
            Declaration::new("std", &shape, Init::Values(deviations)),
        ]
    }

    fn encode(
        &self,
        observation: &Tensor,
        learned: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Tensor {
        let activation = self.activation(observation, learned);
        self.coding().encode(&activation, steps, noise)
    }

    fn encode_straight_through(
        &self,
        observation: &Tensor,
        learned: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Option<StraightThrough> {
        if !self.spiking() {
            return None;
        }
        let activation = self.activation(observation, learned);
        Some(
            self.coding()
                .encode_straight_through(activation, steps, noise),
        )
    }

    fn spiking(&self) -> bool {
        self.spikes != Spikes::Analog
    }

    fn caution(&self, steps: i64) -> Option<String> {
        // A neuron fires at least once, or is expected to, where its activations add up to the threshold.
        let threshold = match self.spikes {
            Spikes::Deterministic => self.threshold,
            _ => 1.0,
        };
        let sum = steps as f64 / threshold;
        if self.spikes == Spikes::Analog || sum <= 1.0 {
            return None;
        }
        let reach = (2.0 * self.variance * sum.ln()).sqrt();
        let (low, high) = self.range;
        match self.neurons {
            1 if 2.0 * reach < high - low => Some(format!(
                "the receptive field of its only neuron ends {reach:.2} from its middle, {:.2}: observations beyond it, within the \
                 range from {low} to {high}, excite nothing when training begins",
                (low + high) / 2.0
            )),
            neurons => {
                let apart = (high - low) / (neurons.max(2) - 1) as f64;
                (neurons > 1 && 2.0 * reach < apart).then(|| {
                    let enough = ((high - low) / (2.0 * reach)).ceil() + 1.0;
                    format!(
                        "its receptive fields leave gaps: they end {reach:.2} from their means, which lie {apart:.2} apart, so that \
                         observations between them excite nothing when training begins; {enough} neurons, or a larger variance, leave \
                         none"
                    )
                })
            }
        }
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_size("neurons", self.neurons.into(), 4096)?;
        check_range(self.range)?;
        ParameterError::unless_positive("variance", self.variance)?;
        self.coding().check()
    }
}

/// The excitation of a Gaussian receptive field by an observed value.
#[derive(Debug)]
struct ReceptiveField;

impl Formula for ReceptiveField {
    type Inputs<R: Real> = [R; 3];

    #[inline(always)]
    fn value<R: Real>(&self, [x, mean, deviation]: [R; 3]) -> R {
        let distance = x - mean;
        (distance * distance * -0.5 / (deviation * deviation)).exp()
    }
}

register! {
    /// Gaussian receptive fields, as deterministic spikes, Bernoulli spikes or currents.
    encoder "population" => Population
}

spikebench::conforms!(encoder "population");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_receptive_field_stands_in_the_middle_of_the_range_and_several_span_it() {
        let means = |neurons: u32| {
            let population = Population {
                neurons,
                range: (-1.0, 3.0),
                ..Population::default()
            };
            let [means, _] = population.initial(1);
            means
        };
        assert_eq!(means(1), [1.0]);
        assert_eq!(means(2), [-1.0, 3.0]);
        assert_eq!(means(5), [-1.0, 0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn receptive_fields_that_leave_gaps_are_warned_of() {
        let caution = |neurons: u32, variance: f64, spikes: Spikes| {
            let population = Population {
                neurons,
                variance,
                spikes,
                ..Population::default()
            };
            population.caution(5)
        };
        assert_eq!(caution(10, 0.15, Spikes::Deterministic), None);
        // A field ends where five activations add up to the threshold: at the root of 2 · 0.01 · ln(5 / 0.999).
        let narrow = caution(10, 0.01, Spikes::Deterministic).unwrap();
        assert!(
            narrow.starts_with("its receptive fields leave gaps: they end 0.18 from their means, which lie 0.67 apart")
                && narrow.contains("18 neurons"),
            "{narrow}"
        );
        assert_eq!(caution(18, 0.01, Spikes::Deterministic), None);
        let lone = caution(1, 0.15, Spikes::Bernoulli).unwrap();
        assert!(lone.contains("ends 0.69 from its middle, 0.00"), "{lone}");
        assert_eq!(caution(1, 0.01, Spikes::Analog), None);
    }
}

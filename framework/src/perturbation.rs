//! Noise within a network, for the sake of exploration (Chen et al. 2024, NoisySAN, arXiv 2403.04162).

use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::api::{Fault, Noise};

/// Noise added to the current of every neuron before it is charged, and to its spike after it has fired, which is then no
/// longer zero or one. In evaluation there is none.
///
/// Unlike the original, whose noise has a memory of a whole episode and is replayed with the transitions, this one is
/// drawn anew with every observation, and coloured along its time steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Perturbation {
    /// Standard deviation on the current, times the root of the number of neurons of the layer.
    pub current: f64,
    /// Standard deviation on the spike, times the root of the number of neurons of the layer.
    pub spike: f64,
    /// The power of the noise falls with the frequency `f` as `1/f^colour`: 0 is white, 1 pink, 2 red.
    pub colour: f64,
}

impl Default for Perturbation {
    fn default() -> Self {
        Self {
            current: 0.5,
            spike: 0.5,
            colour: 1.0,
        }
    }
}

impl Perturbation {
    /// Noise for the currents or spikes `[R, T, B, N]` of a layer, of this deviation before it is divided by `√N`.
    pub fn draw(&self, deviation: f64, shape: &[i64], noise: &mut dyn Noise) -> Tensor {
        let [replicas, steps, batch, neurons] = shape[..] else {
            panic!("currents are [R, T, B, N], not {shape:?}")
        };
        let white = noise.normal(shape) * (deviation / (neurons as f64).sqrt());
        if self.colour == 0.0 {
            return white;
        }
        let filter = filter(steps as usize, self.colour, white.device());
        filter
            .matmul(&white.view([replicas, steps, batch * neurons]))
            .view(shape)
    }

    /// Refuses deviations that make no sense.
    pub fn check(&self) -> Result<(), Fault> {
        let rule = "must not be negative";
        Fault::unless(self.current >= 0.0, "current", self.current, rule)?;
        Fault::unless(self.spike >= 0.0, "spike", self.spike, rule)?;
        Fault::unless(
            self.colour.is_finite(),
            "colour",
            self.colour,
            "must be finite",
        )
    }
}

/// The circular convolution `[T, T]` that makes white noise coloured and keeps its variance. The constant part, for which
/// the power would be infinite, has the power of the lowest frequency.
fn filter(steps: usize, colour: f64, device: Device) -> Tensor {
    let count = steps as f64;
    let amplitude = |k: usize| {
        let frequency = k.min(steps - k).max(1) as f64 / count;
        frequency.powf(-colour / 2.0)
    };
    let kernel: Vec<f64> = (0..steps)
        .map(|lag| {
            let wave = |k: usize| {
                let angle = std::f64::consts::TAU * (k * lag) as f64 / count;
                amplitude(k) * angle.cos()
            };
            (0..steps).map(wave).sum()
        })
        .collect();
    let norm = kernel.iter().map(|one| one * one).sum::<f64>().sqrt();
    let rows: Vec<f32> = (0..steps * steps)
        .map(|place| {
            let lag = (place / steps + steps - place % steps) % steps;
            (kernel[lag] / norm) as f32
        })
        .collect();
    Tensor::from_slice(&rows)
        .view([steps as i64; 2])
        .to_device(device)
        .to_kind(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Streams;

    /// Of 20 000 draws of 8 time steps: the variance, and the power at each frequency 1/8 to 4/8.
    fn spectrum(colour: f64) -> (f64, Vec<f64>) {
        let perturbation = Perturbation {
            colour,
            ..Perturbation::default()
        };
        let mut draw = Streams::new(&[3], "test", Device::Cpu);
        let drawn = perturbation.draw(2.0, &[1, 8, 5000, 4], &mut draw);
        let variance = drawn.square().mean(Kind::Double).double_value(&[]);
        let waves = drawn.fft_fft(None, 1, "ortho").abs().square();
        let power = |k| waves.select(1, k).mean(Kind::Double).double_value(&[]);
        (variance, (1..=4).map(power).collect())
    }

    #[test]
    fn its_power_falls_with_the_frequency_and_its_variance_does_not_depend_on_the_colour() {
        for colour in [0.0, 1.0, 2.0] {
            let (variance, power) = spectrum(colour);
            // The deviation 2 is divided by the root of 4 neurons.
            assert!((variance - 1.0).abs() < 0.03, "{colour}: {variance}");
            for (index, one) in power.iter().enumerate() {
                let expected = power[0] / ((index + 1) as f64).powf(colour);
                assert!((one / expected - 1.0).abs() < 0.06, "{colour}: {power:?}");
            }
        }
    }
}

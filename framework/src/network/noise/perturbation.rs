//! Noise within a network, for the sake of exploration (Chen et al. 2024, NoisySAN, arXiv 2403.04162).

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::api::{Declaration, Init, ParameterError, Weights};
use crate::network::noise::coloured::Coloured;

/// Noise added in training: to the current of every neuron before it is charged, to its spike after it has fired, which
/// then is no longer zero or one for those that it goes to, and to what goes into the read-out in every time step. Each
/// neuron's is coloured along all the time steps of an episode, and a transition that is replayed is seen with the noise of
/// its moment. In evaluation there is none.
///
/// The deviation at the read-out is learned, for each action dimension, and `k · mean(deviation)²` is added to the loss, `k =
/// penalty · max(0, r − low) / (high − low)`, where `r` is what the last training episode that ended returned. (In the
/// published code it is the mean of the last evaluation, of which a learner here knows nothing.)
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Perturbation {
    /// Standard deviation on the current, times the root of the number of neurons of the layer.
    pub current: f64,
    /// Standard deviation on the spike, times the root of the number of neurons of the layer.
    pub spike: f64,
    /// What the standard deviation at the read-out begins with, times the root of the number of action dimensions; zero for
    /// no noise there, and no penalty.
    pub decoder: f64,
    /// The power of the noise falls with the frequency `f` as `1/f^colour`: 0 is white, 1 pink, 2 red.
    pub colour: f64,
    /// The memory of the noise in steps of the environment, after which it comes again: no shorter than an episode.
    pub memory: u32,
    /// What `k` becomes for a return of `high`, `K_final`; in units of the loss.
    pub penalty: f64,
    /// The returns `low` and `high`, in units of the reward, from which on `k` rises from zero, and where it is `penalty`;
    /// beyond `high` it goes on rising, and with returns below `low` there is no penalty.
    pub returns: (f64, f64),
}

impl Default for Perturbation {
    fn default() -> Self {
        Self {
            current: 0.5,
            spike: 0.5,
            decoder: 0.5,
            colour: 1.0,
            memory: 1000,
            penalty: 1.0,
            returns: (0.0, 6000.0),
        }
    }
}

/// Steeper spectra overflow, and say nothing.
const STEEPEST: f64 = 10.0;
/// Steps of the environment: a longer series of noise takes more memory than it is worth.
const LONGEST: u32 = 100_000;

impl Perturbation {
    /// Refuses numbers that make no sense.
    pub fn check(&self) -> Result<(), ParameterError> {
        let rule = "must not be negative";
        ParameterError::unless(self.current >= 0.0, "current", self.current, rule)?;
        ParameterError::unless(self.spike >= 0.0, "spike", self.spike, rule)?;
        ParameterError::unless(self.decoder >= 0.0, "decoder", self.decoder, rule)?;
        let rule = format!("must be from -{STEEPEST} to {STEEPEST}");
        ParameterError::unless(self.colour.abs() <= STEEPEST, "colour", self.colour, rule)?;
        let rule = format!("must be from 1 to {LONGEST}");
        let known = (1..=LONGEST).contains(&self.memory);
        ParameterError::unless(known, "memory", self.memory, rule)?;
        let rule = "must not be negative";
        ParameterError::unless(self.penalty >= 0.0, "penalty", self.penalty, rule)?;
        let (low, high) = self.returns;
        ParameterError::unless(
            low < high,
            "returns",
            format!("[{low}, {high}]"),
            "must run from low to high",
        )
    }
}

/// The name of what is learned.
const DEVIATION: &str = "noise.decoder";

/// The noise of a network with `T` time steps.
#[derive(Debug)]
pub struct Disturbance {
    settings: Perturbation,
    coloured: Coloured,
}

impl Disturbance {
    /// By these settings.
    pub fn new(settings: Perturbation, steps: usize) -> Self {
        Self {
            coloured: Coloured::new(settings.colour, settings.memory as usize, steps),
            settings,
        }
    }

    /// What is to be added to the currents `[R, T, B, N]` of a layer at these moments.
    pub fn on_currents(&self, layer: usize, moments: &Tensor, currents: &Tensor) -> Tensor {
        let place = format!("currents of layer {layer}");
        self.on_layer(&place, self.settings.current, moments, currents)
    }

    /// What is to be added to the spikes of a layer that has these currents.
    pub fn on_spikes(&self, layer: usize, moments: &Tensor, currents: &Tensor) -> Tensor {
        let place = format!("spikes of layer {layer}");
        self.on_layer(&place, self.settings.spike, moments, currents)
    }

    fn on_layer(&self, place: &str, of_one: f64, moments: &Tensor, currents: &Tensor) -> Tensor {
        let neurons = currents.size()[3];
        let deviation = of_one / (neurons as f64).sqrt();
        let noise = self.coloured.at(place, moments, neurons, deviation);
        noise.to_device(currents.device())
    }

    /// What is to be added to what goes into the read-out, `[R, T, B, actions]`.
    pub fn on_decoder(&self, moments: &Tensor, weights: &Weights) -> Option<Tensor> {
        let deviation = self.deviation(weights)?;
        let [_, actions] = deviation.size()[..] else {
            unreachable!("deviations are [R, actions]")
        };
        let noise = self.coloured.at("decoder", moments, actions, 1.0);
        Some(noise.to_device(deviation.device()) * deviation.unsqueeze(1).unsqueeze(1))
    }

    fn deviation<'w>(&self, weights: &'w Weights) -> Option<&'w Tensor> {
        (self.settings.decoder > 0.0).then(|| weights.get(DEVIATION))
    }

    /// The deviation at the read-out, `noise.decoder [actions]`.
    pub fn learned(&self, actions: i64) -> Option<Declaration> {
        let begin = self.settings.decoder / (actions as f64).sqrt();
        let begin = Init::Values(vec![begin as f32; actions as usize]);
        (self.settings.decoder > 0.0).then(|| Declaration::new(DEVIATION, &[actions], begin))
    }

    /// What is to be added to the loss, `[R]`, after episodes that returned this much.
    pub fn penalty(&self, weights: &Weights, returns: &[f64]) -> Option<Tensor> {
        let deviation = self.deviation(weights)?;
        let (low, high) = self.settings.returns;
        let k = |of: &f64| (self.settings.penalty * (of - low).max(0.0) / (high - low)) as f32;
        let k: Vec<f32> = returns.iter().map(k).collect();
        let mean = deviation.mean_dim(&[1i64][..], false, Kind::Float);
        Some(mean.square() * Tensor::from_slice(&k).to_device(deviation.device()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Streams;
    use tch::{Device, no_grad};

    #[test]
    fn the_penalty_rises_with_the_return_and_its_gradient_is_that_of_finite_differences() {
        let settings = Perturbation {
            penalty: 3.0,
            returns: (-100.0, 300.0),
            ..Perturbation::default()
        };
        let disturbance = Disturbance::new(settings, 5);
        let mut draw = Streams::new(&[1, 2, 3], "test", Device::Cpu);
        let declared = disturbance.learned(4).unwrap();
        assert_eq!(declared.init, Init::Values(vec![0.25; 4]));
        let weights = Weights::new(&[declared], &mut draw, Device::Cpu);
        let returns = [100.0, -500.0, f64::NEG_INFINITY];
        let penalty = || disturbance.penalty(&weights, &returns).unwrap();
        let half = 3.0 * 0.5 * 0.25 * 0.25;
        assert!(penalty().allclose(
            &Tensor::from_slice(&[half as f32, 0.0, 0.0]),
            1e-6,
            0.0,
            false
        ));

        let deviation = weights.get(DEVIATION);
        let sum = || penalty().sum(Kind::Double).double_value(&[]);
        let slopes =
            Tensor::run_backward(&[penalty().sum(Kind::Float)], &[deviation], false, false);
        for (replica, action) in [(0, 0), (0, 3), (1, 2), (2, 0)] {
            let moved = |by: f64| {
                let shift = |by: f64| {
                    let mut one = deviation.detach().select(0, replica).select(0, action);
                    let _ = no_grad(|| one.g_add_scalar_(by));
                };
                shift(by);
                let value = sum();
                shift(-by);
                value
            };
            let wanted = (moved(0.01) - moved(-0.01)) / 0.02;
            let slope = slopes[0].double_value(&[replica, action]);
            assert!(
                (slope - wanted).abs() < 1e-5,
                "{slope}, differences {wanted}"
            );
        }
    }

    #[test]
    fn without_noise_at_the_read_out_nothing_is_learned_or_added_to_the_loss() {
        let settings = Perturbation {
            decoder: 0.0,
            ..Perturbation::default()
        };
        let disturbance = Disturbance::new(settings, 5);
        assert_eq!(disturbance.learned(4), None);
        let nothing = Declaration::new("other", &[1], Init::Uniform(1.0));
        let mut draw = Streams::new(&[1], "test", Device::Cpu);
        let weights = Weights::new(&[nothing], &mut draw, Device::Cpu);
        assert!(disturbance.penalty(&weights, &[6000.0]).is_none());
        let moments = Tensor::zeros([1, 2, 3], (Kind::Float, Device::Cpu));
        assert!(disturbance.on_decoder(&moments, &weights).is_none());
    }
}

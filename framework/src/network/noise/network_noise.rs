//! Noise inside a network for exploration (Chen et al. 2024, NoisySAN, arXiv 2403.04162).

use tch::{Kind, Tensor};

use crate::api::{Declaration, Init, NoiseContext, Weights};
use crate::network::noise::coloured::Coloured;
use crate::network::noise::config::NetworkNoiseConfig;
use crate::network::noise::step_keys;

/// The name of the learned standard deviation.
const DEVIATION: &str = "noise.decoder";

/// The noise of a network with `T` time steps.
#[derive(Debug)]
pub struct NetworkNoise {
    config: NetworkNoiseConfig,
    coloured: Coloured,
}

impl NetworkNoise {
    /// The noise with these settings, for a network with `steps` time steps.
    pub fn new(config: NetworkNoiseConfig, steps: usize) -> Self {
        Self {
            coloured: Coloured::new(config.colour, config.memory as usize, steps),
            config,
        }
    }

    /// The step keys `[R, B, 3]` of the observations, if the pass explores. Observations of unknown steps get random keys.
    pub fn step_keys(&self, observation: &Tensor, noise: &mut NoiseContext<'_>) -> Option<Tensor> {
        if !noise.explores() {
            return None;
        }
        let size = [
            observation.size()[0],
            observation.size()[1],
            step_keys::WIDTH,
        ];
        let known = noise.step_keys().map(|keys| keys.expand(size, false));
        Some(known.unwrap_or_else(|| step_keys::unknown(observation, noise.draws())))
    }

    /// The noise on the currents of a layer of this many neurons at the steps with these keys, `[R, T, B, N]` in main memory.
    pub fn on_currents(&self, layer: usize, keys: &Tensor, neurons: i64) -> Tensor {
        let place = format!("currents of layer {layer}");
        self.on_layer(&place, self.config.current, keys, neurons)
    }

    /// The noise on the spikes of a layer, likewise.
    pub fn on_spikes(&self, layer: usize, keys: &Tensor, neurons: i64) -> Tensor {
        let place = format!("spikes of layer {layer}");
        self.on_layer(&place, self.config.spike, keys, neurons)
    }

    fn on_layer(&self, place: &str, scale: f64, keys: &Tensor, neurons: i64) -> Tensor {
        let deviation = scale / (neurons as f64).sqrt();
        self.coloured.at(place, keys, neurons, deviation)
    }

    /// The noise on the input of the read-out, `[R, T, B, actions]`, if there is any.
    pub fn on_decoder(&self, keys: &Tensor, weights: &Weights) -> Option<Tensor> {
        let deviation = self.deviation(weights)?;
        let [_, actions] = deviation.size()[..] else {
            unreachable!("deviations are [R, actions]")
        };
        let noise = self.coloured.at("decoder", keys, actions, 1.0);
        Some(noise.to_device(deviation.device()) * deviation.unsqueeze(1).unsqueeze(1))
    }

    fn deviation<'w>(&self, weights: &'w Weights) -> Option<&'w Tensor> {
        (self.config.decoder > 0.0).then(|| weights.get(DEVIATION))
    }

    /// The learned standard deviation at the read-out, `noise.decoder [actions]`, if there is noise.
    pub fn learned(&self, actions: i64) -> Option<Declaration> {
        let begin = self.config.decoder / (actions as f64).sqrt();
        let begin = Init::Values(vec![begin as f32; actions as usize]);
        (self.config.decoder > 0.0).then(|| Declaration::new(DEVIATION, &[actions], begin))
    }

    /// Adds the penalty on the deviation at the read-out to the agent's loss, in an update.
    pub fn penalise(&self, weights: &Weights, noise: &mut NoiseContext<'_>) {
        let penalty = noise
            .returns()
            .and_then(|returns| self.penalty(weights, returns));
        if let Some(penalty) = penalty {
            noise.penalise(penalty);
        }
    }

    /// The penalty `[R]` after training episodes with these returns.
    fn penalty(&self, weights: &Weights, returns: &[f64]) -> Option<Tensor> {
        let deviation = self.deviation(weights)?;
        let (low, high) = self.config.returns;
        let k = |r: &f64| (self.config.penalty * (r - low).max(0.0) / (high - low)) as f32;
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
        let settings = NetworkNoiseConfig {
            penalty: 3.0,
            returns: (-100.0, 300.0),
            ..NetworkNoiseConfig::default()
        };
        let noise = NetworkNoise::new(settings, 5);
        let mut draw = Streams::new(&[1, 2, 3], "test", Device::Cpu);
        let declared = noise.learned(4).unwrap();
        assert_eq!(declared.init, Init::Values(vec![0.25; 4]));
        let weights = Weights::new(&[declared], &mut draw, Device::Cpu);
        let returns = [100.0, -500.0, f64::NEG_INFINITY];
        let penalty = || noise.penalty(&weights, &returns).unwrap();
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
    fn without_noise_at_the_read_out_there_is_no_learned_deviation_and_no_penalty() {
        let settings = NetworkNoiseConfig {
            decoder: 0.0,
            ..NetworkNoiseConfig::default()
        };
        let noise = NetworkNoise::new(settings, 5);
        assert_eq!(noise.learned(4), None);
        let nothing = Declaration::new("other", &[1], Init::Uniform(1.0));
        let mut draw = Streams::new(&[1], "test", Device::Cpu);
        let weights = Weights::new(&[nothing], &mut draw, Device::Cpu);
        assert!(noise.penalty(&weights, &[6000.0]).is_none());
        let keys = Tensor::zeros([1, 2, 3], (Kind::Float, Device::Cpu));
        assert!(noise.on_decoder(&keys, &weights).is_none());
    }
}

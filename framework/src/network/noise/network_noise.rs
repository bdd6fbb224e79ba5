//! Noise inside a network for exploration (Chen et al. 2024, NoisySAN, arXiv 2403.04162).

use tch::{Kind, Tensor};

use crate::api::{Declaration, Init, NoiseContext, Weights};
use crate::formula::{Formula, Real};
use crate::kernel::autograd::reshaped;
use crate::kernel::custom_op::{CustomOp, custom_op};
use crate::kernel::elementwise::elementwise;
use crate::network::noise::coloured::Coloured;
use crate::network::noise::config::NetworkNoiseConfig;
use crate::network::noise::moments::Moments;
use crate::network::noise::step_keys;

/// The name of the learned standard deviation.
const DEVIATION: &str = "noise.decoder";

/// A multiple of something.
#[derive(Debug)]
struct Scaled;

impl Formula for Scaled {
    type Inputs<R: Real> = [R; 2];

    #[inline(always)]
    fn value<R: Real>(&self, [value, factor]: [R; 2]) -> R {
        value * factor
    }
}

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

    /// The moments of the observations, if the pass explores. Observations of unknown steps get random ones.
    pub fn moments(&self, observation: &Tensor, noise: &mut NoiseContext<'_>) -> Option<Moments> {
        if !noise.explores() {
            return None;
        }
        let size = [
            observation.size()[0],
            observation.size()[1],
            step_keys::WIDTH,
        ];
        let known = noise.step_keys().map(|keys| keys.expand(size, false));
        let keys = known.unwrap_or_else(|| step_keys::unknown(observation, noise.draws()));
        Some(Moments::of(&keys))
    }

    /// The noise on the currents of a layer of this many neurons at these moments, `[R, T, B, N]` in main memory.
    pub fn on_currents(&self, layer: usize, moments: &Moments, neurons: i64) -> Tensor {
        let place = format!("currents of layer {layer}");
        self.on_layer(&place, self.config.current, moments, neurons)
    }

    /// The noise on the spikes of a layer, likewise.
    pub fn on_spikes(&self, layer: usize, moments: &Moments, neurons: i64) -> Tensor {
        let place = format!("spikes of layer {layer}");
        self.on_layer(&place, self.config.spike, moments, neurons)
    }

    fn on_layer(&self, place: &str, scale: f64, moments: &Moments, neurons: i64) -> Tensor {
        let deviation = scale / (neurons as f64).sqrt();
        self.coloured.at(place, moments, neurons, deviation)
    }

    /// The noise on the input of the read-out, `[R, T, B, actions]`, if there is any.
    pub fn on_decoder(&self, moments: &Moments, weights: &Weights) -> Option<Tensor> {
        let deviation = self.deviation(weights)?;
        let [_, actions] = deviation.size()[..] else {
            unreachable!("deviations are [R, actions]")
        };
        let noise = self.coloured.at("decoder", moments, actions, 1.0);
        let shape = noise.size();
        let noise = noise
            .to_device(deviation.device())
            .view([shape[0], -1, actions]);
        let deviation = reshaped(deviation, &[shape[0], 1, actions]);
        Some(reshaped(
            &elementwise(Scaled, &[&noise, &deviation]),
            &shape,
        ))
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

    /// A function that adds the penalty after training episodes with these returns to a loss `[R]`.
    fn penalty(
        &self,
        weights: &Weights,
        returns: &[f64],
    ) -> Option<impl FnOnce(Tensor) -> Tensor + use<>> {
        let deviation = self.deviation(weights)?.shallow_clone();
        let (low, high) = self.config.returns;
        let k = |r: &f64| (self.config.penalty * (r - low).max(0.0) / (high - low)) as f32;
        let penalised = Penalised {
            k: returns.iter().map(k).collect(),
        };
        Some(move |loss: Tensor| {
            let shape = loss.size();
            custom_op(penalised, &[&loss, &deviation], &shape)
        })
    }
}

/// The sum of a loss `[R]` and `k · mean(deviation)²`, for deviations `[R, actions]`.
struct Penalised {
    /// `[R]`
    k: Vec<f32>,
}

impl Penalised {
    /// The replicas' means and the number of deviations in each.
    fn means<'d>(&self, deviations: &'d [f32]) -> (impl Iterator<Item = f32> + use<'d>, usize) {
        let each = (deviations.len() / self.k.len().max(1)).max(1);
        let replicas = deviations.chunks_exact(each);
        let mean = move |replica: &[f32]| replica.iter().sum::<f32>() / each as f32;
        (replicas.map(mean), each)
    }
}

impl CustomOp for Penalised {
    fn forward(&self, inputs: &[&[f32]], out: &mut [f32]) {
        let (means, _) = self.means(inputs[1]);
        let known = inputs[0].iter().zip(&self.k).zip(means);
        for (out, ((loss, k), mean)) in out.iter_mut().zip(known) {
            *out = loss + mean * mean * k;
        }
    }

    fn backward(&self, inputs: &[&[f32]], gradient: &[f32], gradients: &mut [Option<&mut [f32]>]) {
        if let Some(d_loss) = &mut gradients[0] {
            d_loss.copy_from_slice(gradient);
        }
        if let Some(d_deviation) = &mut gradients[1] {
            let (means, each) = self.means(inputs[1]);
            let known = gradient.iter().zip(&self.k).zip(means);
            for (d_deviation, ((gradient, k), mean)) in d_deviation.chunks_mut(each).zip(known) {
                d_deviation.fill(gradient * k * 2.0 * mean / each as f32);
            }
        }
    }

    fn reference(&self, inputs: &[&Tensor]) -> Tensor {
        let mean = inputs[1].mean_dim(&[1i64][..], false, Kind::Float);
        let k = Tensor::from_slice(&self.k).to_device(mean.device());
        inputs[0] + mean.square() * k
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
        let penalty = || {
            let nothing = Tensor::zeros([3], (Kind::Float, Device::Cpu));
            noise.penalty(&weights, &returns).unwrap()(nothing)
        };
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
        assert!(noise.on_decoder(&Moments::of(&keys), &weights).is_none());
    }
}

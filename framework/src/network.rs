//! A spiking network on replicas: encoder, spiking layers, decoder.

use std::sync::Arc;

use tch::Tensor;

use crate::api::{Actor, AnyNeuron, AnySurrogate, Declaration, Decoder, Encoder, Noise, Weights};
use crate::dense::{declare_linear, linear};
use crate::spike::{FiresAt, fire};

/// Encoder → (linear → spiking neurons) × layers → decoder. The state of the neurons begins at rest with every
/// observation and lives for `steps` time steps.
#[derive(Debug)]
pub struct SpikingNetwork {
    /// From observations to the first layer.
    pub encoder: Box<dyn Encoder>,
    /// The neurons of every layer.
    pub neuron: Box<dyn AnyNeuron>,
    /// From the last layer's spikes to actions.
    pub decoder: Box<dyn Decoder>,
    /// The derivative of the spike.
    pub surrogate: Arc<dyn AnySurrogate>,
    /// When a neuron fires.
    pub fires_at: FiresAt,
    /// The sizes of the hidden layers.
    pub hidden: Vec<i64>,
    /// Time steps for one observation, `T`.
    pub steps: i64,
    /// Observed values.
    pub features: i64,
    /// Action dimensions.
    pub actions: i64,
}

impl SpikingNetwork {
    /// The widths of the encoder's output, the hidden layers, and the decoder's input.
    fn sizes(&self) -> Vec<i64> {
        let mut sizes = vec![self.encoder.width(self.features)];
        sizes.extend(&self.hidden);
        sizes.push(self.decoder.width(self.actions));
        sizes
    }

    /// The spikes of every layer `[R, T, B, width]`, the encoder's output first.
    pub fn spikes(
        &self,
        observation: &Tensor,
        weights: &Weights,
        noise: &mut dyn Noise,
    ) -> Vec<Tensor> {
        let encoded = self
            .encoder
            .encode(observation, weights.at("encoder"), self.steps, noise);
        let mut spikes = vec![encoded];
        for layer in 0..=self.hidden.len() {
            let input = &spikes[layer];
            let (replicas, batch) = (input.size()[0], input.size()[2]);
            // All time steps in one product; only the recurrence below needs them in turn.
            let current = linear(
                &input.reshape([replicas, self.steps * batch, -1]),
                &layer_name(layer),
                weights,
            );
            spikes.push(self.run_neurons(&current.view([replicas, self.steps, batch, -1])));
        }
        spikes
    }

    /// From currents `[R, T, B, N]` to spikes of the same shape.
    fn run_neurons(&self, current: &Tensor) -> Tensor {
        let first = current.select(1, 0);
        let mut state: Vec<Tensor> = self
            .neuron
            .rest_values()
            .iter()
            .map(|&value| first.full_like(value).detach())
            .collect();
        let spikes: Vec<Tensor> = (0..self.steps)
            .map(|step| {
                let charged = self.neuron.charge_tensors(&current.select(1, step), &state);
                let u = &charged[0] - self.neuron.threshold();
                let spike = fire(&u, self.fires_at, self.surrogate.as_ref());
                state = self.neuron.reset_tensors(&spike, &charged);
                spike
            })
            .collect();
        Tensor::stack(&spikes, 1)
    }
}

impl Actor for SpikingNetwork {
    fn learned(&self) -> Vec<Declaration> {
        let sizes = self.sizes();
        let below = |part: &'static str| move |declaration: Declaration| declaration.below(part);
        let layers = sizes.windows(2).enumerate();
        self.encoder
            .learned(self.features)
            .into_iter()
            .map(below("encoder"))
            .chain(layers.flat_map(|(layer, sizes)| {
                declare_linear(&layer_name(layer), &[], sizes[0], sizes[1])
            }))
            .chain(
                self.decoder
                    .learned(self.actions)
                    .into_iter()
                    .map(below("decoder")),
            )
            .collect()
    }

    fn forward(&self, observation: &Tensor, weights: &Weights, noise: &mut dyn Noise) -> Tensor {
        let spikes = self.spikes(observation, weights, noise);
        self.decoder
            .decode(&spikes[spikes.len() - 1], weights.at("decoder"))
    }

    fn multiply_adds(&self) -> u64 {
        let products: i64 = self
            .sizes()
            .windows(2)
            .map(|sizes| sizes[0] * sizes[1])
            .sum();
        (self.steps * products) as u64
    }
}

fn layer_name(layer: usize) -> String {
    format!("layer.{layer}")
}

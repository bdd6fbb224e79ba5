//! A spiking network on replicas: encoder, spiking layers, decoder.

use tch::Tensor;

use crate::api::{Actor, Declaration, Decoder, Encoder, Init, Learnable, Noise, Weights};
use crate::dense::declare_linear;
use crate::layer::{Neurons, spike_linear};

/// Encoder → (linear → spiking neurons) × layers → decoder. The state of the neurons begins at rest with every
/// observation and lives for `steps` time steps.
#[derive(Debug)]
pub struct SpikingNetwork {
    /// From observations to the first layer.
    pub encoder: Box<dyn Encoder>,
    /// The neurons of every layer.
    pub neurons: Neurons,
    /// From the last layer's spikes to actions.
    pub decoder: Box<dyn Decoder>,
    /// The sizes of the hidden layers.
    pub hidden: Vec<i64>,
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

    fn learned_by_neurons(&self, layer: &str, neurons: i64) -> Vec<Declaration> {
        let declare = |one: Learnable| {
            let count = if one.per_neuron { neurons } else { 1 };
            let values = Init::Values(vec![one.init as f32; count as usize]);
            Declaration::new(format!("{layer}.{}", one.name), &[count], values)
        };
        self.neurons
            .model
            .learnables()
            .into_iter()
            .map(declare)
            .collect()
    }

    /// The spikes of every layer `[R, T, B, width]`, what the encoder gives first.
    pub fn spikes(
        &self,
        observation: &Tensor,
        weights: &Weights,
        noise: &mut dyn Noise,
    ) -> Vec<Tensor> {
        let steps = self.neurons.steps;
        let scope = weights.at("encoder");
        let encoded = self.encoder.encode(observation, scope, steps, noise);
        let mut spikes = vec![encoded];
        for layer in 0..=self.hidden.len() {
            let input = &spikes[layer];
            let [replicas, times, batch, _] = input.size()[..] else {
                panic!("input is [R, T, B, width], not {:?}", input.size())
            };
            let of_layer = |part: &str| weights.get(&format!("layer.{layer}.{part}"));
            // All time steps in one product; only the neurons need them in turn.
            let input = input.reshape([replicas, times * batch, -1]);
            let current = spike_linear(&input, of_layer("weight"), of_layer("bias"));
            let current = current.view([replicas, times, batch, -1]);
            let declared = self.neurons.model.learnables();
            let learned: Vec<_> = declared.iter().map(|one| of_layer(one.name)).collect();
            spikes.push(self.neurons.fire(&current, &learned));
        }
        spikes
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
                let name = format!("layer.{layer}");
                let linear = declare_linear(&name, &[], sizes[0], sizes[1]);
                linear
                    .into_iter()
                    .chain(self.learned_by_neurons(&name, sizes[1]))
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
        (self.neurons.steps * products) as u64
    }
}

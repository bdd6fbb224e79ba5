//! A spiking network on replicas: encoder, spiking layers, decoder.

use tch::Tensor;

use crate::api::{Actor, Declaration, Decoder, Encoder, Init, Learnable, Noise, Weights};
use crate::dense::declare_linear;
use crate::kernel::kernels_take;
use crate::layer::Neurons;
use crate::stack::{self, Layer};

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
        let mut spikes = vec![self.encoded(observation, weights, noise)];
        for layer in self.layers(weights) {
            spikes.push(self.after(&spikes[spikes.len() - 1], layer));
        }
        spikes
    }

    fn encoded(&self, observation: &Tensor, weights: &Weights, noise: &mut dyn Noise) -> Tensor {
        let steps = self.neurons.steps;
        self.encoder
            .encode(observation, weights.at("encoder"), steps, noise)
    }

    /// The spikes of one layer from those of the one before.
    fn after(&self, spikes: &Tensor, layer: Layer) -> Tensor {
        if kernels_take(spikes) {
            return stack::run(&self.neurons, spikes, &[layer]);
        }
        let [replicas, times, batch, _] = spikes.size()[..] else {
            panic!("spikes are [R, T, B, width], not {:?}", spikes.size())
        };
        // All time steps in one product; only the neurons need them in turn.
        let rows = spikes.reshape([replicas, times * batch, -1]);
        let current = layer.bias.baddbmm(&rows, &layer.weight, 1.0, 1.0);
        let current = current.view([replicas, times, batch, -1]);
        let learned = layer.learned.map(|learned| learned.unbind(1));
        let learned: Vec<&Tensor> = learned.iter().flatten().collect();
        self.neurons.fire(&current, &learned)
    }

    fn layers(&self, weights: &Weights) -> Vec<Layer> {
        let declared = self.neurons.model.learnables();
        (0..=self.hidden.len())
            .map(|index| {
                let get = |part: &str| weights.get(&format!("layer.{index}.{part}"));
                let (weight, bias) = (get("weight"), get("bias"));
                let wide = [weight.size()[0], weight.size()[2]];
                let learned: Vec<Tensor> = declared
                    .iter()
                    .map(|one| get(one.name).expand(wide, false))
                    .collect();
                Layer {
                    weight: weight.shallow_clone(),
                    bias: bias.shallow_clone(),
                    learned: (!learned.is_empty()).then(|| Tensor::stack(&learned, 1)),
                }
            })
            .collect()
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
        let encoded = self.encoded(observation, weights, noise);
        let layers = self.layers(weights);
        let spikes = if kernels_take(&encoded) {
            stack::run(&self.neurons, &encoded, &layers)
        } else {
            layers
                .into_iter()
                .fold(encoded, |spikes, layer| self.after(&spikes, layer))
        };
        self.decoder.decode(&spikes, weights.at("decoder"))
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

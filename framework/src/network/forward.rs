//! A spiking network on replicas: encoder, spiking layers, decoder.

use tch::{Kind, Tensor, no_grad};

use crate::api::{
    Activity, Actor, Declaration, Decoder, Encoder, Init, KEYS, LayerActivity, Learnable, MOMENT,
    Noise, Transform, Weights,
};
use crate::kernel::kernels_take;
use crate::network::fused::{self, Layer};
use crate::network::layer::Neurons;
use crate::network::mlp::declare_linear;
use crate::network::noise::perturbation::Disturbance;
use crate::network::stepwise;

/// Encoder → (linear → spiking neurons) × layers → decoder. The state of the neurons begins at rest with every
/// observation and lives for `steps` time steps.
#[derive(Debug)]
pub struct SpikingNetwork {
    /// What the agent does to observations before this network sees them.
    pub normalise: Transform,
    /// From observations to the first layer.
    pub encoder: Box<dyn Encoder>,
    /// The neurons of every layer.
    pub neurons: Neurons,
    /// Noise for exploration.
    pub perturbation: Option<Disturbance>,
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
        let moments = self.disturbed(observation, noise);
        let mut spikes = vec![self.encoded(observation, weights, noise)];
        let layers = self.layers(weights);
        let last = layers.len() - 1;
        for (index, layer) in layers.into_iter().enumerate() {
            let input = &spikes[index];
            spikes.push(if index == last {
                self.output(input, layer, weights, moments.as_ref())
            } else {
                self.after(input, index, layer, moments.as_ref())
            });
        }
        spikes
    }

    fn encoded(&self, observation: &Tensor, weights: &Weights, noise: &mut dyn Noise) -> Tensor {
        let steps = self.neurons.steps;
        self.encoder
            .encode(observation, weights.at("encoder"), steps, noise)
    }

    /// The moments `[R, B, 3]` at which the network is disturbed, if it is. Where nobody knows when an observation is made, it
    /// has a moment of its own.
    fn disturbed(&self, observation: &Tensor, noise: &mut dyn Noise) -> Option<Tensor> {
        if self.perturbation.is_none() || !noise.explores() {
            return None;
        }
        let size = [observation.size()[0], observation.size()[1], MOMENT];
        let known = noise.moments().map(|moments| moments.expand(size, false));
        Some(known.unwrap_or_else(|| (noise.uniform(&size) * KEYS).floor()))
    }

    /// The spikes of one layer from those of the one before.
    fn after(
        &self,
        spikes: &Tensor,
        index: usize,
        layer: Layer,
        moments: Option<&Tensor>,
    ) -> Tensor {
        if kernels_take(spikes) && moments.is_none() {
            return fused::run(&self.neurons, spikes, &[layer]);
        }
        let (current, noise) = self.noisy_current(spikes, index, &layer, moments);
        let learned = layer.learned.map(|learned| learned.unbind(1));
        let learned: Vec<&Tensor> = learned.iter().flatten().collect();
        let fired = self.neurons.fire(&current, &learned);
        match noise {
            Some(noise) => fired + noise,
            None => fired,
        }
    }

    /// The spikes of the last layer, which the decoder may connect with itself.
    fn output(
        &self,
        spikes: &Tensor,
        layer: Layer,
        weights: &Weights,
        moments: Option<&Tensor>,
    ) -> Tensor {
        let index = self.hidden.len();
        let Some(lateral) = self.decoder.lateral(weights.at("decoder")) else {
            return self.after(spikes, index, layer, moments);
        };
        let (current, noise) = self.noisy_current(spikes, index, &layer, moments);
        let learned = layer.learned.as_ref();
        let lateral = Some(&lateral);
        stepwise::run(
            &self.neurons,
            &current,
            learned,
            lateral,
            noise.as_ref(),
            &mut |_| {},
        )
    }

    /// The current of a layer, with its noise, and the noise of its spikes.
    fn noisy_current(
        &self,
        spikes: &Tensor,
        index: usize,
        layer: &Layer,
        moments: Option<&Tensor>,
    ) -> (Tensor, Option<Tensor>) {
        let current = current(spikes, layer);
        let Some((disturbance, moments)) = self.perturbation.as_ref().zip(moments) else {
            return (current, None);
        };
        let on_spikes = disturbance.on_spikes(index, moments, &current);
        let on_currents = disturbance.on_currents(index, moments, &current);
        (current + on_currents, Some(on_spikes))
    }

    /// The values of actions.
    fn decoded(&self, spikes: &Tensor, weights: &Weights, moments: Option<&Tensor>) -> Tensor {
        let disturbance = self.perturbation.as_ref().zip(moments);
        let noise = disturbance.and_then(|(noise, moments)| noise.on_decoder(moments, weights));
        let learned = weights.at("decoder");
        match noise {
            Some(noise) => self.decoder.decode_noisy(spikes, learned, &noise),
            None => self.decoder.decode(spikes, learned),
        }
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

    /// Whether each neuron of a layer had a surrogate gradient that was not zero, at any time, `[R, N]`; and its spikes.
    fn watched(&self, spikes: &Tensor, index: usize, weights: &Weights) -> (Tensor, Tensor) {
        let layer = self.layers(weights).swap_remove(index);
        let lateral = (index == self.hidden.len())
            .then(|| self.decoder.lateral(weights.at("decoder")))
            .flatten();
        let current = current(spikes, &layer);
        let [replicas, _, _, width] = current.size()[..] else {
            unreachable!("currents are [R, T, B, N]")
        };
        let mut alive = Tensor::zeros([replicas, width], (Kind::Bool, current.device()));
        let mut watch = |u: &Tensor| {
            let slope = self.neurons.surrogate.on_tensor(u);
            alive = alive.logical_or(&slope.not_equal(0.0).any_dim(1, false));
        };
        let learned = layer.learned.as_ref();
        let spikes = stepwise::run(
            &self.neurons,
            &current,
            learned,
            lateral.as_ref(),
            None,
            &mut watch,
        );
        (alive, spikes)
    }
}

/// All time steps in one product; only the neurons need them in turn.
fn current(spikes: &Tensor, layer: &Layer) -> Tensor {
    let [replicas, times, batch, _] = spikes.size()[..] else {
        panic!("spikes are [R, T, B, width], not {:?}", spikes.size())
    };
    let rows = spikes.reshape([replicas, times * batch, -1]);
    let current = layer.bias.baddbmm(&rows, &layer.weight, 1.0, 1.0);
    current.view([replicas, times, batch, -1])
}

/// A mean over all dimensions but the replicas.
fn mean(of: &Tensor) -> Vec<f64> {
    let flat = of.to_kind(Kind::Double).flatten(1, -1);
    let means = flat.mean_dim(&[1i64][..], false, Kind::Double);
    (0..means.numel() as i64)
        .map(|replica| means.double_value(&[replica]))
        .collect()
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
            .chain(
                self.perturbation
                    .as_ref()
                    .and_then(|noise| noise.learned(self.actions)),
            )
            .collect()
    }

    fn forward(&self, observation: &Tensor, weights: &Weights, noise: &mut dyn Noise) -> Tensor {
        let mut layers = self.layers(weights);
        let connected = self.decoder.lateral(weights.at("decoder")).is_some();
        let moments = self.disturbed(observation, noise);
        let moments = moments.as_ref();
        let plain = kernels_take(observation) && !connected && moments.is_none();
        let steps = self.neurons.steps;
        let encoder = weights.at("encoder");
        let spikes = if plain
            && let Some(straight) = self
                .encoder
                .encode_straight(observation, encoder, steps, noise)
        {
            fused::run_straight(&self.neurons, &straight, &layers)
        } else if plain {
            let encoded = self.encoded(observation, weights, noise);
            fused::run(&self.neurons, &encoded, &layers)
        } else {
            let encoded = self.encoded(observation, weights, noise);
            let last = layers.pop().expect("the output layer");
            let hidden = layers
                .into_iter()
                .enumerate()
                .fold(encoded, |spikes, (index, layer)| {
                    self.after(&spikes, index, layer, moments)
                });
            self.output(&hidden, last, weights, moments)
        };
        self.decoded(&spikes, weights, moments)
    }

    fn remembers(&self) -> bool {
        self.perturbation.is_some()
    }

    fn penalty(&self, weights: &Weights, returns: &[f64]) -> Option<Tensor> {
        self.perturbation.as_ref()?.penalty(weights, returns)
    }

    fn multiply_adds(&self) -> u64 {
        let products: i64 = self
            .sizes()
            .windows(2)
            .map(|sizes| sizes[0] * sizes[1])
            .sum();
        (self.neurons.steps * products) as u64
    }

    fn normalise(&self) -> Transform {
        self.normalise
    }

    /// Counted as Horowitz's constants are used with spiking networks: spikes times fan-out, over all time steps.
    fn activity(&self, observation: &Tensor, weights: &Weights, noise: &mut dyn Noise) -> Activity {
        no_grad(|| {
            let sizes = self.sizes();
            let steps = self.neurons.steps;
            let cost = self.decoder.cost(self.actions);
            let fan_out = |layer: usize| sizes.get(layer + 1).copied().unwrap_or(cost.fan_out);
            let entry = |index: usize, name: String, spikes: &Tensor, dead: Option<Vec<f64>>| {
                let firing_rate = mean(spikes);
                let connections = (steps * sizes[index] * fan_out(index)) as f64;
                let operations = |rate: &f64| rate * connections;
                LayerActivity {
                    name,
                    synaptic_operations: firing_rate.iter().map(operations).collect(),
                    firing_rate,
                    dead,
                }
            };
            let mut spikes = self.encoded(observation, weights, noise);
            let mut activity = Activity {
                layers: Vec::new(),
                multiply_accumulates: cost.multiply_accumulates as u64,
            };
            if self.encoder.spiking() {
                let encoder = entry(0, "encoder".to_owned(), &spikes, None);
                activity.layers.push(encoder);
            } else {
                activity.multiply_accumulates += (spikes.size()[1] * sizes[0] * sizes[1]) as u64;
            }
            for index in 0..=self.hidden.len() {
                let (alive, fired) = self.watched(&spikes, index, weights);
                let dead = mean(&alive.logical_not());
                let name = format!("layer.{index}");
                activity
                    .layers
                    .push(entry(index + 1, name, &fired, Some(dead)));
                spikes = fired;
            }
            activity
        })
    }
}

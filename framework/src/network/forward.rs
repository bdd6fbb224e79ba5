//! The spiking network: encoder, spiking layers, decoder.

use tch::{Kind, Tensor, no_grad};

use crate::api::{
    Activity, Actor, Connections, Declaration, Decoder, Encoder, Init, Lateral, LayerActivity,
    Learnable, Noise, NoiseContext, Transform, Weights,
};
use crate::kernel::{ShapeRef, kernel_supports};
use crate::network::fused::{self, Influences, Layer, LayerNoise};
use crate::network::learned_rows::learned_rows;
use crate::network::mlp::declare_linear;
use crate::network::neurons::Neurons;
use crate::network::noise::moments::Moments;
use crate::network::noise::network_noise::NetworkNoise;
use crate::network::stepwise;

/// Encoder → (linear layer → spiking neurons) × layers → decoder. The neurons start at rest for every observation and run
/// for `T` time steps.
#[derive(Debug)]
pub struct SpikingNetwork {
    /// How the agent transforms observations before this network sees them.
    pub normalise: Transform,
    /// Turns observations into the input of the first layer.
    pub encoder: Box<dyn Encoder>,
    /// The neurons of every layer.
    pub neurons: Neurons,
    /// The noise that the network explores with, if any.
    pub noise: Option<NetworkNoise>,
    /// Turns the spikes of the last layer into actions.
    pub decoder: Box<dyn Decoder>,
    /// The sizes of the hidden layers.
    pub hidden: Vec<i64>,
    /// The number of observed values.
    pub features: i64,
    /// The number of action dimensions.
    pub actions: i64,
}

/// How the spikes of one or more layers are computed.
enum Path {
    /// All layers in one operation of the kernels.
    Fused,
    /// The currents of all time steps in one product, then the neurons: for every device but the CPU.
    LayerByLayer,
    /// The same, but the neurons one time step after the other, because the spikes of a layer feed back into its own currents.
    StepByStep,
}

impl Path {
    fn of(input: &Tensor, lateral: Option<&Lateral>) -> Self {
        let fits = |lateral: &Lateral| lateral.weight.size()[3] <= Connections::LARGEST as i64;
        if kernel_supports(input) && lateral.is_none_or(fits) {
            Self::Fused
        } else if lateral.is_some() {
            Self::StepByStep
        } else {
            Self::LayerByLayer
        }
    }
}

impl SpikingNetwork {
    /// The widths of the encoder's output, of the hidden layers, and of the decoder's input.
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

    /// The encoder's output and the spikes of every layer, each `[R, T, B, width]`.
    pub fn spikes(
        &self,
        observation: &Tensor,
        weights: &Weights,
        noise: &mut NoiseContext<'_>,
    ) -> Vec<Tensor> {
        let moments = self.moments(observation, noise);
        self.all_spikes(observation, weights, noise.draws(), moments.as_ref())
    }

    fn all_spikes(
        &self,
        observation: &Tensor,
        weights: &Weights,
        draws: &mut dyn Noise,
        moments: Option<&Moments>,
    ) -> Vec<Tensor> {
        let mut lateral = self.decoder.lateral(weights.at("decoder"));
        let mut spikes = vec![self.encoded(observation, weights, draws)];
        for (index, layer) in self.layers(weights).into_iter().enumerate() {
            let influences = Influences {
                lateral: lateral.take_if(|_| index == self.hidden.len()),
                noise: moments
                    .and_then(|moments| self.layer_noise(index, moments, &layer))
                    .into_iter()
                    .collect(),
            };
            spikes.push(self.layer_spikes(&spikes[index], &layer, &influences));
        }
        spikes
    }

    fn encoded(&self, observation: &Tensor, weights: &Weights, draws: &mut dyn Noise) -> Tensor {
        let steps = self.neurons.steps;
        self.encoder
            .encode(observation, weights.at("encoder"), steps, draws)
    }

    /// The last layer's spikes, from one operation over all layers.
    fn fused_spikes(
        &self,
        observation: &Tensor,
        weights: &Weights,
        lateral: Option<Lateral>,
        draws: &mut dyn Noise,
        moments: Option<&Moments>,
    ) -> Tensor {
        let layers = self.layers(weights);
        let on_layer = |(index, layer)| self.layer_noise(index, moments?, layer);
        let influences = Influences {
            lateral,
            noise: layers.iter().enumerate().filter_map(on_layer).collect(),
        };
        let (learned, steps) = (weights.at("encoder"), self.neurons.steps);
        let encoder = &self.encoder;
        match encoder.encode_straight_through(observation, learned, steps, draws) {
            Some(input) => fused::run_straight_through(&self.neurons, &input, &layers, &influences),
            None => {
                let input = self.encoded(observation, weights, draws);
                fused::run(&self.neurons, &input, &layers, &influences)
            }
        }
    }

    /// The spikes of one layer from those of the previous one.
    fn layer_spikes(&self, spikes: &Tensor, layer: &Layer, influences: &Influences) -> Tensor {
        let neurons = &self.neurons;
        let lateral = influences.lateral.as_ref();
        let path = Path::of(spikes, lateral);
        if let Path::Fused = path {
            return fused::run(neurons, spikes, std::slice::from_ref(layer), influences);
        }
        let (current, learned) = (layer.current(spikes), layer.learned_rows());
        let noise = influences.noise.first();
        let current = match noise {
            Some(noise) => current + &noise.currents,
            None => current,
        };
        let noise = noise.map(|noise| &noise.spikes);
        if let Path::StepByStep = path {
            return stepwise::run(neurons, &current, &learned, lateral, noise, &mut |_| {});
        }
        let fired = neurons.fire(&current, &learned);
        match noise {
            Some(noise) => fired + noise,
            None => fired,
        }
    }

    /// The moments of the observations if the network adds noise to this pass.
    fn moments(&self, observation: &Tensor, noise: &mut NoiseContext<'_>) -> Option<Moments> {
        self.noise.as_ref()?.moments(observation, noise)
    }

    /// The noise on a layer at these moments, if the network has any.
    fn layer_noise(&self, index: usize, moments: &Moments, layer: &Layer) -> Option<LayerNoise> {
        let (neurons, device) = (layer.weight.size()[2], layer.weight.device());
        let noise = self.noise.as_ref()?;
        Some(LayerNoise {
            currents: noise.on_currents(index, moments, neurons).to_device(device),
            spikes: noise.on_spikes(index, moments, neurons).to_device(device),
        })
    }

    fn decoded(&self, spikes: &Tensor, weights: &Weights, moments: Option<&Moments>) -> Tensor {
        let noise = self.noise.as_ref().zip(moments);
        let noise = noise.and_then(|(noise, moments)| noise.on_decoder(moments, weights));
        let learned = weights.at("decoder");
        self.decoder.decode(spikes, learned, noise.as_ref())
    }

    fn layers(&self, weights: &Weights) -> Vec<Layer> {
        let declared = self.neurons.model.learnables();
        (0..=self.hidden.len())
            .map(|index| {
                let get = |part: &str| weights.get(&format!("layer.{index}.{part}"));
                let (weight, bias) = (get("weight"), get("bias"));
                let learned: Vec<&Tensor> = declared.iter().map(|one| get(one.name)).collect();
                Layer {
                    weight: weight.shallow_clone(),
                    bias: bias.shallow_clone(),
                    learned: learned_rows(&learned, weight.shape()[2]),
                }
            })
            .collect()
    }

    /// Whether each neuron of a layer had a nonzero surrogate gradient at any time, `[R, N]`, and the layer's spikes.
    fn watched(&self, spikes: &Tensor, index: usize, weights: &Weights) -> (Tensor, Tensor) {
        let layer = self.layers(weights).swap_remove(index);
        let lateral = (index == self.hidden.len())
            .then(|| self.decoder.lateral(weights.at("decoder")))
            .flatten();
        let current = layer.current(spikes);
        let [replicas, _, _, width] = current.size()[..] else {
            unreachable!("currents are [R, T, B, N]")
        };
        let mut alive = Tensor::zeros([replicas, width], (Kind::Bool, current.device()));
        let mut watch = |u: &Tensor| {
            let slope = self.neurons.surrogate.on_tensor(u);
            alive = alive.logical_or(&slope.not_equal(0.0).any_dim(1, false));
        };
        let learned = layer.learned_rows();
        let lateral = lateral.as_ref();
        let spikes = stepwise::run(&self.neurons, &current, &learned, lateral, None, &mut watch);
        (alive, spikes)
    }
}

/// The mean of each replica's values.
fn mean(of: &Tensor) -> Vec<f64> {
    let flat = of.to_kind(Kind::Double).flatten(1, -1);
    let means = flat.mean_dim(&[1i64][..], false, Kind::Double);
    (0..means.numel() as i64)
        .map(|replica| means.double_value(&[replica]))
        .collect()
}

impl Actor for SpikingNetwork {
    fn caution(&self) -> Option<String> {
        self.encoder.caution(self.neurons.steps)
    }

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
                self.noise
                    .as_ref()
                    .and_then(|noise| noise.learned(self.actions)),
            )
            .collect()
    }

    fn forward(
        &self,
        observation: &Tensor,
        weights: &Weights,
        noise: &mut NoiseContext<'_>,
    ) -> Tensor {
        if let Some(own) = &self.noise {
            own.penalise(weights, noise);
        }
        let moments = self.moments(observation, noise);
        let moments = moments.as_ref();
        let lateral = self.decoder.lateral(weights.at("decoder"));
        let spikes = match Path::of(observation, lateral.as_ref()) {
            Path::Fused => self.fused_spikes(observation, weights, lateral, noise.draws(), moments),
            Path::LayerByLayer | Path::StepByStep => self
                .all_spikes(observation, weights, noise.draws(), moments)
                .swap_remove(self.hidden.len() + 1),
        };
        self.decoded(&spikes, weights, moments)
    }

    fn uses_step_keys(&self) -> bool {
        self.noise.is_some()
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

    /// Synaptic operations are counted as Horowitz's constants are applied to spiking networks: spikes times fan-out, summed
    /// over all time steps.
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

//! How observations become spikes, and spikes become actions.

use std::fmt::Debug;

use tch::{Kind, Tensor};

use super::{Declaration, Noise, ParameterError, Scope};

/// Spikes whose gradient goes straight through to what they came from: in each time step it is the same multiple of it, for
/// all neurons.
#[derive(Debug)]
pub struct Straight {
    /// What they came from, `[R, B, width]`.
    pub activation: Tensor,
    /// The spikes `[R, T, B, width]`, which have no gradient themselves.
    pub spikes: Tensor,
    /// The derivative of the spikes by the activation, for each of `T` time steps.
    pub slopes: Vec<f32>,
}

/// Turns observations into the input of the first spiking layer.
pub trait Encoder: Debug + Send + Sync {
    /// The number of outputs for that many observed values.
    fn width(&self, features: i64) -> i64;

    /// What the encoder learns.
    fn learned(&self, features: i64) -> Vec<Declaration>;

    /// From observations `[R, B, features]` to spikes or currents `[R, T, B, width]`; to `[R, 1, B, width]` where all
    /// `steps` time steps have the same.
    fn encode(
        &self,
        observation: &Tensor,
        learned: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Tensor;

    /// Does it give spikes? If not, its output is multiplied with weights, once where all time steps have the same.
    fn spiking(&self) -> bool {
        true
    }

    /// The same as [`encode`](Self::encode) where the spikes are [`Straight`]: the kernels then take the gradient back for
    /// all time steps at once.
    fn encode_straight(
        &self,
        _observation: &Tensor,
        _learned: Scope<'_>,
        _steps: i64,
        _noise: &mut dyn Noise,
    ) -> Option<Straight> {
        None
    }

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// Turns the spikes of the last layer into one number for each action dimension.
pub trait Decoder: Debug + Send + Sync {
    /// The number of output neurons for that many action dimensions.
    fn width(&self, actions: i64) -> i64;

    /// What the decoder learns.
    fn learned(&self, actions: i64) -> Vec<Declaration>;

    /// From spikes `[R, T, B, width]` to unbounded values `[R, B, actions]`.
    fn decode(&self, spikes: &Tensor, learned: Scope<'_>) -> Tensor;

    /// The same where noise `[R, T, B, actions]` is added to what goes into the read-out in every time step. Where that is
    /// averaged over time, the noise is: what is written here.
    fn decode_noisy(&self, spikes: &Tensor, learned: Scope<'_>, noise: &Tensor) -> Tensor {
        self.decode(spikes, learned) + noise.mean_dim(&[1i64][..], false, Kind::Float)
    }

    /// How the output neurons are connected among themselves, if they are.
    fn lateral(&self, _: Scope<'_>) -> Option<Lateral> {
        None
    }

    /// What the spikes of the output neurons cost, for that many action dimensions.
    fn cost(&self, actions: i64) -> ReadoutCost;

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// What a read-out does with spikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadoutCost {
    /// Connections that leave each output neuron, to the read-out and within the population: weights to add for each
    /// of its spikes.
    pub fan_out: i64,
    /// Multiplications once for each observation, where spikes are counted first.
    pub multiply_accumulates: i64,
}

/// Connections within populations of output neurons: what fires adds to the current of its own population in the
/// next time step (Chen et al. 2024, intra-layer connections).
#[derive(Debug)]
pub struct Lateral {
    /// `[R, G, P, P]` for `G` populations of `P` neurons side by side: from, to.
    pub weight: Tensor,
    /// `[R, G, P]`, added in every time step, the first one included.
    pub bias: Option<Tensor>,
}

impl Lateral {
    /// The current of every neuron `[R, B, G P]` from the spikes of the time step before.
    pub fn current(&self, spikes: &Tensor) -> Tensor {
        let [replicas, groups, size, _] = self.weight.size()[..] else {
            panic!("weights are [R, G, P, P], not {:?}", self.weight.size())
        };
        let grouped = spikes
            .view([replicas, -1, groups, size])
            .transpose(1, 2)
            .matmul(&self.weight);
        let grouped = match &self.bias {
            Some(bias) => grouped + bias.unsqueeze(2),
            None => grouped,
        };
        grouped.transpose(1, 2).reshape(spikes.size())
    }
}

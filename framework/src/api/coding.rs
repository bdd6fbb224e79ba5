//! Encoders turn observations into spikes; decoders turn spikes into actions.

use std::fmt::Debug;

use tch::Tensor;

use super::{Declaration, Noise, ParameterError, Scope};

/// Spikes with a straight-through gradient: in each time step it is the same multiple of the gradient of the activation,
/// for all neurons.
#[derive(Debug)]
pub struct StraightThrough {
    /// The activation that the spikes encode, `[R, B, width]`.
    pub activation: Tensor,
    /// The spikes `[R, T, B, width]`, detached from the graph.
    pub spikes: Tensor,
    /// The derivative of the spikes with respect to the activation in each of the `T` time steps.
    pub slopes: Vec<f32>,
}

/// Turns observations into the input of the first spiking layer.
pub trait Encoder: Debug + Send + Sync {
    /// The number of outputs for this many observed values.
    fn width(&self, features: i64) -> i64;

    /// The parameters that the encoder learns.
    fn learned(&self, features: i64) -> Vec<Declaration>;

    /// Encodes observations `[R, B, features]` as spikes or currents `[R, T, B, width]`, or as `[R, 1, B, width]` if they
    /// are the same in all `steps` time steps.
    fn encode(
        &self,
        observation: &Tensor,
        learned: Scope<'_>,
        steps: i64,
        noise: &mut dyn Noise,
    ) -> Tensor;

    /// Whether the output consists of spikes. If not, the first layer multiplies: once for an input that is the same in all
    /// time steps, otherwise in each of them.
    fn spiking(&self) -> bool {
        true
    }

    /// The same spikes as from [`encode`](Self::encode), if their gradient is [`StraightThrough`]: the kernels then
    /// backpropagate through all time steps at once.
    fn encode_straight_through(
        &self,
        _observation: &Tensor,
        _learned: Scope<'_>,
        _steps: i64,
        _noise: &mut dyn Noise,
    ) -> Option<StraightThrough> {
        None
    }

    /// What somebody who chose these parameters may not have meant, with `steps` time steps; `spikebench plan` shows it.
    fn caution(&self, _steps: i64) -> Option<String> {
        None
    }

    /// Rejects invalid parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// Turns the spikes of the last layer into one number per action dimension.
pub trait Decoder: Debug + Send + Sync {
    /// The number of output neurons for this many action dimensions.
    fn width(&self, actions: i64) -> i64;

    /// The parameters that the decoder learns.
    fn learned(&self, actions: i64) -> Vec<Declaration>;

    /// Decodes spikes `[R, T, B, width]` to unbounded values `[R, B, actions]`. If `added` `[R, T, B, actions]` is given, it
    /// is added to the input of the read-out in every time step.
    fn decode(&self, spikes: &Tensor, learned: Scope<'_>, added: Option<&Tensor>) -> Tensor;

    /// The connections among the output neurons, if there are any.
    fn lateral(&self, _: Scope<'_>) -> Option<Lateral> {
        None
    }

    /// What reading out costs, for this many action dimensions.
    fn cost(&self, actions: i64) -> ReadoutCost;

    /// Rejects invalid parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// The operations that a read-out takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadoutCost {
    /// Connections that leave each output neuron, to the read-out and within its population: the weights that each of its
    /// spikes adds up.
    pub fan_out: i64,
    /// Multiply-accumulates per observation, for a read-out that counts the spikes first.
    pub multiply_accumulates: i64,
}

/// Connections within populations of output neurons: a spike adds to the currents of its own population in the next time
/// step (Chen et al. 2024, intra-layer connections).
#[derive(Debug)]
pub struct Lateral {
    /// `[R, G, P, P]` (from, to) for `G` populations of `P` neurons side by side.
    pub weight: Tensor,
    /// `[R, G, P]`, added in every time step including the first.
    pub bias: Option<Tensor>,
}

impl Lateral {
    /// The current into every neuron `[R, B, G P]` from the spikes of the previous time step.
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

//! A layer of spiking neurons, and what acts on it beside its input.

use tch::Tensor;

use crate::api::Lateral;
use crate::kernel::contiguous;

/// The parameters of one layer.
#[derive(Debug)]
pub struct Layer {
    /// `[R, in, out]`
    pub weight: Tensor,
    /// `[R, 1, out]`
    pub bias: Tensor,
    /// The learnable parameters of the neurons, `[R, P, out]`, if they have any.
    pub learned: Option<Tensor>,
}

impl Layer {
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        [&self.weight, &self.bias].into_iter().chain(&self.learned)
    }

    /// The currents `[R, T, B, out]` from spikes `[R, T, B, in]`, in one product over all time steps.
    pub(in crate::network) fn current(&self, spikes: &Tensor) -> Tensor {
        let [replicas, times, batch, _] = spikes.size()[..] else {
            panic!("spikes are [R, T, B, width], not {:?}", spikes.size())
        };
        let rows = spikes.reshape([replicas, times * batch, -1]);
        let current = self.bias.baddbmm(&rows, &self.weight, 1.0, 1.0);
        current.view([replicas, times, batch, -1])
    }

    /// The learnable parameters of the neurons one by one, each `[R, out]`.
    pub(in crate::network) fn learned_rows(&self) -> Vec<Tensor> {
        let learned = self.learned.as_ref();
        learned.map(|learned| learned.unbind(1)).unwrap_or_default()
    }

    pub(super) fn contiguous(&self) -> Self {
        Self {
            weight: contiguous(&self.weight),
            bias: contiguous(&self.bias),
            learned: self.learned.as_ref().map(contiguous),
        }
    }
}

/// What acts on consecutive layers beside their input. By default, nothing does.
#[derive(Debug, Default)]
pub struct Influences {
    /// The connections among the neurons of the last layer, in populations of at most
    /// [`Connections::LARGEST`](crate::api::Connections::LARGEST) neurons.
    pub lateral: Option<Lateral>,
    /// The noise on each layer, or nothing.
    pub noise: Vec<LayerNoise>,
}

/// The noise on a layer.
#[derive(Debug)]
pub struct LayerNoise {
    /// The noise on the currents, `[R, T, B, N]`.
    pub currents: Tensor,
    /// The noise on the spikes as everything else sees them, `[R, T, B, N]`.
    pub spikes: Tensor,
}

impl Influences {
    /// The parameters of the connections.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        let lateral = self.lateral.iter();
        lateral.flat_map(|lateral| [&lateral.weight].into_iter().chain(&lateral.bias))
    }

    pub(super) fn contiguous(&self) -> Self {
        let lateral = self.lateral.as_ref();
        Self {
            lateral: lateral.map(|lateral| Lateral {
                weight: contiguous(&lateral.weight),
                bias: lateral.bias.as_ref().map(contiguous),
            }),
            noise: self.noise.iter().map(LayerNoise::contiguous).collect(),
        }
    }
}

impl LayerNoise {
    fn contiguous(&self) -> Self {
        let [currents, spikes] = [&self.currents, &self.spikes].map(contiguous);
        Self { currents, spikes }
    }
}

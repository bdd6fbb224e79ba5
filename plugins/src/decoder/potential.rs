//! Non-spiking read-out neurons, whose membrane potential is the value of an action.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Scope};
use spikebench::kernel::ShapeRef;
use spikebench::kernel::custom_op::custom_op;
use tch::Tensor;

use super::integrators::Integrators;
use super::readout::Readout;

/// Which of the potentials over all time steps is the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// The potential after the last step.
    Last,
    /// The largest potential.
    Max,
    /// The potential of largest magnitude, with its sign. The ILC-SAN code calls this `max-mem`.
    #[serde(alias = "max-abs")]
    MaxAbs,
    /// The mean potential.
    Mean,
}

/// Non-spiking integrators, with or without a leak, which start at zero.
#[derive(Debug, Clone, Copy)]
pub struct Potential {
    /// Which potential is read.
    pub read: Read,
    /// The time constant of the leak in steps, `v ← v + (x − v) / τ`; without one there is no leak, `v ← v + x`.
    pub tau: Option<f64>,
}

impl Potential {
    /// The potentials that are read, `[R, B, actions]`, for spikes `[R, T, B, width]` weighted by the read-out. If `added`
    /// `[R, T, B, actions]` is given, it is added to the input.
    pub fn of_spikes(
        &self,
        spikes: &Tensor,
        added: Option<&Tensor>,
        readout: Readout,
        learned: Scope<'_>,
    ) -> Tensor {
        let [replicas, steps, batch, width] = *spikes.shape() else {
            panic!("spikes are [R, T, B, width], not {:?}", spikes.shape())
        };
        let [weight, bias] = ["weight", "bias"].map(|name| learned.get(name));
        let actions = bias.shape()[1];
        let operation = Integrators {
            read: self.read,
            population: readout.population,
            shares: self.shares(steps as usize),
            steps: steps as usize,
            batch: batch as usize,
            width: width as usize,
            actions: actions as usize,
        };
        let inputs: Vec<&Tensor> = [spikes, weight, bias].into_iter().chain(added).collect();
        custom_op(operation, &inputs, &[replicas, batch, actions])
    }

    /// Each potential as a weighted sum of all inputs up to its time step: `[T, T]`, from all inputs to each potential.
    fn shares(&self, steps: usize) -> Vec<f32> {
        let share = |t: usize, s: usize| match self.tau {
            _ if s > t => 0.0,
            None => 1.0,
            Some(tau) => (1.0 - 1.0 / tau).powi((t - s) as i32) / tau,
        };
        (0..steps * steps)
            .map(|place| share(place / steps, place % steps) as f32)
            .collect()
    }

    /// Rejects a time constant below one step.
    pub fn check(&self) -> Result<(), ParameterError> {
        match self.tau {
            Some(tau) => ParameterError::unless(tau >= 1.0, "tau", tau, "must be at least 1"),
            None => Ok(()),
        }
    }
}

//! Read-out neurons that never fire: their membrane potential is the value of an action.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Scope};
use tch::{Kind, Tensor};

use super::readout::Readout;

/// Which potential of all time steps is the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// That after the last step.
    Last,
    /// The largest.
    Max,
    /// The one of the largest magnitude, with its sign. What the ILC-SAN code calls `max-mem`.
    #[serde(alias = "max-abs")]
    MaxAbs,
    /// The mean.
    Mean,
}

/// Non-spiking integrate-and-fire neurons, leaky or not, from rest at zero.
#[derive(Debug, Clone, Copy)]
pub struct Potential {
    /// What is read.
    pub read: Read,
    /// Time constant in steps of the leak, `v ← v + (x − v) / τ`; without it nothing leaks, `v ← v + x`.
    pub tau: Option<f64>,
}

impl Potential {
    /// From spikes `[R, T, B, width]`, by way of the read-out's weights, to what is read, `[R, B, actions]`. Noise
    /// `[R, T, B, actions]`, if there is any, adds to what goes in.
    pub fn of_spikes(
        &self,
        spikes: &Tensor,
        noise: Option<&Tensor>,
        readout: Readout,
        learned: Scope<'_>,
    ) -> Tensor {
        let [replicas, steps, batch, width] = spikes.size()[..] else {
            panic!("spikes are [R, T, B, width], not {:?}", spikes.size())
        };
        let input = readout.sum(&spikes.reshape([replicas, steps * batch, width]), learned);
        let input = match noise {
            Some(noise) => input + noise.reshape([replicas, steps * batch, -1]),
            None => input,
        };
        let read = self.read(&input.view([replicas, steps, -1]));
        read.view([replicas, batch, -1])
    }

    /// From inputs `[R, T, N]` to what is read of their neurons, `[R, N]`.
    fn read(&self, input: &Tensor) -> Tensor {
        let steps = input.size()[1] as usize;
        // Each potential is a weighted sum of the inputs so far.
        let share = |t: usize, s: usize| match self.tau {
            _ if s > t => 0.0,
            None => 1.0,
            Some(tau) => (1.0 - 1.0 / tau).powi((t - s) as i32) / tau,
        };
        let shares: Vec<f32> = (0..steps * steps)
            .map(|place| share(place / steps, place % steps) as f32)
            .collect();
        let shares = Tensor::from_slice(&shares)
            .view([steps as i64; 2])
            .to_device(input.device());
        let potentials = shares.matmul(input);
        match self.read {
            Read::Last => potentials.select(1, -1),
            Read::Max => potentials.max_dim(1, false).0,
            Read::MaxAbs => {
                let place = potentials.detach().abs().argmax(1, true);
                potentials.gather(1, &place, false).squeeze_dim(1)
            }
            Read::Mean => potentials.mean_dim(&[1i64][..], false, Kind::Float),
        }
    }

    /// Refuses a time constant below one step.
    pub fn check(&self) -> Result<(), ParameterError> {
        match self.tau {
            Some(tau) => ParameterError::unless(tau >= 1.0, "tau", tau, "must be at least 1"),
            None => Ok(()),
        }
    }
}

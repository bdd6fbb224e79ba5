//! Non-spiking read-out neurons, whose membrane potential is the value of an action.

use serde::{Deserialize, Serialize};
use spikebench::api::{ParameterError, Scope};
use tch::{Kind, Tensor};

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
        let [replicas, steps, batch, width] = spikes.size()[..] else {
            panic!("spikes are [R, T, B, width], not {:?}", spikes.size())
        };
        let input = readout.sum(&spikes.reshape([replicas, steps * batch, width]), learned);
        let input = match added {
            Some(added) => input + added.reshape([replicas, steps * batch, -1]),
            None => input,
        };
        let read = self.read(&input.view([replicas, steps, -1]));
        read.view([replicas, batch, -1])
    }

    /// The potentials that are read, `[R, N]`, of neurons with inputs `[R, T, N]`.
    fn read(&self, input: &Tensor) -> Tensor {
        let steps = input.size()[1] as usize;
        // Each potential is a weighted sum of all inputs up to its time step.
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

    /// Rejects a time constant below one step.
    pub fn check(&self) -> Result<(), ParameterError> {
        match self.tau {
            Some(tau) => ParameterError::unless(tau >= 1.0, "tau", tau, "must be at least 1"),
            None => Ok(()),
        }
    }
}

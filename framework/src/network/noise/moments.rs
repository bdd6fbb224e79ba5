//! The environment steps at which observations were made, as noise with a memory needs them.

use rand_core::RngCore;
use tch::{Device, Tensor};

use crate::api::generator;
use crate::kernel::{contiguous, values};
use crate::network::noise::step_keys::WIDTH;

/// The moments of observations `[R, B]`.
#[derive(Debug)]
pub struct Moments {
    /// The number of replicas, `R`.
    pub replicas: usize,
    /// The number of observations of each, `B`.
    pub batch: usize,
    /// One moment for each observation.
    pub each: Vec<Moment>,
}

/// A step of an episode.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// A random number that belongs to the replica's life and the episode.
    pub episode: u64,
    /// The number of the step within the episode.
    pub step: usize,
}

impl Moments {
    /// The moments with these step keys `[R, B, 3]`.
    pub fn of(keys: &Tensor) -> Self {
        let [replicas, batch, WIDTH] = keys.size()[..] else {
            panic!("step keys are [R, B, {WIDTH}], not {:?}", keys.size())
        };
        let keys = contiguous(&keys.to_device(Device::Cpu));
        let moment = |key: &[f32]| Moment {
            episode: generator(key[0] as u64, &format!("noise in episode {}", key[1])).next_u64(),
            step: key[2] as usize,
        };
        Self {
            replicas: replicas as usize,
            batch: batch as usize,
            each: values(&keys)
                .chunks_exact(WIDTH as usize)
                .map(moment)
                .collect(),
        }
    }
}

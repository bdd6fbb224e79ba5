//! All randomness of a run, from the seeds of its replicas.

use std::fmt::Debug;

use rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Tensor};

/// The one function through which all randomness flows: an independent generator for each seed and purpose.
pub fn generator(seed: u64, purpose: &str) -> Xoshiro256PlusPlus {
    let mut hasher = blake3::Hasher::new_derive_key("spikebench random stream v1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    Xoshiro256PlusPlus::from_seed(*hasher.finalize().as_bytes())
}

/// A source of random tensors whose leading dimension is the replicas.
pub trait Noise {
    /// Uniform in `[0, 1)`.
    fn uniform(&mut self, shape: &[i64]) -> Tensor;
}

/// One generator for each replica, so that a replica draws the same numbers whoever its neighbours are.
#[derive(Debug, Clone)]
pub struct Streams {
    generators: Vec<Xoshiro256PlusPlus>,
    device: Device,
}

impl Streams {
    /// The generators of these seeds for one purpose; tensors are made on `device`.
    pub fn new(seeds: &[u64], purpose: &str, device: Device) -> Self {
        Self {
            generators: seeds.iter().map(|&seed| generator(seed, purpose)).collect(),
            device,
        }
    }

    /// The number of replicas.
    pub fn replicas(&self) -> i64 {
        self.generators.len() as i64
    }

    /// Uniform in `[0, 1)`, of 24 random bits each.
    pub fn uniform(&mut self, shape: &[i64]) -> Tensor {
        self.fill(shape, |generator| {
            (generator.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
        })
    }

    /// Standard normal.
    pub fn normal(&mut self, shape: &[i64]) -> Tensor {
        self.fill(shape, |generator| StandardNormal.sample(generator))
    }

    /// For each replica, `count` indices below `bound`, with replacement.
    pub fn indices(&mut self, count: usize, bound: usize) -> Vec<Vec<usize>> {
        self.generators
            .iter_mut()
            .map(|generator| {
                // The high half of a 64 × 64 bit product: biased by less than bound / 2⁶⁴.
                (0..count)
                    .map(|_| ((u128::from(generator.next_u64()) * bound as u128) >> 64) as usize)
                    .collect()
            })
            .collect()
    }

    /// For each replica, a seed for something that has a generator of its own.
    pub fn seeds(&mut self) -> Vec<u64> {
        self.generators.iter_mut().map(RngCore::next_u64).collect()
    }

    fn fill(
        &mut self,
        shape: &[i64],
        mut draw: impl FnMut(&mut Xoshiro256PlusPlus) -> f32,
    ) -> Tensor {
        assert_eq!(
            shape[0],
            self.replicas(),
            "the leading dimension is the replicas"
        );
        let each = shape[1..].iter().product::<i64>() as usize;
        let mut values = Vec::with_capacity(each * self.generators.len());
        for generator in &mut self.generators {
            values.extend((0..each).map(|_| draw(generator)));
        }
        Tensor::from_slice(&values)
            .view(shape)
            .to_device(self.device)
    }
}

impl Noise for Streams {
    fn uniform(&mut self, shape: &[i64]) -> Tensor {
        Streams::uniform(self, shape)
    }
}

//! The random streams of a run, all derived from the seeds of its replicas.

use std::fmt::Debug;

use rand_core::{RngCore, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use tch::{Device, Tensor};

use super::{Mismatch, StateVisitor, Stateful};

/// An independent generator for each seed and purpose. All randomness of a run flows through this function.
pub fn generator(seed: u64, purpose: &str) -> Xoshiro256PlusPlus {
    let mut hasher = blake3::Hasher::new_derive_key("spikebench random stream v1");
    hasher.update(&seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    Xoshiro256PlusPlus::from_seed(*hasher.finalize().as_bytes())
}

/// A source of random tensors whose leading dimension is the replicas.
pub trait Noise {
    /// Draws from the uniform distribution on `[0, 1)`.
    fn uniform(&mut self, shape: &[i64]) -> Tensor;

    /// Draws from the standard normal distribution.
    fn normal(&mut self, shape: &[i64]) -> Tensor;
}

/// One generator per replica, so that a replica draws the same numbers whatever other replicas run beside it.
#[derive(Debug, Clone)]
pub struct Streams {
    generators: Vec<Xoshiro256PlusPlus>,
    device: Device,
}

impl Streams {
    /// The generators of these seeds for one purpose; tensors are created on `device`.
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

    /// Draws from the uniform distribution on `[0, 1)`, 24 random bits each.
    pub fn uniform(&mut self, shape: &[i64]) -> Tensor {
        self.fill(shape, |generator| {
            (generator.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
        })
    }

    /// Draws from the standard normal distribution.
    pub fn normal(&mut self, shape: &[i64]) -> Tensor {
        self.fill(shape, |generator| StandardNormal.sample(generator))
    }

    /// Draws `count` indices below `bound` for each replica, with replacement.
    pub fn indices(&mut self, count: usize, bound: usize) -> Vec<Vec<usize>> {
        self.generators
            .iter_mut()
            .map(|generator| {
                // The high half of a 64 × 64 bit product: its bias is below bound / 2⁶⁴.
                (0..count)
                    .map(|_| ((u128::from(generator.next_u64()) * bound as u128) >> 64) as usize)
                    .collect()
            })
            .collect()
    }

    /// Draws a seed for each replica, for something that has a generator of its own.
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
            "the leading dimension must be the number of replicas"
        );
        let each = shape[1..].iter().product::<i64>() as usize;
        let mut values = Vec::with_capacity(each * self.generators.len());
        for generator in &mut self.generators {
            values.extend((0..each).map(|_| draw(generator)));
        }
        let tensor = Tensor::from_slice(&values).view(shape);
        if self.device == Device::Cpu {
            return tensor;
        }
        tensor.to_device(self.device)
    }
}

/// The states of all generators, concatenated.
impl Stateful for Streams {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let mut words: Vec<u64> = self.generators.iter().flat_map(words).collect();
        with.words("generators", &mut words)?;
        for (generator, words) in self.generators.iter_mut().zip(words.chunks_exact(4)) {
            *generator = with_words(words);
        }
        Ok(())
    }
}

/// The four words of a generator's state, which the crate exposes through `serde` only.
fn words(generator: &Xoshiro256PlusPlus) -> [u64; 4] {
    let state = serde_json::to_value(generator)
        .and_then(|state| serde_json::from_value(state["s"].clone()));
    state.expect("the state of a generator is four words")
}

fn with_words(words: &[u64]) -> Xoshiro256PlusPlus {
    serde_json::from_value(serde_json::json!({ "s": words }))
        .expect("the state of a generator is four words")
}

impl Noise for Streams {
    fn uniform(&mut self, shape: &[i64]) -> Tensor {
        Streams::uniform(self, shape)
    }

    fn normal(&mut self, shape: &[i64]) -> Tensor {
        Streams::normal(self, shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    fn streams(seeds: &[u64], purpose: &str) -> Streams {
        Streams::new(seeds, purpose, Device::Cpu)
    }

    #[test]
    fn a_replica_draws_the_same_numbers_whatever_replicas_run_beside_it() {
        let together = streams(&[3, 4, 5], "x").normal(&[3, 100]);
        let alone = streams(&[4], "x").normal(&[1, 100]);
        assert!(together.narrow(0, 1, 1).equal(&alone));
    }

    #[test]
    fn every_seed_and_purpose_has_its_own_stream() {
        let draws = [("x", 1), ("y", 1), ("x", 2)]
            .map(|(purpose, seed)| streams(&[seed], purpose).uniform(&[1, 50]));
        for (a, one) in draws.iter().enumerate() {
            assert!(draws[..a].iter().all(|other| !one.equal(other)));
        }
    }

    #[test]
    fn draws_follow_their_distributions() {
        let mut streams = streams(&[7], "x");
        let uniform = streams.uniform(&[1, 100_000]);
        assert!(uniform.min().double_value(&[]) >= 0.0 && uniform.max().double_value(&[]) < 1.0);
        assert!((uniform.mean(Kind::Float).double_value(&[]) - 0.5).abs() < 0.005);
        let normal = streams.normal(&[1, 100_000]);
        assert!(normal.mean(Kind::Float).double_value(&[]).abs() < 0.015);
        assert!((normal.std(true).double_value(&[]) - 1.0).abs() < 0.01);
        let mut counts = [0; 7];
        streams.indices(70_000, 7)[0]
            .iter()
            .for_each(|&index| counts[index] += 1);
        assert!(
            counts
                .iter()
                .all(|&count: &i32| (count - 10_000).abs() < 400),
            "{counts:?}"
        );
    }
}

//! The generator that Gymnasium's environments draw from.

use rand_core::RngCore;
use rand_pcg::Lcg128Xsl64;
use serde::{Deserialize, Serialize};

use super::seed_sequence::seed_sequence;
use super::ziggurat::{LAYERS, TAIL};
use crate::api::{Mismatch, StateVisitor, Stateful};

/// NumPy's `numpy.random.default_rng(seed)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator(Lcg128Xsl64);

impl Generator {
    /// The generator that NumPy makes from `seed`.
    pub fn new(seed: u64) -> Self {
        let [state_high, state_low, stream_high, stream_low] = seed_sequence(seed);
        Self(Lcg128Xsl64::new(
            wide(state_high, state_low),
            wide(stream_high, stream_low),
        ))
    }

    /// A number from `low` (included) to `high` (excluded but for rounding), as `Generator.uniform` draws it.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A number from the standard normal distribution, as `Generator.standard_normal` draws it.
    pub fn standard_normal(&mut self) -> f64 {
        let layers = &*LAYERS;
        loop {
            let bits = self.0.next_u64();
            let layer = (bits & 0xff) as usize;
            let negative = bits & 0x100 != 0;
            let draw = bits >> 9 & ((1 << 52) - 1);
            let distance = draw as f64 * layers.width[layer];
            let signed = if negative { -distance } else { distance };
            if draw < layers.inner[layer] {
                return signed;
            }
            if layer == 0 {
                let beyond = self.beyond_tail();
                return if draw & 0x100 == 0 { beyond } else { -beyond };
            }
            let [above, below] = [layers.height[layer - 1], layers.height[layer]];
            if (above - below) * self.unit() + below < (-0.5 * distance * distance).exp() {
                return signed;
            }
        }
    }

    fn beyond_tail(&mut self) -> f64 {
        loop {
            let excess = -(1.0 / TAIL) * (-self.unit()).ln_1p();
            let height = -(-self.unit()).ln_1p();
            if height + height > excess * excess {
                return TAIL + excess;
            }
        }
    }

    /// A number from 0 (included) to 1 (excluded).
    fn unit(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * UNIT
    }
}

/// The four words of the generator's state and increment, the high one of each first.
impl Stateful for Generator {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let Lcg { state, increment } = Lcg::of(&self.0);
        let mut words = [state >> 64, state, increment >> 64, increment].map(|wide| wide as u64);
        with.words("pcg64", &mut words)?;
        self.0 = Lcg {
            state: wide(words[0], words[1]),
            increment: wide(words[2], words[3]),
        }
        .generator();
        Ok(())
    }
}

fn wide(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// The state of the generator, which its crate exposes through `serde` only. It takes text, because a JSON value holds no
/// 128 bits.
#[derive(Serialize, Deserialize)]
struct Lcg {
    state: u128,
    increment: u128,
}

impl Lcg {
    fn of(generator: &Lcg128Xsl64) -> Self {
        let text = serde_json::to_string(generator);
        text.and_then(|text| serde_json::from_str(&text))
            .expect("a generator is a state and an increment")
    }

    fn generator(&self) -> Lcg128Xsl64 {
        let text = serde_json::to_string(self);
        text.and_then(|text| serde_json::from_str(&text))
            .expect("a generator is a state and an increment")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each seed the bits of three draws of `uniform(0, 1)` and of the 1000th draw of `uniform(-0.005, 0.005)` after them.
    /// `tests/golden/environments/make.py numpy` printed this table and the next one with NumPy 2.4.6.
    #[rustfmt::skip]
    const NUMPY: [(u64, [u64; 4]); 5] = [
        (0, [0x3fe461fd79fb3850, 0x3fd1442f7e20b674, 0x3fa4fa7b529d9bd0, 0xbf03b224bcf01000]),
        (1, [0x3fe060d7be6f245c, 0x3fee6a32d7782a55, 0x3fc273d27b04760c, 0x3f60c69955a4e50c]),
        (12345, [0x3fcd1958c6d97fe0, 0x3fd445c4c5727930, 0x3fe984049046889d, 0xbf73b85603d74b65]),
        (4294967296, [0x3fec78bd7c50b582, 0x3fe1d4132d1fc63b, 0x3fe9a109ff09b1bd, 0xbf5c832b8d0ea7b4]),
        (9223372036854775813, [0x3fdebc23a2747c50, 0x3feceefd01860385, 0x3fe4890eaeaa8a18, 0x3f009234253c8c00]),
    ];

    #[test]
    fn uniform_draws_equal_those_of_numpy_to_the_last_bit() {
        for (seed, expected) in NUMPY {
            let mut generator = Generator::new(seed);
            let mut draws = [0.0; 4];
            for draw in &mut draws[..3] {
                *draw = generator.uniform(0.0, 1.0);
            }
            for _ in 0..1000 {
                draws[3] = generator.uniform(-0.005, 0.005);
            }
            assert_eq!(draws.map(f64::to_bits), expected, "seed {seed}");
        }
    }

    /// For each seed a hash of the bits of 1 000 000 draws of `standard_normal()`, some 250 of which lie in the tail.
    const NORMALS: [(u64, &str); 2] = [
        (0, "c28031a277d90776"),
        (9223372036854775813, "fa8121037cb356a6"),
    ];

    #[test]
    fn normal_draws_equal_those_of_numpy_to_the_last_bit() {
        for (seed, expected) in NORMALS {
            let mut generator = Generator::new(seed);
            let mut hash = blake3::Hasher::new();
            for _ in 0..1_000_000 {
                hash.update(&generator.standard_normal().to_le_bytes());
            }
            assert_eq!(hash.finalize().to_hex()[..16], *expected, "seed {seed}");
        }
    }

    #[test]
    fn a_restored_generator_draws_what_the_saved_one_draws() {
        let mut saved = Generator::new(9223372036854775813);
        saved.standard_normal();
        let mut restored = Generator::new(0);
        restored.restore(&saved.save()).unwrap();
        assert_eq!(restored, saved);
        assert_eq!(saved.uniform(0.0, 1.0), restored.uniform(0.0, 1.0));
    }
}

//! NumPy's default generator, bit for bit, because Gymnasium draws its first states from it.
//!
//! `numpy.random.default_rng(seed)` is `Generator(PCG64(SeedSequence(seed)))`:
//!
//! - the seed is spread over 256 bits by NumPy's `SeedSequence`
//!   ([`bit_generator.pyx`](https://github.com/numpy/numpy/blob/v2.4.0/numpy/random/bit_generator.pyx)), after
//!   M. E. O'Neill's [`seed_seq_fe`](https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html);
//! - these start PCG64 XSL-RR: M. E. O'Neill, *PCG: A Family of Simple Fast Space-Efficient Statistically Good
//!   Algorithms for Random Number Generation*, Harvey Mudd College HMC-CS-2014-0905, 2014.
//!
//! NumPy promises no stable streams for `Generator`
//! ([NEP 19](https://numpy.org/neps/nep-0019-rng-policy.html)); these agree with versions 1.26 and 2.4.

mod normal;

use normal::{LAYERS, TAIL};

/// `numpy.random.default_rng(seed)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    state: u128,
    increment: u128,
}

impl Generator {
    /// The generator that NumPy makes from `seed`.
    pub fn new(seed: u64) -> Self {
        let [state_high, state_low, stream_high, stream_low] = seed_sequence(seed);
        let increment = (u128::from(stream_high) << 64 | u128::from(stream_low)) << 1 | 1;
        let mut generator = Self {
            state: 0,
            increment,
        };
        generator.advance();
        generator.state = generator
            .state
            .wrapping_add(u128::from(state_high) << 64 | u128::from(state_low));
        generator.advance();
        generator
    }

    /// A number from `low` (included) to `high` (excluded but for rounding), as `Generator.uniform`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A number of mean 0 and variance 1, as `Generator.standard_normal`.
    pub fn standard_normal(&mut self) -> f64 {
        let layers = &*LAYERS;
        loop {
            let bits = self.next();
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

    /// From 0 (included) to 1 (excluded).
    fn unit(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.next() >> 11) as f64 * UNIT
    }

    fn next(&mut self) -> u64 {
        self.advance();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    fn advance(&mut self) {
        const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;
        self.state = self
            .state
            .wrapping_mul(MULTIPLIER)
            .wrapping_add(self.increment);
    }
}

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_sequence(seed: u64) -> [u64; 4] {
    // NumPy leaves a high half of zero out of the entropy, and fills the pool up with zeros: the same words.
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0];

    let mut absorb = Hash::new(0x43b0_d7e5, 0x931e_8875);
    for word in &mut pool {
        *word = absorb.hash(*word);
    }
    for source in 0..pool.len() {
        for target in 0..pool.len() {
            if source != target {
                pool[target] = mix(pool[target], absorb.hash(pool[source]));
            }
        }
    }

    let mut squeeze = Hash::new(0x8b51_f9dd, 0x58f3_8ded);
    let words: [u32; 8] = std::array::from_fn(|i| squeeze.hash(pool[i % pool.len()]));
    std::array::from_fn(|i| u64::from(words[2 * i + 1]) << 32 | u64::from(words[2 * i]))
}

/// A hash whose constant changes with every word.
struct Hash {
    constant: u32,
    multiplier: u32,
}

impl Hash {
    fn new(constant: u32, multiplier: u32) -> Self {
        Self {
            constant,
            multiplier,
        }
    }

    fn hash(&mut self, word: u32) -> u32 {
        let word = word ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.multiplier);
        let word = word.wrapping_mul(self.constant);
        word ^ word >> 16
    }
}

fn mix(left: u32, right: u32) -> u32 {
    let word = left
        .wrapping_mul(0xca01_f9dd)
        .wrapping_sub(right.wrapping_mul(0x4973_f715));
    word ^ word >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Per seed: the bits of three draws of `uniform(0, 1)`, and of the 1000th of `uniform(-0.005, 0.005)` after
    /// them. Printed, as the next table, by `tests/golden/environments/make.py numpy` with NumPy 2.4.6.
    #[rustfmt::skip]
    const NUMPY: [(u64, [u64; 4]); 5] = [
        (0, [0x3fe461fd79fb3850, 0x3fd1442f7e20b674, 0x3fa4fa7b529d9bd0, 0xbf03b224bcf01000]),
        (1, [0x3fe060d7be6f245c, 0x3fee6a32d7782a55, 0x3fc273d27b04760c, 0x3f60c69955a4e50c]),
        (12345, [0x3fcd1958c6d97fe0, 0x3fd445c4c5727930, 0x3fe984049046889d, 0xbf73b85603d74b65]),
        (4294967296, [0x3fec78bd7c50b582, 0x3fe1d4132d1fc63b, 0x3fe9a109ff09b1bd, 0xbf5c832b8d0ea7b4]),
        (9223372036854775813, [0x3fdebc23a2747c50, 0x3feceefd01860385, 0x3fe4890eaeaa8a18, 0x3f009234253c8c00]),
    ];

    #[test]
    fn uniform_draws_are_those_of_numpy_to_the_last_bit() {
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

    /// Per seed: a hash of the bits of 1000000 draws of `standard_normal()`, of which some 250 lie in the tail.
    const NORMALS: [(u64, &str); 2] = [
        (0, "c28031a277d90776"),
        (9223372036854775813, "fa8121037cb356a6"),
    ];

    #[test]
    fn normal_draws_are_those_of_numpy_to_the_last_bit() {
        for (seed, expected) in NORMALS {
            let mut generator = Generator::new(seed);
            let mut hash = blake3::Hasher::new();
            for _ in 0..1_000_000 {
                hash.update(&generator.standard_normal().to_le_bytes());
            }
            assert_eq!(hash.finalize().to_hex()[..16], *expected, "seed {seed}");
        }
    }
}

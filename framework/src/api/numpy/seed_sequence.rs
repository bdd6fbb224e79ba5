//! NumPy's `SeedSequence`, which spreads a seed over 256 bits.

/// NumPy's `SeedSequence(seed).generate_state(4, uint64)`.
pub(super) fn seed_sequence(seed: u64) -> [u64; 4] {
    // NumPy omits a high half that is zero from the entropy and fills the pool up with zeros, which gives the same words.
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

/// A hash function whose constant changes with every word.
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

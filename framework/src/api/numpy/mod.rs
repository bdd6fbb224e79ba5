//! NumPy's default random generator, bit for bit, because Gymnasium draws its initial states from it.
//!
//! `numpy.random.default_rng(seed)` is `Generator(PCG64(SeedSequence(seed)))`:
//!
//! - NumPy's `SeedSequence` spreads the seed over 256 bits
//!   ([`bit_generator.pyx`](https://github.com/numpy/numpy/blob/v2.4.0/numpy/random/bit_generator.pyx)), after M. E. O'Neill's
//!   [`seed_seq_fe`](https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html);
//! - they initialise PCG64 XSL-RR: M. E. O'Neill, *PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms
//!   for Random Number Generation*, Harvey Mudd College HMC-CS-2014-0905, 2014.
//!
//! NumPy promises no stable streams for `Generator` ([NEP 19](https://numpy.org/neps/nep-0019-rng-policy.html)); these agree
//! with versions 1.26 and 2.4.

mod generator;
mod seed_sequence;
mod ziggurat;

pub use generator::Generator;

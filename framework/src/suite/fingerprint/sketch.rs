//! A hash of measured numbers that does not depend on the last bits of a processor.
//!
//! Every number is rounded before it is hashed. A number close to the boundary between two roundings can still fall to
//! either side on two processors, so the roundings are coarse, the numbers are few, and the boundaries lie at odd places,
//! where powers of two, whole numbers and short decimals do not lie. With a rounding to `b` binary digits, a relative noise of
//! `n` moves a number across a boundary with a probability of at most `2 n 2ᵇ`:
//!
//! - a number of a formula in double precision (`b = 24`, `n = 1e-15`): 3e-8, and 5e-5 for all values of a surrogate or a
//!   neuron model;
//! - a number that an environment returns (`b = 13`, `n = 1e-12`): 2e-8, and 6e-5 for the largest of the built-in ones;
//! - a projection of a network's outputs or gradients (`b = 7`, `n = 1e-7`, the precision of its numbers): 3e-5, and 5e-4 for
//!   an actor or an agent, which have four or five vectors with four projections each. With `n = 1e-6` it would be 5e-3.

use rand_core::RngCore;
use tch::{Kind as Number, Tensor};

use crate::api::{Kind, generator};

/// Where the boundaries of roundings lie between two whole multiples of the step.
const OFFSET: f64 = 0.381_966_011;

/// Binary digits that remain of a number of a formula: single precision, in which formulas run in training.
const FORMULA: i32 = 24;
/// Binary digits that remain of a number from an environment.
const STEP: i32 = 13;
/// Binary digits that remain of a projection.
const PROJECTION: i32 = 7;

/// Random projections of a vector that are hashed.
const PROJECTIONS: u64 = 4;

/// A hash in the making.
#[derive(Debug)]
pub struct Sketch(blake3::Hasher);

impl Sketch {
    /// The hash of nothing yet, for a component of this kind.
    pub fn new(kind: Kind) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("spikebench fingerprint v1");
        hasher.update(kind.to_string().as_bytes());
        Self(hasher)
    }

    /// Adds a text.
    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    /// Adds a whole number.
    pub fn count(&mut self, count: usize) {
        self.0.update(&(count as u64).to_le_bytes());
    }

    /// Adds a number of a formula in double precision; differences below 1e-12 do not count.
    pub fn formula(&mut self, value: f64) {
        self.rounded(value, value.abs(), FORMULA, -40);
    }

    /// Adds a number that an environment returned; differences below 1e-7 do not count.
    pub fn step(&mut self, value: f64) {
        self.rounded(value, value.abs(), STEP, -23);
    }

    /// Adds what random projections keep of a vector. A change of a twentieth of the whole goes unnoticed once in 5000 times, one
    /// of a hundredth once in ten times.
    pub fn vector(&mut self, values: &[f64]) {
        self.count(values.len());
        let strange = values.iter().filter(|value| !value.is_finite()).count();
        self.count(strange);
        let length = values.len().max(1) as f64;
        let magnitude = magnitude(values);
        for projection in 0..PROJECTIONS {
            let mut draw = generator(projection, "fingerprint projection");
            let coefficient = |word: u32| f64::from(word) / f64::from(1u32 << 31) - 1.0;
            let sum: f64 = values
                .iter()
                .map(|value| finite(value) * coefficient(draw.next_u32()))
                .sum();
            let projected = sum * (3.0 / length).sqrt();
            self.rounded(projected, magnitude, PROJECTION, -60);
        }
    }

    /// Adds what random projections keep of several vectors that may differ much in magnitude: of all of them together, each
    /// divided by its magnitude, and of the logarithms of the magnitudes.
    pub fn vectors(&mut self, all: &[Vec<f64>]) {
        let magnitudes = all.iter().map(|values| magnitude(values));
        let magnitudes: Vec<f64> = magnitudes.collect();
        let scaled = all.iter().zip(&magnitudes).flat_map(|(values, magnitude)| {
            let unit = if *magnitude > 0.0 { *magnitude } else { 1.0 };
            values.iter().map(move |value| value / unit)
        });
        self.vector(&scaled.collect::<Vec<f64>>());
        let logarithms = magnitudes.iter().map(|magnitude| match magnitude {
            0.0 => 0.0,
            magnitude => magnitude.log2(),
        });
        self.vector(&logarithms.collect::<Vec<f64>>());
    }

    /// Adds what random projections keep of a tensor, and its shape.
    pub fn tensor(&mut self, tensor: &Tensor) {
        for size in tensor.size() {
            self.count(size as usize);
        }
        self.vector(&values(tensor));
    }

    /// Sixteen hexadecimal digits.
    pub fn finish(&self) -> String {
        self.0.finalize().to_hex()[..16].to_owned()
    }

    /// Adds a number rounded to this many binary digits of `magnitude`, but no finer than to `2^finest`.
    fn rounded(&mut self, value: f64, magnitude: f64, digits: i32, finest: i32) {
        if !value.is_finite() {
            return self.text(&value.to_string());
        }
        let least = f64::from(finest + digits);
        let exponent = (magnitude.log2() + OFFSET).floor().max(least) as i32;
        let step = 2f64.powi(exponent - digits);
        let bucket = (value / step + OFFSET).floor() as i64;
        self.0.update(&exponent.to_le_bytes());
        self.0.update(&bucket.to_le_bytes());
    }
}

fn finite(value: &f64) -> f64 {
    if value.is_finite() { *value } else { 0.0 }
}

/// The root mean square of the finite values.
fn magnitude(values: &[f64]) -> f64 {
    let squares: f64 = values.iter().map(|value| finite(value).powi(2)).sum();
    (squares / values.len().max(1) as f64).sqrt()
}

/// All values of a tensor.
pub fn values(tensor: &Tensor) -> Vec<f64> {
    let flat = tensor
        .detach()
        .to_kind(Number::Double)
        .contiguous()
        .view([-1]);
    let mut values = vec![0.0; flat.numel()];
    flat.copy_data(&mut values, flat.numel());
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(add: impl FnOnce(&mut Sketch)) -> String {
        let mut sketch = Sketch::new(Kind::Surrogate);
        add(&mut sketch);
        sketch.finish()
    }

    /// Numbers between -8 and 8, plain ones among them.
    fn numbers() -> Vec<f64> {
        let mut draw = generator(0, "numbers");
        let odd = (0..200).map(|_| f64::from(draw.next_u32()) / f64::from(1u32 << 28) - 8.0);
        let plain = (-40..=40).flat_map(|k: i32| [f64::from(k) / 8.0, f64::from(k) / 10.0, 0.0]);
        odd.chain(plain).collect()
    }

    #[test]
    fn the_last_bits_of_a_number_do_not_count_and_the_seventh_digit_does() {
        for value in numbers() {
            for noise in [1e-15, -1e-15] {
                let noisy = value * (1.0 + noise) + 1e-17;
                assert_eq!(sketch(|s| s.formula(value)), sketch(|s| s.formula(noisy)));
                assert_eq!(sketch(|s| s.step(value)), sketch(|s| s.step(noisy)));
            }
            let other = value * (1.0 + 3e-7) + 3e-12;
            assert_ne!(sketch(|s| s.formula(value)), sketch(|s| s.formula(other)));
            let other = value * (1.0 + 5e-4) + 3e-7;
            assert_ne!(sketch(|s| s.step(value)), sketch(|s| s.step(other)));
        }
    }

    #[test]
    fn noise_of_single_precision_changes_the_sketch_of_a_vector_as_rarely_as_stated() {
        let values = numbers();
        let mut draw = generator(1, "noise");
        let (mut changed, trials) = (0, 2000);
        for scale in 0..trials {
            let scale = 1.1f64.powi(scale % 100);
            let vector: Vec<f64> = values.iter().map(|value| value * scale).collect();
            let noisy = vector.iter().map(|value| {
                let noise = f64::from(draw.next_u32()) / f64::from(1u32 << 31) - 1.0;
                value * (1.0 + 1e-6 * noise)
            });
            let noisy: Vec<f64> = noisy.collect();
            let differ = sketch(|s| s.vector(&vector)) != sketch(|s| s.vector(&noisy));
            changed += u32::from(differ);
        }
        assert!(changed <= 10, "{changed} of {trials}");
    }

    #[test]
    fn a_vector_is_noticed_to_change_in_any_of_its_parts() {
        let values = numbers();
        let before = sketch(|s| s.vector(&values));
        for index in 0..values.len() {
            let mut other = values.clone();
            other[index] += 4.0;
            assert_ne!(before, sketch(|s| s.vector(&other)), "{index}");
        }
        let strange = [values.as_slice(), &[f64::NAN]].concat();
        let longer = [values.as_slice(), &[0.0]].concat();
        assert_ne!(
            sketch(|s| s.vector(&strange)),
            sketch(|s| s.vector(&longer))
        );
    }

    #[test]
    fn numbers_that_are_not_finite_are_told_apart() {
        let all = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0];
        for (index, one) in all.iter().enumerate() {
            for other in &all[..index] {
                assert_ne!(sketch(|s| s.formula(*one)), sketch(|s| s.formula(*other)));
            }
        }
    }
}

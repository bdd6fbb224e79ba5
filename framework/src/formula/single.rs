//! Formulas on single-precision numbers, as the loops over slices compute them.

use std::f64::consts::{FRAC_PI_2, LN_2, LOG2_E, PI};
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::Real;

/// An `f32` that computes as LibTorch does on single-precision tensors: constants are rounded once, every operation is
/// rounded, and no two are contracted. (It is a type of its own because `f32 + f64` cannot be defined here.)
///
/// No operation branches, so that a loop over a slice is compiled to vector instructions. `exp`, `ln`, `tanh` and `sigmoid`
/// are polynomials in double precision, within 1 ulp of the exact value. `sin` and `cos` are too, up to arguments of
/// magnitude 10⁵; beyond that they are meaningless.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(transparent)]
pub struct Single(pub f32);

impl Single {
    #[inline(always)]
    fn wide(self) -> f64 {
        self.0 as f64
    }
}

macro_rules! arithmetic {
    ($($operation:ident $method:ident),*) => {$(
        impl $operation for Single {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        }

        impl $operation<f64> for Single {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                Self(self.0.$method(other as f32))
            }
        }

        impl $operation<Single> for f64 {
            type Output = Single;

            #[inline(always)]
            fn $method(self, other: Single) -> Single {
                Single((self as f32).$method(other.0))
            }
        }
    )*};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Single {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Real for Single {
    type Condition = bool;

    #[inline(always)]
    fn from(constant: f64) -> Self {
        Self(constant as f32)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.abs())
    }
    #[inline(always)]
    fn exp(self) -> Self {
        Self(exp(self.wide()) as f32)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        Self(ln(self.wide()) as f32)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    #[inline(always)]
    fn recip(self) -> Self {
        Self(1.0 / self.0)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        let x = self.wide();
        let square = x * x;
        let near = x * (1.0 - square * (1.0 / 3.0 - square * (2.0 / 15.0)));
        let far = (1.0 - 2.0 / (exp(2.0 * x.abs()) + 1.0)).copysign(x);
        Self(if square < 4e-4 { near } else { far } as f32)
    }
    #[inline(always)]
    fn sigmoid(self) -> Self {
        Self((1.0 / (1.0 + roughly_exp(-self.wide()))) as f32)
    }
    #[inline(always)]
    fn sin(self) -> Self {
        Self(sin(self.wide()) as f32)
    }
    #[inline(always)]
    fn cos(self) -> Self {
        Self(sin(self.wide() + FRAC_PI_2) as f32)
    }
    #[inline(always)]
    fn below(self, other: Self) -> bool {
        self.0 < other.0
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        self.0.is_nan()
    }
    #[inline(always)]
    fn select(condition: bool, yes: Self, no: Self) -> Self {
        if condition { yes } else { no }
    }
    #[inline(always)]
    fn either(one: bool, other: bool) -> bool {
        one | other
    }
    #[inline(always)]
    fn detach(self) -> Self {
        self
    }
}

/// 1.5 · 2⁵². Adding it rounds a number to an integer, which the low bits of the sum then hold; subtracting it again leaves
/// the rounded number.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The exponential, with a relative error below 10⁻¹¹ over the range of single precision.
#[inline(always)]
fn exp(x: f64) -> f64 {
    let (r, power) = reduced(x);
    let mut sum = 1.0 / 362_880.0;
    for factorial in [40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        sum = sum * r + 1.0 / factorial;
    }
    sum * power
}

/// The same with a relative error below 2 · 10⁻⁹, a thirtieth of what rounding to single precision adds: for neurons, which
/// take it in every time step. The polynomial is that of least relative error.
#[inline(always)]
fn roughly_exp(x: f64) -> f64 {
    let (r, power) = reduced(x);
    let mut sum = 1.383_684_603_01e-3;
    for coefficient in [
        8.374_815_894_61e-3,
        4.166_822_557_43e-2,
        1.666_642_016_88e-1,
        4.999_999_207_98e-1,
        1.000_000_036_32,
        1.000_000_000_55,
    ] {
        sum = sum * r + coefficient;
    }
    sum * power
}

/// A number as `r + n · ln 2` with `r` near 0 and a whole `n`: `r` and `2ⁿ`.
#[inline(always)]
fn reduced(x: f64) -> (f64, f64) {
    // NaN passes through both lines.
    let x = if x > 130.0 { 130.0 } else { x };
    let x = if x < -130.0 { -130.0 } else { x };
    let rounded = x * LOG2_E + ROUNDER;
    let r = x - (rounded - ROUNDER) * LN_2;
    let power = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1023 << 52));
    (r, power)
}

/// The logarithm of `x = m · 2ᵏ` with `m` near 1, by `ln m = 2 artanh((m − 1) / (m + 1))`.
#[inline(always)]
fn ln(x: f64) -> f64 {
    const LEAST: u64 = 0x3fe6_a09e_667f_3bcd; // the bits of √½, the least `m`
    const ONE: u64 = 1023 << 52;
    let bits = x.to_bits();
    let exponent = bits.wrapping_sub(LEAST).wrapping_add(ONE) >> 52;
    let m = f64::from_bits(bits.wrapping_sub(exponent << 52).wrapping_add(ONE));
    let k = f64::from_bits(exponent | (1075 << 52)) - (4_503_599_627_370_496.0 + 1023.0);
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let mut sum = 1.0 / 13.0;
    for odd in [11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        sum = sum * square + 1.0 / odd;
    }
    let value = k * LN_2 + 2.0 * s * sum;
    let value = if x > 0.0 { value } else { f64::NAN };
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    if x == f64::INFINITY { x } else { value }
}

/// The sine, by the Taylor series around the nearest multiple of π.
#[inline(always)]
fn sin(x: f64) -> f64 {
    /// What double precision cuts off from π.
    const PI_REST: f64 = 1.224_646_799_147_353_2e-16;
    let rounded = x * (1.0 / PI) + ROUNDER;
    let n = rounded - ROUNDER;
    let r = x - n * PI - n * PI_REST;
    let sign = rounded.to_bits() << 63;
    let square = r * r;
    let mut sum = 1.0;
    for pair in [210.0, 156.0, 110.0, 72.0, 42.0, 20.0, 6.0] {
        sum = 1.0 - square / pair * sum;
    }
    f64::from_bits((r * sum).to_bits() ^ sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distance to the exact value, in units of the last place of the nearest `f32`.
    fn ulps(ours: f32, exact: f64) -> f64 {
        let nearest = exact as f32;
        if nearest.is_nan() || nearest.is_infinite() {
            let same = ours == nearest || (ours.is_nan() && nearest.is_nan());
            return if same { 0.0 } else { f64::INFINITY };
        }
        let least = f32::from_bits(1) as f64;
        let unit = nearest.abs().next_up() as f64 - nearest.abs() as f64;
        (ours as f64 - exact).abs() / f64::max(unit, least)
    }

    fn worst(ours: fn(Single) -> Single, exact: fn(f64) -> f64, points: &[f32]) -> (f64, f32) {
        let off = |&x: &f32| (ulps(ours(Single(x)).0, exact(x.into())), x);
        points
            .iter()
            .map(off)
            .fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
    }

    /// A sample of all magnitudes of an `f32`, with both signs.
    fn everywhere() -> Vec<f32> {
        let mut points: Vec<f32> = (0..=u32::MAX / 9_973)
            .map(|i| f32::from_bits(i * 9_973))
            .collect();
        points.extend([
            0.0,
            -0.0,
            1.0,
            -1.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
        ]);
        points
    }

    #[test]
    fn functions_are_within_one_unit_of_the_last_place() {
        let logistic: fn(f64) -> f64 = |x| 1.0 / (1.0 + (-x).exp());
        for (name, ours, exact) in [
            (
                "exp",
                Single::exp as fn(Single) -> Single,
                f64::exp as fn(f64) -> f64,
            ),
            ("ln", Single::ln, f64::ln),
            ("tanh", Single::tanh, f64::tanh),
            ("sigmoid", Single::sigmoid, logistic),
        ] {
            let (off, at) = worst(ours, exact, &everywhere());
            assert!(off <= 1.0, "{name}({at}) is off by {off} ulp");
        }
        let near: Vec<f32> = everywhere()
            .into_iter()
            .filter(|x| x.abs() <= 1e5)
            .collect();
        for (name, ours, exact) in [
            (
                "sin",
                Single::sin as fn(Single) -> Single,
                f64::sin as fn(f64) -> f64,
            ),
            ("cos", Single::cos, f64::cos),
        ] {
            let (off, at) = worst(ours, exact, &near);
            assert!(off <= 1.0, "{name}({at}) is off by {off} ulp");
        }
    }

    #[test]
    fn minimum_maximum_and_clamp_propagate_nan() {
        let (nan, one) = (Single(f32::NAN), Single(1.0));
        for result in [
            nan.min(one),
            one.min(nan),
            nan.max(one),
            one.max(nan),
            nan.clamp(0.0, 1.0),
        ] {
            assert!(result.0.is_nan());
        }
        assert_eq!(
            (one.min(Single(2.0)), one.max(Single(2.0))),
            (one, Single(2.0))
        );
    }
}

//! The numbers that formulas are written in.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// The arithmetic of a formula. A surrogate or a neuron model is written once, generic over `Real`, and is then run on
///
/// - `f64` for plots, areas and reference values;
/// - [`Single`](super::Single) for loops over slices on the CPU;
/// - [`Dual`](super::Dual) of either for derivatives, so that nobody writes a backward pass by hand;
/// - [`Expr`](super::Expr) for tensors on any device, with LibTorch's autograd.
///
/// Constants are `f64` and may stand on either side of an operator: `1.0 + k * u`. A formula cannot branch: write
/// `R::select(condition, yes, no)`, `clamp`, `min` or `max` instead of `if`.
#[diagnostic::on_unimplemented(
    message = "a formula cannot compute with `{Self}`",
    label = "this is not a number of a formula",
    note = "formulas are generic over `R: Real`; constants are `f64`, and `R::from(constant)` makes one an `R`"
)]
pub trait Real:
    Copy
    + Constants<Constant = f64>
    + Constants<Constant: Arithmetic<f64> + Arithmetic<Self>>
    + Debug
    + Neg<Output = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// The result of a comparison.
    type Condition: Copy;

    /// A constant.
    fn from(constant: f64) -> Self;
    /// The magnitude.
    fn abs(self) -> Self;
    /// The exponential function.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// One over `self`.
    fn recip(self) -> Self;
    /// A whole power, by multiplications.
    #[inline(always)]
    fn powi(self, power: i32) -> Self {
        let (mut product, mut square) = (Self::from(1.0), self);
        let mut left = power.unsigned_abs();
        while left > 0 {
            if left % 2 == 1 {
                product = product * square;
            }
            square = square * square;
            left /= 2;
        }
        if power < 0 { product.recip() } else { product }
    }
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The logistic function.
    fn sigmoid(self) -> Self;
    /// The sine.
    fn sin(self) -> Self;
    /// The cosine.
    fn cos(self) -> Self;
    /// The smaller of two numbers; NaN if either is NaN.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let second = Self::either(other.below(self), other.is_nan());
        Self::select(second, other, self)
    }
    /// The larger of two numbers; NaN if either is NaN.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let second = Self::either(self.below(other), other.is_nan());
        Self::select(second, other, self)
    }
    /// `self`, limited to `[low, high]`.
    #[inline(always)]
    fn clamp(self, low: f64, high: f64) -> Self {
        self.max(Self::from(low)).min(Self::from(high))
    }
    /// Whether `self` is strictly below `other`.
    fn below(self, other: Self) -> Self::Condition;
    /// Whether `self` is NaN.
    fn is_nan(self) -> Self::Condition;
    /// Whether at least one of two conditions holds.
    fn either(one: Self::Condition, other: Self::Condition) -> Self::Condition;
    /// `yes` where the condition holds, `no` elsewhere.
    fn select(condition: Self::Condition, yes: Self, no: Self) -> Self;
    /// The same value as a constant, through which no gradient flows.
    fn detach(self) -> Self;
}

/// The type of constants, which is `f64` for every number. A supertrait cannot demand anything of `f64`, but it can of an
/// associated type that is `f64`, and users of the trait then know it.
pub trait Constants {
    /// `f64`.
    type Constant;
}

impl<N: Real> Constants for N {
    type Constant = f64;
}

/// Operators whose left side is a constant.
pub trait Arithmetic<N>:
    Add<N, Output = N> + Sub<N, Output = N> + Mul<N, Output = N> + Div<N, Output = N>
{
}

impl<N, C> Arithmetic<N> for C where
    C: Add<N, Output = N> + Sub<N, Output = N> + Mul<N, Output = N> + Div<N, Output = N>
{
}

impl Real for f64 {
    type Condition = bool;

    fn from(constant: f64) -> Self {
        constant
    }
    fn abs(self) -> Self {
        f64::abs(self)
    }
    fn exp(self) -> Self {
        f64::exp(self)
    }
    fn ln(self) -> Self {
        f64::ln(self)
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn recip(self) -> Self {
        f64::recip(self)
    }
    fn tanh(self) -> Self {
        f64::tanh(self)
    }
    fn sigmoid(self) -> Self {
        1.0 / (1.0 + (-self).exp())
    }
    fn sin(self) -> Self {
        f64::sin(self)
    }
    fn cos(self) -> Self {
        f64::cos(self)
    }
    fn below(self, other: Self) -> bool {
        self < other
    }
    fn is_nan(self) -> bool {
        f64::is_nan(self)
    }
    fn either(one: bool, other: bool) -> bool {
        one | other
    }
    fn select(condition: bool, yes: Self, no: Self) -> Self {
        if condition { yes } else { no }
    }
    fn detach(self) -> Self {
        self
    }
}

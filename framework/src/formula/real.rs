//! The number type that formulas are written in.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What a formula may compute with. A surrogate or a neuron model is written once, generic over `Real`, and is
/// then run on
///
/// - `f64`: plots, areas, reference values;
/// - [`Single`](super::Single): the loops over slices on the CPU;
/// - [`Dual`](super::Dual) of either: derivatives, so that nobody writes a backward pass by hand;
/// - [`Expr`](super::Expr): tensors of any device, with LibTorch's autograd.
///
/// There are no branches: write `R::select(condition, yes, no)`, `clamp`, `min`, `max`.
pub trait Real:
    Copy
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
    /// e to the power of `self`.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// One over `self`.
    fn recip(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The logistic function.
    fn sigmoid(self) -> Self;
    /// The sine.
    fn sin(self) -> Self;
    /// The cosine.
    fn cos(self) -> Self;
    /// The smaller of two; not a number if one of them is none.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let second = Self::either(other.below(self), other.is_nan());
        Self::select(second, other, self)
    }
    /// The larger of two; not a number if one of them is none.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        let second = Self::either(self.below(other), other.is_nan());
        Self::select(second, other, self)
    }
    /// `self`, kept within `[low, high]`.
    #[inline(always)]
    fn clamp(self, low: f64, high: f64) -> Self {
        self.max(Self::from(low)).min(Self::from(high))
    }
    /// Is `self` strictly below `other`?
    fn below(self, other: Self) -> Self::Condition;
    /// Is it not a number?
    fn is_nan(self) -> Self::Condition;
    /// Does one of two conditions hold?
    fn either(one: Self::Condition, other: Self::Condition) -> Self::Condition;
    /// `yes` where the condition holds, `no` elsewhere.
    fn select(condition: Self::Condition, yes: Self, no: Self) -> Self;
    /// The same value, through which no gradient flows.
    fn detach(self) -> Self;
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

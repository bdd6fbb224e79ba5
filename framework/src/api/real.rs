//! The number type that formulas are written in.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// What a formula may compute with. A surrogate or a neuron model is written once, generic over `Real`, and is
/// then run on single numbers (`f64`: plots, areas, reference values) or on tensors with LibTorch's autograd
/// ([`Expr`](super::Expr)).
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
    /// The smaller of two.
    fn min(self, other: Self) -> Self;
    /// The larger of two.
    fn max(self, other: Self) -> Self;
    /// `self`, kept within `[low, high]`.
    fn clamp(self, low: f64, high: f64) -> Self;
    /// Is `self` strictly below `other`?
    fn below(self, other: Self) -> Self::Condition;
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
    fn min(self, other: Self) -> Self {
        f64::min(self, other)
    }
    fn max(self, other: Self) -> Self {
        f64::max(self, other)
    }
    fn clamp(self, low: f64, high: f64) -> Self {
        f64::clamp(self, low, high)
    }
    fn below(self, other: Self) -> bool {
        self < other
    }
    fn select(condition: bool, yes: Self, no: Self) -> Self {
        if condition { yes } else { no }
    }
    fn detach(self) -> Self {
        self
    }
}

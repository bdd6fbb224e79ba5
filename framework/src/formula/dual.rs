//! Formulas with their derivatives: forward-mode differentiation with dual numbers.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::Real;

/// A value and its partial derivatives in `K` directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dual<R, const K: usize> {
    /// The value.
    pub value: R,
    /// Its partial derivatives.
    pub partials: [R; K],
}

impl<R: Real, const K: usize> Dual<R, K> {
    /// A constant: all its derivatives are zero.
    #[inline(always)]
    pub fn constant(value: R) -> Self {
        Self {
            value,
            partials: [R::from(0.0); K],
        }
    }

    /// The variable of direction `index`. If there is no such direction, it is a constant.
    #[inline(always)]
    pub fn variable(value: R, index: usize) -> Self {
        Self {
            value,
            partials: each(|k| R::from(if k == index { 1.0 } else { 0.0 })),
        }
    }

    /// The chain rule for a function with this `value` and `slope` at `self`.
    #[inline(always)]
    fn chain(self, value: R, slope: R) -> Self {
        Self {
            value,
            partials: each(|k| self.partials[k] * slope),
        }
    }
}

/// The standard library's `array::from_fn`, which is not always inlined.
#[inline(always)]
fn each<R: Real, const K: usize>(make: impl Fn(usize) -> R) -> [R; K] {
    let mut made = [R::from(0.0); K];
    for (k, one) in made.iter_mut().enumerate() {
        *one = make(k);
    }
    made
}

impl<R: Real, const K: usize> Neg for Dual<R, K> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self {
            value: -self.value,
            partials: each(|k| -self.partials[k]),
        }
    }
}

/// The operations that act on the value and on each derivative alike.
macro_rules! linear {
    ($($operation:ident $method:ident),*) => {$(
        impl<R: Real, const K: usize> $operation for Dual<R, K> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self {
                    value: self.value.$method(other.value),
                    partials: each(|k| self.partials[k].$method(other.partials[k])),
                }
            }
        }
    )*};
}
linear!(Add add, Sub sub);

impl<R: Real, const K: usize> Mul for Dual<R, K> {
    type Output = Self;

    #[expect(clippy::suspicious_arithmetic_impl, reason = "the product rule")]
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            partials: each(|k| self.partials[k] * other.value + other.partials[k] * self.value),
        }
    }
}

impl<R: Real, const K: usize> Div for Dual<R, K> {
    type Output = Self;

    #[expect(clippy::suspicious_arithmetic_impl, reason = "the quotient rule")]
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        Self {
            value,
            partials: each(|k| (self.partials[k] - other.partials[k] * value) / other.value),
        }
    }
}

/// Shifts by a constant, which leave the derivatives as they are.
macro_rules! shifts {
    ($($operation:ident $method:ident),*) => {$(
        impl<R: Real, const K: usize> $operation<f64> for Dual<R, K> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                Self {
                    value: self.value.$method(other),
                    ..self
                }
            }
        }
    )*};
}
shifts!(Add add, Sub sub);

/// Multiples by a constant, which scale the derivatives too.
macro_rules! multiples {
    ($($operation:ident $method:ident),*) => {$(
        impl<R: Real, const K: usize> $operation<f64> for Dual<R, K> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: f64) -> Self {
                Self {
                    value: self.value.$method(other),
                    partials: each(|k| self.partials[k].$method(other)),
                }
            }
        }
    )*};
}
multiples!(Mul mul, Div div);

/// Operators whose left side is a constant. A constant has no derivatives, so none is multiplied by what may be infinite.
macro_rules! constants {
    ($($operation:ident $method:ident: |$constant:ident, $number:ident| $result:expr;)*) => {$(
        impl<R: Real, const K: usize> $operation<Dual<R, K>> for f64 {
            type Output = Dual<R, K>;

            #[inline(always)]
            fn $method(self, $number: Dual<R, K>) -> Dual<R, K> {
                let $constant = self;
                $result
            }
        }
    )*};
}
constants! {
    Add add: |constant, number| number + constant;
    Sub sub: |constant, number| -number + constant;
    Mul mul: |constant, number| number * constant;
    Div div: |constant, number| <Dual<R, K> as Real>::from(constant) / number;
}

impl<R: Real, const K: usize> Real for Dual<R, K> {
    type Condition = R::Condition;

    #[inline(always)]
    fn from(constant: f64) -> Self {
        Self::constant(R::from(constant))
    }
    /// The derivative at zero is zero, as in LibTorch.
    #[inline(always)]
    fn abs(self) -> Self {
        let zero = R::from(0.0);
        let positive = R::select(zero.below(self.value), R::from(1.0), zero);
        let sign = R::select(self.value.below(zero), R::from(-1.0), positive);
        self.chain(self.value.abs(), sign)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        let value = self.value.exp();
        self.chain(value, value)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        self.chain(self.value.ln(), self.value.recip())
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        let value = self.value.sqrt();
        self.chain(value, (value + value).recip())
    }
    #[inline(always)]
    fn recip(self) -> Self {
        let value = self.value.recip();
        self.chain(value, -(value * value))
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        let value = self.value.tanh();
        self.chain(value, R::from(1.0) - value * value)
    }
    #[inline(always)]
    fn sigmoid(self) -> Self {
        let value = self.value.sigmoid();
        self.chain(value, value * (R::from(1.0) - value))
    }
    #[inline(always)]
    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }
    #[inline(always)]
    fn cos(self) -> Self {
        self.chain(self.value.cos(), -self.value.sin())
    }
    #[inline(always)]
    fn below(self, other: Self) -> R::Condition {
        self.value.below(other.value)
    }
    #[inline(always)]
    fn is_nan(self) -> R::Condition {
        self.value.is_nan()
    }
    #[inline(always)]
    fn either(one: R::Condition, other: R::Condition) -> R::Condition {
        R::either(one, other)
    }
    #[inline(always)]
    fn select(condition: R::Condition, yes: Self, no: Self) -> Self {
        Self {
            value: R::select(condition, yes.value, no.value),
            partials: each(|k| R::select(condition, yes.partials[k], no.partials[k])),
        }
    }
    #[inline(always)]
    fn detach(self) -> Self {
        Self::constant(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation of `Real` at least once, on two variables. `held` is what `detach` sees, so that finite differences can
    /// keep it fixed.
    fn formula<R: Real>(x: R, y: R, held: R) -> R {
        let smooth = (x.abs() + 0.5).sqrt() * (-y).exp() - (x * y).tanh() / 2.0;
        let waves = x.sigmoid() * y.sin() - x.cos() / (y * y + 1.0) * 3.0;
        let kinked = x.min(y * 2.0).max(R::from(-0.3)) + (x - 1.0).clamp(-0.2, 0.7);
        let rest = (y * y + 1.0).ln() + (x * x + 0.5).recip() - held.detach() * x;
        R::select(x.below(y), smooth + waves, smooth * 1.5) + kinked + rest
    }

    #[test]
    fn partials_are_the_finite_differences_without_the_detached_term() {
        for i in -40..40 {
            let (x, y) = (i as f64 / 13.0 + 0.003, (i * 7 % 40) as f64 / 11.0 - 1.001);
            let dual = formula(
                Dual::<f64, 2>::variable(x, 0),
                Dual::variable(y, 1),
                Dual::variable(y, 1),
            );
            assert_eq!(dual.value, formula(x, y, y));
            let step = 1e-6;
            let by_x = (formula(x + step, y, y) - formula(x - step, y, y)) / (2.0 * step);
            let by_y = (formula(x, y + step, y) - formula(x, y - step, y)) / (2.0 * step);
            for (ours, differences) in dual.partials.into_iter().zip([by_x, by_y]) {
                assert!(
                    (ours - differences).abs() < 1e-7 * (1.0 + ours.abs()),
                    "at ({x}, {y}): {ours} and {differences}"
                );
            }
        }
    }

    #[test]
    fn the_derivative_of_the_magnitude_at_zero_is_zero() {
        assert_eq!(Dual::<f64, 1>::variable(0.0, 0).abs().partials, [0.0]);
    }
}

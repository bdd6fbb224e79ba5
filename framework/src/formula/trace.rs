//! Formulas on tensors. A formula over [`Real`] copies its operands freely, so that they are handles into a tape of LibTorch
//! tensors; it then runs on any device, and LibTorch's autograd differentiates it.

use std::cell::{Cell, RefCell};
use std::ops::{Add, Div, Mul, Neg, Sub};

use tch::{Kind, Tensor};

use super::Real;

/// The owner of the intermediate tensors of one evaluation of a formula.
#[derive(Debug, Default)]
pub struct Tape {
    values: RefCell<Vec<Tensor>>,
    /// The element type of the operands.
    kind: Cell<Option<Kind>>,
}

impl Tape {
    /// Puts a tensor on the tape as an operand of a formula.
    pub fn operand(&self, tensor: &Tensor) -> Expr<'_> {
        self.kind.set(Some(tensor.kind()));
        self.push(tensor.shallow_clone())
    }

    fn push(&self, tensor: Tensor) -> Expr<'_> {
        Expr::Value(self, self.store(tensor))
    }

    fn judge(&self, truth: Tensor) -> Truth<'_> {
        Truth::Value(self, self.store(truth))
    }

    fn store(&self, tensor: Tensor) -> usize {
        let mut values = self.values.borrow_mut();
        values.push(tensor);
        values.len() - 1
    }

    fn get(&self, index: usize) -> Tensor {
        self.values.borrow()[index].shallow_clone()
    }
}

/// A constant, or a tensor on a [`Tape`].
#[derive(Debug, Clone, Copy)]
pub enum Expr<'t> {
    /// The same number at every element.
    Constant(f64),
    /// A tensor, by its index on the tape.
    Value(&'t Tape, usize),
}

/// The result of a comparison of two expressions.
#[derive(Debug, Clone, Copy)]
pub enum Truth<'t> {
    /// The same truth value at every element.
    Constant(bool),
    /// A tensor of truth values, by its index on the tape.
    Value(&'t Tape, usize),
}

impl<'t> Expr<'t> {
    /// The tensor that this expression stands for. A constant takes the shape of `like`.
    pub fn tensor(self, like: &Tensor) -> Tensor {
        match self {
            Self::Constant(number) => like.full_like(number),
            Self::Value(tape, index) => tape.get(index),
        }
    }

    fn unary(self, number: impl Fn(f64) -> f64, tensor: impl Fn(&Tensor) -> Tensor) -> Self {
        match self {
            Self::Constant(c) => Self::Constant(number(c)),
            Self::Value(tape, index) => tape.push(tensor(&tape.get(index))),
        }
    }
}

macro_rules! arithmetic {
    ($($operation:ident $method:ident),*) => {$(
        impl<'t> $operation for Expr<'t> {
            type Output = Expr<'t>;

            fn $method(self, other: Self) -> Self {
                match (self, other) {
                    (Self::Constant(a), Self::Constant(b)) => Self::Constant(a.$method(b)),
                    (Self::Constant(a), Self::Value(tape, b)) => {
                        let b = tape.get(b);
                        tape.push(b.full_like(a).$method(&b))
                    }
                    (Self::Value(tape, a), Self::Constant(b)) => tape.push((&tape.get(a)).$method(b)),
                    (Self::Value(tape, a), Self::Value(_, b)) => {
                        tape.push((&tape.get(a)).$method(&tape.get(b)))
                    }
                }
            }
        }

        impl<'t> $operation<f64> for Expr<'t> {
            type Output = Expr<'t>;

            fn $method(self, other: f64) -> Self {
                self.$method(Self::Constant(other))
            }
        }

        impl<'t> $operation<Expr<'t>> for f64 {
            type Output = Expr<'t>;

            fn $method(self, other: Expr<'t>) -> Expr<'t> {
                Expr::Constant(self).$method(other)
            }
        }
    )*};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Expr<'_> {
    type Output = Self;

    fn neg(self) -> Self {
        self.unary(f64::neg, Tensor::neg)
    }
}

impl<'t> Real for Expr<'t> {
    type Condition = Truth<'t>;

    fn from(constant: f64) -> Self {
        Self::Constant(constant)
    }
    fn abs(self) -> Self {
        self.unary(f64::abs, Tensor::abs)
    }
    fn exp(self) -> Self {
        self.unary(f64::exp, Tensor::exp)
    }
    fn ln(self) -> Self {
        self.unary(f64::ln, Tensor::log)
    }
    fn sqrt(self) -> Self {
        self.unary(f64::sqrt, Tensor::sqrt)
    }
    fn recip(self) -> Self {
        self.unary(f64::recip, Tensor::reciprocal)
    }
    fn tanh(self) -> Self {
        self.unary(f64::tanh, Tensor::tanh)
    }
    fn sigmoid(self) -> Self {
        self.unary(<f64 as Real>::sigmoid, Tensor::sigmoid)
    }
    fn sin(self) -> Self {
        self.unary(f64::sin, Tensor::sin)
    }
    fn cos(self) -> Self {
        self.unary(f64::cos, Tensor::cos)
    }
    fn min(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant(a), Self::Constant(b)) => Self::Constant(a.min(b)),
            (Self::Value(tape, a), Self::Constant(b))
            | (Self::Constant(b), Self::Value(tape, a)) => tape.push(tape.get(a).clamp_max(b)),
            (Self::Value(tape, a), Self::Value(_, b)) => {
                tape.push(tape.get(a).minimum(&tape.get(b)))
            }
        }
    }
    fn max(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constant(a), Self::Constant(b)) => Self::Constant(a.max(b)),
            (Self::Value(tape, a), Self::Constant(b))
            | (Self::Constant(b), Self::Value(tape, a)) => tape.push(tape.get(a).clamp_min(b)),
            (Self::Value(tape, a), Self::Value(_, b)) => {
                tape.push(tape.get(a).maximum(&tape.get(b)))
            }
        }
    }
    fn clamp(self, low: f64, high: f64) -> Self {
        self.unary(|c| c.clamp(low, high), |t| t.clamp(low, high))
    }
    fn below(self, other: Self) -> Truth<'t> {
        match (self, other) {
            (Self::Constant(a), Self::Constant(b)) => Truth::Constant(a < b),
            (Self::Value(tape, a), Self::Constant(b)) => tape.judge(tape.get(a).lt(b)),
            (Self::Constant(a), Self::Value(tape, b)) => tape.judge(tape.get(b).gt(a)),
            (Self::Value(tape, a), Self::Value(_, b)) => {
                tape.judge(tape.get(a).lt_tensor(&tape.get(b)))
            }
        }
    }
    fn is_nan(self) -> Truth<'t> {
        match self {
            Self::Constant(c) => Truth::Constant(c.is_nan()),
            Self::Value(tape, index) => tape.judge(tape.get(index).isnan()),
        }
    }
    fn either(one: Truth<'t>, other: Truth<'t>) -> Truth<'t> {
        match (one, other) {
            (Truth::Constant(true), _) | (_, Truth::Constant(true)) => Truth::Constant(true),
            (Truth::Constant(false), rest) | (rest, Truth::Constant(false)) => rest,
            (Truth::Value(tape, a), Truth::Value(_, b)) => {
                tape.judge(tape.get(a).logical_or(&tape.get(b)))
            }
        }
    }
    fn select(condition: Truth<'t>, yes: Self, no: Self) -> Self {
        let (tape, index) = match condition {
            Truth::Constant(true) => return yes,
            Truth::Constant(false) => return no,
            Truth::Value(tape, index) => (tape, index),
        };
        let holds = tape.get(index);
        // A constant branch takes its element type from the other branch; two constants take it from the operands.
        let kind = tape.kind.get().unwrap_or(Kind::Float);
        let branch = |one: Self, other: Self| match (one, other) {
            (Self::Value(_, index), _) => tape.get(index),
            (Self::Constant(c), Self::Value(_, index)) => tape.get(index).full_like(c),
            (Self::Constant(c), Self::Constant(_)) => holds.to_kind(kind).full_like(c),
        };
        tape.push(branch(yes, no).where_self(&holds, &branch(no, yes)))
    }
    fn detach(self) -> Self {
        self.unary(|c| c, Tensor::detach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation of `Real` at least once.
    fn formula<R: Real>(u: R) -> R {
        let two = R::from(2.0);
        let smooth =
            (u.abs() + 0.5).sqrt() * (-u).exp() - u.tanh() / two + u.sigmoid() * u.sin() - u.cos();
        let kinked = u.min(two * u).max(R::from(-0.3)).clamp(-0.2, 0.7)
            + (u * u + 1.0).ln()
            + (u * u + 0.5).recip();
        R::select(u.below(R::from(0.4)), smooth + kinked, smooth * 1.5) - u.detach() * 0.1
            + two.sqrt()
    }

    fn points() -> Vec<f64> {
        (-40..40).map(|i| i as f64 / 13.0 + 0.003).collect()
    }

    #[test]
    fn a_formula_gives_the_same_values_on_tensors_and_on_numbers() {
        let tape = Tape::default();
        let input = Tensor::from_slice(&points());
        let on_tensor = Vec::<f64>::try_from(formula(tape.operand(&input)).tensor(&input)).unwrap();
        for (u, value) in points().into_iter().zip(on_tensor) {
            assert!(
                (formula(u) - value).abs() < 1e-12,
                "at {u}: {} and {value}",
                formula(u)
            );
        }
    }

    #[test]
    fn its_gradient_is_the_finite_difference_without_the_detached_term() {
        let tape = Tape::default();
        let input = Tensor::from_slice(&points()).set_requires_grad(true);
        formula(tape.operand(&input))
            .tensor(&input)
            .sum(Kind::Double)
            .backward();
        let gradient = Vec::<f64>::try_from(input.grad()).unwrap();
        let step = 1e-6;
        for (u, slope) in points().into_iter().zip(gradient) {
            let differences = (formula(u + step) - formula(u - step)) / (2.0 * step) + 0.1;
            assert!(
                (differences - slope).abs() < 1e-6,
                "at {u}: {differences} and {slope}"
            );
        }
    }

    #[test]
    fn a_constant_formula_takes_the_shape_of_the_tensor() {
        let like = Tensor::from_slice(&[1.0f32, 2.0, 3.0]);
        let chosen: Expr<'_> =
            Expr::select(Truth::Constant(true), Real::from(3.0), Real::from(4.0));
        assert_eq!(
            Vec::<f32>::try_from(chosen.tensor(&like)).unwrap(),
            [3.0; 3]
        );
    }
}

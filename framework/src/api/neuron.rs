//! What a neuron model is: a step over a small fixed state, around a spike that the framework supplies.

use std::fmt::Debug;

use tch::Tensor;

use super::{Expr, Fault, Real, Tape};

/// The state variables of one neuron: an array, the membrane potential first.
pub trait Variables<R>: Copy + AsRef<[R]> {
    /// Makes each variable from its index.
    fn from_fn(make: impl FnMut(usize) -> R) -> Self;
}

impl<R: Copy, const N: usize> Variables<R> for [R; N] {
    fn from_fn(make: impl FnMut(usize) -> R) -> Self {
        std::array::from_fn(make)
    }
}

/// A neuron model, written for one neuron and one time step. Each step the framework calls
/// [`charge`](Self::charge), compares the membrane potential with [`v_threshold`](Self::v_threshold), and calls
/// [`reset`](Self::reset) with the spike.
pub trait NeuronModel: Debug + Send + Sync {
    /// The state: `[R; N]`, of which the first is the membrane potential.
    type State<R: Real>: Variables<R>;

    /// The state before the first step.
    fn rest(&self) -> Self::State<f64>;

    /// Above this membrane potential the neuron fires.
    fn v_threshold(&self) -> f64;

    /// One step of integration of the input `current`, up to the moment where the neuron may fire.
    fn charge<R: Real>(&self, current: R, state: Self::State<R>) -> Self::State<R>;

    /// What the spike (0 or 1) does to the charged state.
    fn reset<R: Real>(&self, spike: R, state: Self::State<R>) -> Self::State<R>;

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// A [`NeuronModel`] whose type is known only at run time, on tensors. Every neuron model is one by itself.
pub trait AnyNeuron: Debug + Send + Sync {
    /// The state before the first step, one value a variable.
    fn rest_values(&self) -> Vec<f64>;

    /// Above this membrane potential the neuron fires.
    fn threshold(&self) -> f64;

    /// [`NeuronModel::charge`] on tensors of one shape.
    fn charge_tensors(&self, current: &Tensor, state: &[Tensor]) -> Vec<Tensor>;

    /// [`NeuronModel::reset`] on tensors of one shape.
    fn reset_tensors(&self, spike: &Tensor, state: &[Tensor]) -> Vec<Tensor>;
}

impl<N: NeuronModel> AnyNeuron for N {
    fn rest_values(&self) -> Vec<f64> {
        self.rest().as_ref().to_vec()
    }

    fn threshold(&self) -> f64 {
        self.v_threshold()
    }

    fn charge_tensors(&self, current: &Tensor, state: &[Tensor]) -> Vec<Tensor> {
        let tape = Tape::default();
        let state = Variables::from_fn(|index| tape.operand(&state[index]));
        tensors(
            self.charge::<Expr<'_>>(tape.operand(current), state),
            current,
        )
    }

    fn reset_tensors(&self, spike: &Tensor, state: &[Tensor]) -> Vec<Tensor> {
        let tape = Tape::default();
        let state = Variables::from_fn(|index| tape.operand(&state[index]));
        tensors(self.reset::<Expr<'_>>(tape.operand(spike), state), spike)
    }
}

fn tensors<'t>(state: impl Variables<Expr<'t>>, like: &Tensor) -> Vec<Tensor> {
    state
        .as_ref()
        .iter()
        .map(|variable| variable.tensor(like))
        .collect()
}

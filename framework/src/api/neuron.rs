//! The contract of a neuron model: one time step of a small fixed state, around a spike that the framework computes.

use std::fmt::Debug;

use tch::Tensor;

use super::{AnySurrogate, Firing, ParameterError};
use crate::formula::{
    self, Adjoint, Dual, Dynamics, Expr, Real, Recurrence, SpikeSink, Tape, Variables,
};

/// A parameter that neurons learn beside their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnable {
    /// The name of the parameter.
    pub name: &'static str,
    /// Its initial value.
    pub init: f64,
    /// Whether each neuron has its own; otherwise the layer shares one.
    pub per_neuron: bool,
}

/// A neuron model, written for one neuron and one time step. In each step the framework calls [`charge`](Self::charge),
/// decides by [`u`](Self::u) whether the neuron fires, and calls [`reset`](Self::reset) with the spike.
///
/// The framework turns the three formulas into loops over slices, their derivatives, and tensor operations. They are inlined
/// into those loops; mark a long one as `#[inline(always)]`, or it runs without vector instructions.
pub trait NeuronModel: Debug + Send + Sync {
    /// The state, `[R; N]`. Its first variable is the membrane potential.
    type State<R: Real>: Variables<R>;

    /// The learned parameters, `[R; P]`, as many as [`learned`](Self::learned) declares; `[R; 0]` if there are none.
    type Learned<R: Real>: Variables<R>;

    /// The options of the threshold, if the model has them as a field. They are read and written beside its own parameters,
    /// and are set through this reference before anything else is called.
    fn firing(&mut self) -> Option<&mut Firing> {
        None
    }

    /// The state before the first step.
    fn rest(&self) -> Self::State<f64>;

    /// The parameters that its neurons learn beside their weights.
    fn learned(&self) -> Vec<Learnable> {
        Vec::new()
    }

    /// What the formulas take in place of the learned parameters. It is computed from these once, not in every time step. By
    /// default it is the parameters themselves.
    #[inline(always)]
    fn prepare<R: Real>(&self, learned: Self::Learned<R>) -> Self::Learned<R> {
        learned
    }

    /// The membrane potential above which the neuron fires.
    fn v_threshold(&self) -> f64;

    /// Integrates the input `current` over one step, up to the moment at which the neuron may fire.
    fn charge<R: Real>(
        &self,
        current: R,
        state: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R>;

    /// The distance of the charged state above the threshold: the argument of the surrogate. Override it only if the threshold
    /// moves.
    #[inline(always)]
    fn u<R: Real>(&self, charged: Self::State<R>, _: Self::Learned<R>) -> R {
        charged.as_ref()[0] - self.v_threshold()
    }

    /// The state after the spike (0 or 1) has acted on the charged state.
    fn reset<R: Real>(
        &self,
        spike: R,
        charged: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R>;

    /// Refuses invalid parameters.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// One of the three formulas of a neuron model. As a list, its inputs are the current ([`Charge`](Self::Charge)), the spike
/// ([`Reset`](Self::Reset)) or nothing ([`U`](Self::U)), then the state, then the learned parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeuronFormula {
    /// The integration of the current, [`NeuronModel::charge`].
    Charge,
    /// The distance above the threshold, [`NeuronModel::u`].
    U,
    /// The effect of the spike, [`NeuronModel::reset`].
    Reset,
}

/// A [`NeuronModel`] whose type is known only at run time. Every neuron model implements it.
pub trait AnyNeuron: Debug + Send + Sync {
    /// The state before the first step, one value for each variable.
    fn rest_values(&self) -> Vec<f64>;

    /// The parameters that its neurons learn beside their weights.
    fn learnables(&self) -> Vec<Learnable>;

    /// Evaluates a formula at one point.
    fn at(&self, formula: NeuronFormula, inputs: &[f64]) -> Vec<f64>;

    /// The derivatives of a formula at one point: one row for each input.
    fn slopes(&self, formula: NeuronFormula, inputs: &[f64]) -> Vec<Vec<f64>>;

    /// [`NeuronModel::charge`] on tensors of one shape.
    fn charge_tensors(&self, current: &Tensor, state: &[Tensor], learned: &[Tensor])
    -> Vec<Tensor>;

    /// [`NeuronModel::u`] on tensors of one shape.
    fn u_tensor(&self, charged: &[Tensor], learned: &[Tensor]) -> Tensor;

    /// [`NeuronModel::reset`] on tensors of one shape.
    fn reset_tensors(&self, spike: &Tensor, charged: &[Tensor], learned: &[Tensor]) -> Vec<Tensor>;

    /// Runs a layer over all its time steps, and hands its spikes over some at a time: 0, 1, or NaN where the potential is not
    /// finite.
    fn run(&self, recurrence: &Recurrence<'_>, sink: &mut SpikeSink<'_>);

    /// The adjoint of [`run`](Self::run): computes the gradients of the currents and of the learned parameters from those of
    /// the spikes.
    fn run_back(
        &self,
        recurrence: &Recurrence<'_>,
        surrogate: &dyn AnySurrogate,
        adjoint: Adjoint<'_>,
    );
}

impl<N: NeuronModel> AnyNeuron for N {
    fn rest_values(&self) -> Vec<f64> {
        self.rest().as_ref().to_vec()
    }

    fn learnables(&self) -> Vec<Learnable> {
        self.learned()
    }

    fn at(&self, formula: NeuronFormula, inputs: &[f64]) -> Vec<f64> {
        evaluate(self, formula, inputs)
    }

    fn slopes(&self, formula: NeuronFormula, inputs: &[f64]) -> Vec<Vec<f64>> {
        let along = |moving| {
            let seed = |(index, &value): (usize, &f64)| {
                Dual::<f64, 1>::variable(value, index.wrapping_sub(moving))
            };
            let inputs: Vec<_> = inputs.iter().enumerate().map(seed).collect();
            let image = evaluate(self, formula, &inputs);
            image.into_iter().map(|dual| dual.partials[0]).collect()
        };
        (0..inputs.len()).map(along).collect()
    }

    fn charge_tensors(
        &self,
        current: &Tensor,
        state: &[Tensor],
        learned: &[Tensor],
    ) -> Vec<Tensor> {
        let tape = Tape::default();
        let (state, learned) = (operands(&tape, state), operands(&tape, learned));
        let learned = self.prepare::<Expr<'_>>(learned);
        let charged = self.charge::<Expr<'_>>(tape.operand(current), state, learned);
        tensors(charged, current)
    }

    fn u_tensor(&self, charged: &[Tensor], learned: &[Tensor]) -> Tensor {
        let tape = Tape::default();
        let (state, learned) = (operands(&tape, charged), operands(&tape, learned));
        let learned = self.prepare::<Expr<'_>>(learned);
        self.u::<Expr<'_>>(state, learned).tensor(&charged[0])
    }

    fn reset_tensors(&self, spike: &Tensor, charged: &[Tensor], learned: &[Tensor]) -> Vec<Tensor> {
        let tape = Tape::default();
        let (state, learned) = (operands(&tape, charged), operands(&tape, learned));
        let learned = self.prepare::<Expr<'_>>(learned);
        tensors(
            self.reset::<Expr<'_>>(tape.operand(spike), state, learned),
            spike,
        )
    }

    fn run(&self, recurrence: &Recurrence<'_>, sink: &mut SpikeSink<'_>) {
        formula::run(self, recurrence, sink);
    }

    fn run_back(
        &self,
        recurrence: &Recurrence<'_>,
        surrogate: &dyn AnySurrogate,
        adjoint: Adjoint<'_>,
    ) {
        let slopes = |u: &[f32], slopes: &mut [f32]| surrogate.on_slice(u, slopes);
        formula::run_back(self, recurrence, &slopes, adjoint);
    }
}

/// The formulas of a model, as its recurrence takes them.
impl<N: NeuronModel> Dynamics for N {
    type State<R: Real> = N::State<R>;
    type Learned<R: Real> = N::Learned<R>;

    #[inline(always)]
    fn rest(&self) -> Self::State<f64> {
        NeuronModel::rest(self)
    }

    #[inline(always)]
    fn prepare<R: Real>(&self, learned: Self::Learned<R>) -> Self::Learned<R> {
        NeuronModel::prepare(self, learned)
    }

    #[inline(always)]
    fn charge<R: Real>(
        &self,
        current: R,
        state: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R> {
        NeuronModel::charge(self, current, state, learned)
    }

    #[inline(always)]
    fn u<R: Real>(&self, charged: Self::State<R>, learned: Self::Learned<R>) -> R {
        NeuronModel::u(self, charged, learned)
    }

    #[inline(always)]
    fn reset<R: Real>(
        &self,
        spike: R,
        charged: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R> {
        NeuronModel::reset(self, spike, charged, learned)
    }
}

fn evaluate<R: Real, N: NeuronModel>(model: &N, formula: NeuronFormula, inputs: &[R]) -> Vec<R> {
    let first = usize::from(formula != NeuronFormula::U);
    let state = N::State::<R>::from_fn(|index| inputs[first + index]);
    let after = first + N::State::<R>::COUNT;
    let learned = model.prepare(N::Learned::<R>::from_fn(|index| inputs[after + index]));
    match formula {
        NeuronFormula::Charge => model.charge(inputs[0], state, learned).as_ref().to_vec(),
        NeuronFormula::U => vec![model.u(state, learned)],
        NeuronFormula::Reset => model.reset(inputs[0], state, learned).as_ref().to_vec(),
    }
}

fn operands<'t, V: Variables<Expr<'t>>>(tape: &'t Tape, tensors: &[Tensor]) -> V {
    V::from_fn(|index| tape.operand(&tensors[index]))
}

fn tensors<'t>(state: impl Variables<Expr<'t>>, like: &Tensor) -> Vec<Tensor> {
    state
        .as_ref()
        .iter()
        .map(|variable| variable.tensor(like))
        .collect()
}

//! What a neuron model is: a step over a small fixed state, around a spike that the framework supplies.

use std::fmt::Debug;

use tch::Tensor;

use super::recurrence::{self, Adjoint, Recurrence, Take};
use super::{AnySurrogate, Dual, Expr, Firing, ParameterError, Real, Tape};

/// A few numbers of one neuron: an array.
pub trait Variables<R>: Copy + AsRef<[R]> {
    /// How many.
    const COUNT: usize;

    /// As many of something else.
    type Many<T: Copy>: AsRef<[T]> + AsMut<[T]>;

    /// As many copies of something else.
    fn many<T: Copy>(one: T) -> Self::Many<T>;

    /// Makes each variable from its index.
    fn from_fn(make: impl FnMut(usize) -> R) -> Self;
}

impl<R: Real, const N: usize> Variables<R> for [R; N] {
    const COUNT: usize = N;
    type Many<T: Copy> = [T; N];

    #[inline(always)]
    fn many<T: Copy>(one: T) -> [T; N] {
        [one; N]
    }

    /// The standard library's function of that name is not always inlined.
    #[inline(always)]
    fn from_fn(mut make: impl FnMut(usize) -> R) -> Self {
        let mut made = [R::from(0.0); N];
        for (index, one) in made.iter_mut().enumerate() {
            *one = make(index);
        }
        made
    }
}

/// A number that neurons learn beside their weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnable {
    /// Its name.
    pub name: &'static str,
    /// How it begins.
    pub init: f64,
    /// One for each neuron, or one for the whole layer?
    pub per_neuron: bool,
}

/// A neuron model, written for one neuron and one time step. Each step the framework calls
/// [`charge`](Self::charge), decides by [`u`](Self::u) whether the neuron fires, and calls [`reset`](Self::reset) with
/// the spike.
///
/// The three formulas become loops over slices, their derivatives, and tensor operations. They are inlined into
/// those loops; one that is long should be marked `#[inline(always)]`, or it runs without vector instructions.
pub trait NeuronModel: Debug + Send + Sync {
    /// The state: `[R; N]`, of which the first is the membrane potential.
    type State<R: Real>: Variables<R>;

    /// What it learns: `[R; P]`, as many as [`learned`](Self::learned) declares; `[R; 0]` for nothing.
    type Learned<R: Real>: Variables<R>;

    /// The options at the threshold, if the model has them as a field: they are read and written beside its own
    /// parameters, and set here before anything else is called.
    fn firing(&mut self) -> Option<&mut Firing> {
        None
    }

    /// The state before the first step.
    fn rest(&self) -> Self::State<f64>;

    /// What it learns beside its weights.
    fn learned(&self) -> Vec<Learnable> {
        Vec::new()
    }

    /// Above this membrane potential the neuron fires.
    fn v_threshold(&self) -> f64;

    /// One step of integration of the input `current`, up to the moment where the neuron may fire.
    fn charge<R: Real>(
        &self,
        current: R,
        state: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R>;

    /// How far the charged state is above the threshold: the argument of the surrogate. To be overridden only
    /// where the threshold moves.
    #[inline(always)]
    fn u<R: Real>(&self, charged: Self::State<R>, _: Self::Learned<R>) -> R {
        charged.as_ref()[0] - self.v_threshold()
    }

    /// What the spike (0 or 1) does to the charged state.
    fn reset<R: Real>(
        &self,
        spike: R,
        charged: Self::State<R>,
        learned: Self::Learned<R>,
    ) -> Self::State<R>;

    /// Refuses parameters that make no sense.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }
}

/// One of the three formulas of a neuron model. Their inputs in a row are the current ([`Charge`](Self::Charge)) or the
/// spike ([`Reset`](Self::Reset)) or nothing ([`U`](Self::U)), then the state, then what is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// [`NeuronModel::charge`]
    Charge,
    /// [`NeuronModel::u`]
    U,
    /// [`NeuronModel::reset`]
    Reset,
}

/// A [`NeuronModel`] whose type is known only at run time. Every neuron model is one by itself.
pub trait AnyNeuron: Debug + Send + Sync {
    /// The state before the first step, one value a variable.
    fn rest_values(&self) -> Vec<f64>;

    /// What it learns beside its weights.
    fn learnables(&self) -> Vec<Learnable>;

    /// A formula at one point.
    fn at(&self, part: Part, inputs: &[f64]) -> Vec<f64>;

    /// Its derivative there by each input, one row an input.
    fn slopes(&self, part: Part, inputs: &[f64]) -> Vec<Vec<f64>>;

    /// [`NeuronModel::charge`] on tensors of one shape.
    fn charge_tensors(&self, current: &Tensor, state: &[Tensor], learned: &[Tensor])
    -> Vec<Tensor>;

    /// [`NeuronModel::u`] on tensors of one shape.
    fn u_tensor(&self, charged: &[Tensor], learned: &[Tensor]) -> Tensor;

    /// [`NeuronModel::reset`] on tensors of one shape.
    fn reset_tensors(&self, spike: &Tensor, charged: &[Tensor], learned: &[Tensor]) -> Vec<Tensor>;

    /// Gives the spikes of all neurons and time steps, some at a time: 0, 1, or not a number.
    fn run(&self, recurrence: &Recurrence<'_>, take: &mut Take<'_>);

    /// The adjoint of [`run`](Self::run): from the gradients of the spikes to those of currents and learned numbers.
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

    fn at(&self, part: Part, inputs: &[f64]) -> Vec<f64> {
        evaluate(self, part, inputs)
    }

    fn slopes(&self, part: Part, inputs: &[f64]) -> Vec<Vec<f64>> {
        let along = |moving| {
            let seed = |(index, &value): (usize, &f64)| {
                Dual::<f64, 1>::variable(value, index.wrapping_sub(moving))
            };
            let inputs: Vec<_> = inputs.iter().enumerate().map(seed).collect();
            let image = evaluate(self, part, &inputs);
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
        let charged = self.charge::<Expr<'_>>(tape.operand(current), state, learned);
        tensors(charged, current)
    }

    fn u_tensor(&self, charged: &[Tensor], learned: &[Tensor]) -> Tensor {
        let tape = Tape::default();
        let (state, learned) = (operands(&tape, charged), operands(&tape, learned));
        self.u::<Expr<'_>>(state, learned).tensor(&charged[0])
    }

    fn reset_tensors(&self, spike: &Tensor, charged: &[Tensor], learned: &[Tensor]) -> Vec<Tensor> {
        let tape = Tape::default();
        let (state, learned) = (operands(&tape, charged), operands(&tape, learned));
        tensors(
            self.reset::<Expr<'_>>(tape.operand(spike), state, learned),
            spike,
        )
    }

    fn run(&self, recurrence: &Recurrence<'_>, take: &mut Take<'_>) {
        recurrence::run(self, recurrence, take);
    }

    fn run_back(
        &self,
        recurrence: &Recurrence<'_>,
        surrogate: &dyn AnySurrogate,
        adjoint: Adjoint<'_>,
    ) {
        recurrence::run_back(self, recurrence, surrogate, adjoint);
    }
}

fn evaluate<R: Real, N: NeuronModel>(model: &N, part: Part, inputs: &[R]) -> Vec<R> {
    let first = usize::from(part != Part::U);
    let state = N::State::<R>::from_fn(|index| inputs[first + index]);
    let after = first + N::State::<R>::COUNT;
    let learned = N::Learned::<R>::from_fn(|index| inputs[after + index]);
    match part {
        Part::Charge => model.charge(inputs[0], state, learned).as_ref().to_vec(),
        Part::U => vec![model.u(state, learned)],
        Part::Reset => model.reset(inputs[0], state, learned).as_ref().to_vec(),
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

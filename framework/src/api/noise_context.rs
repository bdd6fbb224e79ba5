//! What an agent tells a network's noise about a batch of observations, and what the network answers.

use tch::Tensor;

use super::{Noise, Streams};

/// The random draws for one forward pass, with what noise inside the network may want to know about its observations.
///
/// An agent creates one, passes it to [`Actor::forward`](super::Actor::forward), and adds the network's
/// [penalty](Self::into_penalty) to its loss. It neither reads nor writes anything else in it.
pub struct NoiseContext<'d> {
    draws: &'d mut dyn Noise,
    explores: bool,
    step_keys: Option<&'d Tensor>,
    returns: Option<Vec<f64>>,
    penalty: Penalty,
}

impl<'d> NoiseContext<'d> {
    /// For training: the network may add noise of its own to explore.
    pub fn exploring(draws: &'d mut dyn Noise) -> Self {
        Self {
            draws,
            explores: true,
            step_keys: None,
            returns: None,
            penalty: Penalty(None),
        }
    }

    /// For evaluation and for targets: a stochastic encoder still draws, but noise that serves exploration is left out.
    pub fn without_exploration(draws: &'d mut dyn Noise) -> Self {
        Self {
            explores: false,
            ..Self::exploring(draws)
        }
    }

    /// The same, for observations made at these environment steps, `[R, B, K]` or `[R, 1, K]`; `None` if they are
    /// unknown. What the keys mean is up to the network.
    pub fn at_steps(self, step_keys: Option<&'d Tensor>) -> Self {
        Self { step_keys, ..self }
    }

    /// The same, in an update that follows training episodes with these returns, one for each replica.
    pub fn after_returns(self, returns: Option<Vec<f64>>) -> Self {
        Self { returns, ..self }
    }

    /// The source of random tensors.
    pub fn draws(&mut self) -> &mut dyn Noise {
        self.draws
    }

    /// Whether the network may add noise of its own.
    pub fn explores(&self) -> bool {
        self.explores
    }

    /// The keys of the environment steps at which the observations were made, if they are known.
    pub fn step_keys(&self) -> Option<&'d Tensor> {
        self.step_keys
    }

    /// What the last training episode of each replica returned, if an update is under way; minus infinity before the
    /// first one has ended.
    pub fn returns(&self) -> Option<&[f64]> {
        self.returns.as_deref()
    }

    /// Called by the network with a function that adds the penalty on its noise to a loss `[R]`.
    pub fn penalise(&mut self, add: impl FnOnce(Tensor) -> Tensor + 'static) {
        self.penalty = Penalty(Some(Box::new(add)));
    }

    /// The penalty that the network asked for in this forward pass.
    pub fn into_penalty(self) -> Penalty {
        self.penalty
    }
}

/// A network's penalty on its own noise, if it has one.
pub struct Penalty(Option<Box<dyn FnOnce(Tensor) -> Tensor>>);

impl Penalty {
    /// The sum of a loss `[R]` and the penalty.
    pub fn added_to(self, loss: Tensor) -> Tensor {
        match self.0 {
            Some(add) => add(loss),
            None => loss,
        }
    }
}

impl Streams {
    /// The context of a forward pass that explores, at unknown steps.
    pub fn exploring(&mut self) -> NoiseContext<'_> {
        NoiseContext::exploring(self)
    }

    /// The context of a forward pass that does not explore.
    pub fn without_exploration(&mut self) -> NoiseContext<'_> {
        NoiseContext::without_exploration(self)
    }
}

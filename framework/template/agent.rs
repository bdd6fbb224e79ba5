//! The agent `my-component`.

use serde::{Deserialize, Serialize};
use spikebench::api::{
    ActionSpace, Actor, AgentContext, AgentSettings, ComponentError, Diverged, Learner, Mismatch,
    Mode, ParameterError, Policy, Spec, StateVisitor, Stateful, Statistics, Streams, Transition,
    Weights,
};
use tch::{Kind, Tensor, no_grad};

/// A random search: in every episode it tries weights beside the best ones, and keeps them if the return was higher.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MyComponent {
    /// The standard deviation of what is added to the best weights.
    spread: f64,
}

impl Default for MyComponent {
    fn default() -> Self {
        Self { spread: 0.05 }
    }
}

impl AgentSettings for MyComponent {
    fn accepts(&self, spec: &Spec) -> Result<(), ComponentError> {
        match spec.action {
            ActionSpace::Box(_) => Ok(()),
            ActionSpace::Discrete(_) => Err(ComponentError::new(
                "my-component needs actions that are vectors of numbers",
            )),
        }
    }

    fn start(&self, context: AgentContext) -> Result<Box<dyn Learner>, ComponentError> {
        let best = context.weights("actor weights", &context.actor.learned());
        let replicas = context.seeds.len() as i64;
        let returns = |value: f64| Tensor::full([replicas], value, (Kind::Float, context.device));
        let ActionSpace::Box(bounds) = &context.spec.action else {
            unreachable!("other tasks are not accepted")
        };
        let (low, high): (Vec<f32>, Vec<f32>) = bounds.iter().copied().unzip();
        Ok(Box::new(Search {
            spread: self.spread,
            low: Tensor::from_slice(&low).to_device(context.device),
            high: Tensor::from_slice(&high).to_device(context.device),
            features: context.spec.observation,
            replicas,
            tried: best.frozen_copy(),
            best,
            best_return: returns(f64::from(f32::MIN)),
            return_so_far: returns(0.0),
            search: context.streams("search"),
            noise: context.streams("noise of the network"),
            evaluation: context.streams("noise of the network in evaluation"),
            actor: context.actor,
        }))
    }

    fn multiply_adds(&self, _: &Spec, _: u64, _: u64) -> u64 {
        0
    }

    fn check(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("spread", self.spread)
    }
}

#[derive(Debug)]
struct Search {
    spread: f64,
    low: Tensor,
    high: Tensor,
    features: usize,
    replicas: i64,
    actor: Box<dyn Actor>,
    best: Weights,
    tried: Weights,
    best_return: Tensor,
    return_so_far: Tensor,
    search: Streams,
    noise: Streams,
    evaluation: Streams,
}

impl Search {
    /// Keeps what was tried where an episode has ended with a higher return, and tries something else there.
    fn conclude(&mut self, ended: &Tensor) {
        let better = self
            .return_so_far
            .gt_tensor(&self.best_return)
            .logical_and(ended);
        self.best_return = self.return_so_far.where_self(&better, &self.best_return);
        self.return_so_far = self.return_so_far.masked_fill(ended, 0.0);
        for ((_, best), (_, tried)) in self.best.iter().zip(self.tried.iter()) {
            // One truth value for each replica, in the shape of its weights.
            let mut shape = vec![1; best.dim()];
            shape[0] = self.replicas;
            let (better, ended) = (better.view(shape.as_slice()), ended.view(shape.as_slice()));
            best.detach().copy_(&tried.where_self(&better, best));
            let beside = best + self.search.normal(&best.size()) * self.spread;
            tried
                .shallow_clone()
                .copy_(&beside.where_self(&ended, tried));
        }
    }
}

impl Learner for Search {
    fn act(&mut self, observation: &Tensor, mode: Mode) -> Tensor {
        let (weights, mut noise) = match mode {
            Mode::Explore => (&self.tried, self.noise.exploring()),
            Mode::Evaluate => (&self.best, self.evaluation.without_exploration()),
        };
        let proposed = no_grad(|| self.actor.forward(observation, weights, &mut noise));
        // From (-1, 1) to the bounds of the action.
        let fraction = (proposed.tanh() + 1.0) / 2.0;
        &self.low + fraction * (&self.high - &self.low)
    }

    fn observe(&mut self, seen: &Transition<'_>) -> Result<(), Diverged> {
        Diverged::unless_finite("reward", seen.reward)?;
        self.return_so_far += seen.reward;
        let ended = (seen.terminated + seen.truncated).gt(0.0);
        if ended.any().int64_value(&[]) == 1 {
            no_grad(|| self.conclude(&ended));
        }
        Ok(())
    }

    fn policy(&self) -> Policy<'_> {
        let statistics = Statistics::new(spikebench::api::Transform::None, 1.0, self.features);
        Policy {
            weights: &self.best,
            statistics: vec![statistics; self.replicas as usize],
        }
    }
}

/// Everything that learning depends on, for checkpoints.
impl Stateful for Search {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.part("actor", &mut self.best)?;
        with.part("tried", &mut self.tried)?;
        with.tensor("best_return", &mut self.best_return)?;
        with.tensor("return_so_far", &mut self.return_so_far)?;
        with.part("search", &mut self.search)?;
        with.part("noise", &mut self.noise)?;
        with.part("evaluation", &mut self.evaluation)
    }
}

spikebench::register! {
    /// A random search in the weights of the actor.
    agent "my-component" => MyComponent
}

spikebench::conforms!(agent "my-component");

//! Any registered agent with any registered actor, small enough to run hundreds of them, in a random environment.

use serde_json::{Value, json};
use spikebench::api::{
    ActionSpace, AgentContext, Component, Kind, Learner, Mode, Spec, Streams, Transition,
};
use spikebench::registry::{ActorBuilder, Registry};
use spikebench_plugins as _;
use tch::{Device, Tensor};

/// The component with these parameters and with every size that it has as small as sensible. Sizes that a new plugin calls
/// by other names keep their defaults.
pub fn small(registry: &Registry, kind: Kind, mut component: Component) -> Component {
    let sizes = json!({
        "hidden": [9, 7], "critic_hidden": [8, 6], "log_std_hidden": [7],
        "batch_size": 8, "buffer_size": 100, "start_steps": 8, "update_after": 10, "update_every": 1,
        "gradient_steps": 1, "target_every": 3, "epsilon_steps": 30, "horizon": 12, "epochs": 2, "normalise_every": 5,
    });
    let complete = registry.resolve(kind, &component).unwrap();
    for (name, size) in sizes.as_object().unwrap() {
        let given = component.parameters.contains_key(name);
        if complete.parameters.contains_key(name) && !given {
            component.parameters.insert(name.clone(), size.clone());
        }
    }
    registry.resolve(kind, &component).unwrap()
}

/// The component written as JSON: a name, or a name with parameters.
pub fn component(value: Value) -> Component {
    serde_json::from_value(value).unwrap()
}

/// The names of all registered components of a kind.
pub fn names(registry: &Registry, kind: Kind) -> Vec<&'static str> {
    registry.of(kind).map(|entry| entry.name).collect()
}

/// A task with this many action dimensions, each bounded by ±`limit`.
pub fn continuous(features: usize, actions: i64, limit: f32) -> Spec {
    Spec {
        observation: features,
        action: ActionSpace::Box(vec![(-limit, limit); actions as usize]),
        max_episode_steps: 1000,
    }
}

/// A task with this many discrete actions.
pub fn discrete(features: usize, choices: usize) -> Spec {
    Spec {
        observation: features,
        action: ActionSpace::Discrete(choices),
        max_episode_steps: 1000,
    }
}

/// A learner for this task with these replicas, with the named surrogate if its actor needs one.
pub fn start(
    registry: &Registry,
    agent: &Component,
    actor: &Component,
    surrogate: &str,
    spec: Spec,
    seeds: &[u64],
) -> Box<dyn Learner> {
    // With more threads, sums would be taken in another order.
    tch::set_num_threads(1);
    let surrogate = registry.surrogate(&Component::named(surrogate)).unwrap().0;
    let actor = registry.actor(actor).unwrap().0;
    let parts = ActorBuilder {
        registry,
        surrogate: actor.spiking().then_some(surrogate),
    };
    let (features, values) = (spec.observation as i64, spec.action.outputs() as i64);
    let actor = actor.build(features, values, &parts).unwrap();
    let site = AgentContext {
        spec,
        actor,
        seeds: seeds.to_vec(),
        device: Device::Cpu,
    };
    registry.agent(agent).unwrap().0.start(site).unwrap()
}

/// One task for each kind of action space that the agent accepts.
pub fn tasks(registry: &Registry, agent: &Component) -> Vec<Spec> {
    let agent = registry.agent(agent).unwrap().0;
    [continuous(4, 2, 2.0), discrete(4, 3)]
        .into_iter()
        .filter(|spec| agent.accepts(spec).is_ok())
        .collect()
}

/// An environment that answers each replica by its own seed, with noise and the last action.
#[derive(Debug)]
pub struct World {
    spec: Spec,
    draw: Streams,
    observation: Tensor,
}

impl Clone for World {
    fn clone(&self) -> Self {
        Self {
            spec: self.spec.clone(),
            draw: self.draw.clone(),
            observation: self.observation.copy(),
        }
    }
}

impl World {
    /// One environment per seed.
    pub fn new(spec: Spec, seeds: &[u64]) -> Self {
        let mut draw = Streams::new(seeds, "test world", Device::Cpu);
        let observation = noise(&mut draw, &spec);
        Self {
            spec,
            draw,
            observation,
        }
    }

    /// Makes this many steps, with an end of an episode now and then.
    pub fn live(&mut self, learner: &mut dyn Learner, steps: usize) {
        for _ in 0..steps {
            let observation = self.observation.shallow_clone();
            let action = learner
                .act(&observation.unsqueeze(1), Mode::Explore)
                .squeeze_dim(1);
            let next = noise(&mut self.draw, &self.spec)
                + action.sum_dim_intlist(&[1i64][..], true, tch::Kind::Float);
            let ends = self.draw.uniform(&[self.draw.replicas()]);
            learner
                .observe(&Transition {
                    observation: &observation,
                    action: &action,
                    reward: &next.select(1, 0),
                    next_observation: &next,
                    terminated: &ends.lt(0.05).to_kind(tch::Kind::Float),
                    truncated: &ends.gt(0.95).to_kind(tch::Kind::Float),
                })
                .unwrap();
            self.observation = next;
        }
    }

    /// The learner's actions without exploration on fixed observations: `[R, 50, actions]`.
    pub fn ask(&mut self, learner: &mut dyn Learner) -> Tensor {
        let shape = [self.draw.replicas(), 50, self.spec.observation as i64];
        learner.act(&self.draw.normal(&shape), Mode::Evaluate)
    }
}

fn noise(draw: &mut Streams, spec: &Spec) -> Tensor {
    draw.normal(&[draw.replicas(), spec.observation as i64])
}

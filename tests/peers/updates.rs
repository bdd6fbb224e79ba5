//! The updates of any agent with any actor.

use std::io::{Write, stdout};
use std::time::Instant;

use serde_json::{Map, Value, json};
use spikebench::api::{
    ActionSpace, AgentContext, Component, Kind, Learner, Spec, Streams, Transition,
};
use spikebench::kernel::WithoutSubnormals;
use spikebench::registry::Registry;
use tch::{Device, Tensor};

use super::work::Work;

/// The number of stored transitions.
const STORED: u64 = 10_000;
/// Agents with a replay buffer learn in blocks of this many updates.
const BLOCK: u64 = 50;
/// With this learning rate an actor stays as it is, and with it the firing rates on which our time depends.
const FROZEN: f64 = 1e-12;

impl Work {
    pub fn spec(&self) -> Spec {
        let action = match (self.actions, self.choices) {
            (Some(actions), None) => ActionSpace::Box(vec![(-1.0, 1.0); actions]),
            (None, Some(choices)) => ActionSpace::Discrete(choices),
            other => panic!("either actions or choices, not {other:?}"),
        };
        Spec {
            observation: self.observation.expect("a number of observed values"),
            action,
            max_episode_steps: 1000,
        }
    }

    /// The seeds of its replicas.
    fn seeds(&self) -> Vec<u64> {
        (0..self.replicas).collect()
    }

    /// Whether the agent learns from whole rollouts instead of a replay buffer.
    pub fn on_policy(&self) -> bool {
        self.agent.name == "ppo"
    }

    /// The agent before its first step, and all of its parameters after these have been set.
    pub fn learner(&self, set: Value) -> (Box<dyn Learner>, Map<String, Value>) {
        let registry = Registry::linked().expect("the registry");
        let mut agent = self.agent.clone();
        agent
            .parameters
            .extend(set.as_object().cloned().expect("parameters"));
        let resolved = registry.resolve(Kind::Agent, &agent).expect("an agent");
        let (agent, _) = registry.agent(&agent).expect("an agent");
        let rectangular = registry.surrogate(&Component::named("rectangular"));
        let surrogate = rectangular.expect("a surrogate").0;
        let spec = self.spec();
        let actor = registry.build_actor(&self.actor, Some(surrogate), &spec);
        let context = AgentContext {
            spec,
            actor: actor.expect("an actor"),
            seeds: self.seeds(),
            device: Device::Cpu,
        };
        let learner = agent.start(context).expect("a learner");
        (learner, resolved.parameters)
    }

    /// Answers requests for updates.
    pub fn updates(&self) {
        let (mut learner, mut block) = if self.on_policy() {
            let (learner, parameters) = self.learner(json!({"actor_lr": FROZEN}));
            let block = Block::of_rollout(&parameters, Life::new(self));
            (learner, block)
        } else {
            let set = json!({
                "actor_lr": FROZEN,
                "update_after": STORED, "update_every": BLOCK, "gradient_steps": BLOCK,
            });
            let (mut learner, _) = self.learner(set);
            let mut life = Life::new(self);
            (0..STORED).for_each(|_| life.step(learner.as_mut()));
            (learner, Block::of_replay(life))
        };
        block.run(learner.as_mut());
        for count in super::requests() {
            let blocks = count.div_ceil(block.updates);
            let nanoseconds: u128 = (0..blocks).map(|_| block.run(learner.as_mut())).sum();
            println!("{nanoseconds}");
            let _ = stdout().flush();
        }
    }
}

/// The steps from one learning to the next.
struct Block {
    life: Life,
    steps: u64,
    /// The step in which the agent learns.
    learning: u64,
    /// The number of updates in that step.
    updates: u64,
}

impl Block {
    fn of_replay(life: Life) -> Self {
        Self {
            life,
            steps: BLOCK,
            learning: 0,
            updates: BLOCK,
        }
    }

    fn of_rollout(parameters: &Map<String, Value>, life: Life) -> Self {
        let of = |name: &str| parameters[name].as_u64().expect("a whole number");
        let horizon = of("horizon");
        Self {
            life,
            steps: horizon,
            learning: horizon - 1,
            updates: of("epochs") * horizon.div_ceil(of("batch_size")),
        }
    }

    /// Returns the nanoseconds of the step in which the agent learns.
    fn run(&mut self, learner: &mut dyn Learner) -> u128 {
        let mut nanoseconds = 0;
        // As in training.
        let _mode = WithoutSubnormals::begin();
        for step in 0..self.steps {
            let start = Instant::now();
            self.life.step(learner);
            if step == self.learning {
                nanoseconds = start.elapsed().as_nanos();
            }
        }
        nanoseconds
    }
}

/// A cycle of random transitions, made before the measurement.
pub struct Life {
    pub seen: Vec<[Tensor; 6]>,
    next: usize,
}

impl Life {
    pub fn new(work: &Work) -> Self {
        let draw = &mut Streams::new(&work.seeds(), "bench transitions", Device::Cpu);
        let features = work.spec().observation as i64;
        let replicas = work.replicas as i64;
        let mut one = || {
            let observation = draw.normal(&[replicas, features]);
            let action = match (work.actions, work.choices) {
                (Some(actions), _) => draw.uniform(&[replicas, actions as i64]) * 2.0 - 1.0,
                (_, choices) => {
                    (draw.uniform(&[replicas, 1]) * choices.unwrap_or(1) as f64).floor()
                }
            };
            let end = |draw: &mut Streams| {
                let draws = draw.uniform(&[replicas]);
                draws.lt(0.01).to_kind(tch::Kind::Float)
            };
            [
                observation,
                action,
                draw.uniform(&[replicas]),
                draw.normal(&[replicas, features]),
                end(draw),
                Tensor::zeros([replicas], (tch::Kind::Float, Device::Cpu)),
            ]
        };
        let seen = (0..STORED).map(|_| one()).collect();
        Self { seen, next: 0 }
    }

    pub fn step(&mut self, learner: &mut dyn Learner) {
        let [
            observation,
            action,
            reward,
            next_observation,
            terminated,
            truncated,
        ] = &self.seen[self.next];
        self.next = (self.next + 1) % self.seen.len();
        let seen = Transition {
            observation,
            action,
            reward,
            next_observation,
            terminated,
            truncated,
        };
        learner.observe(&seen).expect("finite");
    }
}

//! The position of every replica in its training: which episode, which step, and what the last episode returned. Networks
//! whose noise depends on it learn of it through a [`NoiseContext`].

use tch::Tensor;

use crate::api::{
    AgentContext, Mismatch, NoiseContext, StateVisitor, Stateful, Streams, Transition,
};
use crate::network::noise::step_keys;

/// Tracks the training episodes of all replicas, if the actor uses step keys; otherwise it does nothing.
#[derive(Debug)]
pub struct EpisodeTracker(Option<Tracked>);

#[derive(Debug)]
struct Tracked {
    replicas: Vec<Episode>,
    /// `[R, 1, 3]`
    step_keys: Tensor,
}

/// The episode that a replica is in.
#[derive(Debug, Clone, Copy)]
struct Episode {
    life: u64,
    number: u64,
    step: u64,
    /// The sum of its rewards so far.
    so_far: f64,
    /// The return of the previous episode; minus infinity in the first.
    before: f64,
}

impl EpisodeTracker {
    /// A tracker at the first step of the first episode.
    pub fn new(context: &AgentContext) -> Self {
        let tracked = || {
            let mut draw = context.streams("life");
            let lives = draw.indices(1, step_keys::BOUND as usize).concat();
            let replicas = lives.into_iter().map(|life| Episode {
                life: life as u64,
                number: 0,
                step: 0,
                so_far: 0.0,
                before: f64::NEG_INFINITY,
            });
            Tracked::in_episodes(replicas.collect())
        };
        Self(context.actor.uses_step_keys().then(tracked))
    }

    /// The numbers in a step key; zero if the actor does not use any.
    pub fn width(&self) -> usize {
        self.0.as_ref().map_or(0, |_| step_keys::WIDTH as usize)
    }

    /// The keys of the current step, `[R, 1, 3]`.
    pub fn step_keys(&self) -> Option<&Tensor> {
        self.0.as_ref().map(|tracked| &tracked.step_keys)
    }

    /// The context in which the actor chooses an action at the current step.
    pub fn acting<'d>(&'d self, draws: &'d mut Streams) -> NoiseContext<'d> {
        draws.exploring().at_steps(self.step_keys())
    }

    /// The context in which the actor is updated on observations that were made at the steps with these keys.
    pub fn learning<'d>(
        &self,
        draws: &'d mut Streams,
        step_keys: Option<&'d Tensor>,
    ) -> NoiseContext<'d> {
        let returns = |tracked: &Tracked| tracked.replicas.iter().map(|one| one.before).collect();
        let returns = self.0.as_ref().map(returns);
        draws.exploring().at_steps(step_keys).after_returns(returns)
    }

    /// Records one step of every replica.
    pub fn observe(&mut self, seen: &Transition<'_>) {
        if let Some(tracked) = &mut self.0 {
            let mut replicas = std::mem::take(&mut tracked.replicas);
            for (replica, episode) in replicas.iter_mut().enumerate() {
                let of = |tensor: &Tensor| tensor.double_value(&[replica as i64]);
                let ended = of(seen.terminated) + of(seen.truncated) > 0.0;
                episode.advance(of(seen.reward), ended);
            }
            *tracked = Tracked::in_episodes(replicas);
        }
    }
}

impl Tracked {
    fn in_episodes(replicas: Vec<Episode>) -> Self {
        let numbers: Vec<f32> = replicas
            .iter()
            .flat_map(|at| [at.life, at.number, at.step].map(|number| number as f32))
            .collect();
        Self {
            replicas,
            step_keys: Tensor::from_slice(&numbers).view([-1, 1, step_keys::WIDTH]),
        }
    }
}

impl Episode {
    fn advance(&mut self, reward: f64, ended: bool) {
        self.so_far += reward;
        self.step += 1;
        if ended {
            *self = Self {
                life: self.life,
                number: self.number + 1,
                step: 0,
                so_far: 0.0,
                before: self.so_far,
            };
        }
    }
}

impl Stateful for EpisodeTracker {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        let Some(tracked) = &mut self.0 else {
            return Ok(());
        };
        let mut replicas = tracked.replicas.clone();
        for (replica, at) in replicas.iter_mut().enumerate() {
            let name = |what: &str| format!("{what}.{replica}");
            with.count(&name("life"), &mut at.life)?;
            with.count(&name("number"), &mut at.number)?;
            with.count(&name("step"), &mut at.step)?;
            with.number(&name("so_far"), &mut at.so_far)?;
            with.number(&name("before"), &mut at.before)?;
        }
        *tracked = Tracked::in_episodes(replicas);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::api::{ActionSpace, Actor, Declaration, Init, Spec, Weights};

    /// Adds the return of the last episode to the loss.
    #[derive(Debug)]
    struct Penalising {
        uses_step_keys: bool,
    }

    impl Actor for Penalising {
        fn learned(&self) -> Vec<Declaration> {
            vec![Declaration::new("a", &[1], Init::Uniform(1.0))]
        }

        fn forward(
            &self,
            observation: &Tensor,
            _: &Weights,
            noise: &mut NoiseContext<'_>,
        ) -> Tensor {
            if let Some(returns) = noise.returns() {
                let penalty = Tensor::from_slice(returns).to_kind(Kind::Float);
                noise.penalise(|loss| loss + penalty);
            }
            observation.shallow_clone()
        }

        fn multiply_adds(&self) -> u64 {
            0
        }

        fn uses_step_keys(&self) -> bool {
            self.uses_step_keys
        }
    }

    fn context(uses_step_keys: bool) -> AgentContext {
        AgentContext {
            spec: Spec {
                observation: 1,
                action: ActionSpace::Discrete(2),
                max_episode_steps: 100,
            },
            actor: Box::new(Penalising { uses_step_keys }),
            seeds: vec![4, 5],
            device: Device::Cpu,
        }
    }

    /// Records a step of both replicas.
    fn step(
        tracker: &mut EpisodeTracker,
        reward: [f32; 2],
        terminated: [f32; 2],
        truncated: [f32; 2],
    ) {
        let nothing = Tensor::zeros([2, 1], (Kind::Float, Device::Cpu));
        tracker.observe(&Transition {
            observation: &nothing,
            action: &nothing,
            reward: &Tensor::from_slice(&reward),
            next_observation: &nothing,
            terminated: &Tensor::from_slice(&terminated),
            truncated: &Tensor::from_slice(&truncated),
        });
    }

    /// The episode and the step of both replicas.
    fn position(tracker: &EpisodeTracker) -> [[f64; 2]; 2] {
        let keys = tracker.step_keys().unwrap();
        [0, 1].map(|replica| [1, 2].map(|place| keys.double_value(&[replica, 0, place])))
    }

    /// The penalty that the actor adds to the loss of each replica in an update.
    fn penalty(tracker: &EpisodeTracker, actor: &dyn Actor) -> [f64; 2] {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let weights = Weights::new(&actor.learned(), &mut draw, Device::Cpu);
        let zeros = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        let mut noise = tracker.learning(&mut draw, tracker.step_keys());
        drop(actor.forward(&zeros, &weights, &mut noise));
        let loss = noise.into_penalty().added_to(zeros);
        [0, 1].map(|replica| loss.double_value(&[replica]))
    }

    #[test]
    fn every_replica_counts_its_own_episodes_steps_and_returns() {
        let context = context(true);
        let mut tracker = EpisodeTracker::new(&context);
        let keys = tracker.step_keys().unwrap();
        assert_eq!(keys.size(), [2, 1, step_keys::WIDTH]);
        assert_eq!(position(&tracker), [[0.0, 0.0], [0.0, 0.0]]);
        let before = [f64::NEG_INFINITY; 2];
        step(&mut tracker, [1.0, 10.0], [0.0; 2], [0.0; 2]);
        assert_eq!(penalty(&tracker, context.actor.as_ref()), before);
        step(&mut tracker, [2.0, 20.0], [0.0, 1.0], [0.0; 2]);
        assert_eq!(position(&tracker), [[0.0, 2.0], [1.0, 0.0]]);
        step(&mut tracker, [4.0, 40.0], [0.0; 2], [1.0, 0.0]);
        assert_eq!(position(&tracker), [[1.0, 0.0], [1.0, 1.0]]);
        assert_eq!(penalty(&tracker, context.actor.as_ref()), [7.0, 30.0]);

        let mut restored = EpisodeTracker::new(&context);
        restored.restore(&tracker.save()).unwrap();
        let [ours, theirs] = [&restored, &tracker].map(|one| one.step_keys().unwrap());
        assert!(ours.equal(theirs));
        assert_eq!(penalty(&restored, context.actor.as_ref()), [7.0, 30.0]);
    }

    #[test]
    fn nothing_is_tracked_for_an_actor_that_does_not_use_step_keys() {
        let context = context(false);
        let mut tracker = EpisodeTracker::new(&context);
        step(&mut tracker, [1.0; 2], [1.0; 2], [0.0; 2]);
        assert!(tracker.step_keys().is_none());
        assert_eq!(tracker.width(), 0);
        assert_eq!(penalty(&tracker, context.actor.as_ref()), [0.0; 2]);
        assert!(tracker.save().words.is_empty());
    }
}

//! Where in its life every replica is, for an actor that remembers it: in which episode, at which step, and what the last
//! episode returned.

use tch::Tensor;

use crate::api::{Actor, Exchange, KEYS, MOMENT, Mismatch, Site, Stateful, Transition, Weights};

/// The episodes of all replicas; of an actor that does not remember, nothing.
#[derive(Debug)]
pub struct Episodes(Option<Followed>);

#[derive(Debug)]
struct Followed {
    replicas: Vec<Episode>,
    /// `[R, 1, 3]`
    moments: Tensor,
}

/// The episode that a replica is in.
#[derive(Debug, Clone, Copy)]
struct Episode {
    life: u64,
    number: u64,
    step: u64,
    /// What it has returned so far.
    so_far: f64,
    /// What the one before returned.
    before: f64,
}

impl Episodes {
    /// At the first step of the first one.
    pub fn new(site: &Site) -> Self {
        let followed = || {
            let lives = site.streams("life").indices(1, KEYS as usize).concat();
            let replicas = lives.into_iter().map(|life| Episode {
                life: life as u64,
                number: 0,
                step: 0,
                so_far: 0.0,
                before: f64::NEG_INFINITY,
            });
            Followed::in_episodes(replicas.collect())
        };
        Self(site.actor.remembers().then(followed))
    }

    /// The numbers of a moment: none where nobody remembers.
    pub fn width(&self) -> usize {
        self.0.as_ref().map_or(0, |_| MOMENT as usize)
    }

    /// The moments of the observations that are made now, `[R, 1, 3]`.
    pub fn moments(&self) -> Option<&Tensor> {
        self.0.as_ref().map(|followed| &followed.moments)
    }

    /// Takes in a step of every replica.
    pub fn observe(&mut self, seen: &Transition<'_>) {
        if let Some(followed) = &mut self.0 {
            let mut replicas = std::mem::take(&mut followed.replicas);
            for (replica, episode) in replicas.iter_mut().enumerate() {
                let of = |tensor: &Tensor| tensor.double_value(&[replica as i64]);
                let ended = of(seen.terminated) + of(seen.truncated) > 0.0;
                episode.goes_on(of(seen.reward), ended);
            }
            *followed = Followed::in_episodes(replicas);
        }
    }

    /// The loss of an actor, `[R]`, with what the actor itself adds to it.
    pub fn penalised(&self, loss: Tensor, actor: &dyn Actor, weights: &Weights) -> Tensor {
        let penalty = self.0.as_ref().and_then(|followed| {
            let returns = followed.replicas.iter().map(|episode| episode.before);
            actor.penalty(weights, &returns.collect::<Vec<_>>())
        });
        match penalty {
            Some(penalty) => loss + penalty,
            None => loss,
        }
    }
}

impl Followed {
    fn in_episodes(replicas: Vec<Episode>) -> Self {
        let numbers: Vec<f32> = replicas
            .iter()
            .flat_map(|at| [at.life, at.number, at.step].map(|number| number as f32))
            .collect();
        Self {
            replicas,
            moments: Tensor::from_slice(&numbers).view([-1, 1, MOMENT]),
        }
    }
}

impl Episode {
    fn goes_on(&mut self, reward: f64, ended: bool) {
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

impl Stateful for Episodes {
    fn exchange(&mut self, with: &mut Exchange<'_>) -> Result<(), Mismatch> {
        let Some(followed) = &mut self.0 else {
            return Ok(());
        };
        let mut replicas = followed.replicas.clone();
        for (replica, at) in replicas.iter_mut().enumerate() {
            let name = |what: &str| format!("{what}.{replica}");
            with.count(&name("life"), &mut at.life)?;
            with.count(&name("number"), &mut at.number)?;
            with.count(&name("step"), &mut at.step)?;
            with.number(&name("so_far"), &mut at.so_far)?;
            with.number(&name("before"), &mut at.before)?;
        }
        *followed = Followed::in_episodes(replicas);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind};

    use super::*;
    use crate::api::{ActionSpace, Declaration, Init, Noise, Spec, Streams};

    /// It adds what the last episode returned.
    #[derive(Debug)]
    struct Remembering(bool);

    impl Actor for Remembering {
        fn learned(&self) -> Vec<Declaration> {
            vec![Declaration::new("a", &[1], Init::Uniform(1.0))]
        }

        fn forward(&self, observation: &Tensor, _: &Weights, _: &mut dyn Noise) -> Tensor {
            observation.shallow_clone()
        }

        fn multiply_adds(&self) -> u64 {
            0
        }

        fn remembers(&self) -> bool {
            self.0
        }

        fn penalty(&self, _: &Weights, returns: &[f64]) -> Option<Tensor> {
            Some(Tensor::from_slice(returns).to_kind(Kind::Float))
        }
    }

    fn site(remembers: bool) -> Site {
        Site {
            spec: Spec {
                observation: 1,
                action: ActionSpace::Discrete(2),
                max_episode_steps: 100,
            },
            actor: Box::new(Remembering(remembers)),
            seeds: vec![4, 5],
            device: Device::Cpu,
        }
    }

    /// A step of both replicas.
    fn see(episodes: &mut Episodes, reward: [f32; 2], terminated: [f32; 2], truncated: [f32; 2]) {
        let nothing = Tensor::zeros([2, 1], (Kind::Float, Device::Cpu));
        episodes.observe(&Transition {
            observation: &nothing,
            action: &nothing,
            reward: &Tensor::from_slice(&reward),
            next_observation: &nothing,
            terminated: &Tensor::from_slice(&terminated),
            truncated: &Tensor::from_slice(&truncated),
        });
    }

    /// Episode and step of both replicas.
    fn at(episodes: &Episodes) -> [[f64; 2]; 2] {
        let moments = episodes.moments().unwrap();
        [0, 1].map(|replica| [1, 2].map(|place| moments.double_value(&[replica, 0, place])))
    }

    fn added(episodes: &Episodes, actor: &dyn Actor) -> [f64; 2] {
        let mut draw = Streams::new(&[1, 2], "test", Device::Cpu);
        let weights = Weights::new(&actor.learned(), &mut draw, Device::Cpu);
        let loss = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        let loss = episodes.penalised(loss, actor, &weights);
        [0, 1].map(|replica| loss.double_value(&[replica]))
    }

    #[test]
    fn every_replica_counts_its_own_episodes_steps_and_returns() {
        let site = site(true);
        let mut episodes = Episodes::new(&site);
        assert_eq!(episodes.moments().unwrap().size(), [2, 1, MOMENT]);
        assert_eq!(at(&episodes), [[0.0, 0.0], [0.0, 0.0]]);
        let before = [f64::NEG_INFINITY; 2];
        see(&mut episodes, [1.0, 10.0], [0.0; 2], [0.0; 2]);
        assert_eq!(added(&episodes, site.actor.as_ref()), before);
        see(&mut episodes, [2.0, 20.0], [0.0, 1.0], [0.0; 2]);
        assert_eq!(at(&episodes), [[0.0, 2.0], [1.0, 0.0]]);
        see(&mut episodes, [4.0, 40.0], [0.0; 2], [1.0, 0.0]);
        assert_eq!(at(&episodes), [[1.0, 0.0], [1.0, 1.0]]);
        assert_eq!(added(&episodes, site.actor.as_ref()), [7.0, 30.0]);

        let mut restored = Episodes::new(&site);
        restored.restore(&episodes.save()).unwrap();
        assert!(
            restored
                .moments()
                .unwrap()
                .equal(episodes.moments().unwrap())
        );
        assert_eq!(added(&restored, site.actor.as_ref()), [7.0, 30.0]);
    }

    #[test]
    fn of_an_actor_that_does_not_remember_nothing_is_kept() {
        let site = site(false);
        let mut episodes = Episodes::new(&site);
        see(&mut episodes, [1.0; 2], [1.0; 2], [0.0; 2]);
        assert!(episodes.moments().is_none());
        assert_eq!(episodes.width(), 0);
        assert_eq!(added(&episodes, site.actor.as_ref()), [0.0; 2]);
        assert!(episodes.save().words.is_empty());
    }
}

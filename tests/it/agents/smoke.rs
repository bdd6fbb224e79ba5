//! Real updates, a few of them, of every agent with every actor in every environment that the agent accepts.

use serde_json::json;
use spikebench::api::{ActionSpace, Component, Environment, Kind, Learner, Mode, Spec, Transition};
use spikebench::registry::Registry;
use tch::{Device, Tensor};

use super::small::{component, names, small, start};

/// Enough steps for three updates with the small sizes.
const STEPS: usize = 14;

/// One observation of one replica, `[1, features]`.
fn row(values: &[f64]) -> Tensor {
    let single: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    Tensor::from_slice(&single).view([1, -1])
}

fn play(environment: &mut dyn Environment, learner: &mut dyn Learner) {
    let mut observation = row(&environment.reset(Some(1)));
    for _ in 0..STEPS {
        let action = learner
            .act(&observation.unsqueeze(1), Mode::Explore)
            .squeeze_dim(1);
        let mut numbers = vec![0f32; action.numel()];
        action.copy_data(&mut numbers, action.numel());
        let seen = environment.step(&numbers);
        let next = row(&seen.observation);
        learner
            .observe(&Transition {
                observation: &observation,
                action: &action,
                reward: &Tensor::from_slice(&[seen.reward as f32]),
                next_observation: &next,
                terminated: &Tensor::from_slice(&[f32::from(seen.terminated)]),
                truncated: &Tensor::zeros([1], (tch::Kind::Float, Device::Cpu)),
            })
            .unwrap();
        observation = if seen.terminated {
            row(&environment.reset(None))
        } else {
            next
        };
    }
}

/// Checks that actions lie within the action space.
fn check_actions(learner: &mut dyn Learner, spec: &Spec) {
    let somewhere = Tensor::zeros(
        [1, 5, spec.observation as i64],
        (tch::Kind::Float, Device::Cpu),
    );
    let action = learner.act(&somewhere, Mode::Evaluate);
    assert_eq!(action.size(), [1, 5, spec.action.width() as i64]);
    let (low, high) = match &spec.action {
        ActionSpace::Box(bounds) => bounds[0],
        ActionSpace::Discrete(choices) => (0.0, *choices as f32 - 1.0),
    };
    let within = action
        .ge(f64::from(low))
        .logical_and(&action.le(f64::from(high)));
    assert!(bool::try_from(within.all()).unwrap(), "{action}");
    if let ActionSpace::Discrete(_) = spec.action {
        assert!(action.equal(&action.round()));
    }
}

#[test]
fn every_agent_learns_in_every_environment_it_accepts_with_every_actor() {
    let registry = Registry::linked().unwrap();
    let all = |kind| -> Vec<Component> {
        let named = names(&registry, kind).into_iter();
        named
            .map(|name| small(&registry, kind, component(json!(name))))
            .collect()
    };
    let (agents, actors) = (all(Kind::Agent), all(Kind::Actor));
    let mut played = 0;
    // Pusher-v4 is rejected, as in Gymnasium.
    let can_be_opened = |environment: &Component| environment.name != "Pusher-v4";
    for environment in all(Kind::Environment).into_iter().filter(can_be_opened) {
        let settings = registry.environment(&environment).unwrap().0;
        let spec = settings.spec();
        let mut running = settings.open().unwrap();
        let accepting: Vec<_> = agents
            .iter()
            .filter(|agent| registry.agent(agent).unwrap().0.accepts(&spec).is_ok())
            .collect();
        assert!(
            !accepting.is_empty(),
            "no agent accepts {}",
            environment.name
        );
        for agent in accepting {
            for actor in &actors {
                println!("{}, {}, {}", environment.name, agent.name, actor.name);
                let mut learner = start(&registry, agent, actor, "triangular", spec.clone(), &[1]);
                let before = learner.save();
                play(running.as_mut(), learner.as_mut());
                let after = learner.save();
                let updates = after
                    .words
                    .iter()
                    .filter(|(name, _)| name.ends_with("adam.steps"));
                for (name, steps) in updates {
                    assert!(steps[0] >= 3, "{name}: {steps:?}");
                }
                let learned = |name: &&String| name.starts_with("actor.");
                let mut moved = after.tensors.keys().filter(learned);
                assert!(moved.any(|name| !after.tensors[name].equal(&before.tensors[name])));
                check_actions(learner.as_mut(), &spec);
                played += 1;
            }
        }
    }
    println!("{played} combinations");
    assert!(played >= agents.len() * actors.len());
}

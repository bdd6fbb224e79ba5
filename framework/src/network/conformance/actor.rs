//! What an actor promises.

use std::sync::Arc;

use tch::{Device, Tensor};

use super::numbers::{assert_close, assert_finite};
use super::probe::Probe;
use super::promise::Promise;
use crate::api::{ActionSpace, Actor, Component, Spec, Streams, Weights};
use crate::registry::Registry;

const SEEDS: [u64; 2] = [1, 2];
const BATCH: i64 = 7;

pub fn promises<'a>(
    name: &'a str,
    registry: &'a Registry,
    complete: Component,
) -> Vec<Promise<'a>> {
    let complete = Arc::new(complete);
    let act = move |seeds: &[u64]| act(name, registry, &complete, seeds);
    let (shape, again, alone) = (act.clone(), act.clone(), act);
    vec![
        Promise::new(
            "it gives a finite number for each action dimension",
            move || {
                let out = shape(&SEEDS);
                assert_eq!(
                    out.size(),
                    [SEEDS.len() as i64, BATCH, 2],
                    "{name}: [R, B, actions]"
                );
                assert_finite(&out, name);
            },
        ),
        Promise::new("the same seeds give the same numbers", move || {
            assert!(
                again(&SEEDS).equal(&again(&SEEDS)),
                "{name} differs from itself"
            );
        }),
        Promise::new("a replica computes what it would alone", move || {
            let both = alone(&SEEDS).narrow(0, 0, 1);
            assert_close(&both, &alone(&SEEDS[..1]), 1e-5, name);
        }),
    ]
}

fn act(name: &str, registry: &Registry, complete: &Component, seeds: &[u64]) -> Tensor {
    let spec = Spec {
        observation: 3,
        action: ActionSpace::Box(vec![(-1.0, 1.0); 2]),
        max_episode_steps: 10,
    };
    let built = registry.build_actor(complete, Some(Arc::new(Probe)), &spec);
    let actor: Box<dyn Actor> = built.unwrap_or_else(|error| panic!("{name}: {error}"));
    let streams = |purpose: &str| Streams::new(seeds, purpose, Device::Cpu);
    let weights = Weights::new(&actor.learned(), &mut streams("weights"), Device::Cpu);
    let observation = streams("observations").normal(&[seeds.len() as i64, BATCH, 3]);
    let mut draws = streams("noise");
    let out = actor.forward(&observation, &weights, &mut draws.without_exploration());
    out.detach()
}

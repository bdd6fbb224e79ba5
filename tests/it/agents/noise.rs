//! Persistent noise inside an actor, in an agent that learns from recorded transitions.

use serde_json::json;
use spikebench::api::{Kind, Spec};
use spikebench::registry::Registry;

use super::small::{World, component, small, start, tasks};

#[test]
fn ppo_evaluates_actions_under_the_noise_with_which_they_were_chosen() {
    let registry = Registry::linked().unwrap();
    let actor = small(&registry, Kind::Actor, component(json!("noisysan")));
    let loss = |clip: f64, spec: &Spec| {
        // The weights do not change, and neither does any probability, so there is nothing to clip.
        let settings = json!({ "ppo": { "clip": clip, "actor_lr": 1e-30 } });
        let agent = small(&registry, Kind::Agent, component(settings));
        let mut world = World::new(spec.clone(), &[4]);
        let surrogate = "triangular";
        let mut learner = start(&registry, &agent, &actor, surrogate, spec.clone(), &[4]);
        world.live(learner.as_mut(), 60);
        let told = learner.diagnostics().into_iter();
        let mut losses = told.filter(|(name, _)| *name == "actor_loss");
        losses.next().unwrap().1[0]
    };
    let ppo = small(&registry, Kind::Agent, component(json!("ppo")));
    for spec in tasks(&registry, &ppo) {
        let (tight, wide) = (loss(1e-9, &spec), loss(1e9, &spec));
        assert!((tight - wide).abs() < 1e-5, "{tight} {wide}");
        assert!(tight.abs() > 1e-4, "{tight}");
    }
}

//! Agents against PyTorch: losses, gradients and weights after updates from fixed weights and transitions.
//! The numbers are made by golden/agents/make.py.

use std::collections::BTreeMap;
use std::path::Path;

use super::small::{component, continuous, discrete, start};
use serde_json::Value;
use spikebench::api::{Learner, State, Transition};
use spikebench::registry::Registry;
use tch::Tensor;

/// The numbers of nested lists, and their shape.
fn tensor(value: &Value) -> Tensor {
    fn gather(value: &Value, depth: usize, shape: &mut Vec<i64>, numbers: &mut Vec<f32>) {
        match value {
            Value::Array(items) => {
                if shape.len() == depth {
                    shape.push(items.len() as i64);
                }
                items
                    .iter()
                    .for_each(|item| gather(item, depth + 1, shape, numbers));
            }
            number => numbers.push(number.as_f64().unwrap() as f32),
        }
    }
    let (mut shape, mut numbers) = (Vec::new(), Vec::new());
    gather(value, 0, &mut shape, &mut numbers);
    Tensor::from_slice(&numbers).view(shape.as_slice())
}

fn named(value: &Value) -> BTreeMap<String, Tensor> {
    let entries = value.as_object().unwrap().iter();
    entries
        .map(|(name, value)| (name.clone(), tensor(value)))
        .collect()
}

/// The largest difference, as a part of the larger of one and the value.
fn off(ours: &Tensor, theirs: &Tensor) -> f64 {
    assert_eq!(ours.size(), theirs.size());
    let scale = theirs.abs().clamp_min(1.0);
    ((ours - theirs).abs() / scale).max().double_value(&[])
}

/// Begins with the given weights and lives through the transitions, after the last of which it learns.
fn learn(case: &Value) -> Box<dyn Learner> {
    let registry = Registry::linked().unwrap();
    let before = named(&case["before"]);
    let seen = named(&case["transitions"]);
    let actions = seen["action"].size()[1];
    let spec = if case["discrete"] == true {
        discrete(3, 4)
    } else {
        continuous(3, actions, 2.0)
    };
    let (agent, actor) = (
        component(case["agent"].clone()),
        component(case["actor"].clone()),
    );
    let seed = case["seed"].as_u64().unwrap();
    let mut learner = start(&registry, &agent, &actor, "rectangular", spec, &[seed]);
    let mut state = learner.save();
    for (name, tensor) in before {
        assert!(
            state.tensors.insert(name.clone(), tensor).is_some(),
            "{name}"
        );
    }
    learner.restore(&state).unwrap();
    for step in 0..seen["reward"].size()[0] {
        let at = |name: &str| seen[name].narrow(0, step, 1);
        learner
            .observe(&Transition {
                observation: &at("observation"),
                action: &at("action"),
                reward: &at("reward"),
                next_observation: &at("next_observation"),
                terminated: &at("terminated"),
                truncated: &at("truncated"),
            })
            .unwrap();
    }
    learner
}

/// The gradients of the only update there was, of which Adam's first moment is a tenth, by the names of the weights.
fn gradients(state: &State) -> BTreeMap<String, Tensor> {
    let means = state.tensors.iter().filter_map(|(name, mean)| {
        let (adam, weights) = name.split_once("_adam.mean.")?;
        Some((format!("{adam}_adam.{weights}"), mean / 0.1))
    });
    means.collect()
}

fn compare(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/agents");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let case: Value = serde_json::from_str(&text).unwrap();
    let mut learner = learn(&case);
    let state = learner.save();

    let after = named(&case["after"]);
    assert!(after.len() >= 8);
    for (part, theirs) in after {
        let off = off(&state.tensors[&part], &theirs);
        println!("{name}, {part}: off by {off:e}");
        assert!(off < 1e-5, "{name}, {part}: off by {off:e}");
    }
    let wanted = named(&case["gradients"]);
    let found = gradients(&state);
    assert!(wanted.is_empty() || found.len() == wanted.len());
    for (part, theirs) in wanted {
        let off = off(&found[&part], &theirs);
        println!("{name}, gradient {part}: off by {off:e}");
        assert!(off < 1e-5, "{name}, gradient {part}: off by {off:e}");
        assert!(
            theirs.abs().max().double_value(&[]) > 1e-3,
            "{part} has a gradient"
        );
    }
    let diagnostics: BTreeMap<_, _> = learner.diagnostics().into_iter().collect();
    let losses = case["losses"].as_object().unwrap();
    assert!(losses.len() >= 2);
    for (quantity, theirs) in losses {
        let ours = diagnostics[quantity.as_str()][0];
        let theirs = theirs.as_f64().unwrap();
        let off = (ours - theirs).abs() / theirs.abs().max(1.0);
        println!("{name}, {quantity}: {ours}, off by {off:e}");
        assert!(off < 1e-5, "{name}, {quantity}: {ours}, not {theirs}");
    }
}

#[test]
fn an_update_of_td3_is_that_of_pytorch() {
    compare("td3");
}

#[test]
fn an_update_of_sac_is_that_of_pytorch() {
    compare("sac");
}

#[test]
fn an_update_of_ppo_is_that_of_pytorch() {
    compare("ppo_box");
    compare("ppo_discrete");
}

#[test]
fn updates_of_ppo_beyond_its_clip_are_those_of_pytorch() {
    compare("ppo_box_clipped");
    compare("ppo_discrete_clipped");
}

//! The real training loop of a cell.

use std::time::Instant;

use serde_json::{Value, json};
use spikebench::api::Component;
use spikebench::registry::Registry;
use spikebench::run::train;
use spikebench::suite::Suite;
use spikebench::suite::plan::Plan;
use tch::Device;

use super::answer;
use super::work::Work;

/// More steps than anybody asks for.
const NEVER: u64 = 100_000_000;
/// Steps before the first answer; the agents learn from step 1 000 on.
const BEFORE: u64 = 1_200;

/// Every 100 steps it plays one episode of some 20 steps for evaluation, the same share as ten episodes of 200 steps every
/// 10 000 steps.
pub fn with_evaluation() {
    run(&json!({
        "name": "bench",
        "seeds": [0],
        "budget": {"steps": NEVER, "evaluate_every": 100, "evaluation_episodes": 1},
        "matrix": {
            "surrogate": ["rectangular"],
            "actor": ["popsan"],
            "agent": [{"td3": {"start_steps": 1000, "update_after": 1000}}],
            "environment": ["Hopper-v5"],
        },
    }));
}

/// Training alone.
pub fn steps(work: &Work, environment: &Component) {
    run(&json!({
        "name": "bench",
        "seeds": [0],
        "budget": {"steps": NEVER, "evaluate_every": NEVER, "evaluation_episodes": 1},
        "matrix": {
            "surrogate": ["rectangular"],
            "actor": [work.actor],
            "agent": [work.agent],
            "environment": [environment],
        },
    }));
}

/// Trains the only cell of a suite, and answers requests for steps. (JSON is YAML.)
fn run(suite: &Value) {
    let registry = Registry::linked().expect("the registry");
    let suite = Suite::parse("bench", &suite.to_string(), &registry, 10).expect("a suite");
    let plan = Plan::of(&suite, &registry).expect("a plan");
    let mut requests = None;
    let (mut left, mut start) = (0u64, Instant::now());
    let outcome = train::run(&plan.cells[0], &registry, Device::Cpu, &mut |event| {
        let train::Event::Step(step) = event else {
            return;
        };
        if step < BEFORE {
            return;
        }
        left = left.saturating_sub(1);
        if left == 0 {
            let asked = match &mut requests {
                None => {
                    requests.insert(Box::new(super::requests()) as Box<dyn Iterator<Item = u64>>)
                }
                Some(requests) => {
                    answer(start);
                    requests
                }
            };
            left = asked.next().unwrap_or_else(|| std::process::exit(0));
            start = Instant::now();
        }
    });
    eprintln!("training ended: {outcome:?}");
}

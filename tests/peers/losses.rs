//! What our agents make of known transitions, for `check_ours.py`: `works losses NAME UPDATES FILE` writes the state before and
//! after so many updates, the transitions, the random numbers that were drawn, and the mean losses, in NumPy's format.

use serde_json::json;
use spikebench::api::Streams;
use tch::{Device, Kind, Tensor};

use super::updates::Life;
use super::work::Work;

/// The number of transitions before the step that learns.
const BEFORE: u64 = 299;

/// Does what the command line says.
pub fn write() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [_, name, updates, file] = &words[..] else {
        eprintln!("usage: losses NAME UPDATES FILE");
        std::process::exit(2);
    };
    let work = Work::find(name).expect("an entry of works.json");
    let updates: u64 = updates.parse().expect("a number of updates");
    let written = of(&work, updates);
    Tensor::write_npz(&written, file).expect("a writable file");
}

fn of(work: &Work, updates: u64) -> Vec<(String, Tensor)> {
    let horizon = BEFORE + 1;
    let set = match work.on_policy() {
        // As many epochs as updates, of one batch each.
        true => json!({"horizon": horizon, "batch_size": horizon, "epochs": updates}),
        false => json!({"update_after": BEFORE, "update_every": 1, "gradient_steps": updates}),
    };
    let (mut learner, parameters) = work.learner(set);
    let mut life = Life::new(work);
    (0..BEFORE).for_each(|_| life.step(learner.as_mut()));
    let mut written = Vec::new();
    for (name, tensor) in learner.save().tensors {
        written.push((format!("before.{name}"), tensor));
    }
    life.step(learner.as_mut());
    for (name, tensor) in learner.save().tensors {
        written.push((format!("after.{name}"), tensor));
    }
    for (name, values) in learner.diagnostics() {
        written.push((format!("told.{name}"), Tensor::from_slice(&values)));
    }
    let names = [
        "observation",
        "action",
        "reward",
        "next_observation",
        "terminated",
        "truncated",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let all: Vec<&Tensor> = life.seen[..horizon as usize]
            .iter()
            .map(|seen| &seen[index])
            .collect();
        written.push((format!("seen.{name}"), Tensor::cat(&all, 0)));
    }
    written.extend(drawn(work, &parameters, updates, horizon as usize));
    written
}

/// The random numbers that the agent drew while it learned, drawn once more.
fn drawn(
    work: &Work,
    parameters: &serde_json::Map<String, serde_json::Value>,
    updates: u64,
    stored: usize,
) -> Vec<(String, Tensor)> {
    let stream = |purpose: &str| Streams::new(&[0], purpose, Device::Cpu);
    let size = parameters["batch_size"].as_u64().expect("a size") as usize;
    let purpose = if work.on_policy() {
        "minibatches"
    } else {
        "replay"
    };
    let mut indices = stream(purpose);
    let chosen: Vec<Tensor> = (0..updates)
        .map(|_| indices.indices(size, stored).concat())
        .map(|chosen| Tensor::from_slice(&chosen.iter().map(|&at| at as i64).collect::<Vec<_>>()))
        .collect();
    let shape = [1, size as i64, work.spec().action.width() as i64];
    let normal = |purpose: &str, each: u64| {
        let mut stream = stream(purpose);
        let all: Vec<Tensor> = (0..updates * each).map(|_| stream.normal(&shape)).collect();
        (
            format!("drawn.{purpose}"),
            Tensor::cat(&all, 0).to_kind(Kind::Float),
        )
    };
    vec![
        ("drawn.indices".to_owned(), Tensor::stack(&chosen, 0)),
        normal("target policy noise", 1),
        normal("policy", 2),
    ]
}

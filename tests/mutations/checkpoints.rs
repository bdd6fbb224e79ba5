//! Checkpoints, whose hash fits what was changed, so that a change reaches what is behind it.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;

use spikebench::api::{Mismatch, Queue, Ring, StateVisitor, Stateful};
use spikebench::run::checkpoint::{Attempt, check};
use tch::Tensor;

/// A state with a part of every kind.
struct Parts {
    weights: Tensor,
    steps: u64,
    rows: Vec<f32>,
    queue: VecDeque<Vec<f32>>,
}

impl Stateful for Parts {
    fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
        with.tensor("weights", &mut self.weights)?;
        with.count("steps", &mut self.steps)?;
        let mut recorded = 5;
        let ring = Ring {
            width: 2,
            capacity: 4,
            recorded: &mut recorded,
            rows: &mut self.rows,
        };
        with.ring("replay", ring)?;
        let queue = Queue {
            width: 3,
            capacity: 4,
            dropped: &mut 2,
            rows: &mut self.queue,
        };
        with.queue("finals", queue)
    }
}

/// Writes a checkpoint into a folder, and gives its bytes.
pub fn example(folder: &Path) -> Vec<u8> {
    let mut parts = Parts {
        weights: Tensor::from_slice(&[1f32, 2.0, 3.0]),
        steps: 7,
        rows: vec![0.5; 8],
        queue: [vec![0.25; 3], vec![0.75; 3]].into(),
    };
    let mut attempt = Attempt::begin(folder, "0123456789ab", 100, Vec::new()).unwrap();
    attempt.save(7, 1.5, &mut parts).unwrap();
    fs::read(folder.join("7.checkpoint")).unwrap()
}

/// Whether `verify` accepts a checkpoint in a folder that has the rows of the example.
pub fn accepts(folder: &Path, input: &[u8]) -> bool {
    let path = folder.join("7.checkpoint");
    let mut lines = input.splitn(3, |&byte| byte == b'\n');
    let fitting = match (lines.next(), lines.next(), lines.next()) {
        (Some(first), Some(_), Some(contents)) => {
            let hash = blake3::hash(contents).to_hex();
            [first, b"\n", hash.as_bytes(), b"\n", contents].concat()
        }
        _ => input.to_vec(),
    };
    fs::write(&path, fitting).unwrap();
    check(&path).is_ok()
}

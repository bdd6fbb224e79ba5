//! What was measured in a run so far, in the order in which it happened.

use serde::{Deserialize, Serialize};

use crate::run::record::{Diagnostic, Evaluation, Timing};

/// Something that was measured at an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measurement {
    /// All episodes of one evaluation.
    Evaluated(Vec<Evaluation>),
    /// Diagnostics of the learner.
    Measured(Vec<Diagnostic>),
    /// The time that training had taken by an evaluation.
    Timed(Timing),
}

/// The tables of a record that is still growing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    /// Every episode of every evaluation.
    pub evaluations: Vec<Evaluation>,
    /// The diagnostics of every evaluation.
    pub diagnostics: Vec<Diagnostic>,
    /// The time of every evaluation.
    pub timings: Vec<Timing>,
}

impl Measurements {
    /// Adds what was measured.
    pub fn add(&mut self, measurement: Measurement) {
        match measurement {
            Measurement::Evaluated(episodes) => self.evaluations.extend(episodes),
            Measurement::Measured(numbers) => self.diagnostics.extend(numbers),
            Measurement::Timed(timing) => self.timings.push(timing),
        }
    }

    /// The step of the last evaluation; zero before the first.
    pub fn step(&self) -> u64 {
        self.evaluations.last().map_or(0, |last| last.step)
    }

    /// The mean return of the last evaluation.
    pub fn last_return(&self) -> Option<f64> {
        let step = self.evaluations.last()?.step;
        let last = self.evaluations.iter().rev();
        let returns: Vec<f64> = last
            .take_while(|episode| episode.step == step)
            .map(|episode| episode.total)
            .collect();
        Some(returns.iter().sum::<f64>() / returns.len() as f64)
    }
}

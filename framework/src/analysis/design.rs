//! How many runs a comparison needs: from a difference that is expected, or from the scores of a pilot; and whether the runs
//! so far already decide it.

use serde::Serialize;
use thiserror::Error;

use crate::stats::correction::Correction;
use crate::stats::sequential::{self, Decision};
use crate::stats::two_sample::{Sizes, Test};
use crate::stats::{design, effect, power};

use super::analyse::Analysis;

/// What the design should be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Goal {
    /// The probability of finding a difference that is there.
    pub power: f64,
    /// The accepted probability of a false alarm in a family.
    pub alpha: f64,
    /// The correction within the family.
    pub correction: Correction,
    /// How many comparisons the family holds.
    pub comparisons: usize,
    /// The test.
    pub test: Test,
}

impl Goal {
    /// The alpha that a single comparison has to meet if no other does.
    pub fn strictest_alpha(&self) -> f64 {
        self.correction
            .strictest_alpha(self.alpha, self.comparisons)
    }

    /// The runs of each method with which the test finds a difference of `d` with the power that is wanted. `None` if
    /// 10 000 are too few.
    pub fn runs_needed(&self, d: f64) -> Option<usize> {
        power::runs_needed(self.test, d, self.strictest_alpha(), self.power)
    }

    /// The power of the test with this many runs of either method.
    fn power_of(&self, d: f64, n1: usize, n2: usize) -> Option<f64> {
        let sizes = Sizes::planned(self.test, n1, n2);
        let power = power::of_test(self.test, d, sizes, self.strictest_alpha())?;
        Some(power.value)
    }

    /// The smallest adjusted p that this many runs a method can have at all.
    pub fn least_p(&self, runs: usize) -> f64 {
        let least = self.test.least_p(Sizes::planned(self.test, runs, runs));
        design::least_adjusted_p(self.correction, least, self.comparisons)
    }
}

/// What one expected difference asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Expected {
    /// The difference in standard deviations.
    pub effect: f64,
    /// Runs a method that find it with the power that is wanted.
    pub runs_needed: Option<usize>,
    /// The power of the runs that were asked about.
    pub power: Option<f64>,
}

impl Expected {
    /// For `runs` a method, if a number of them is asked about.
    pub fn of(effect: f64, goal: &Goal, runs: Option<usize>) -> Self {
        Self {
            effect,
            runs_needed: goal.runs_needed(effect),
            power: runs.and_then(|n| goal.power_of(effect, n, n)),
        }
    }
}

/// One method against the baseline, as a pilot shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pilot {
    /// The task.
    pub task: String,
    /// The method.
    pub method: String,
    /// Runs of the method and of the baseline.
    pub runs: (usize, usize),
    /// Hedges' g; `None` if there are too few runs, or none varies.
    pub hedges_g: Option<f64>,
    /// The probability that as many runs would find a difference of that size.
    pub power: Option<f64>,
    /// Runs a method that find it with the power that is wanted.
    pub runs_needed: Option<usize>,
    /// The same for half of it, because a pilot that is followed up looks better than it is.
    pub runs_needed_for_half: Option<usize>,
    /// What the runs so far decide, if looks were planned.
    pub decision: Option<Decision>,
    /// Why something is missing.
    pub note: Option<String>,
}

/// Looks that were planned before the first run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Looks {
    /// The most looks.
    pub looks: usize,
    /// Further runs of each method at each.
    pub runs: usize,
}

/// Why a pilot cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PilotError {
    /// Nothing to compare.
    #[error("a pilot needs at least two methods; the file has only {0}")]
    OneMethod(String),
}

impl Pilot {
    /// Every method of every task against the baseline.
    ///
    /// # Errors
    ///
    /// A single method.
    pub fn all(
        analysis: &Analysis,
        goal: &Goal,
        looks: Option<Looks>,
    ) -> Result<Vec<Self>, PilotError> {
        if let [only] = analysis.methods.as_slice() {
            return Err(PilotError::OneMethod(only.clone()));
        }
        let mut all = Vec::new();
        for block in &analysis.blocks {
            let found = |name: &str| block.methods.iter().find(|method| method.name == name);
            let Some(baseline) = found(&analysis.baseline) else {
                continue;
            };
            let others = block
                .methods
                .iter()
                .filter(|method| method.name != analysis.baseline);
            all.extend(others.map(|method| {
                let metric = analysis.settings.metric();
                let (a, b) = (method.values(metric), baseline.values(metric));
                let seed = analysis.settings.seed;
                Self::of((&block.title(), &method.name), (a, b), goal, looks, seed)
            }));
        }
        Ok(all)
    }

    fn of(
        (task, method): (&str, &str),
        (a, b): (&[f64], &[f64]),
        goal: &Goal,
        looks: Option<Looks>,
        seed: u64,
    ) -> Self {
        let hedges_g = effect::hedges_g(a, b);
        let mut notes = Vec::new();
        if hedges_g.is_none() {
            notes.push("no size of the difference: it needs two runs a side that vary".to_owned());
        }
        let decision = looks.and_then(|looks| match decide(a, b, goal, looks, seed) {
            Ok(decision) => Some(decision),
            Err(reason) => {
                notes.push(reason);
                None
            }
        });
        let needed = |d: f64| goal.runs_needed(d);
        Self {
            task: task.to_owned(),
            method: method.to_owned(),
            runs: (a.len(), b.len()),
            power: hedges_g.and_then(|g| goal.power_of(g, a.len(), b.len())),
            runs_needed: hedges_g.and_then(needed),
            runs_needed_for_half: hedges_g.and_then(|g| needed(g / 2.0)),
            hedges_g,
            decision,
            note: (!notes.is_empty()).then(|| notes.join("; ")),
        }
    }
}

/// The sequential test of the complete looks, in the order of the file. Several comparisons share alpha equally.
fn decide(a: &[f64], b: &[f64], goal: &Goal, looks: Looks, seed: u64) -> Result<Decision, String> {
    let chunks = a.chunks_exact(looks.runs).zip(b.chunks_exact(looks.runs));
    let so_far: Vec<(Vec<f64>, Vec<f64>)> = chunks
        .map(|(a, b)| (a.to_vec(), b.to_vec()))
        .take(looks.looks)
        .collect();
    let plan = sequential::Plan {
        looks: looks.looks,
        alpha: goal.alpha / goal.comparisons.max(1) as f64,
        seed,
    };
    plan.decide(&so_far).map_err(|reason| reason.to_string())
}

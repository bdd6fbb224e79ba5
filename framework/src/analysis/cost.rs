//! What a method takes: trials and hours of training until a threshold, the risk of a run, the operations and the energy of
//! an inference.

use serde::Serialize;

use crate::stats::describe;
use crate::stats::stability;

use super::method_scores::MethodScores;
use super::run_scores::Task;
use super::score_table::{NetworkActivity, Run};

/// What one method takes on one task.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Its name.
    pub name: String,
    /// How many runs were begun.
    pub trials: usize,
    /// How many of them reached the threshold; `None` without one.
    pub reached: Option<usize>,
    /// Hours of training to the end, the mean over runs.
    pub hours: Option<f64>,
    /// Core-hours of all runs, each until it reached the threshold or ended, for each run that reached it. `None` where none
    /// did, or a run does not tell its times.
    pub core_hours: Option<f64>,
    /// The mean of the main metric over the worst quarter of the runs.
    pub worst_quarter: Option<f64>,
    /// Multiplications of one inference by numbers that are not spikes.
    pub multiply_accumulates: Option<f64>,
    /// How many runs end with a network whose hidden neurons do not fire at all.
    pub silent: usize,
    /// The share of hidden neurons without a gradient in these runs, the mean over them.
    pub dead: Option<f64>,
    /// The network without spikes that it is compared with, and its share of the energy of that by both sets of constants.
    pub reference: Option<Reference>,
}

/// A network without spikes on the same task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reference {
    /// Its name and its context.
    pub name: String,
    /// The energy of the method divided by its energy, by each set of constants.
    pub energy: Vec<f64>,
    /// The operations of the method, synaptic ones and multiply-accumulates, divided by its operations.
    pub operations: f64,
}

/// The share of runs over which the risk of a run is averaged.
const WORST: f64 = 0.25;

const MILLISECONDS_OF_AN_HOUR: f64 = 3_600_000.0;

impl Cost {
    /// What the runs of one method took.
    pub(super) fn of(method: &MethodScores, runs: &[&Run], task: &Task<'_>) -> Self {
        let settings = task.settings;
        let main = settings.metric();
        let better = settings.direction(main);
        let scores: Vec<f64> = method
            .values(main)
            .iter()
            .map(|&score| better.orient(score))
            .collect();
        let finished = || runs.iter().filter(|run| run.curve.is_some());
        let hours =
            |run: &&&Run| Some(*run.clock.as_ref()?.last()? as f64 / MILLISECONDS_OF_AN_HOUR);
        let last = |run: &&&Run| run.activity.last().copied();
        let silent: Vec<NetworkActivity> = finished()
            .filter_map(|run| last(&run))
            .filter(|activity| activity.firing_rate == Some(0.0))
            .collect();
        let dead: Vec<f64> = silent.iter().filter_map(|activity| activity.dead).collect();
        let multiply_accumulates: Vec<f64> = finished()
            .filter_map(|run| last(&run)?.multiply_accumulates)
            .collect();
        let times: Option<Vec<f64>> = finished().map(|run| hours(&run)).collect();
        let found = task
            .threshold(None)
            .map(|threshold| to_threshold(runs, threshold, task));
        Self {
            name: method.name.clone(),
            trials: method.planned,
            reached: found.map(|found| found.0),
            hours: times.and_then(|times| describe::mean(&times)),
            core_hours: found.and_then(|found| found.1),
            worst_quarter: stability::value_at_risk(&scores, WORST)
                .filter(|_| method.refused(main).is_none())
                .map(|risk| better.orient(risk)),
            multiply_accumulates: describe::mean(&multiply_accumulates),
            silent: silent.len(),
            dead: describe::mean(&dead),
            reference: None,
        }
    }

    /// How many runs have to be begun for one that reaches the threshold.
    pub fn trials_a_success(&self) -> Option<f64> {
        let reached = self.reached.filter(|reached| *reached > 0)?;
        Some(self.trials as f64 / reached as f64)
    }
}

/// How many runs reached the threshold, and the core-hours of all for each of these.
fn to_threshold(runs: &[&Run], threshold: f64, task: &Task<'_>) -> (usize, Option<f64>) {
    let mut reached = 0;
    let mut hours = Some(0.0);
    for run in runs {
        let Some(time) = task.reached(run, threshold) else {
            continue;
        };
        reached += usize::from(time.reached);
        let spent = || {
            let (curve, clock) = (run.curve.as_ref()?, run.clock.as_ref()?);
            let place = curve.iter().position(|point| point.0 == time.step)?;
            Some(*clock.get(place)? as f64 / MILLISECONDS_OF_AN_HOUR * f64::from(run.cores?))
        };
        hours = hours.zip(spent()).map(|(sum, own)| sum + own);
    }
    let each = hours.filter(|_| reached > 0);
    (reached, each.map(|hours| hours / reached as f64))
}

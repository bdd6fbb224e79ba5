//! The evaluation of a trained policy: returns, firing rates, operations and energy.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tch::Device;

use crate::api::{Activity, ComponentError, EnvironmentSettings, LayerActivity, Streams};
use crate::network::energy::CONSTANTS;
use crate::run::episode::{TimeLimit, play};
use crate::run::trained_policy::TrainedPolicy;
use crate::stats::describe;

/// One episode.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvaluatedEpisode {
    /// The seed that the environment was reset with.
    pub seed: u64,
    /// Sum of the rewards.
    #[serde(rename = "return")]
    pub total: f64,
    /// Number of steps.
    pub length: u64,
}

/// All episodes of an evaluation, and the activity of the layers in them.
#[derive(Debug)]
pub struct Evaluated {
    /// The episodes in the order in which they were played.
    pub episodes: Vec<EvaluatedEpisode>,
    /// Firing rates are means over all observations of all episodes; operations are those of one inference.
    pub activity: Activity,
}

/// Number of observations that the activity of the layers is measured on at a time.
const BATCH: usize = 256;

/// Plays episodes one after the other. Episode `i`, with the draws of a stochastic encoder in it, depends on the seed
/// `seed + i` alone. Fails if the environment cannot be opened.
pub fn run(
    policy: &TrainedPolicy,
    settings: &dyn EnvironmentSettings,
    episodes: u64,
    seed: u64,
) -> Result<Evaluated, ComponentError> {
    TimeLimit::check(settings)?;
    let mut environment = [TimeLimit::open(settings)?];
    let mut played = Vec::new();
    let mut mean = MeanActivity::default();
    for seed in (0..episodes).map(|episode| seed.wrapping_add(episode)) {
        let streams = |purpose: &str| Streams::new(&[seed], purpose, Device::Cpu);
        let mut noise = streams("encoder in evaluation");
        let mut observations: Vec<Vec<f64>> = Vec::new();
        let act = |current: &[Vec<f64>]| {
            observations.extend_from_slice(current);
            policy.act(&current[0], &mut noise)
        };
        let episode = play(&mut environment, || seed, act)[0];
        played.push(EvaluatedEpisode {
            seed,
            total: episode.total,
            length: episode.length,
        });
        let mut noise = streams("firing rates");
        for batch in observations.chunks(BATCH) {
            mean.add(policy.activity(batch, &mut noise), batch.len() as f64);
        }
    }
    Ok(Evaluated {
        episodes: played,
        activity: mean.finish(),
    })
}

/// The mean of activities, weighted with the number of observations that each was measured on.
#[derive(Debug, Default)]
struct MeanActivity {
    sum: Activity,
    observations: f64,
}

impl MeanActivity {
    fn add(&mut self, mut activity: Activity, observations: f64) {
        for layer in &mut activity.layers {
            layer.firing_rate[0] *= observations;
            layer.synaptic_operations[0] *= observations;
            // A neuron that is silent in one batch may fire in another.
            layer.dead = None;
        }
        if self.observations == 0.0 {
            self.sum = activity;
        } else {
            for (sum, layer) in self.sum.layers.iter_mut().zip(activity.layers) {
                sum.firing_rate[0] += layer.firing_rate[0];
                sum.synaptic_operations[0] += layer.synaptic_operations[0];
            }
        }
        self.observations += observations;
    }

    fn finish(mut self) -> Activity {
        for layer in &mut self.sum.layers {
            layer.firing_rate[0] /= self.observations;
            layer.synaptic_operations[0] /= self.observations;
        }
        self.sum
    }
}

impl Evaluated {
    /// The returns of the episodes, in their order.
    pub fn returns(&self) -> Vec<f64> {
        self.episodes.iter().map(|episode| episode.total).collect()
    }

    /// Mean of the returns; none if one of them is not a number.
    pub fn mean(&self) -> Option<f64> {
        describe::mean(&self.returns())
    }

    /// Sample standard deviation of the returns; none for a single episode.
    pub fn deviation(&self) -> Option<f64> {
        describe::std(&self.returns())
    }

    /// Number of weights added up because of spikes in one inference.
    pub fn synaptic_operations(&self) -> f64 {
        self.activity.synaptic_operations().iter().sum()
    }

    /// Nanojoules of one inference, by each set of [`CONSTANTS`].
    pub fn nanojoules(&self) -> [f64; 2] {
        let multiplications = self.activity.multiply_accumulates as f64;
        CONSTANTS.map(|constants| constants.nanojoules(self.synaptic_operations(), multiplications))
    }

    /// The whole evaluation as JSON.
    pub fn json(&self) -> Value {
        let rate = |layer: &LayerActivity| (layer.name.clone(), json!(layer.firing_rate[0]));
        let rates: Map<String, Value> = self.activity.layers.iter().map(rate).collect();
        let energies = CONSTANTS.iter().zip(self.nanojoules());
        let energy: Map<String, Value> = energies
            .map(|(constants, nanojoules)| {
                let entry = json!({
                    "nanojoules_per_inference": nanojoules,
                    "picojoules_per_synaptic_operation": constants.synaptic_operation,
                    "picojoules_per_multiply_accumulate": constants.multiply_accumulate,
                    "source": constants.source,
                });
                (constants.key.to_owned(), entry)
            })
            .collect();
        json!({
            "episodes": self.episodes,
            "mean": self.mean(),
            "std": self.deviation(),
            "firing_rates": rates,
            "synaptic_operations": self.synaptic_operations(),
            "multiply_accumulates": self.activity.multiply_accumulates,
            "energy": energy,
        })
    }
}

//! A policy from files, shown in an environment: returns, firing rates, operations, energy.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tch::Device;

use crate::api::{Activity, ComponentError, EnvironmentSettings, LayerActivity, Streams};
use crate::network::energy::CONSTANTS;
use crate::run::policy::Pilot;
use crate::stats::describe;

/// One episode.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Episode {
    /// That the environment was reset with.
    pub seed: u64,
    /// Sum of rewards.
    #[serde(rename = "return")]
    pub total: f64,
    /// Steps.
    pub length: u64,
}

/// All episodes, and what the layers did in them.
#[derive(Debug)]
pub struct Evaluated {
    /// In turn.
    pub episodes: Vec<Episode>,
    /// Firing rates and dead neurons are means over all observations of all episodes; operations are those of one
    /// inference.
    pub activity: Activity,
}

/// Observations that the layers are shown at a time.
const BATCH: usize = 256;

/// Plays episodes one after the other; episode `i`, and the draws of a stochastic encoder in it, depend on the seed
/// `seed + i` alone.
pub fn run(
    pilot: &Pilot,
    settings: &dyn EnvironmentSettings,
    episodes: u64,
    seed: u64,
) -> Result<Evaluated, ComponentError> {
    let mut environment = settings.open()?;
    let limit = pilot.spec().max_episode_steps;
    let mut played = Vec::new();
    let mut sum = Sum::default();
    for seed in (0..episodes).map(|episode| seed.wrapping_add(episode)) {
        let streams = |purpose: &str| Streams::new(&[seed], purpose, Device::Cpu).in_evaluation();
        let mut noise = streams("encoder in evaluation");
        let mut episode = Episode {
            seed,
            total: 0.0,
            length: 0,
        };
        let mut observations = vec![environment.reset(Some(seed))];
        while episode.length < limit {
            let observation = &observations[observations.len() - 1];
            let step = environment.step(&pilot.act(observation, &mut noise));
            episode.total += step.reward;
            episode.length += 1;
            if step.terminated || episode.length == limit {
                break;
            }
            observations.push(step.observation);
        }
        played.push(episode);
        let mut noise = streams("firing rates");
        for some in observations.chunks(BATCH) {
            let some: Vec<&[f64]> = some.iter().map(Vec::as_slice).collect();
            sum.add(pilot.activity(&some, &mut noise), some.len() as f64);
        }
    }
    Ok(Evaluated {
        episodes: played,
        activity: sum.mean(),
    })
}

/// A mean of activities, each of so many observations.
#[derive(Debug, Default)]
struct Sum {
    activity: Activity,
    observations: f64,
}

impl Sum {
    fn add(&mut self, mut activity: Activity, observations: f64) {
        for layer in &mut activity.layers {
            layer.firing_rate[0] *= observations;
            layer.synaptic_operations[0] *= observations;
            // Of single batches it says nothing about all.
            layer.dead = None;
        }
        if self.observations == 0.0 {
            self.activity = activity;
        } else {
            for (sum, layer) in self.activity.layers.iter_mut().zip(activity.layers) {
                sum.firing_rate[0] += layer.firing_rate[0];
                sum.synaptic_operations[0] += layer.synaptic_operations[0];
            }
        }
        self.observations += observations;
    }

    fn mean(mut self) -> Activity {
        for layer in &mut self.activity.layers {
            layer.firing_rate[0] /= self.observations;
            layer.synaptic_operations[0] /= self.observations;
        }
        self.activity
    }
}

impl Evaluated {
    /// Returns in turn.
    pub fn returns(&self) -> Vec<f64> {
        self.episodes.iter().map(|episode| episode.total).collect()
    }

    /// Mean of the returns; none if one of them is no number.
    pub fn mean(&self) -> Option<f64> {
        describe::mean(&self.returns())
    }

    /// Sample standard deviation of the returns; none of one episode.
    pub fn deviation(&self) -> Option<f64> {
        describe::std(&self.returns())
    }

    /// Weights added up because of spikes, for one inference.
    pub fn synaptic_operations(&self) -> f64 {
        self.activity.synaptic_operations().iter().sum()
    }

    /// Nanojoules of one inference by each of [`CONSTANTS`].
    pub fn nanojoules(&self) -> [f64; 2] {
        let multiplications = self.activity.multiply_accumulates as f64;
        CONSTANTS.map(|constants| constants.nanojoules(self.synaptic_operations(), multiplications))
    }

    /// All of it.
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

//! Our side of `cargo xtask bench`, by the protocol of `protocol.py`. Started with the name of a workload, the program sets it
//! up and prints `ready`; it then answers every line with a number N by the nanoseconds that N iterations took.

use std::hint::black_box;
use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};
use spikebench::analysis::{self, Settings};
use spikebench::api::{
    ActionSpace, Actor, AgentContext, Component, ComponentFactory, Declaration,
    EnvironmentSettings, Init, Learner, Mode, NoiseContext, Spec, Streams, Transition, Weights,
};
use spikebench::kernel::{Matrix, product};
use spikebench::network::forward::SpikingNetwork;
use spikebench::network::neurons::Neurons;
use spikebench::registry::plugin::{Plugin, PluginFile};
use spikebench::registry::{ActorBuilder, Registry};
use spikebench::report::{Format, Study, render};
use spikebench::run::checkpoint::Attempt;
use spikebench::stats::aggregate::Bounds;
use spikebench_plugins as _;
use tch::{Device, Kind, Tensor};
use work::Work;

mod losses;
mod records;
mod training;
mod updates;
mod work;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    tch::set_num_threads(1);
    spikebench::kernel::keep_freed_memory();
    // `cargo bench` adds a flag of its own.
    let work = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"));
    let hopper = (11, 3);
    match work.as_deref() {
        Some("losses") => losses::write(),
        Some("records") => {
            let words: Vec<PathBuf> = std::env::args_os().skip(2).map(PathBuf::from).collect();
            let [suite, results] = &words[..] else {
                panic!("records wants a suite and a folder for its results");
            };
            records::write(suite, results);
        }
        Some("td3_update") => updates(hopper, "deterministic", None),
        Some("td3_update_loaded") => updates_by(&loaded(), hopper, "deterministic", None),
        Some("td3_update_trained_rates") => updates(hopper, "deterministic", Some([0.33, 0.49])),
        Some("td3_update_halfcheetah") => updates((17, 6), "deterministic", None),
        Some("td3_update_ant") => updates((105, 8), "deterministic", None),
        Some("td3_update_analog") => updates(hopper, "analog", None),
        Some("act") => act(),
        Some("env_hopper") => environment(),
        Some("mj_step") => raw_environment(),
        Some("training_step") => training::with_evaluation(),
        Some("checkpoint") => checkpoint(),
        Some("small_products") => small_products(),
        Some("stats") => statistics(),
        other => match other.and_then(Work::find) {
            Some(work) => work.serve(),
            None => {
                eprintln!("unknown workload: {other:?}");
                std::process::exit(2);
            }
        },
    }
}

/// The requested numbers of iterations, until the end of input.
fn requests() -> impl Iterator<Item = u64> {
    println!("ready");
    stdin()
        .lock()
        .lines()
        .map_while(|line| line.ok()?.trim().parse().ok())
}

fn answer(start: Instant) {
    println!("{}", start.elapsed().as_nanos());
    let _ = stdout().flush();
}

fn serve(mut work: impl FnMut(u64)) {
    for count in requests() {
        let start = Instant::now();
        work(count);
        answer(start);
    }
}

/// A thousand products of matrices that fit into the first-level cache.
fn small_products() {
    let (left, right) = ([0.5; 40 * 64], [0.25; 64 * 32]);
    let mut out = [0.0; 40 * 32];
    serve(|count| {
        for _ in 0..count * 1000 {
            let (left, right) = (Matrix::new(&left, 64), Matrix::new(&right, 32));
            product(black_box(left), right, &mut out);
        }
    });
}

fn linked() -> Registry {
    Registry::linked().expect("the registry")
}

/// The same components and no others, loaded from the library that the tests load.
fn loaded() -> Registry {
    let program = std::env::current_exe().expect("this program");
    let library = program.with_file_name("../examples/liball_loaded.so");
    let file = PluginFile {
        path: library.canonicalize().expect("the library"),
        pin: None,
    };
    let plugin = Plugin::check(&file, true).expect("a library of ours");
    let components = plugin.load().expect("a library that can be loaded");
    let mut registry = Registry::default();
    registry
        .add_plugin(plugin, components)
        .expect("different names");
    registry
}

fn component(value: Value) -> Component {
    serde_json::from_value(value).expect("a component")
}

fn spec((features, actions): (usize, usize)) -> Spec {
    Spec {
        observation: features,
        action: ActionSpace::Box(vec![(-1.0, 1.0); actions]),
        max_episode_steps: 1000,
    }
}

/// TD3 with Pop-SAN's constants before its first update, with 10 000 random transitions in its replay buffer. The actor's
/// learning rate is tiny, so that its firing rates, on which our time depends, stay the same.
fn learner(
    registry: &Registry,
    sizes: (usize, usize),
    encoder: &str,
    rates: Option<[f64; 2]>,
) -> Box<dyn Learner> {
    let agent = component(json!({ "td3": {
        "actor_lr": 1e-12, "update_after": 10_000, "start_steps": 0, "update_every": 1, "gradient_steps": 2,
    } }));
    let network = network(registry, sizes, encoder);
    let biases = rates.map(|rates| biases_for(&network, rates));
    let spec = spec(sizes);
    let (agent, _) = registry.agent(&agent).expect("td3");
    let mut learner = agent
        .start(AgentContext {
            spec,
            actor: Box::new(Biased { network, biases }),
            seeds: vec![0],
            device: Device::Cpu,
        })
        .expect("a learner");
    let mut life = Life::new(sizes);
    (0..10_000).for_each(|_| life.step(learner.as_mut()));
    learner
}

fn network(
    registry: &Registry,
    (features, actions): (usize, usize),
    encoder: &str,
) -> SpikingNetwork {
    let surrogate = registry
        .surrogate(&Component::named("rectangular"))
        .expect("a surrogate");
    let parts = ActorBuilder {
        registry,
        surrogate: Some(surrogate.0),
    };
    SpikingNetwork {
        normalise: Default::default(),
        noise: None,
        encoder: parts
            .encoder(&component(json!({ "population": { "spikes": encoder } })))
            .expect("an encoder"),
        neurons: Neurons {
            model: parts.neuron(&Component::named("clif")).expect("a neuron"),
            surrogate: parts.surrogate().expect("a surrogate"),
            fires_at: Default::default(),
            steps: 5,
        },
        decoder: parts.decoder(&Component::named("rate")).expect("a decoder"),
        hidden: vec![256, 256],
        features: features as i64,
        actions: actions as i64,
    }
}

/// A Pop-SAN actor whose hidden layers begin with these biases, if any.
#[derive(Debug)]
struct Biased {
    network: SpikingNetwork,
    biases: Option<[f32; 2]>,
}

impl Actor for Biased {
    fn learned(&self) -> Vec<Declaration> {
        biased(
            &self.network,
            self.biases.as_ref().map_or(&[], |biases| &biases[..]),
        )
    }
    fn forward(
        &self,
        observation: &Tensor,
        weights: &Weights,
        noise: &mut NoiseContext<'_>,
    ) -> Tensor {
        self.network.forward(observation, weights, noise)
    }
    fn multiply_adds(&self) -> u64 {
        self.network.multiply_adds()
    }
}

fn biased(network: &SpikingNetwork, biases: &[f32]) -> Vec<Declaration> {
    let mut declared = network.learned();
    for (layer, &bias) in biases.iter().enumerate() {
        let name = format!("layer.{layer}.bias");
        let found = declared
            .iter_mut()
            .find(|one| one.name == name)
            .expect("a bias");
        let count = found.shape.iter().product::<i64>() as usize;
        found.init = Init::Values(vec![bias; count]);
    }
    declared
}

/// The biases at which the hidden layers fire at these rates on normal observations, by bisection.
fn biases_for(network: &SpikingNetwork, rates: [f64; 2]) -> [f32; 2] {
    let mut noise = Streams::new(&[1], "bench observations", Device::Cpu);
    let observation = noise.normal(&[1, 100, network.features]);
    let mut biases = Vec::new();
    for (layer, rate) in rates.into_iter().enumerate() {
        let (mut low, mut high) = (-1.0f32, 1.0f32);
        for _ in 0..25 {
            let bias = (low + high) / 2.0;
            let tried: Vec<f32> = biases.iter().copied().chain([bias]).collect();
            let mut draw = Streams::new(&[0], "actor weights", Device::Cpu);
            let weights = Weights::new(&biased(network, &tried), &mut draw, Device::Cpu);
            let spikes = network.spikes(&observation, &weights, &mut noise.exploring());
            let fired = spikes[layer + 1].mean(Kind::Double).double_value(&[]);
            if fired < rate {
                low = bias;
            } else {
                high = bias;
            }
        }
        biases.push(low);
    }
    eprintln!("biases {biases:?} for rates {rates:?}");
    [biases[0], biases[1]]
}

/// A cycle of random transitions, made before the measurement.
struct Life {
    seen: Vec<[Tensor; 6]>,
    next: usize,
}

impl Life {
    fn new((features, actions): (usize, usize)) -> Self {
        let draw = &mut Streams::new(&[0], "bench transitions", Device::Cpu);
        let mut one = || {
            [
                draw.normal(&[1, features as i64]),
                draw.uniform(&[1, actions as i64]) * 2.0 - 1.0,
                draw.uniform(&[1]),
                draw.normal(&[1, features as i64]),
                draw.uniform(&[1]).lt(0.01).to_kind(Kind::Float),
                Tensor::zeros([1], (Kind::Float, Device::Cpu)),
            ]
        };
        let seen = (0..10_000).map(|_| one()).collect();
        Self { seen, next: 0 }
    }

    fn step(&mut self, learner: &mut dyn Learner) {
        let [
            observation,
            action,
            reward,
            next_observation,
            terminated,
            truncated,
        ] = &self.seen[self.next];
        self.next = (self.next + 1) % self.seen.len();
        learner
            .observe(&Transition {
                observation,
                action,
                reward,
                next_observation,
                terminated,
                truncated,
            })
            .expect("finite");
    }
}

fn updates(sizes: (usize, usize), encoder: &str, rates: Option<[f64; 2]>) {
    updates_by(&linked(), sizes, encoder, rates);
}

fn updates_by(registry: &Registry, sizes: (usize, usize), encoder: &str, rates: Option<[f64; 2]>) {
    let mut learner = learner(registry, sizes, encoder, rates);
    let mut life = Life::new(sizes);
    (0..20).for_each(|_| life.step(learner.as_mut()));
    // One step is two updates: one with the actor, one without.
    serve(|count| (0..count.div_ceil(2)).for_each(|_| life.step(learner.as_mut())));
}

fn act() {
    let mut learner = learner(&linked(), (11, 3), "deterministic", None);
    let observation = Streams::new(&[2], "bench observations", Device::Cpu).normal(&[1, 1, 11]);
    let mut action = [0.0f32; 3];
    let mut once = || {
        let tensor = learner.act(&observation, Mode::Evaluate);
        tensor.copy_data(&mut action, 3);
        std::hint::black_box(action);
    };
    (0..1000).for_each(|_| once());
    serve(|count| (0..count).for_each(|_| once()));
}

fn hopper() -> Box<dyn EnvironmentSettings> {
    let registry = linked();
    registry
        .environment(&Component::named("Hopper-v5"))
        .expect("Hopper")
        .0
}

fn environment() {
    let mut environment = hopper().open().expect("MuJoCo");
    environment.reset(Some(0));
    serve(|count| {
        for _ in 0..count {
            if environment.step(&[0.0; 3]).terminated {
                environment.reset(None);
            }
        }
    });
}

/// The lower bound of `environment`: the steps of the simulation alone, and a reset when the hopper has fallen.
fn raw_environment() {
    use mujoco_rs::prelude::{MjData, MjModel};
    let path = concat!(env!("SPIKEBENCH_ASSETS_DEFAULT"), "/hopper.xml");
    let model = MjModel::from_xml(path).expect("the model");
    let mut data = MjData::new(&model);
    serve(|count| {
        for _ in 0..count {
            (0..4).for_each(|_| data.step());
            let position = data.qpos();
            if position[1] < 0.7 || position[2].abs() > 0.2 {
                data.reset();
            }
        }
    });
}

/// A checkpoint of TD3 with a full buffer of a million transitions of HalfCheetah's size, of which as many are new as ten
/// minutes of training at 700 steps a second make. Recording them is not timed.
fn checkpoint() {
    const NEW: usize = 420_000;
    const FULL: usize = 1_000_000;
    let sizes = (17, 6);
    let registry = linked();
    let agent = component(json!({"td3": {"start_steps": 0, "update_after": 1_000_000_000_u64}}));
    let (agent, _) = registry.agent(&agent).expect("td3");
    let mut learner = agent
        .start(AgentContext {
            spec: spec(sizes),
            actor: Box::new(network(&registry, sizes, "deterministic")),
            seeds: vec![0],
            device: Device::Cpu,
        })
        .expect("a learner");
    // On disk, and where git does not look: the bench kills this program with the folder in place.
    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/target");
    std::fs::create_dir_all(target).expect("the folder for what is built");
    let folder = tempfile::tempdir_in(target).expect("a folder on disk");
    let mut attempt = Attempt::begin(folder.path(), "bench", 1, Vec::new()).expect("an attempt");
    let mut life = Life::new(sizes);
    (0..FULL).for_each(|_| life.step(learner.as_mut()));
    let mut step = 0;
    let mut save = |learner: &mut Box<dyn Learner>| {
        step += 1;
        let start = Instant::now();
        attempt
            .save(step, 0.0, learner.as_mut())
            .expect("a checkpoint");
        start.elapsed().as_nanos()
    };
    save(&mut learner);
    for count in requests() {
        let mut nanoseconds = 0;
        for _ in 0..count {
            (0..NEW).for_each(|_| life.step(learner.as_mut()));
            nanoseconds += save(&mut learner);
        }
        let files = std::fs::read_dir(folder.path())
            .expect("the folder")
            .flatten();
        let bytes: u64 = files
            .map(|file| file.metadata().map_or(0, |about| about.len()))
            .sum();
        let buffer = (FULL * (2 * sizes.0 + sizes.1 + 2) * 4) as f64;
        eprintln!("{:.3} times the buffer on disk", bytes as f64 / buffer);
        println!("{nanoseconds}");
        let _ = stdout().flush();
    }
}

/// What `spikebench compare --json` computes, on the scores that `score_statistics.py` gets.
fn statistics() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/scores.csv");
    let bounds = Bounds::new(0.0, 1000.0).expect("bounds");
    let tasks = ["Ant", "Hopper", "Reacher", "Swimmer", "Walker2d"];
    let settings = Settings {
        bounds: tasks.map(|task| (task.to_owned(), bounds)).into(),
        ..Settings::default()
    };
    serve(|count| {
        for _ in 0..count {
            let scores =
                analysis::read(&[file.into()], &analysis::Reading::default()).expect("scores");
            let study = Study::of_scores("bench", scores, &settings).expect("an analysis");
            std::hint::black_box(render(&study, "bench", Format::Json));
        }
    });
}

//! The kinds of files that verbs read: valid examples of each, and the function that a verb calls.

use std::fs;
use std::path::{Path, PathBuf};

use spikebench::analysis::{Goal, Pilot, Settings, parse};
use spikebench::api::{ActionSpace, Kind as Axis};
use spikebench::registry::Registry;
use spikebench::report::{Format, Study, render};
use spikebench::run::policy_files::{read_statistics, read_weights};
use spikebench::run::record::Store;
use spikebench::run::rollout::read_actions;
use spikebench::run::trained_policy::recorded_actor;
use spikebench::suite::plan::Plan;
use spikebench::suite::{Suite, read_component};
use tempfile::TempDir;

use crate::finished::{finished, policy};
use crate::{checkpoints, extremes};

/// Reads a file as a verb does, and says whether it is accepted.
pub type Reader = Box<dyn Fn(&[u8]) -> bool>;

/// A kind of file.
pub struct Kind {
    pub name: &'static str,
    /// Valid files, which are mutated.
    pub examples: Vec<Vec<u8>>,
    /// Files that are read as they are.
    pub extremes: Vec<Vec<u8>>,
    /// The function that the verb calls.
    pub read: Reader,
}

/// The names of all kinds. A new one needs its line in [`kind`].
pub const NAMES: [&str; 12] = [
    "suite",
    "component",
    "file_of_scores",
    "record",
    "table_of_evaluations",
    "table_of_diagnostics",
    "manifest",
    "checkpoint",
    "recorded_actor",
    "file_of_weights",
    "normaliser",
    "table_of_actions",
];

/// The kind of this name.
pub fn kind(name: &'static str) -> Kind {
    let (examples, extremes, read): Entry = match name {
        "suite" => (suites(), extremes::suites(), suite()),
        // What is extreme for a suite is so for the same reader here.
        "component" => (components(), Vec::new(), component()),
        "file_of_scores" => (scores(), extremes::scores(), Box::new(compare)),
        "record" => of_record("record.json", extremes::json()),
        "table_of_evaluations" => of_record("evaluations.csv", extremes::scores()),
        "table_of_diagnostics" => of_record("diagnostics.csv", extremes::scores()),
        "manifest" => of_record("MANIFEST", extremes::scores()),
        "checkpoint" => checkpoint(),
        "recorded_actor" => actor_of_record(),
        "file_of_weights" => weights(),
        "normaliser" => normaliser(),
        "table_of_actions" => (actions(), extremes::actions(), Box::new(rollout)),
        other => unreachable!("{other} has no line here"),
    };
    Kind {
        name,
        examples,
        extremes,
        read,
    }
}

/// What `verify` does with a checkpoint.
fn checkpoint() -> Entry {
    let scratch = Scratch::new("attempt");
    let example = checkpoints::example(&scratch.path());
    let read = move |input: &[u8]| checkpoints::accepts(&scratch.path(), input);
    (vec![example], extremes::json(), Box::new(read))
}

fn registry() -> Registry {
    Registry::linked().unwrap()
}

/// A file that inputs are written to, in memory where that is possible: the speed of a disk is not what is measured.
struct Scratch {
    folder: TempDir,
    name: &'static str,
}

impl Scratch {
    fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self {
            folder: folder.unwrap(),
            name,
        }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    /// Writes an input, and gives its path.
    fn hold(&self, input: &[u8]) -> PathBuf {
        let path = self.path();
        fs::write(&path, input).unwrap();
        path
    }
}

const SUITE: &str = "\
name: try
description: all keys
seeds: [0, 1]
budget: {steps: 1000, evaluate_every: 500, evaluation_episodes: 2, time_limit: 60}
matrix:
  surrogate:
    - rectangular
    - {trapezoidal: &shape {inner: 0.5, outer: 1.0}, as: wide}
    - atan: {normalise: area, anneal: {from: 2, to: 1}}
  actor:
    - popsan: {hidden: [8], T: 2, encoder: {population: {neurons: 3}}, decoder: {rate: {neurons: 4}}}
    - mlp: {hidden: [8, 8]}
  agent: [{td3: {critic_hidden: [8]}}, ppo]
  environment: [Pendulum-v1, MountainCarContinuous-v0]
exclude:
  - {agent: ppo, environment: Pendulum-v1, seed: 1}
compare:
  baseline: rectangular
  test: welch
  metrics: [final, auc]
  correction: holm
  bounds: {Pendulum-v1: {low: -1500, high: 0}}
  thresholds: {Pendulum-v1: -300}
  stays: 1
";

fn suites() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("suites");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    let files = paths.iter().map(|path| fs::read(path).unwrap());
    files.chain([SUITE.into()]).collect()
}

/// What every verb does with a suite first. What follows runs its components, which takes longer than a mutation may.
fn suite() -> Reader {
    let (registry, scratch) = (registry(), Scratch::new("suite.yaml"));
    Box::new(move |input| Suite::read(&scratch.hold(input), &registry, 10_000).is_ok())
}

fn components() -> Vec<Vec<u8>> {
    let written = [
        "mlp",
        "{mlp: {hidden: [64, 64]}}",
        "{popsan: {hidden: [6], T: 5, encoder: {population: {neurons: 2, spikes: bernoulli}}, decoder: {membrane: {neurons: 5}}}}",
        "{popsan: {neuron: {clif: {v_threshold: 0.5}}, noise: null}}",
        "mdcsan",
        "{Ant-v5: {reward: v3}}",
        "Pendulum-v1: {g: 9.81}",
        "ilcsan",
    ];
    written.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// What `evaluate` does with its `--actor` and its `--environment`.
fn component() -> Reader {
    let registry = registry();
    Box::new(move |input| {
        let text = String::from_utf8_lossy(input);
        let axes = [Axis::Actor, Axis::Environment];
        axes.map(|axis| read_component(&text, axis, &registry).is_ok())
            .contains(&true)
    })
}

fn scores() -> Vec<Vec<u8>> {
    let final_scores = "# made by hand\nmethod,task,seed,score,wall\na,hopper,0,1.5,9\na,hopper,1,2.5,9\nb,hopper,0,-2e1,9\nb,hopper,1,nan,9\n\
                        a,ant,0,1e3,9\na,ant,1,1.1e3,9\nb,ant,0,900,9\nb,ant,1,905.5,9\n";
    let mut curves = String::from("method,task,context,seed,step,score\n");
    for (method, lift) in [("\"a, b\"", 0.0), ("c", 5.0), ("d", 9.0)] {
        for seed in 0..3 {
            for step in [0, 1000, 2000] {
                curves.push_str(&format!(
                    "{method},t,x,{seed},{step},{}\n",
                    lift + f64::from(seed * step)
                ));
            }
        }
    }
    vec![final_scores.into(), curves.into_bytes()]
}

/// Whether this input is among the few that are analysed as well, which takes a hundred times as long as to read them.
fn is_one_in(count: usize, input: &[u8]) -> bool {
    let sum: usize = input.iter().map(|&byte| usize::from(byte)).sum();
    sum.is_multiple_of(count)
}

/// What `compare` and `design` do with a file of scores.
fn compare(input: &[u8]) -> bool {
    let Ok(table) = parse("scores.csv", input) else {
        return false;
    };
    if is_one_in(40, input) && table.runs.len() < 100 {
        let settings = Settings {
            thresholds: [(table.tasks[0].clone(), 1.0)].into(),
            ..Settings::default()
        };
        let goal = Goal {
            power: 0.8,
            alpha: 0.05,
            correction: settings.correction,
            comparisons: 2,
            test: settings.test,
        };
        if let Ok(study) = Study::of_scores("scores.csv", table, &settings) {
            for format in [
                Format::Text,
                Format::Markdown,
                Format::Csv,
                Format::Json,
                Format::Latex,
                Format::Html,
            ] {
                assert!(!render(&study, "spikebench compare", format).is_empty());
            }
            let _ = Pilot::all(&study.analysis, &goal, None);
        }
    }
    true
}

/// Examples, extremes and the reader of a kind.
type Entry = (Vec<Vec<u8>>, Vec<Vec<u8>>, Reader);

/// What `report` does with one of the files of a record, whose manifest fits the file unless it is the manifest that changes.
fn of_record(name: &'static str, extremes: Vec<Vec<u8>>) -> Entry {
    let registry = registry();
    let suite = Suite::parse("suite.yaml", SUITE, &registry, 10_000).unwrap();
    let plan = Plan::of(&suite, &registry).unwrap();
    let record = finished(&plan);
    let id = record.cell.id.clone();
    let scratch = Scratch::new("results");
    let store = Store::new(&scratch.path(), "try");
    store.commit(&record).unwrap();
    let files = store.runs().join(&id);
    let example = fs::read(files.join(name)).unwrap();
    let manifest = fs::read_to_string(files.join("MANIFEST")).unwrap();
    let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let original = hash(&example);
    let read = move |input: &[u8]| {
        let files = scratch.path().join("try/runs").join(&id);
        fs::write(files.join(name), input).unwrap();
        if name != "MANIFEST" {
            let names = manifest.replace(&original, &hash(input));
            let names = &names[..names.find("end  ").unwrap()];
            let mark = hash(names.as_bytes());
            fs::write(files.join("MANIFEST"), format!("{names}end  {mark}\n")).unwrap();
        }
        let Ok(Some(record)) = store.read(&id) else {
            return false;
        };
        if is_one_in(40, input) {
            let mut records = vec![None; plan.cells.len()];
            records[0] = Some(record);
            let study = Study::of_suite(&suite, &plan, &records).unwrap();
            assert!(!render(&study, "spikebench report", Format::Text).is_empty());
        }
        true
    };
    (vec![example], extremes, Box::new(read))
}

/// What `rollout --policy` does with the record beside the policy.
fn actor_of_record() -> Entry {
    let (examples, extremes, _) = of_record("record.json", extremes::json());
    let scratch = Scratch::new("record.json");
    let read = move |input: &[u8]| {
        scratch.hold(input);
        recorded_actor(scratch.folder()).is_ok()
    };
    (examples, extremes, Box::new(read))
}

/// What `evaluate --weights` does with its file.
fn weights() -> Entry {
    let (declared, files) = policy();
    let scratch = Scratch::new("actor.safetensors");
    let read = move |input: &[u8]| read_weights(&scratch.hold(input), &declared).is_ok();
    (vec![files.weights], extremes::weights(), Box::new(read))
}

/// What `evaluate --normaliser` does with its file.
fn normaliser() -> Entry {
    let scratch = Scratch::new("normaliser.json");
    let read = move |input: &[u8]| read_statistics(&scratch.hold(input), 3).is_ok();
    (
        vec![policy().1.statistics],
        extremes::json(),
        Box::new(read),
    )
}

fn actions() -> Vec<Vec<u8>> {
    vec![
        b"0.1,-2\n 3e-1 , 0\n0.5,0.25\n".to_vec(),
        b"0\n1\n2\n2\n".to_vec(),
    ]
}

/// What `rollout --actions` does with its table, for a task of either kind.
fn rollout(input: &[u8]) -> bool {
    let spaces = [
        ActionSpace::Box(vec![(-1.0, 1.0); 2]),
        ActionSpace::Discrete(3),
    ];
    spaces
        .map(|space| read_actions(input, &space).is_ok())
        .contains(&true)
}

//! A record for every cell of a suite, with made-up returns: as many as a large study has, which nobody waits for.

use std::path::Path;

use spikebench::api::Streams;
use spikebench::registry::Registry;
use spikebench::run::record::{Evaluation, FORMAT, Outcome, Provenance, Record, Store, Timing};
use spikebench::suite::Suite;
use spikebench::suite::plan::{Cell, Plan};
use tch::Device;

/// Writes the records of the suite at `file` into the folder `results`.
pub fn write(file: &Path, results: &Path) {
    let registry = Registry::linked().expect("the registry");
    let suite = Suite::read(file, &registry, 100_000).expect("a suite");
    let plan = Plan::of(&suite, &registry).expect("a plan");
    let store = Store::new(results, &suite.name);
    for cell in &plan.cells {
        store.commit(&record(cell)).expect("a record");
    }
}

/// Returns that rise along a line to a level of the run's own, with noise.
fn record(cell: &Cell) -> Record {
    let budget = &cell.budget;
    let evaluations = budget.steps / budget.evaluate_every;
    let episodes = budget.evaluation_episodes;
    let draw = &mut Streams::new(&[cell.seed], &cell.id, Device::Cpu);
    let mut uniform = |count: u64| {
        let drawn = draw.uniform(&[1, count as i64]).view([-1]);
        Vec::<f32>::try_from(drawn).expect("numbers")
    };
    let level = 500.0 + 2000.0 * f64::from(uniform(1)[0]);
    let noise = uniform(evaluations * episodes);
    let episode = |(number, noise): (u64, &f32)| {
        let step = (number / episodes + 1) * budget.evaluate_every;
        Evaluation {
            step,
            episode: number % episodes,
            total: level * step as f64 / budget.steps as f64 + 300.0 * f64::from(*noise),
            length: 200 + (800.0 * noise) as u64,
        }
    };
    Record {
        format: FORMAT,
        cell: cell.clone(),
        outcome: Outcome::finished(),
        provenance: Provenance {
            spikebench: "made up".into(),
            revision: "unknown".into(),
            plugins: Vec::new(),
            tch: "unknown".into(),
            libtorch: "unknown".into(),
            engine: None,
            device: "cpu".into(),
            threads: 1,
            platform: "unknown".into(),
            machine: None,
            earlier_machines: Vec::new(),
        },
        wall_seconds: 3600.0,
        evaluations: (0..).zip(&noise).map(episode).collect(),
        diagnostics: Vec::new(),
        timings: (1..=evaluations)
            .map(|number| Timing {
                step: number * budget.evaluate_every,
                seconds: (number * budget.evaluate_every) as f64 * 3.1e-3,
            })
            .collect(),
        policy: None,
        log: String::new(),
    }
}

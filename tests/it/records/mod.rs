//! Records of runs that nobody trained: their returns are made up by the test that asks for them.

pub mod shapes;

use spikebench::registry::Registry;
use spikebench::report::Study;
use spikebench::run::record::{Evaluation, FORMAT, Outcome, Provenance, Record, Timing};
use spikebench::suite::Suite;
use spikebench::suite::plan::{Cell, Plan};
use spikebench_plugins as _;

/// A suite as it would be after its runs.
pub struct Data {
    pub plan: Plan,
    pub records: Vec<Option<Record>>,
    pub study: Study,
}

impl Data {
    /// Every cell of a suite with the record that `record` has for it.
    pub fn of(suite: &str, record: impl Fn(&Cell) -> Option<Record>) -> Self {
        let registry = Registry::linked().unwrap();
        let suite = Suite::parse("made-up.yaml", suite, &registry, 1000).unwrap();
        let plan = Plan::of(&suite, &registry).unwrap();
        let records: Vec<Option<Record>> = plan.cells.iter().map(record).collect();
        let study = Study::of_suite(&suite, &plan, &records).unwrap();
        Self {
            plan,
            records,
            study,
        }
    }
}

/// A record with this outcome, evaluated at steps 0, 100 and 200. The two episodes of an evaluation return r and r + 1, with
/// r a tenth, a half and all of `last`.
pub fn record(cell: &Cell, outcome: Outcome, last: f64) -> Record {
    let evaluations = [(0, 0.1), (100, 0.5), (200, 1.0)].into_iter();
    Record {
        format: FORMAT,
        cell: cell.clone(),
        outcome,
        provenance: Provenance {
            spikebench: "0.1.0".into(),
            revision: "abc".into(),
            tch: "0.24.0".into(),
            libtorch: "2.11.0".into(),
            engine: None,
            device: "cpu".into(),
            threads: 1,
            platform: "linux-x86_64".into(),
            machine: None,
            earlier_machines: Vec::new(),
            plugins: Vec::new(),
        },
        wall_seconds: 1.0,
        evaluations: evaluations
            .flat_map(|(step, share)| {
                [0, 1].map(|episode| Evaluation {
                    step,
                    episode,
                    total: last * share + episode as f64,
                    length: 100,
                })
            })
            .collect(),
        diagnostics: Vec::new(),
        timings: [(0, 0.0), (100, 4.0), (200, 8.0)]
            .map(|(step, seconds)| Timing {
                step,
                seconds: seconds + 0.1 * cell.seed as f64,
            })
            .to_vec(),
        policy: None,
        log: String::new(),
    }
}

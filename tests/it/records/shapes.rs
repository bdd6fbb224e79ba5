//! Three surrogates on two tasks, with a run that diverged and one that never ran: a report that has everything.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Mutex;

use spikebench::report::Format;
use spikebench::report::bundle::{Folder, Sources, write};
use spikebench::run::record::{Outcome, Status};

use super::{Data, record};

pub const SUITE: &str = "\
name: shapes
seeds: 5
budget: {steps: 200, evaluate_every: 100, evaluation_episodes: 2}
matrix:
  surrogate: [rectangular, triangular, {trapezoidal: {}, as: 50%_trapezoid}]
  actor: [{popsan: {hidden: [8]}, as: popsan-8}]
  agent: [td3]
  environment: [InvertedPendulum-v5, Pendulum-v1]
compare:
  metrics: [final, auc]
  failed: exclude
";

/// A run's last return: clearly better with one of the shapes on one of the tasks.
fn level(surrogate: &str, environment: &str) -> f64 {
    match (surrogate, environment) {
        ("rectangular", "InvertedPendulum-v5") => 400.0,
        ("triangular", "InvertedPendulum-v5") => 420.0,
        (_, "InvertedPendulum-v5") => 900.0,
        ("rectangular", _) => -180.0,
        ("triangular", _) => -170.0,
        _ => -175.0,
    }
}

pub fn data() -> Data {
    with("")
}

/// The same, with something more in the suite.
pub fn with(more: &str) -> Data {
    Data::of(&format!("{SUITE}{more}"), |cell| {
        let surrogate = cell.labels.surrogate.as_deref().unwrap();
        let environment = cell.labels.environment.as_str();
        if surrogate == "triangular" && environment == "Pendulum-v1" && cell.seed == 3 {
            return None;
        }
        let diverges = surrogate == "rectangular" && cell.seed == 4;
        let outcome = if diverges && environment == "Pendulum-v1" {
            Outcome::because(Status::Diverged, "the critic's loss is NaN")
        } else {
            Outcome::finished()
        };
        let last = level(surrogate, environment) + 10.0 * cell.seed as f64;
        Some(record(cell, outcome, last))
    })
}

pub const COMMAND: &str = "spikebench report shapes.yaml";

/// Every file of a report.
pub fn bundle(data: &Data) -> Vec<(String, Vec<u8>)> {
    let sources = Sources {
        study: &data.study,
        runs: Some((&data.plan, &data.records)),
        shapes: &[],
        command: COMMAND,
    };
    let folder = Memory::default();
    write(&sources, Format::All, &folder).unwrap();
    folder.0.into_inner().unwrap().into_iter().collect()
}

/// A folder that is never written to a disk.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);

impl Folder for Memory {
    fn create(&self, name: &str) -> io::Result<Box<dyn Write + Send + '_>> {
        Ok(Box::new(InMemory {
            folder: self,
            name: name.to_owned(),
        }))
    }
}

/// A file of the folder.
struct InMemory<'f> {
    folder: &'f Memory,
    name: String,
}

impl Write for InMemory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut files = self.folder.0.lock().unwrap();
        files.entry(self.name.clone()).or_default().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One file of a report as text.
pub fn file(data: &Data, name: &str) -> String {
    let files = bundle(data);
    let file = files.iter().find(|file| file.0 == name);
    String::from_utf8(file.unwrap_or_else(|| panic!("no {name}")).1.clone()).unwrap()
}

//! `spikebench logs`: what the workers of a suite wrote, or what the training of one cell did.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::show;
use crate::cli::place::RecordedSuite;
use crate::registry::Registry;
use crate::run::cluster::Submission;
use crate::run::record::Store;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: RecordedSuite,
    /// The cell whose log is shown, by the beginning of its identifier [default: the last lines of every worker]
    #[arg(value_name = "CELL")]
    cell: Option<String>,
}

/// How many of the last lines of a worker are shown.
const LINES: usize = 5;

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let (plan, store) = arguments.suite.read(registry)?;
    if let Some(named) = &arguments.cell {
        let mut cells = plan.cells.iter().filter(|cell| cell.id.starts_with(named));
        let (Some(cell), None) = (cells.next(), cells.next()) else {
            let message = format!(
                "{named:?} is not the beginning of exactly one identifier; `spikebench plan` lists them"
            );
            return Err(Failure::new(exit::USAGE, message));
        };
        return of_cell(&store, &cell.id);
    }
    let mut found = false;
    for submission in Submission::all(&store)? {
        for log in files(&submission.logs()) {
            let text = read(&log)?;
            let lines: Vec<&str> = text.lines().collect();
            let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
            show(&format!("{}\n{last}\n\n", log.display()))?;
            found = true;
        }
    }
    if !found {
        show("no worker of this suite has written anything\n")?;
    }
    Ok(exit::DONE)
}

fn of_cell(store: &Store, id: &str) -> Result<u8, Failure> {
    let recorded = store.record(id).join(Store::LOG);
    if !recorded.is_file() {
        let message =
            format!("{id} has no record yet; `spikebench status` says how far it has come");
        return Err(Failure::new(exit::IO, message));
    }
    show(&read(&recorded)?)
}

fn read(path: &Path) -> Result<String, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        Failure::new(
            exit::IO,
            format!("failed to read {}: {error}", path.display()),
        )
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files in a folder, sorted; none if there is no such folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

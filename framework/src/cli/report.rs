//! `spikebench report`: tables, figures, a page, and exports for other programs.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::{name, quoted};
use crate::registry::Registry;
use crate::report::bundle::{self, Sources};
use crate::report::{Format, Study, render};
use crate::run::record::Store;
use crate::run::upkeep::so_far;
use crate::suite::Suite;
use crate::suite::plan::Plan;

use super::drift::drift;
use super::output::tell;
use super::place::Place;
use super::suite::CellLimit;
use super::{DEFAULT_RESULTS, DiskFolder, Failure, exit, plot, show};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The suite file, or the folder of its results
    #[arg(value_name = "SUITE|RESULTS")]
    suite: PathBuf,
    #[command(flatten)]
    limit: CellLimit,
    /// Where the records of a suite file lie
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// How to show them [default: text; with --out: all]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Include the runs that are under way or were interrupted, as far as they have come; all runs of a task are cut at the
    /// last step that all have reached
    #[arg(long)]
    partial: bool,
    /// Write files into this folder instead of showing a text
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let format = check_format(arguments.format, arguments.out.is_some())?;
    let place = Place::of(&arguments.suite)?;
    let suite = Suite::read(&place.file, registry, arguments.limit.max_cells)?;
    let plan = Plan::of(&suite, registry)?;
    let store = match &place.folder {
        Some(folder) => Store::at(folder)?,
        None => Store::existing(&arguments.results, &suite.name)?,
    };
    drift(&store, &plan)?.iter().for_each(tell);
    let records = store.read_scores(&plan.cells)?;
    let surrogates = plot::scales(&suite.matrix.surrogate, registry)?;
    let so_far = so_far(&store, &plan, &records);
    let study = if arguments.partial {
        Study::partial(&suite, &plan, &records, &so_far)?
    } else {
        under_way(so_far.runs()).iter().for_each(tell);
        Study::of_suite(&suite, &plan, &records)?
    };
    let study = study.with_surrogates(surrogates);
    let command = arguments.command();
    let Some(out) = &arguments.out else {
        return show(&render(&study, &command, format));
    };
    let shapes = plot::shapes(&suite.matrix.surrogate, registry, plot::REACH)?;
    let sources = Sources {
        study: &study,
        runs: Some((&plan, &records)),
        shapes: &shapes,
        command: &command,
    };
    let folder = DiskFolder::create(out)?;
    let written = bundle::write(&sources, format, &folder);
    folder.finish(written)
}

/// What is said of runs that are not in a report yet.
fn under_way(runs: usize) -> Option<String> {
    match runs {
        0 => None,
        1 => Some("1 run is under way; --partial shows it".to_owned()),
        _ => Some(format!("{runs} runs are under way; --partial shows them")),
    }
}

/// The format, or the usual one; several files need a folder.
pub fn check_format(format: Option<Format>, has_folder: bool) -> Result<Format, Failure> {
    let usual = if has_folder {
        Format::All
    } else {
        Format::Text
    };
    let format = format.unwrap_or(usual);
    if has_folder || format.is_text() {
        return Ok(format);
    }
    let message = format!(
        "--format {} makes several files; name a folder for them with --out",
        name(format)
    );
    Err(Failure::new(exit::USAGE, message))
}

impl Arguments {
    /// The command that makes this report again.
    fn command(&self) -> String {
        let mut words = vec!["spikebench".to_owned(), "report".to_owned()];
        words.push(self.suite.display().to_string());
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if self.results != Path::new(DEFAULT_RESULTS) {
            option("--results", self.results.display().to_string());
        }
        if let Some(format) = self.format.filter(|format| *format != Format::Text) {
            option("--format", name(format));
        }
        if let Some(out) = &self.out {
            option("--out", out.display().to_string());
        }
        if self.partial {
            words.push("--partial".to_owned());
        }
        quoted(words.iter().map(String::as_str))
    }
}

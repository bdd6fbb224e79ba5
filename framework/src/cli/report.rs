//! `spikebench report`: tables, figures, a page, and exports for other programs.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::compare::Comparison;
use crate::registry::Registry;
use crate::report::bundle::{Sources, files};
use crate::report::{Format, render};
use crate::run::record::Store;
use crate::suite::Suite;
use crate::suite::plan::Plan;

use super::{DEFAULT_RESULTS, Failure, exit, plot, show, write};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The suite file, or the folder of its results
    #[arg(value_name = "SUITE|RESULTS")]
    suite: PathBuf,
    /// Refuse a suite of more cells than this
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    max_cells: u64,
    /// Where the records of a suite file lie
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// How to show them [default: text; with --out: all]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write files into this folder instead of showing a text
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let format = arguments.chosen()?;
    let (file, results) = arguments.places()?;
    let suite = Suite::read(&file, registry, arguments.max_cells)?;
    let plan = Plan::of(&suite);
    let store = match &results {
        Some(folder) => Store::at(folder)?,
        None => Store::existing(&arguments.results, &suite.name)?,
    };
    let records = plan
        .cells
        .iter()
        .map(|cell| store.read(&cell.id))
        .collect::<Result<Vec<_>, _>>()?;
    let surrogates = plot::scales(&suite.matrix.surrogate, registry)?;
    let comparison = Comparison::of(&suite, &plan, &records).with_surrogates(surrogates);
    let command = arguments.command();
    let Some(out) = &arguments.out else {
        return show(&render(&comparison, &command, format));
    };
    let shapes = plot::shapes(&suite.matrix.surrogate, registry, plot::REACH)?;
    let sources = Sources {
        shapes: &shapes,
        plan: &plan,
        records: &records,
        comparison: &comparison,
        command: &command,
    };
    let files = files(&sources, format).map_err(|error| Failure::new(exit::BAD_DATA, error))?;
    write(out, &files)
}

impl Arguments {
    fn chosen(&self) -> Result<Format, Failure> {
        let default = if self.out.is_some() {
            Format::All
        } else {
            Format::Text
        };
        let format = self.format.unwrap_or(default);
        if self.out.is_none() && !format.is_text() {
            let message = format!(
                "--format {} makes several files; name a folder for them with --out",
                name(format)
            );
            return Err(Failure::new(exit::USAGE, message));
        }
        Ok(format)
    }

    /// The suite file, and the folder with its records if that was named.
    fn places(&self) -> Result<(PathBuf, Option<PathBuf>), Failure> {
        if !self.suite.is_dir() {
            return Ok((self.suite.clone(), None));
        }
        let file = self.suite.join(Store::SUITE);
        if !file.exists() {
            let message = format!(
                "{} has no {}, which spikebench run leaves beside the records; name the suite file instead",
                self.suite.display(),
                Store::SUITE
            );
            return Err(Failure::new(exit::IO, message));
        }
        Ok((file, Some(self.suite.clone())))
    }

    /// The command that makes this report again.
    fn command(&self) -> String {
        let mut command = format!("spikebench report {}", self.suite.display());
        if self.results != Path::new(DEFAULT_RESULTS) {
            command.push_str(&format!(" --results {}", self.results.display()));
        }
        if let Some(format) = self.format.filter(|format| *format != Format::Text) {
            command.push_str(&format!(" --format {}", name(format)));
        }
        if let Some(out) = &self.out {
            command.push_str(&format!(" --out {}", out.display()));
        }
        command
    }
}

fn name(format: Format) -> String {
    let value = format.to_possible_value();
    value
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

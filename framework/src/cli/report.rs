//! `spikebench report`: tables, figures, a page, and exports for other programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::{RandomPolicy, ScoreTable, name, option, path_word, quoted};
use crate::registry::Registry;
use crate::report::against::Change;
use crate::report::bundle::{self, Sources, put};
use crate::report::figure::shapes::Shape;
use crate::report::{Format, Study, missing_shapes, render};
use crate::run::random_policy::returns;
use crate::run::record::{Record, Store};
use crate::run::upkeep::so_far;
use crate::suite::Suite;
use crate::suite::plan::{Cell, Plan};

use super::drift::drift;
use super::output::tell;
use super::place::Place;
use super::suite::{self, CellLimit};
use super::{DEFAULT_RESULTS, DiskFolder, Failure, exit, plot, show};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The suite file, or the folder of its results; several of them make one page
    #[arg(value_name = "SUITE|RESULTS", required = true)]
    suites: Vec<PathBuf>,
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
    /// Show instead what changed since the records in this folder of results, as text, markdown or json
    #[arg(long, value_name = "OLD_RESULTS", conflicts_with_all = ["partial", "out"])]
    against: Option<PathBuf>,
    /// Exit with 1 if something is significantly worse than before
    #[arg(long, requires = "against")]
    fail_on_drop: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    if let [_, _, ..] = arguments.suites.as_slice() {
        return together(arguments, registry);
    }
    let format = check_format(arguments.format, arguments.out.is_some())?;
    let read = Read::of(&arguments.suites[0], arguments, registry)?;
    if let Some(old) = &arguments.against {
        return arguments.compare_with(old, &read, format);
    }
    let command = arguments.command();
    let Some(out) = &arguments.out else {
        return show(&render(&read.study, &command, format));
    };
    if let Some(note) = missing_shapes::note(&read.study) {
        tell(note);
    }
    let folder = DiskFolder::create(out)?;
    let written = bundle::write(&read.sources(&command), format, &folder);
    folder.finish(written)
}

/// Several suites on one page.
fn together(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    if arguments
        .format
        .is_some_and(|format| format != Format::Html)
        || arguments.against.is_some()
    {
        let message = "several suites make one page: --format html, with or without --out";
        return Err(Failure::new(exit::USAGE, message));
    }
    let read = |named: &PathBuf| Read::of(named, arguments, registry);
    let all: Vec<Read> = arguments
        .suites
        .iter()
        .map(read)
        .collect::<Result<_, _>>()?;
    let own: Vec<String> = arguments
        .suites
        .iter()
        .map(|named| arguments.command_for(&[named]))
        .collect();
    let sources: Vec<Sources<'_>> = all
        .iter()
        .zip(&own)
        .map(|(read, command)| read.sources(command))
        .collect();
    let page = bundle::together(&sources, &arguments.command());
    match &arguments.out {
        None => show(&page),
        Some(out) => {
            let folder = DiskFolder::create(out)?;
            let written = put(&folder, "report.html", page.as_bytes());
            folder.finish(written)
        }
    }
}

/// A suite with its records, read.
struct Read {
    suite: Suite,
    plan: Plan,
    records: Vec<Option<Record>>,
    study: Study,
    shapes: Vec<Shape>,
}

impl Read {
    fn of(named: &Path, arguments: &Arguments, registry: &Registry) -> Result<Self, Failure> {
        let place = Place::of(named)?;
        let suite = suite::read(
            &place.file,
            registry,
            arguments.limit,
            place.records(&arguments.results),
        )?;
        let plan = Plan::of(&suite, registry)?;
        let store = match &place.folder {
            Some(folder) => Store::at(folder)?,
            None => Store::existing(&arguments.results, &suite.name)?,
        };
        drift(&store, &plan, registry)?.iter().for_each(tell);
        let records = store.read_scores(&plan.cells)?;
        let surrogates = plot::scales(&suite.matrix.surrogate, registry)?;
        let so_far = so_far(&store, &plan, &records);
        let study = if arguments.partial {
            Study::partial(&suite, &plan, &records, &so_far)?
        } else {
            under_way(so_far.runs()).iter().for_each(tell);
            Study::of_suite(&suite, &plan, &records)?
        };
        let study = study.with_surrogates(surrogates).with_papers(registry);
        Ok(Self {
            study: study.with_random_policies(&random_policies(&suite, registry)),
            shapes: if arguments.out.is_some() || arguments.suites.len() > 1 {
                plot::shapes(&suite.matrix.surrogate, registry, plot::REACH)?
            } else {
                Vec::new()
            },
            suite,
            plan,
            records,
        })
    }

    fn sources<'r>(&'r self, command: &'r str) -> Sources<'r> {
        Sources {
            study: &self.study,
            runs: Some((&self.plan, &self.records)),
            shapes: &self.shapes,
            command,
        }
    }
}

/// What random actions score in the tasks of a suite. A task that cannot be played here is left out, and the reason is told.
fn random_policies(suite: &Suite, registry: &Registry) -> BTreeMap<String, RandomPolicy> {
    let episodes = suite.budget.evaluation_episodes;
    let played = suite.matrix.environment.iter().filter_map(|task| {
        // The suite was read with this registry, so that its environments are known to it.
        let (settings, _) = registry.environment(&task.component).ok()?;
        let returns = returns(settings.as_ref(), episodes);
        let returns = returns.inspect_err(|why| {
            tell(format_args!(
                "note: the row of the random policy is missing for {}: {why}",
                task.label
            ));
        });
        Some((task.label.clone(), RandomPolicy::of(&returns.ok()?)?))
    });
    played.collect()
}

/// The scores of the cells that were trained before; the others were not planned then.
fn recorded(suite: &Suite, plan: &Plan, records: Vec<Option<Record>>) -> ScoreTable {
    let trained = plan
        .cells
        .iter()
        .zip(records)
        .filter(|(_, record)| record.is_some());
    let (cells, records): (Vec<Cell>, Vec<Option<Record>>) =
        trained.map(|(cell, record)| (cell.clone(), record)).unzip();
    let plan = Plan {
        cells,
        ..plan.clone()
    };
    ScoreTable::of_records(suite, &plan, &records)
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
    /// Shows what changed since the records of an earlier store, in the folder of the suite or the one above it.
    fn compare_with(&self, old: &Path, now: &Read, format: Format) -> Result<u8, Failure> {
        let Read {
            suite, plan, study, ..
        } = now;
        let below = old.join(&suite.name);
        let store = Store::at(if below.is_dir() { &below } else { old })?;
        let before = store.counterparts(plan)?;
        if before.iter().all(Option::is_none) {
            let message = format!(
                "{} has no record of a cell of {}: none with the same labels, seed and budget",
                store.runs().display(),
                suite.name
            );
            return Err(Failure::new(exit::BAD_DATA, message));
        }
        let change = Change::of(study, &recorded(suite, plan, before))?;
        let Some(text) = change.render(&self.command(), format) else {
            let message = format!(
                "--against is shown as text, markdown or json, not as {}",
                name(format)
            );
            return Err(Failure::new(exit::USAGE, message));
        };
        show(&text)?;
        Ok(if self.fail_on_drop && change.has_drop() {
            exit::DROP
        } else {
            exit::DONE
        })
    }

    /// The command that makes this report again.
    fn command(&self) -> String {
        self.command_for(&self.suites.iter().collect::<Vec<_>>())
    }

    /// The command that makes the report of some of the suites.
    fn command_for(&self, suites: &[&PathBuf]) -> String {
        let mut words = vec!["spikebench".to_owned(), "report".to_owned()];
        words.extend(suites.iter().map(|suite| path_word(suite)));
        words.extend(self.limit.words());
        if self.results != Path::new(DEFAULT_RESULTS) {
            words.extend(option("results", path_word(&self.results)));
        }
        if let Some(format) = self.format.filter(|format| *format != Format::Text) {
            words.extend(option("format", name(format)));
        }
        if let Some(out) = &self.out {
            words.extend(option("out", path_word(out)));
        }
        if let Some(old) = &self.against {
            words.extend(option("against", path_word(old)));
        }
        if self.fail_on_drop {
            words.push("--fail-on-drop".to_owned());
        }
        if self.partial {
            words.push("--partial".to_owned());
        }
        quoted(words.iter().map(String::as_str))
    }
}

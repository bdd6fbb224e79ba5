//! `spikebench status`: how far the cells of a suite have come.

use std::fs;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::cli::drift::drift;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::{show, show_json, tell};
use crate::cli::place::RecordedSuite;
use crate::registry::Registry;
use crate::report::printable::printable;
use crate::report::status::{changes, page, text, workers_text};
use crate::run::cluster::{Engine, Slurm, Submission, Workers, workers};
use crate::run::record::Store;
use crate::run::signals;
use crate::run::upkeep::{Overview, Watcher};

/// How often a watcher looks.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: RecordedSuite,
    /// Print JSON: every cell with its state
    #[arg(long, conflicts_with = "watch")]
    json: bool,
    /// Look again every two seconds until all cells have ended; where the output is no terminal, print a line for each change
    #[arg(long)]
    watch: bool,
    /// Also write a page with the curves so far, which loads itself again in a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let (plan, store) = arguments.suite.read(registry)?;
    drift(&store, &plan, registry)?.iter().for_each(tell);
    let mut watcher = Watcher::new(&plan, &store, registry);
    if arguments.watch {
        return watch(&mut watcher, arguments.html.as_deref());
    }
    let overview = watcher.look()?;
    if let Some(path) = &arguments.html {
        write_page(path, &overview)?;
    }
    let mut workers = workers_of(&store)?;
    if overview.counts.is_over() {
        // Nothing is left to do for those that were lost.
        workers.retain(|of| !of.alive.is_empty());
    }
    if arguments.json {
        show_json(&Shown { overview, workers })
    } else {
        show(&(text(&overview) + &workers_text(&workers)))
    }
}

/// The JSON.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    overview: Overview,
    workers: Vec<Workers>,
}

/// The workers on a cluster. Without a submission no engine is asked; one that does not answer is told of, and the store alone says
/// how far the cells have come.
fn workers_of(store: &Store) -> Result<Vec<Workers>, Failure> {
    let submissions = Submission::all(store)?;
    if submissions.is_empty() {
        return Ok(Vec::new());
    }
    match Slurm.alive() {
        Ok(tasks) => Ok(workers(&submissions, &tasks)),
        Err(error) => {
            tell(format_args!(
                "the workers of {} submissions are not shown: {error}",
                submissions.len()
            ));
            Ok(Vec::new())
        }
    }
}

fn watch(watcher: &mut Watcher<'_>, html: Option<&Path>) -> Result<u8, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    signals::set_at_stop(&stop)?;
    // Lines are never wider than a terminal of 80 columns, and those that do not fit its height are left out by the bar.
    let screen = stdout().is_terminal().then(|| {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
        let style = ProgressStyle::with_template("{msg}");
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
    });
    let mut before: Option<Overview> = None;
    loop {
        let overview = watcher.look()?;
        if let Some(path) = html {
            write_page(path, &overview)?;
        }
        match &screen {
            Some(bar) => {
                bar.set_message(printable(text(&overview).trim_end()).into_owned());
                bar.tick();
            }
            None => {
                for line in changes(before.as_ref(), &overview) {
                    show(&format!("{line}\n"))?;
                }
            }
        }
        let is_over = overview.counts.is_over();
        let is_stopped = !is_over && waited(&stop);
        if is_over || is_stopped {
            if let Some(bar) = &screen {
                bar.finish_and_clear();
                show(&text(&overview))?;
            }
            return Ok(if is_over {
                exit::DONE
            } else {
                exit::INTERRUPTED
            });
        }
        before = Some(overview);
    }
}

/// Waits for the next look. Gives `true` if somebody has asked for a stop.
fn waited(stop: &AtomicBool) -> bool {
    let deadline = Instant::now() + LOOK_INTERVAL;
    while Instant::now() < deadline {
        if stop.load(Ordering::SeqCst) {
            return true;
        }
        thread::sleep(Duration::from_millis(50));
    }
    false
}

/// Writes the page so that a browser never loads half of it.
fn write_page(path: &Path, overview: &Overview) -> Result<(), Failure> {
    let name = format!(".spikebench-{}", uuid::Uuid::new_v4().simple());
    let temporary = path.with_file_name(name);
    let written = fs::write(&temporary, printable(&page(overview)).as_bytes())
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        Failure::new(
            exit::IO,
            format!("failed to write {}: {error}", path.display()),
        )
    })
}

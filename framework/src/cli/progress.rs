//! What a person sees while cells are running: bars in a terminal, lines elsewhere.

use std::fmt;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::run::record::{Outcome, Status};
use crate::run::worker::Message;
use crate::suite::plan::Cell;

use super::tell;

/// All running cells.
#[derive(Debug)]
pub struct Progress {
    terminal: Option<Bars>,
    cells: usize,
    ended: AtomicUsize,
}

#[derive(Debug)]
struct Bars {
    all: MultiProgress,
    /// A terminal shows Ctrl-C as `^C` in a line of its own. What is drawn next is then one line lower than before,
    /// and the topmost line stays as it was: this one.
    blank: ProgressBar,
    overall: ProgressBar,
}

/// One running cell.
#[derive(Debug)]
pub struct Running<'a> {
    progress: &'a Progress,
    bar: Option<ProgressBar>,
    cell: &'a Cell,
    begin: Instant,
    done: u64,
    /// Mean return of the last evaluation.
    last: Option<f64>,
}

const OVERALL: &str = "{prefix} [{bar:30}] {percent:>3} % {elapsed} of about {duration}";
const ONE: &str = "{prefix:34!} {percent:>3} % {speed:>8} return {msg:>8} {eta:>4} left";

impl Progress {
    /// For `cells` cells of `steps` steps.
    pub fn new(cells: usize, steps: u64) -> Self {
        let terminal = stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let blank = all.add(ProgressBar::new(0).with_style(style(" ")));
            blank.tick();
            let steps = (cells as u64).saturating_mul(steps);
            let overall = all.add(ProgressBar::new(steps).with_style(style(OVERALL)));
            overall.set_prefix(format!("0/{cells} cells"));
            overall.enable_steady_tick(Duration::from_millis(500));
            Bars {
                all,
                blank,
                overall,
            }
        });
        Self {
            terminal,
            cells,
            ended: 0.into(),
        }
    }

    /// A cell begins.
    pub fn start<'a>(&'a self, cell: &'a Cell) -> Running<'a> {
        let bar = self.terminal.as_ref().map(|bars| {
            let bar = ProgressBar::new(cell.budget.steps).with_style(style(ONE));
            let bar = bars.all.insert_before(&bars.overall, bar);
            bar.set_prefix(short_name(cell));
            bar.set_message("–");
            bar
        });
        Running {
            progress: self,
            bar,
            cell,
            begin: Instant::now(),
            done: 0,
            last: None,
        }
    }

    /// One line above the bars.
    pub fn say(&self, line: &str) {
        match &self.terminal {
            Some(bars) => {
                let _ = bars.all.println(line);
            }
            None => tell(line),
        }
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        if let Some(bars) = &self.terminal {
            bars.overall.finish_and_clear();
            bars.blank.finish_and_clear();
            let _ = bars.all.clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key(
            "speed",
            |state: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = write!(out, "{:.0}/s", state.per_sec());
            },
        )
}

fn short_name(cell: &Cell) -> String {
    let surrogate = cell
        .labels
        .surrogate
        .as_deref()
        .unwrap_or(&cell.labels.actor);
    format!("s{} {surrogate} {}", cell.seed, cell.labels.environment)
}

impl Running<'_> {
    /// The cell's process said something.
    pub fn hear(&mut self, message: &Message) {
        match message {
            Message::Step(step) => self.advance(*step),
            Message::Evaluated(episodes) => {
                let Some(last) = episodes.last() else { return };
                let mean =
                    episodes.iter().map(|one| one.total).sum::<f64>() / episodes.len() as f64;
                self.advance(last.step);
                self.last = Some(mean);
                match &self.bar {
                    Some(bar) => bar.set_message(format!("{mean:.1}")),
                    None => self.line(last.step, mean),
                }
            }
            Message::Measured(_)
            | Message::Timed(_)
            | Message::Learned(_)
            | Message::Outcome(_) => {}
        }
    }

    fn advance(&mut self, step: u64) {
        if let (Some(bar), Some(bars)) = (&self.bar, &self.progress.terminal) {
            bar.set_position(step);
            bars.overall.inc(step - self.done);
        }
        self.done = step;
    }

    fn line(&self, step: u64, mean: f64) {
        let steps = self.cell.budget.steps;
        let per_second = step as f64 / self.begin.elapsed().as_secs_f64();
        let left = (steps - step) as f64 / per_second;
        tell(format_args!(
            "{}: step {step}/{steps}, {per_second:.0} steps/s, return {mean:.1}, {left:.0} s left",
            self.cell.id
        ));
    }

    /// The cell ended, or was interrupted.
    pub fn end(self, outcome: Option<&Outcome>) {
        if let (Some(bar), Some(bars)) = (&self.bar, &self.progress.terminal) {
            bar.finish_and_clear();
            bars.all.remove(bar);
            bars.overall.inc(self.cell.budget.steps - self.done);
        }
        let Some(outcome) = outcome else { return };
        let ended = 1 + self.progress.ended.fetch_add(1, Ordering::SeqCst);
        let (cells, seconds) = (self.progress.cells, self.begin.elapsed().as_secs());
        if let Some(bars) = &self.progress.terminal {
            bars.overall.set_prefix(format!("{ended}/{cells} cells"));
        }
        let name = match (&self.bar, outcome.status) {
            (Some(_), Status::Finished) => short_name(self.cell),
            _ => self.cell.id.clone(),
        };
        let result = match (&outcome.reason, self.last) {
            (Some(reason), _) => format!(": {reason}"),
            (None, Some(mean)) => format!(", return {mean:.1}"),
            (None, None) => String::new(),
        };
        let status = outcome.status.name();
        self.progress.say(&format!(
            "[{ended}/{cells}] {name} {status} after {seconds} s{result}"
        ));
    }
}

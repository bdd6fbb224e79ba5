//! The progress of a run as a person sees it: bars in a terminal, lines elsewhere.

use std::collections::HashMap;
use std::fmt;
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::cli::output::tell;
use crate::report::printable::{one_line, printable};
use crate::run::measurements::Measurement;
use crate::run::record::{Evaluation, Outcome, Status};
use crate::run::scheduler::Notice;
use crate::run::train::Event;
use crate::suite::plan::Cell;

/// Shows the progress of all cells.
#[derive(Debug)]
pub struct ProgressDisplay {
    bars: Option<Bars>,
    /// How many cells there are, those that had a record before among them.
    cells: usize,
    names: Names,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The running cells, by their identifiers.
    running: HashMap<String, CellProgress>,
    ended: usize,
}

/// The bars in a terminal.
#[derive(Debug)]
struct Bars {
    all: MultiProgress,
    /// A terminal shows Ctrl-C as `^C` in a line of its own, so that everything drawn afterwards is one line lower and the
    /// topmost line stays as it was. An empty line at the top makes this invisible.
    blank: ProgressBar,
    overall: ProgressBar,
}

/// The progress of one running cell.
#[derive(Debug)]
struct CellProgress {
    bar: Option<ProgressBar>,
    begin: Instant,
    /// The step of the checkpoint that training continues from.
    first_step: u64,
    steps_done: u64,
    last_return: Option<f64>,
}

/// Both fill the width of the terminal; 60 columns leave 25 for the name of a cell.
const OVERALL: &str = "{prefix} [{wide_bar}] {percent:>3} % {elapsed} of about {whole}";
const ONE: &str = "{wide_msg} {percent:>3} % {speed:>7} return {prefix:>8} {eta:>4}";

impl ProgressDisplay {
    /// A display for all chosen cells, which train for the same number of steps; some have a record already.
    pub fn new(chosen: &[&Cell], recorded: usize, steps: u64) -> Self {
        let cells = chosen.len();
        let state = State {
            ended: recorded,
            ..State::default()
        };
        Self {
            bars: stderr()
                .is_terminal()
                .then(|| Bars::new(cells, recorded, steps)),
            cells,
            names: Names::of(chosen),
            state: Mutex::new(state),
        }
    }

    /// Shows a notice of the scheduler.
    pub fn show(&self, notice: &Notice<'_>) {
        match notice {
            Notice::Started(cell) => self.start(cell),
            Notice::Event(cell, Event::Step(step)) => self.advance(cell, *step),
            Notice::Event(cell, Event::Began { step, skipped }) => self.begin(cell, *step, skipped),
            Notice::Event(cell, Event::Measurement(Measurement::Evaluated(episodes))) => {
                self.evaluated(cell, episodes);
            }
            Notice::Event(cell, Event::Refused(reason)) => {
                self.print(&format!(
                    "{}: failed to write: {reason}; trying again",
                    cell.id
                ));
            }
            Notice::Event(..) => {}
            Notice::Refused(cell, error) => {
                self.print(&format!("{}: {error}; trying again", cell.id));
            }
            Notice::Ended(cell, outcome) => self.end(cell, *outcome),
            Notice::EndedElsewhere(cell, outcome) => self.end_elsewhere(cell, outcome),
            Notice::Lost(cell) => {
                self.print(&format!(
                    "{} was taken over by somebody else, because this process was silent for too long",
                    cell.id
                ));
                self.end(cell, None);
            }
            Notice::Failed(error) => {
                if !self.state().running.is_empty() {
                    self.print(&format!("{error}; cells that are being trained still end"));
                }
            }
            Notice::Waiting(cell, holder) => self.print(&format!(
                "waiting for cells that others are training, such as {} by process {} on {}",
                cell.id, holder.pid, holder.host
            )),
        }
    }

    /// Removes the bars.
    pub fn finish(&self) {
        if let Some(bars) = &self.bars {
            bars.overall.finish_and_clear();
            bars.blank.finish_and_clear();
            let _ = bars.all.clear();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, cell: &Cell) {
        let progress = CellProgress {
            bar: self
                .bars
                .as_ref()
                .map(|bars| bars.add(cell, self.names.short(cell))),
            begin: Instant::now(),
            first_step: 0,
            steps_done: 0,
            last_return: None,
        };
        self.state().running.insert(cell.id.clone(), progress);
    }

    fn begin(&self, cell: &Cell, step: u64, skipped: &[String]) {
        for checkpoint in skipped {
            self.print(&format!(
                "{}: a checkpoint was skipped: {checkpoint}",
                cell.id
            ));
        }
        if step > 0 {
            self.print(&format!("{} continues at step {step}", cell.id));
        }
        if let Some(progress) = self.state().running.get_mut(&cell.id) {
            progress.first_step = step;
        }
        self.advance(cell, step);
    }

    fn advance(&self, cell: &Cell, step: u64) {
        if let Some(progress) = self.state().running.get_mut(&cell.id) {
            if let (Some(bar), Some(bars)) = (&progress.bar, &self.bars) {
                bar.set_position(step);
                bars.overall.inc(step.saturating_sub(progress.steps_done));
            }
            progress.steps_done = step;
        }
    }

    fn evaluated(&self, cell: &Cell, episodes: &[Evaluation]) {
        let Some(last) = episodes.last() else { return };
        let total: f64 = episodes.iter().map(|episode| episode.total).sum();
        let mean = total / episodes.len() as f64;
        self.advance(cell, last.step);
        if let Some(progress) = self.state().running.get_mut(&cell.id) {
            progress.last_return = Some(mean);
            match &progress.bar {
                Some(bar) => bar.set_prefix(format!("{mean:.1}")),
                None => print_line(cell, last.step, mean, progress),
            }
        }
    }

    fn end(&self, cell: &Cell, outcome: Option<&Outcome>) {
        let mut state = self.state();
        let Some(progress) = state.running.remove(&cell.id) else {
            return;
        };
        if let (Some(bar), Some(bars)) = (&progress.bar, &self.bars) {
            bar.finish_and_clear();
            bars.all.remove(bar);
            let skipped = cell.budget.steps.saturating_sub(progress.steps_done);
            bars.overall.inc(skipped);
        }
        let Some(outcome) = outcome else { return };
        state.ended += 1;
        let (ended, cells) = (state.ended, self.cells);
        if let Some(bars) = &self.bars {
            bars.overall.set_prefix(format!("{ended}/{cells} cells"));
        }
        let name = match (&progress.bar, outcome.status) {
            (Some(_), Status::Finished) => self.names.short(cell),
            _ => cell.id.clone(),
        };
        let result = match (&outcome.reason, progress.last_return) {
            (Some(reason), _) => format!(": {reason}"),
            (None, Some(mean)) => format!(", return {mean:.1}"),
            (None, None) => String::new(),
        };
        self.print(&format!(
            "[{ended}/{cells}] {name} {} after {} s{result}",
            outcome.status.name(),
            progress.begin.elapsed().as_secs()
        ));
    }

    fn end_elsewhere(&self, cell: &Cell, outcome: &Outcome) {
        let mut state = self.state();
        state.ended += 1;
        let (ended, cells) = (state.ended, self.cells);
        if let Some(bars) = &self.bars {
            bars.overall.set_prefix(format!("{ended}/{cells} cells"));
            bars.overall.inc(cell.budget.steps);
        }
        let reason = outcome.reason.as_ref();
        self.print(&format!(
            "[{ended}/{cells}] {} {} elsewhere{}",
            cell.id,
            outcome.status.name(),
            reason.map_or_else(String::new, |reason| format!(": {reason}"))
        ));
    }

    /// Prints a line above the bars.
    pub fn print(&self, line: &str) {
        match &self.bars {
            Some(bars) => {
                let _ = bars.all.println(printable(line));
            }
            None => tell(line),
        }
    }
}

impl Bars {
    fn new(cells: usize, recorded: usize, steps: u64) -> Self {
        let all = MultiProgress::new();
        let blank = all.add(ProgressBar::new(0).with_style(style(" ")));
        blank.tick();
        let of_cells = |count: usize| (count as u64).saturating_mul(steps);
        let overall = ProgressBar::new(of_cells(cells))
            .with_style(overall_style(of_cells(recorded)))
            .with_position(of_cells(recorded));
        let overall = all.add(overall);
        overall.set_prefix(format!("{recorded}/{cells} cells"));
        overall.enable_steady_tick(Duration::from_millis(500));
        Self {
            all,
            blank,
            overall,
        }
    }

    /// Adds the bar of a cell.
    fn add(&self, cell: &Cell, name: String) -> ProgressBar {
        let bar = ProgressBar::new(cell.budget.steps).with_style(style(ONE));
        let bar = self.all.insert_before(&self.overall, bar);
        bar.set_message(name);
        bar.set_prefix("–");
        bar
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

/// The style of the bar of all cells, of which `before` steps had been trained before: they say nothing about the speed now.
fn overall_style(before: u64) -> ProgressStyle {
    let whole = move |state: &ProgressState, out: &mut dyn fmt::Write| {
        let (elapsed, done) = (state.elapsed(), state.pos().saturating_sub(before));
        let all = state.len().unwrap_or_default().saturating_sub(before);
        let _ = match done {
            0 => write!(out, "–"),
            _ => write!(
                out,
                "{:#}",
                HumanDuration(elapsed.mul_f64(all as f64 / done as f64))
            ),
        };
    };
    style(OVERALL).with_key("whole", whole)
}

/// Short names of cells: the seed and the labels that are not the same in all of them, so that no two have the same.
#[derive(Debug)]
struct Names {
    /// Whether the surrogate, the actor, the agent and the environment vary.
    varies: [bool; 4],
}

impl Names {
    fn of(cells: &[&Cell]) -> Self {
        let first = cells.first().map(|cell| parts(cell));
        let varies = |part: usize| {
            let differs =
                |cell: &&Cell| first.is_some_and(|first| parts(cell)[part] != first[part]);
            cells.iter().any(differs)
        };
        Self {
            varies: [0, 1, 2, 3].map(varies),
        }
    }

    fn short(&self, cell: &Cell) -> String {
        let labels = parts(cell).into_iter().zip(self.varies);
        let mut shown: Vec<&str> = labels
            .filter(|(label, varies)| *varies && !label.is_empty())
            .map(|(label, _)| label)
            .collect();
        if shown.is_empty() {
            shown.push(&cell.labels.environment);
        }
        one_line(&format!("s{} {}", cell.seed, shown.join(" "))).into_owned()
    }
}

/// The labels of a cell; a network without spikes has no surrogate.
fn parts(cell: &Cell) -> [&str; 4] {
    let labels = &cell.labels;
    let surrogate = labels.surrogate.as_deref().unwrap_or_default();
    [surrogate, &labels.actor, &labels.agent, &labels.environment]
}

fn print_line(cell: &Cell, step: u64, mean: f64, progress: &CellProgress) {
    let steps = cell.budget.steps;
    let per_second = (step - progress.first_step) as f64 / progress.begin.elapsed().as_secs_f64();
    let left = (steps - step) as f64 / per_second;
    tell(format_args!(
        "{}: step {step}/{steps}, {per_second:.0} steps/s, return {mean:.1}, {left:.0} s left",
        cell.id
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::record::Record;

    fn cell(actor: &str, seed: u64) -> Cell {
        let mut cell = Record::example("cell").cell;
        cell.labels.surrogate = Some("rectangular".into());
        cell.labels.actor = actor.into();
        cell.labels.environment = "Pendulum-v1".into();
        cell.seed = seed;
        cell
    }

    #[test]
    fn the_name_of_a_cell_has_what_is_not_the_same_in_all_of_them() {
        let cells = [cell("popsan", 0), cell("mdcsan", 0), cell("popsan", 1)];
        let names = Names::of(&cells.iter().collect::<Vec<_>>());
        let short: Vec<String> = cells.iter().map(|cell| names.short(cell)).collect();
        assert_eq!(short, ["s0 popsan", "s0 mdcsan", "s1 popsan"]);
        let alone = Names::of(&[&cells[0], &cells[2]]);
        assert_eq!(alone.short(&cells[2]), "s1 Pendulum-v1");
    }
}

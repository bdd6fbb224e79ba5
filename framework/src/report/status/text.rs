//! How far a suite has come, for a terminal of 80 columns.

use textwrap::{Options, WordSplitter};

use super::super::printable::one_line;
use super::quantities::{core_time, size};
use super::words::described;
use crate::run::upkeep::{CellOverview, Overview, State};

const COLUMNS: usize = 80;

/// A suite with more cells than this is summed up: only cells that failed or are running are named.
const MOST_NAMED: usize = 40;

/// The titles of the groups of cells, in the order in which they are shown.
const GROUPS: [&str; 5] = [
    "damaged or unreadable",
    "failed",
    "running",
    "waiting",
    "finished",
];

/// The cells of the first groups are named in a suite of any size.
const ALWAYS_NAMED: usize = 3;

/// The place of a cell's group.
fn group(state: &State) -> usize {
    match state {
        State::Unreadable { .. } => 0,
        State::Failed { .. } => 1,
        State::Running { .. } => 2,
        State::Waiting { .. } => 3,
        State::Finished => 4,
    }
}

/// The text: first what is wrong, then what is running, what waits, and what has finished.
pub fn text(overview: &Overview) -> String {
    let counts = &overview.counts;
    let mut text = wrapped(
        "",
        &format!("{} in {}", overview.suite, overview.folder.display()),
    );
    text.push_str(&wrapped("", &sum(overview)));
    text.push_str(&wrapped(
        "",
        &format!(
            "{} on disk{}",
            size(overview.disk_bytes),
            match counts.is_over() {
                true => String::new(),
                false => format!(", about {} left", core_time(overview.core_seconds_left)),
            }
        ),
    ));
    for (place, title) in GROUPS.iter().enumerate() {
        let is_named = place < ALWAYS_NAMED || counts.planned <= MOST_NAMED;
        let belongs = |cell: &&CellOverview| group(&cell.state) == place;
        let mut cells = overview.cells.iter().filter(belongs).peekable();
        if !is_named || cells.peek().is_none() {
            continue;
        }
        text.push_str(&format!("\n{title}\n"));
        for cell in cells {
            text.push_str(&format!("  {}\n", one_line(&cell.id)));
            text.push_str(&wrapped("    ", &described(cell)));
        }
    }
    text
}

/// How many cells there are in each state.
fn sum(overview: &Overview) -> String {
    let counts = &overview.counts;
    let has_checkpoint = |cell: &&CellOverview| {
        matches!(
            cell.state,
            State::Waiting {
                checkpoint: Some(_)
            }
        )
    };
    let with_checkpoint = overview.cells.iter().filter(has_checkpoint).count();
    let waiting = match with_checkpoint {
        0 => "waiting".to_owned(),
        some => format!("waiting ({some} with a checkpoint)"),
    };
    let parts = [
        (counts.failed, "failed"),
        (counts.unreadable, "damaged or unreadable"),
        (counts.running, "running"),
        (counts.waiting, waiting.as_str()),
    ];
    let mut text = format!("{} of {} cells finished", counts.finished, counts.planned);
    for (count, name) in parts.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&format!(", {count} {name}"));
    }
    text
}

/// What has changed between two looks, a line for each change.
pub fn changes(before: Option<&Overview>, now: &Overview) -> Vec<String> {
    let Some(before) = before else {
        let mut lines = vec![sum(now)];
        let is_notable = |cell: &&CellOverview| {
            matches!(
                cell.state,
                State::Failed { .. } | State::Unreadable { .. } | State::Running { .. }
            )
        };
        lines.extend(now.cells.iter().filter(is_notable).map(line));
        return lines;
    };
    let pairs = before.cells.iter().zip(&now.cells);
    let changed = pairs.filter(|(before, now)| {
        let kind = |cell: &CellOverview| std::mem::discriminant(&cell.state);
        kind(before) != kind(now) || before.curve.len() < now.curve.len()
    });
    changed.map(|(_, now)| line(now)).collect()
}

fn line(cell: &CellOverview) -> String {
    let state = match cell.state {
        State::Finished => "finished: ",
        State::Failed { .. } => "",
        State::Unreadable { .. } => "damaged or unreadable: ",
        State::Running { .. } => "running: ",
        State::Waiting { .. } => "waiting: ",
    };
    format!(
        "{}: {state}{}",
        one_line(&cell.id),
        one_line(&described(cell))
    )
}

/// A paragraph that fits the terminal.
pub(super) fn wrapped(indent: &str, paragraph: &str) -> String {
    let options = Options::new(COLUMNS)
        .word_splitter(WordSplitter::NoHyphenation)
        .initial_indent(indent)
        .subsequent_indent(indent);
    textwrap::fill(&one_line(paragraph), options) + "\n"
}

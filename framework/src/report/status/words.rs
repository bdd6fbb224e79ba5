//! What becomes of a cell, in words.

use super::super::numbers::score;
use super::quantities::{speed, time};
use crate::run::upkeep::{CellOverview, State};

/// What becomes of a cell, in words.
pub fn described(cell: &CellOverview) -> String {
    let so_far = cell
        .last_return
        .map_or(String::new(), |mean| format!(", return {}", score(mean)));
    match &cell.state {
        State::Finished => format!("{} steps{so_far}", cell.steps),
        State::Failed { status, reason } => {
            format!(
                "{}, last evaluated at step {}: {reason}",
                status.name(),
                cell.step
            )
        }
        State::Unreadable { reason } => reason.clone(),
        State::Running {
            host,
            pid,
            steps_per_second,
            seconds_left,
        } => {
            let pace = steps_per_second.map_or(String::new(), |pace| format!(", {}", speed(pace)));
            let left = seconds_left.map_or(String::new(), |left| format!(", {} left", time(left)));
            format!(
                "step {} of {}{so_far}{pace}{left}, process {pid} on {host}",
                cell.step, cell.steps
            )
        }
        State::Waiting { checkpoint: None } => format!("step 0 of {}{so_far}", cell.steps),
        State::Waiting {
            checkpoint: Some(step),
        } => {
            format!("checkpoint at step {step} of {}{so_far}", cell.steps)
        }
    }
}

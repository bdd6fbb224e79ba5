//! Setting the records of cells aside that did not finish, so that the next run trains them again.

use crate::run::record::{Status, Store, StoreError};
use crate::run::schedule_error::ScheduleError;
use crate::suite::plan::{Cell, Plan};

/// What was set aside.
#[derive(Debug, Default)]
pub struct Retried {
    /// The cells whose records were set aside, with how they had ended.
    pub cells: Vec<(String, Status)>,
    /// The cells whose damaged records were set aside.
    pub damaged: Vec<String>,
    /// Records that cannot be read and stay where they are, with the reasons.
    pub unreadable: Vec<StoreError>,
}

/// Sets aside the records of those cells of a plan that ended with one of `statuses`, and the damaged ones if `with_damaged`.
/// `only` are the beginnings of identifiers; all cells are meant if it is empty. The record of a finished cell stays in any case.
///
/// # Errors
///
/// No cell has an identifier that begins like one of `only`, or a record cannot be moved.
pub fn retry(
    store: &Store,
    plan: &Plan,
    only: &[String],
    statuses: &[Status],
    with_damaged: bool,
) -> Result<Retried, ScheduleError> {
    let mut retried = Retried::default();
    for cell in selected(plan, only)? {
        match store.read(&cell.id) {
            Ok(Some(record)) => {
                let status = record.outcome.status;
                if status != Status::Finished && statuses.contains(&status) {
                    store.set_aside(&cell.id)?;
                    retried.cells.push((cell.id.clone(), status));
                }
            }
            Ok(None) => {}
            Err(StoreError::Damaged { .. }) if with_damaged => {
                store.set_aside(&cell.id)?;
                retried.damaged.push(cell.id.clone());
            }
            Err(error) => retried.unreadable.push(error),
        }
    }
    Ok(retried)
}

fn selected<'p>(plan: &'p Plan, only: &[String]) -> Result<Vec<&'p Cell>, ScheduleError> {
    for prefix in only {
        if !plan.cells.iter().any(|cell| cell.id.starts_with(prefix)) {
            let prefix = prefix.clone();
            return Err(ScheduleError::NoSuchCell { prefix });
        }
    }
    let is_selected =
        |cell: &&Cell| only.is_empty() || only.iter().any(|prefix| cell.id.starts_with(prefix));
    Ok(plan.cells.iter().filter(is_selected).collect())
}

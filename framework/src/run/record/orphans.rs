//! The cells of records that a plan does not have.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use serde::Deserialize;

use crate::run::record::error::StoreError;
use crate::run::record::files::RECORD;
use crate::run::record::store::Store;
use crate::suite::plan::{Cell, Plan};

/// Records in a store that belong to no cell of a plan.
#[derive(Debug, Default)]
pub struct Orphans {
    /// Their cells, sorted by identifier.
    pub cells: Vec<Cell>,
    /// The number of records whose cell cannot be read.
    pub unreadable: usize,
}

/// The part of `record.json` that is read.
#[derive(Deserialize)]
struct CellOnly {
    cell: Cell,
}

impl Store {
    /// The cells of all records that `plan` does not have. Their other files are neither read nor checked. Fails only if
    /// the folder of the records cannot be listed.
    pub fn orphans(&self, plan: &Plan) -> Result<Orphans, StoreError> {
        let runs = self.runs();
        let entries = match fs::read_dir(&runs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Orphans::default()),
            Err(source) => return Err(StoreError::io("read", &runs, source)),
        };
        let planned: HashSet<&str> = plan.cells.iter().map(|cell| cell.id.as_str()).collect();
        let mut orphans = Orphans::default();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_planned = name.to_str().is_some_and(|name| planned.contains(name));
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_planned || !is_folder {
                continue;
            }
            match cell(&entry.path()) {
                Some(cell) => orphans.cells.push(cell),
                None => orphans.unreadable += 1,
            }
        }
        orphans.cells.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(orphans)
    }
}

fn cell(folder: &Path) -> Option<Cell> {
    let file = File::open(folder.join(RECORD)).ok()?;
    let read: CellOnly = serde_json::from_reader(BufReader::new(file)).ok()?;
    Some(read.cell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::record::Record;

    #[test]
    fn records_that_a_plan_lacks_are_found_and_unreadable_ones_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let plan = Plan {
            suite: "suite".to_owned(),
            cells: vec![Record::example("planned").cell],
            excluded: 0,
        };
        let none = store.orphans(&plan).unwrap();
        assert!(none.cells.is_empty() && none.unreadable == 0);
        for id in ["planned", "orphan", "another"] {
            store.commit(&Record::example(id)).unwrap();
        }
        fs::create_dir(store.runs().join("empty")).unwrap();
        fs::create_dir(store.runs().join("damaged")).unwrap();
        fs::write(store.runs().join("damaged").join(RECORD), "{\"cell\": 3}").unwrap();
        fs::write(store.runs().join(".probe"), "").unwrap();
        let found = store.orphans(&plan).unwrap();
        let ids: Vec<&str> = found.cells.iter().map(|cell| cell.id.as_str()).collect();
        assert_eq!((ids, found.unreadable), (vec!["another", "orphan"], 2));
    }
}

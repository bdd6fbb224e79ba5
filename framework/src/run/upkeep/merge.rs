//! Bringing the records of several results folders together.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::record::{Store, StoreError};

/// The files of a record that hold what was computed. Its times, its log and what made it may differ between two machines.
const COMPUTED: [&str; 4] = [
    "evaluations.csv",
    "diagnostics.csv",
    "actor.safetensors",
    "normaliser.json",
];

/// Two records of one cell that say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The folders of the two records.
    pub folders: [PathBuf; 2],
    /// What differs.
    pub what: String,
}

/// What came of a merge.
#[derive(Debug, Default)]
pub struct Merged {
    /// The number of records that were copied.
    pub copied: usize,
    /// The number of records that were there already, or twice among the sources, with the same contents.
    pub same: usize,
    /// Cells of which nothing was copied, because their records differ.
    pub conflicts: Vec<Conflict>,
    /// Records that cannot be read, none of which was copied.
    pub unreadable: Vec<StoreError>,
}

/// Copies the records of the stores `from` into `into`, byte for byte, with the suite file if there is none yet. Records
/// only: neither checkpoints nor attempts. What is in `into` already stays.
///
/// # Errors
///
/// A store cannot be listed, or the file system refuses a copy. What was copied before that stays, and the same merge continues.
pub fn merge(from: &[Store], into: &Store) -> Result<Merged, StoreError> {
    let mut cells: BTreeMap<String, Vec<&Store>> = BTreeMap::new();
    for store in from {
        for id in store.recorded()? {
            cells.entry(id).or_default().push(store);
        }
    }
    let mut merged = Merged::default();
    for (id, stores) in &cells {
        merged.cell(id, stores, into)?;
    }
    let kept = |store: &Store| store.root().join(Store::SUITE);
    if !kept(into).exists()
        && let Some(store) = from.iter().find(|store| kept(store).exists())
    {
        fs::create_dir_all(into.root())
            .map_err(|source| StoreError::io("create", into.root(), source))?;
        into.keep_suite(&kept(store))?;
    }
    Ok(merged)
}

impl Merged {
    /// Merges the records of one cell, of which each of `stores` has one.
    fn cell(&mut self, id: &str, stores: &[&Store], into: &Store) -> Result<(), StoreError> {
        let mut whole = Vec::new();
        for store in [into].into_iter().chain(stores.iter().copied()) {
            match store.read(id) {
                Ok(Some(record)) => whole.push((store, record.outcome.status)),
                Ok(None) => {}
                Err(error) => self.unreadable.push(error),
            }
        }
        let Some(((first, status), others)) = whole.split_first() else {
            return Ok(());
        };
        let conflicts = self.conflicts.len();
        for (other, other_status) in others {
            let different = if status == other_status {
                difference(&first.record(id), &other.record(id))?
            } else {
                let (one, other) = (status.name(), other_status.name());
                Some(format!("one {one}, the other {other}"))
            };
            self.conflicts.extend(different.map(|what| Conflict {
                folders: [first.record(id), other.record(id)],
                what,
            }));
        }
        if self.conflicts.len() > conflicts {
            return Ok(());
        }
        self.same += others.len();
        // A damaged record of this cell is not replaced.
        if !into.has(id) {
            first.copy(id, into)?;
            self.copied += 1;
        }
        Ok(())
    }
}

/// What two whole records of a cell have computed differently.
fn difference(one: &Path, other: &Path) -> Result<Option<String>, StoreError> {
    let read = |folder: &Path, name: &str| {
        let path = folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::io("read", &path, source)),
        }
    };
    let mut different = Vec::new();
    for name in COMPUTED {
        if read(one, name)? != read(other, name)? {
            different.push(name);
        }
    }
    Ok((!different.is_empty()).then(|| format!("{} differ", different.join(", "))))
}

//! Which suites, cells and attempts have left something in a results folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::run::record::error::StoreError;
use crate::run::record::lease;
use crate::run::record::store::Store;

impl Store {
    /// The stores in a results folder, sorted by name; or the one store whose folder this is.
    ///
    /// # Errors
    ///
    /// The folder cannot be read, or no suite has left anything in it.
    pub fn all_in(folder: &Path) -> Result<Vec<Self>, StoreError> {
        let whole = Self::at(folder)?;
        if whole.is_of_a_suite() {
            return Ok(vec![whole]);
        }
        let stores = names(folder)?.into_iter();
        let stores = stores.filter_map(|name| Self::at(&folder.join(name)).ok());
        let stores: Vec<Self> = stores.filter(Self::is_of_a_suite).collect();
        if stores.is_empty() {
            let path = folder.to_owned();
            return Err(StoreError::NoSuite { path });
        }
        Ok(stores)
    }

    /// Whether the folder looks like that of a suite. A results folder may have a suite called `runs`.
    pub fn is_of_a_suite(&self) -> bool {
        let runs = self.runs();
        runs.is_dir() && !runs.join("runs").is_dir()
    }

    /// The cells that have a record, whole or not, sorted.
    pub fn recorded(&self) -> Result<Vec<String>, StoreError> {
        names(&self.runs())
    }

    /// The cells whose attempts have left something, sorted.
    pub fn attempted(&self) -> Result<Vec<String>, StoreError> {
        names(&self.root().join("work"))
    }

    /// The cells that have a lease, expired or not, sorted.
    pub fn leased(&self) -> Result<Vec<String>, StoreError> {
        names(&self.leases())
    }

    /// The file of the lease of a cell.
    pub fn lease(&self, id: &str) -> PathBuf {
        self.leases().join(id)
    }

    /// Removes the lease of a cell if it has expired; gives whether it did.
    pub fn clear_lease(&self, id: &str) -> Result<bool, StoreError> {
        let path = self.lease(id);
        lease::clear(&path).map_err(|source| StoreError::io("remove", &path, source))
    }

    /// The folder of a record.
    pub fn record(&self, id: &str) -> PathBuf {
        self.folder(id)
    }

    /// The folder of the records that were set aside.
    pub fn aside(&self) -> PathBuf {
        self.root().join("set-aside")
    }

    /// What processes that died left half-written: records of attempts that do not hold the lease of their cell, and files
    /// beside the leases.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.staging()).into_iter().flatten();
        let is_alive = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            let parts = name.and_then(|name| name.rsplit_once('.'));
            parts.is_some_and(|(id, attempt)| {
                let holder = self.holder(id).ok().flatten();
                holder.is_some_and(|holder| holder.attempt == attempt)
            })
        };
        let paths = entries.flatten().map(|entry| entry.path());
        paths
            .filter(|path| !is_alive(path))
            .chain(lease::leftovers(&self.leases()))
            .collect()
    }
}

/// The names in a folder that are not hidden, sorted; none if there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(StoreError::io("read", folder, source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| StoreError::io("read", folder, source))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::record::Record;

    #[test]
    fn a_results_folder_and_the_folder_of_a_suite_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let names = |path: &Path| -> Vec<String> {
            let stores = Store::all_in(path).unwrap().into_iter();
            let name = |store: Store| {
                store
                    .root()
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            };
            stores.map(name).collect()
        };
        let none = Store::all_in(folder.path()).unwrap_err();
        assert!(matches!(none, StoreError::NoSuite { .. }), "{none}");
        // The names of the folders inside a suite are names of suites as well.
        for suite in ["a", "runs", "work"] {
            let store = Store::new(folder.path(), suite);
            store.commit(&Record::example("cell")).unwrap();
            assert_eq!(names(store.root()), [suite]);
        }
        fs::create_dir(folder.path().join("another folder")).unwrap();
        assert_eq!(names(folder.path()), ["a", "runs", "work"]);
    }

    #[test]
    fn a_suite_that_a_newer_run_holds_keeps_its_lease() {
        use crate::run::record::Claim;
        use std::time::Duration;

        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        assert!(!store.clear_lease("cell").unwrap());
        let claim = store.claim("cell", Duration::from_secs(100)).unwrap();
        assert!(matches!(claim, Claim::Granted(_)));
        assert!(!store.clear_lease("cell").unwrap());
        fs::File::options()
            .append(true)
            .open(store.lease("cell"))
            .and_then(|file| {
                file.set_modified(std::time::SystemTime::now() - Duration::from_secs(200))
            })
            .unwrap();
        assert!(store.clear_lease("cell").unwrap());
        assert!(store.leased().unwrap().is_empty());
    }
}

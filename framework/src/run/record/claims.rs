//! Who works in a store: claims of cells, and what dead workers left half-written.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::run::record::error::StoreError;
use crate::run::record::lease::{self, Claim, Holder, Lease};
use crate::run::record::store::{Store, create_folder};

impl Store {
    /// Claims the right to train a cell. Who claims shows signs of life ([`Lease::beat`]) or loses it `expires_after` the
    /// last one.
    pub fn claim(&self, id: &str, expires_after: Duration) -> Result<Claim, StoreError> {
        create_folder(&self.leases())?;
        Lease::claim(&self.leases().join(id), expires_after)
    }

    /// Who is training a cell, if anybody is.
    pub fn holder(&self, id: &str) -> Result<Option<Holder>, StoreError> {
        let path = self.leases().join(id);
        lease::held(&path).map_err(|source| StoreError::io("read", &path, source))
    }

    pub(super) fn leases(&self) -> PathBuf {
        self.root().join("lease")
    }

    /// Removes what processes that died left half-written.
    pub fn sweep(&self) -> Result<(), StoreError> {
        for path in self.leftovers() {
            let removed = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
            match removed {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::io("remove", &path, source));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(store: &Store) -> usize {
        fs::read_dir(store.staging()).map_or(0, Iterator::count)
    }

    #[test]
    fn a_sweep_removes_all_leftovers_but_those_of_an_attempt_that_holds_the_lease_of_its_cell() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let Claim::Granted(lease) = store.claim("a.cell", Duration::from_secs(100)).unwrap() else {
            panic!("the cell is free");
        };
        let alive = format!("a.cell.{}", lease.attempt());
        for name in [
            alive.as_str(),
            "a.cell.former",
            "another.cell.former",
            "odd",
        ] {
            fs::create_dir_all(store.staging().join(name)).unwrap();
        }
        let files = [store.staging().join(".probe"), store.leases().join(".half")];
        for file in &files {
            fs::write(file, "").unwrap();
        }
        store.sweep().unwrap();
        assert!(files.iter().all(|file| !file.exists()));
        assert!(store.staging().join(&alive).exists());
        assert_eq!(staged(&store), 1);
        lease.release();
        store.sweep().unwrap();
        assert_eq!(staged(&store), 0);
    }
}

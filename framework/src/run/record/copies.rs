//! Records that go from one store to another.

use std::fs;
use std::path::Path;

use crate::run::record::error::StoreError;
use crate::run::record::reading::{Tables, read_record};
use crate::run::record::store::{Store, create_folder, create_free_folder, sync, write_synced};

impl Store {
    /// Copies the record of a cell into another store, byte for byte, and removes it here. A record that is there already
    /// stays.
    pub fn bring(&self, id: &str, to: &Self) -> Result<(), StoreError> {
        self.copy(id, to)?;
        let folder = self.folder(id);
        fs::remove_dir_all(&folder).map_err(|source| StoreError::io("remove", &folder, source))
    }

    /// Copies the record of a cell into another store, byte for byte. It must be whole; one that is there already stays.
    pub fn copy(&self, id: &str, to: &Self) -> Result<(), StoreError> {
        let folder = self.folder(id);
        read_record(&folder, id, Tables::All)?;
        create_folder(&to.runs())?;
        create_folder(&to.staging())?;
        let attempt = uuid::Uuid::new_v4().simple().to_string();
        let temporary = create_free_folder(&to.staging(), id, &attempt)?;
        let copied = copy_files(&folder, &temporary).and_then(|()| to.publish(&temporary, id));
        if copied.is_err() {
            let _ = fs::remove_dir_all(&temporary);
        }
        copied.and_then(|()| sync(&to.runs()))
    }
}

/// Copies all files of a folder.
fn copy_files(from: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::io("copy", from, source);
    for entry in fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if let Some(name) = path.file_name() {
            let bytes = fs::read(&path).map_err(failed)?;
            write_synced(&to.join(name), &bytes)?;
        }
    }
    sync(to)
}

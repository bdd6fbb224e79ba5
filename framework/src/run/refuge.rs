//! Where a record goes that its store refuses: the folder for temporary files, from which the next run brings it home.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::run::record::{Record, Store, StoreError};
use crate::run::schedule_error::ScheduleError;

/// The refuge for the records of a store. Two stores have two refuges.
fn refuge(store: &Store) -> PathBuf {
    let root = fs::canonicalize(store.root()).unwrap_or_else(|_| store.root().to_owned());
    let hash = blake3::hash(root.as_os_str().as_encoded_bytes()).to_hex();
    std::env::temp_dir().join(format!("spikebench-refuge-{}", &hash[..16]))
}

/// Whether a folder is one of ours. The folder for temporary files is everybody's, and others could leave records there under
/// the name of a refuge.
fn is_ours(folder: &Path) -> bool {
    let owner = |path: &Path| fs::symlink_metadata(path).map(|about| (about.is_dir(), about.uid()));
    matches!(
        (owner(folder), owner(Path::new("/proc/self/"))),
        (Ok((true, owner)), Ok((_, own))) if owner == own
    )
}

/// Saves a record in the refuge, and gives the error that says where it is. If that is impossible too, the error is the
/// store's own.
pub fn save_elsewhere(record: &Record, store: &Store, source: StoreError) -> ScheduleError {
    let folder = refuge(store);
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
        return source.into();
    };
    if fs::symlink_metadata(&folder).is_ok() && !is_ours(&folder) {
        return source.into();
    }
    let refuge = Store::new(parent, &name.to_string_lossy());
    match refuge.commit(record) {
        Ok(()) => ScheduleError::SavedElsewhere {
            source: Box::new(source),
            cell: record.cell.id.clone(),
            saved: refuge.runs().join(&record.cell.id),
            runs: store.runs(),
        },
        Err(_) => source.into(),
    }
}

/// Brings the records in the refuge home, and gives their number. A record that cannot be read or written stays there.
pub fn bring_home(store: &Store) -> usize {
    let folder = refuge(store);
    let Ok(refuge) = Store::at(&folder) else {
        return 0;
    };
    if !is_ours(&folder) {
        return 0;
    }
    let entries = fs::read_dir(refuge.runs()).into_iter().flatten().flatten();
    let mut brought = 0;
    for entry in entries {
        let Some(id) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        if refuge.bring(&id, store).is_ok() {
            brought += 1;
        }
    }
    // Folders that are not empty stay.
    let _ = fs::remove_dir(refuge.runs());
    let _ = fs::remove_dir_all(refuge.root().join("tmp"));
    let _ = fs::remove_dir(refuge.root());
    brought
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_the_store_refuses_is_saved_elsewhere_and_comes_home_with_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let record = Record::example("saved-elsewhere");
        let refused = StoreError::Absent {
            path: folder.path().to_owned(),
        };
        let message = save_elsewhere(&record, &store, refused).to_string();
        let saved = refuge(&store).join("runs/saved-elsewhere");
        assert!(
            saved.exists() && message.contains(&saved.display().to_string()),
            "{message}"
        );
        assert_eq!(bring_home(&store), 1);
        assert_eq!(store.read("saved-elsewhere").unwrap(), Some(record));
        assert!(!refuge(&store).exists());
        assert_eq!(bring_home(&store), 0);
    }
    #[test]
    fn what_others_have_left_under_the_name_of_a_refuge_is_not_brought_home() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "suite");
        let elsewhere = Store::new(folder.path(), "elsewhere");
        elsewhere.commit(&Record::example("planted")).unwrap();
        std::os::unix::fs::symlink(elsewhere.root(), refuge(&store)).unwrap();
        assert_eq!(bring_home(&store), 0);
        fs::remove_file(refuge(&store)).unwrap();
        assert_eq!(store.read("planted").unwrap(), None);
    }
}

//! The lock that admits one run at a time to the folder of a suite.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::run::record::error::StoreError;

/// A lock on the folder of a suite for the time of a run. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    #[expect(dead_code, reason = "the lock lasts as long as its file is open")]
    file: File,
    exclusive: bool,
}

impl Lock {
    /// Locks the file `lock` in `folder` and writes the number of this process into it.
    pub(super) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| StoreError::io("create", &path, source))?;
        let locked = flock(&file, FlockOperation::NonBlockingLockExclusive);
        if locked == Err(Errno::WOULDBLOCK) {
            return Err(StoreError::Busy {
                path: folder.to_owned(),
                owner: owner(&mut file),
            });
        }
        sign(&mut file).map_err(|source| StoreError::io("write", &path, source))?;
        Ok(Self {
            file,
            exclusive: locked.is_ok(),
        })
    }

    /// Whether the lock keeps other runs out. Some file systems have no locks; runs go on without one there, and at worst
    /// train a cell twice.
    pub fn is_exclusive(&self) -> bool {
        self.exclusive
    }

    /// The same lock as on a file system that has none.
    #[cfg(test)]
    pub(super) fn without_exclusion(self) -> Self {
        Self {
            exclusive: false,
            ..self
        }
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())
}

fn owner(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

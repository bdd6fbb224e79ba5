//! The bytes of a library as a file in memory that nobody can change any more.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// A sealed file in memory. Child processes inherit it, so that all processes of a run load the same bytes, even if the file
/// on the disk is built anew meanwhile.
#[derive(Debug)]
pub struct Image(OwnedFd);

impl Image {
    /// Copies the bytes and seals the copy.
    pub fn of(bytes: &[u8]) -> io::Result<Self> {
        let file = memfd_create("spikebench-plugin", MemfdFlags::ALLOW_SEALING)?;
        let mut file = File::from(file);
        file.write_all(bytes)?;
        let file = OwnedFd::from(file);
        fcntl_add_seals(
            &file,
            SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE,
        )?;
        Ok(Self(file))
    }

    /// The number of the open file.
    pub fn number(&self) -> i32 {
        self.0.as_raw_fd()
    }
}

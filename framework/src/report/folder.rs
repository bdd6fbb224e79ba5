//! Where the files of a report go.

use std::io::{self, Write};

use thiserror::Error;

/// A folder that several threads write the files of a report into, each as it is made: together they may be larger than the
/// memory.
pub trait Folder: Sync {
    /// Creates the file of this name, which may begin with the names of folders.
    fn create(&self, name: &str) -> io::Result<Box<dyn Write + Send + '_>>;
}

/// Why a report is not written.
#[derive(Debug, Error)]
pub enum FileError {
    /// A file cannot be written.
    #[error("failed to write {name}: {source}")]
    Io {
        /// The file, named below the folder.
        name: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes a file that is made already.
pub fn put(folder: &dyn Folder, name: &str, bytes: &[u8]) -> Result<(), FileError> {
    put_by(folder, name, |writer| writer.write_all(bytes))
}

/// Writes a file as it is made.
pub fn put_by(
    folder: &dyn Folder,
    name: &str,
    write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> Result<(), FileError> {
    let written = folder.create(name).and_then(|mut writer| {
        write(&mut *writer)?;
        writer.flush()
    });
    written.map_err(|source| FileError::Io {
        name: name.to_owned(),
        source,
    })
}

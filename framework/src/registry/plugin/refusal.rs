//! Why a plugin is not loaded.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::stamp::{Row, Table, remedy};

/// Why a plugin is not loaded.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is a folder, a device or a pipe.
    #[error("{} is not a regular file", .path.display())]
    NotRegular {
        /// The path.
        path: PathBuf,
    },
    /// The file or a folder above it belongs to somebody else.
    #[error(
        "{} belongs to user {owner}; a plugin and every folder above it must belong to you or to root \
         (--plugin-unchecked for file systems without owners)", .path.display()
    )]
    Owned {
        /// The file or folder.
        path: PathBuf,
        /// The number of its owner.
        owner: u32,
    },
    /// Others can write the file or a folder above it.
    #[error(
        "{} can be written by {by}, who could put other code there; `chmod go-w {}` ends that \
         (--plugin-unchecked for file systems without permissions)", .path.display(), .path.display()
    )]
    Writable {
        /// The file or folder.
        path: PathBuf,
        /// Who can.
        by: &'static str,
    },
    /// The contents are not those that were asked for.
    #[error("it is not the pinned file: its hash is blake3:{found}, not blake3:{wanted}")]
    OtherContents {
        /// The hash that was given.
        wanted: String,
        /// The hash of the file.
        found: String,
    },
    /// It is something else than a shared library.
    #[error("it is not a shared library: {0}")]
    NotLibrary(String),
    /// It is for another machine.
    #[error("it is a library for {found}, and this program is for {own}")]
    OtherMachine {
        /// What the library is for.
        found: String,
        /// What this program is for.
        own: String,
    },
    /// Its end is missing.
    #[error("it is truncated: {0}; build or copy it again")]
    Truncated(String),
    /// It is a library without a stamp.
    #[error(
        "it is a shared library, but not one of plugins: it has no stamp. `spikebench::plugin!();` in src/lib.rs makes one"
    )]
    NoStamp,
    /// It has a stamp of another format.
    #[error(
        "its stamp cannot be read; it was made for another version of Spikebench, so rebuild it"
    )]
    StrangeStamp,
    /// It was built in another way than this program.
    #[error("it was built in another way than this program:{}\n{}", Table(.0), remedy(.0))]
    Mismatch(Vec<Row>),
    /// It ends the process that loads it.
    #[error("loading it was tried in a process of its own, which {0}")]
    Crashed(String),
    /// The system does not load it.
    #[error("it cannot be loaded: {0}")]
    NotLoaded(String),
    /// A process or a file that loading needs cannot be made.
    #[error("its loading cannot be tried: {0}")]
    Untried(#[from] io::Error),
}

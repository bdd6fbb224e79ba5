//! The rule of `sudo` for plugins: nobody but their user and root can have written them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::{getegid, geteuid};

use super::refusal::Refusal;

const WRITABLE_BY_GROUP: u32 = 0o020;
const WRITABLE_BY_ALL: u32 = 0o002;
/// In a folder with this bit, such as `/tmp`, nobody can replace the files of others.
const STICKY: u32 = 0o1000;

/// The canonical path of a plugin that is a regular file. Unless `is_unchecked`, it and every folder above it must belong to
/// this user or to root, and nobody else may write them.
pub fn check_trust(path: &Path, is_unchecked: bool) -> Result<PathBuf, Refusal> {
    let unreadable = |source| Refusal::Unreadable {
        path: path.to_owned(),
        source,
    };
    let canonical = fs::canonicalize(path).map_err(unreadable)?;
    if !fs::metadata(&canonical).map_err(unreadable)?.is_file() {
        return Err(Refusal::NotRegular { path: canonical });
    }
    if !is_unchecked {
        canonical.ancestors().try_for_each(check)?;
        // Whoever can write the folder of a link can have it lead elsewhere.
        let named = std::path::absolute(path).map_err(unreadable)?;
        named.ancestors().skip(1).try_for_each(check)?;
    }
    Ok(canonical)
}

fn check(path: &Path) -> Result<(), Refusal> {
    let about = fs::metadata(path).map_err(|source| Refusal::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let (path, owner, mode) = (path.to_owned(), about.uid(), about.mode());
    let own = geteuid().as_raw();
    if owner != own && owner != 0 {
        return Err(Refusal::Owned { path, owner });
    }
    if about.is_dir() && mode & STICKY != 0 {
        return Ok(());
    }
    if mode & WRITABLE_BY_ALL != 0 {
        return Err(Refusal::Writable {
            path,
            by: "everybody",
        });
    }
    // Many systems give every user a group of the same number in which nobody else is.
    let is_private = about.gid() == own && getegid().as_raw() == own;
    if mode & WRITABLE_BY_GROUP != 0 && about.gid() != 0 && !is_private {
        return Err(Refusal::Writable {
            path,
            by: "its group",
        });
    }
    Ok(())
}

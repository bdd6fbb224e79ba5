//! The git-ignored folder `.deps` with everything that the set-up fetched. Nothing in it gets its final name
//! before it is complete, so a set-up may be killed at any moment.
use crate::{
    problem::{About, Outcome, Problem},
    say, wheel,
};
use rustix::fs::{CWD, FlockOperation, RenameFlags};
use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

const STAMP: &str = "setup-stamp";
const TEMPORARY: &str = "tmp-";

/// `<workspace>/.deps`.
pub struct Deps {
    folder: PathBuf,
}

/// Keeps other set-ups out while it lives. The kernel releases the lock of a killed process.
pub struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl Deps {
    pub fn of(root: &Path) -> Self {
        Self {
            folder: root.join(".deps"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub fn downloads(&self) -> PathBuf {
        self.path("downloads")
    }

    /// What the folder `name` was made from; empty if it was never made.
    pub fn stamp(&self, name: &str) -> String {
        fs::read_to_string(self.path(name).join(STAMP)).unwrap_or_default()
    }

    /// Makes the folder, waits for other set-ups, and removes what killed ones left behind.
    pub fn lock(&self) -> Outcome<Lock> {
        fs::create_dir_all(&self.folder).about("make the folder", &self.folder)?;
        let path = self.path("setup.lock");
        let file = File::create(&path).about("make", &path)?;
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            say::line("setup: waiting for another set-up that is running here");
            rustix::fs::flock(&file, FlockOperation::LockExclusive).about("lock", &path)?;
        }
        // Not earlier, because the set-up that was waited for has removed its downloads.
        let downloads = self.downloads();
        fs::create_dir_all(&downloads).about("make the folder", &downloads)?;
        self.sweep()?;
        Ok(Lock(file))
    }

    fn sweep(&self) -> Outcome {
        let temporary = |name: &str| name.starts_with(TEMPORARY);
        let unknown = |name: &str| !wheel::all().any(|wheel| wheel.file == name);
        remove_entries(&self.folder, temporary)?;
        remove_entries(&self.downloads(), unknown)
    }

    /// Makes an empty folder beside the final one, and so on the same disk.
    pub fn temporary(&self, name: &str) -> Outcome<PathBuf> {
        let path = self.path(&format!("{TEMPORARY}{name}"));
        remove(&path)?;
        fs::create_dir(&path).about("make the folder", &path)?;
        Ok(path)
    }

    /// Gives the complete folder `temporary` its final name, replacing what was there in one step.
    pub fn publish(&self, temporary: &Path, name: &str, stamp: &str) -> Outcome {
        let stamp_path = temporary.join(STAMP);
        fs::write(&stamp_path, stamp).about("write", &stamp_path)?;
        // The rename must not reach the disk before the files do.
        let folder = File::open(&self.folder).about("open", &self.folder)?;
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&folder).about("write out", temporary)?;
        let target = self.path(name);
        if fs::symlink_metadata(&target).is_err() {
            fs::rename(temporary, &target).about("rename to", &target)?;
        } else if rustix::fs::renameat_with(CWD, temporary, CWD, &target, RenameFlags::EXCHANGE)
            .is_ok()
        {
            remove(temporary)?;
        } else {
            // This file system cannot exchange two names. For a moment nothing has the final name, and a
            // set-up that is killed in that moment starts over.
            let old = self.path(&format!("{TEMPORARY}old-{name}"));
            remove(&old)?;
            fs::rename(&target, &old).about("rename", &target)?;
            fs::rename(temporary, &target).about("rename to", &target)?;
            remove(&old)?;
        }
        folder.sync_all().about("write out", &self.folder)
    }

    /// Refuses a disk that cannot hold `needed` more bytes.
    pub fn reserve(&self, needed: u64) -> Outcome {
        let disk = rustix::fs::statvfs(&self.folder).about("measure", &self.folder)?;
        let available = disk.f_bavail.saturating_mul(disk.f_frsize);
        if available >= needed {
            return Ok(());
        }
        Err(Problem::new(format!(
            "not enough disk space in {}: {} needed, {} available; free some, or replace the folder \
             by a link to a larger disk",
            self.folder.display(),
            say::size(needed),
            say::size(available),
        )))
    }
}

/// The value of LIBTORCH or MUJOCO_DYNAMIC_LINK_DIR if the user set it. `.cargo/config.toml` sets both to
/// folders in `.deps`, so only another value is the user's.
pub fn users_own(variable: &str, ours: &Path) -> Option<PathBuf> {
    let value = PathBuf::from(env::var_os(variable)?);
    let is_ours = value == ours
        || match (value.canonicalize(), ours.canonicalize()) {
            (Ok(value), Ok(ours)) => value == ours,
            _ => false,
        };
    (!is_ours).then_some(value)
}

fn remove_entries(folder: &Path, is_leftover: impl Fn(&str) -> bool) -> Outcome {
    for entry in fs::read_dir(folder).about("list", folder)? {
        let entry = entry.about("list", folder)?;
        if is_leftover(&entry.file_name().to_string_lossy()) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file, a link or a folder, if it is there.
pub fn remove(path: &Path) -> Outcome {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).about("remove", path),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deps() -> (tempfile::TempDir, Deps) {
        let root = tempfile::tempdir().unwrap();
        let deps = Deps::of(root.path());
        (root, deps)
    }

    #[test]
    fn a_killed_set_up_leaves_nothing_but_complete_downloads() {
        let (_root, deps) = deps();
        let kept = wheel::MUJOCO.file;
        {
            let _lock = deps.lock().unwrap();
            let half = deps.temporary("libtorch").unwrap();
            fs::write(half.join("half"), "x").unwrap();
            fs::write(deps.downloads().join(kept), "x").unwrap();
            fs::write(deps.downloads().join("torch-1.0.whl"), "an older pin").unwrap();
        }
        assert_eq!(deps.stamp("libtorch"), "");
        let _lock = deps.lock().unwrap();
        assert!(!deps.path("tmp-libtorch").exists());
        let files = fs::read_dir(deps.downloads()).unwrap();
        let files: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, [kept]);
    }

    #[test]
    fn a_published_folder_replaces_the_old_one() {
        let (_root, deps) = deps();
        let _lock = deps.lock().unwrap();
        for stamp in ["old", "new"] {
            let made = deps.temporary("environments").unwrap();
            fs::write(made.join(stamp), "").unwrap();
            deps.publish(&made, "environments", stamp).unwrap();
        }
        assert_eq!(deps.stamp("environments"), "new");
        assert!(deps.path("environments/new").exists());
        assert!(!deps.path("environments/old").exists());
        assert!(!deps.path("tmp-environments").exists());
    }

    #[test]
    fn a_full_disk_is_refused_with_both_sizes() {
        let (_root, deps) = deps();
        let _lock = deps.lock().unwrap();
        deps.reserve(1).unwrap();
        let refusal = deps.reserve(u64::MAX).unwrap_err().to_string();
        assert!(refusal.contains("needed"), "{refusal}");
        assert!(refusal.contains("available"), "{refusal}");
    }
}

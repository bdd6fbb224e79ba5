//! Leases: who is training which cell. A lease saves work and nothing more: should two processes train the same cell, both
//! get the same record, and the first commit wins.
//!
//! A lease is a file that its holder touches from time to time. It has expired when it is older, by the clock of the file
//! system, than its holder said; or at once when its holder was a process of this machine that is gone.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, Timespec, Timestamps, UTIME_NOW, flock, futimens};
use serde::{Deserialize, Serialize};

use crate::run::record::error::StoreError;

/// A holder shows that it lives this many times before its lease would expire.
const BEATS: u32 = 20;

/// A file beside the leases that is touched to read the clock of the file system, and locked.
const CLOCK: &str = ".clock";

/// Who holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The attempt that the lease is for, a random name.
    pub attempt: String,
    /// The name of the machine.
    pub host: String,
    /// The number of the process on that machine.
    pub pid: u32,
    /// When that process started, as the kernel counts; another process with the same number started at another time.
    started: String,
    /// Where process numbers mean the same: the boot of the machine and the name space.
    processes: String,
    /// Seconds after the last sign of life at which the lease expires.
    pub expires_after: u64,
}

impl Holder {
    /// This process, with a new attempt.
    fn new(expires_after: Duration) -> Self {
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let pid = std::process::id();
        Self {
            attempt: uuid::Uuid::new_v4().simple().to_string(),
            host,
            pid,
            started: started(pid).unwrap_or_default(),
            processes: processes(),
            expires_after: expires_after.as_secs().max(1),
        }
    }

    /// Whether the holder is certainly gone. Nothing is certain about processes elsewhere.
    fn is_dead(&self) -> bool {
        !self.processes.is_empty()
            && self.processes == processes()
            && started(self.pid).is_none_or(|started| started != self.started)
    }
}

/// When a process started, if it is there.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in parentheses, may hold anything; the 20th field after it is the time.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    // A zombie is dead.
    fields.next().filter(|&state| state != "Z")?;
    fields.nth(18).map(str::to_owned)
}

/// What two processes share that see the same process numbers; empty where that is not known.
fn processes() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let space = fs::read_link("/proc/self/ns/pid").ok();
    match (boot, space) {
        (Some(boot), Some(space)) => format!("{} {}", boot.trim(), space.display()),
        _ => String::new(),
    }
}

/// The right to train a cell, for as long as it shows signs of life.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    holder: Holder,
    beat: Instant,
}

/// The answer to a claim.
#[derive(Debug)]
pub enum Claim {
    /// The cell is ours to train.
    Granted(Lease),
    /// Somebody else is training it.
    Held(Holder),
}

impl Lease {
    /// Claims the cell whose lease is the file `path`.
    pub(super) fn claim(path: &Path, expires_after: Duration) -> Result<Claim, StoreError> {
        let failed = |source| StoreError::io("write", path, source);
        // Most cells that many workers look at are taken, which reading tells without writing.
        if let Some(other) = held(path).map_err(failed)? {
            return Ok(Claim::Held(other));
        }
        let holder = Holder::new(expires_after);
        loop {
            if create(path, &holder).map_err(failed)? {
                return Ok(Claim::Granted(Self {
                    path: path.to_owned(),
                    holder,
                    beat: Instant::now(),
                }));
            }
            match held(path).map_err(failed)? {
                Some(other) => return Ok(Claim::Held(other)),
                None => take_away(path, &holder.attempt).map_err(failed)?,
            }
        }
    }

    /// The name of the attempt.
    pub fn attempt(&self) -> &str {
        &self.holder.attempt
    }

    /// Shows that the holder lives, if it is time to. Gives `false` if the lease was lost: its holder was silent for too
    /// long, and somebody else has taken the cell.
    pub fn beat(&mut self) -> bool {
        let interval = Duration::from_secs(self.holder.expires_after) / BEATS;
        if self.beat.elapsed() < interval {
            return true;
        }
        self.beat = Instant::now();
        match read(&self.path) {
            Ok(Some(holder)) if holder != self.holder => false,
            Ok(Some(_)) => {
                // A file system that fails for a moment is no reason to stop.
                let _ = File::options()
                    .append(true)
                    .open(&self.path)
                    .and_then(|file| touch(&file));
                true
            }
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Gives the cell up.
    pub fn release(self) {
        if read(&self.path).is_ok_and(|holder| holder.as_ref() == Some(&self.holder)) {
            // A lease that stays expires.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes a lease that has expired; gives `false` if it has a holder or is gone.
pub fn clear(path: &Path) -> io::Result<bool> {
    if read(path)?.is_none() || held(path)?.is_some() {
        return Ok(false);
    }
    take_away(path, &uuid::Uuid::new_v4().simple().to_string())?;
    Ok(read(path)?.is_none())
}

/// The holder of the lease `path`, unless there is none or it has expired.
pub fn held(path: &Path) -> io::Result<Option<Holder>> {
    let Some(holder) = read(path)? else {
        return Ok(None);
    };
    if holder.is_dead() {
        return Ok(None);
    }
    let age = match (modified(path), now(path)) {
        (Ok(then), Ok(now)) => now.duration_since(then).unwrap_or_default(),
        // Whoever cannot tell the time does not take a cell away.
        _ => Duration::ZERO,
    };
    Ok((age.as_secs() < holder.expires_after).then_some(holder))
}

/// The files in the folder of the leases that were left by processes that died while they made a lease or took one away.
pub fn leftovers(folder: &Path) -> Vec<PathBuf> {
    // Whoever makes such a file has this lock meanwhile. Without it, nobody can tell whether they are still at work.
    let Ok(clock) = File::options().append(true).open(folder.join(CLOCK)) else {
        return Vec::new();
    };
    if flock(&clock, FlockOperation::LockExclusive).is_err() {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten();
    let names = entries.flatten().map(|entry| entry.file_name());
    names
        .filter(|name| name != CLOCK && name.as_encoded_bytes().starts_with(b"."))
        .map(|name| folder.join(name))
        .collect()
}

/// Writes a new lease; gives `false` if there is one.
fn create(path: &Path, holder: &Holder) -> io::Result<bool> {
    // A lease appears with its contents or not at all, so that nobody reads half of one.
    let _lock = lock(path, FlockOperation::LockShared)?;
    let own = path.with_file_name(format!(".{}", holder.attempt));
    let mut file = File::create(&own)?;
    file.write_all(&serde_json::to_vec(holder)?)?;
    file.sync_all()?;
    let linked = fs::hard_link(&own, path);
    fs::remove_file(&own)?;
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// The holder that a lease names; `None` if there is no lease. One that nobody can read belongs to nobody in particular.
fn read(path: &Path) -> io::Result<Option<Holder>> {
    match fs::read(path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text).unwrap_or(Holder {
            attempt: String::new(),
            host: "an unknown machine".to_owned(),
            pid: 0,
            started: String::new(),
            processes: String::new(),
            expires_after: 600,
        }))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Moves an expired lease out of the way. Of several that try, one succeeds. Should the lease have changed hands meanwhile,
/// its new holder gets it back. Where file locks work, that does not happen.
fn take_away(path: &Path, attempt: &str) -> io::Result<()> {
    let _lock = lock(path, FlockOperation::LockExclusive)?;
    if held(path)?.is_some() {
        return Ok(());
    }
    let aside = path.with_file_name(format!(".expired-{attempt}"));
    match fs::rename(path, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    if held(&aside)?.is_some() {
        // If there is a newer lease, the holder of this one will notice.
        let _ = fs::hard_link(&aside, path);
    }
    fs::remove_file(&aside)
}

/// Locks the folder of the lease `path` for as long as the file is open, where file locks work.
fn lock(path: &Path, operation: FlockOperation) -> io::Result<File> {
    let clock = open_clock(path)?;
    let _ = flock(&clock, operation);
    Ok(clock)
}

fn open_clock(path: &Path) -> io::Result<File> {
    let clock = path.with_file_name(CLOCK);
    File::options().create(true).append(true).open(clock)
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

/// The time by the clock of the file system that holds `path`, which need not agree with the clock of this machine.
fn now(path: &Path) -> io::Result<SystemTime> {
    let file = open_clock(path)?;
    touch(&file)?;
    file.metadata()?.modified()
}

fn touch(file: &File) -> io::Result<()> {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    futimens(
        file,
        &Timestamps {
            last_access: now,
            last_modification: now,
        },
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn claim(path: &Path, expires_after: Duration) -> Option<Lease> {
        match Lease::claim(path, expires_after).unwrap() {
            Claim::Granted(lease) => Some(lease),
            Claim::Held(_) => None,
        }
    }

    /// Lets a lease look as if its holder had been silent for so long.
    fn age(path: &Path, by: Duration) {
        let file = File::options().append(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - by).unwrap();
    }

    #[test]
    fn a_cell_has_one_holder_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell");
        let mut first = claim(&path, HOUR).unwrap();
        assert!(claim(&path, HOUR).is_none());
        assert!(first.beat());
        first.release();
        assert!(claim(&path, HOUR).is_some());
    }

    #[test]
    fn a_silent_holder_loses_its_cell_and_notices() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell");
        let mut silent = claim(&path, Duration::from_secs(100)).unwrap();
        age(&path, Duration::from_secs(99));
        assert!(claim(&path, HOUR).is_none());
        age(&path, Duration::from_secs(101));
        let mut other = claim(&path, HOUR).unwrap();
        silent.beat -= HOUR;
        other.beat -= HOUR;
        assert!(!silent.beat() && other.beat());
        // Releasing what one has lost takes nothing from its new holder.
        silent.release();
        assert!(claim(&path, HOUR).is_none());
    }

    #[test]
    fn a_sign_of_life_renews_a_lease() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell");
        let mut lease = claim(&path, Duration::from_secs(100)).unwrap();
        age(&path, Duration::from_secs(90));
        lease.beat -= Duration::from_secs(90);
        assert!(lease.beat());
        assert!(
            now(&path)
                .unwrap()
                .duration_since(modified(&path).unwrap())
                .unwrap_or_default()
                < Duration::from_secs(5)
        );
    }

    #[test]
    fn the_cell_of_a_dead_process_of_this_machine_is_free_at_once_but_not_that_of_one_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell");
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        let dead = Holder {
            pid: ended.id(),
            ..Holder::new(HOUR)
        };
        ended.wait().unwrap();
        let elsewhere = Holder {
            processes: "another boot".to_owned(),
            ..dead.clone()
        };
        assert!(create(&path, &elsewhere).unwrap());
        assert!(claim(&path, HOUR).is_none());
        fs::remove_file(&path).unwrap();
        assert!(create(&path, &dead).unwrap());
        assert!(claim(&path, HOUR).is_some());
    }

    #[test]
    fn a_process_with_the_number_of_a_dead_holder_is_not_that_holder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell");
        let former = Holder {
            started: "1".to_owned(),
            ..Holder::new(HOUR)
        };
        assert!(create(&path, &former).unwrap());
        assert!(claim(&path, HOUR).is_some());
    }

    #[test]
    fn what_a_death_left_beside_the_leases_is_found_but_no_lease_and_nothing_that_is_being_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell");
        claim(&path, HOUR).unwrap();
        let [half, expired] = [".0123", ".expired-0123"].map(|name| folder.path().join(name));
        fs::write(&half, "{").unwrap();
        fs::write(&expired, "").unwrap();
        let at_work = lock(&path, FlockOperation::LockShared).unwrap();
        let (sender, found) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| sender.send(leftovers(folder.path())));
            let early = found.recv_timeout(Duration::from_millis(50));
            fs::remove_file(&half).unwrap();
            drop(at_work);
            assert!(early.is_err());
            assert_eq!(found.recv().unwrap(), [expired]);
        });
    }

    #[test]
    fn of_many_that_claim_an_expired_lease_at_once_one_gets_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell");
        for _ in 0..20 {
            let _ = fs::remove_file(&path);
            claim(&path, Duration::from_secs(1)).unwrap();
            age(&path, HOUR);
            let granted = std::thread::scope(|scope| {
                let claims = || (0..8).map(|_| scope.spawn(|| claim(&path, HOUR)));
                let threads: Vec<_> = claims().collect();
                let leases: Vec<Lease> = threads
                    .into_iter()
                    .filter_map(|thread| thread.join().unwrap())
                    .collect();
                leases.len()
            });
            assert_eq!(granted, 1);
        }
    }
}

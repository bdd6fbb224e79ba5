//! The folder of one attempt to train a cell: the measurements so far, and the last two checkpoints.
//!
//! An attempt owns its folder and nobody else writes there. Whoever continues the run later begins an attempt of its own and
//! takes over the newest checkpoint that is valid.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::api::{RingRows, State, Stateful};
use crate::run::checkpoint::codec::{About, CheckpointError, decode, encode};
use crate::run::checkpoint::files::{checkpoints, file_name};
use crate::run::checkpoint::ring_files::RingFiles;
use crate::run::journal::Journal;
use crate::run::measurements::{Measurement, Measurements};
use crate::run::record::Machine;

/// The older of two checkpoints is given up when it alone keeps more than this part of a full ring buffer on disk. Together
/// with the files that are needed in part this stays below 1.3 times the buffer.
const SPARE: f64 = 0.2;

/// An attempt that is under way.
#[derive(Debug)]
pub struct Attempt {
    folder: PathBuf,
    training_key: String,
    steps: u64,
    journal: Journal,
    measurements: Measurements,
    machines: Vec<Machine>,
    rings: BTreeMap<String, RingFiles>,
    /// The checkpoints of this folder, oldest first.
    saved: Vec<Saved>,
}

/// A checkpoint that is on disk, with the oldest row that it needs of each ring buffer.
#[derive(Debug)]
struct Saved {
    path: PathBuf,
    firsts: BTreeMap<String, u64>,
}

impl Attempt {
    /// Begins an attempt in a new folder, for a run of so many steps.
    pub fn begin(folder: &Path, training_key: &str, steps: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            training_key: training_key.to_owned(),
            steps,
            journal: Journal::create(folder)?,
            measurements: Measurements::default(),
            machines: vec![Machine::here().clone()],
            rings: BTreeMap::new(),
            saved: Vec::new(),
        })
    }

    /// Takes over the newest valid checkpoint of these folders that `restore` accepts. What cannot be used is named in
    /// `skipped`. A checkpoint of a run of another length fits only if `may_extend`.
    pub fn resume(
        &mut self,
        folders: &[PathBuf],
        may_extend: bool,
        skipped: &mut Vec<String>,
        mut restore: impl FnMut(&State) -> Result<(), String>,
    ) -> io::Result<Option<About>> {
        let mut candidates: Vec<(u64, PathBuf)> = folders
            .iter()
            .flat_map(|folder| checkpoints(folder))
            .collect();
        candidates.sort();
        for (_, path) in candidates.iter().rev() {
            let adopted = self.adopt(path, may_extend).and_then(|(about, state)| {
                restore(&state).map_err(CheckpointError::Misfit)?;
                Ok(about)
            });
            match adopted {
                Ok(about) => {
                    self.journal.restart(&about.measurements)?;
                    self.measurements = about.measurements.clone();
                    self.machines
                        .retain(|machine| !about.machines.contains(machine));
                    self.machines.splice(0..0, about.machines.iter().cloned());
                    return Ok(Some(about));
                }
                Err(reason) => {
                    self.rings.clear();
                    self.saved.clear();
                    skipped.push(format!("{}: {reason}", path.display()));
                }
            }
        }
        Ok(None)
    }

    fn adopt(&mut self, path: &Path, may_extend: bool) -> Result<(About, State), CheckpointError> {
        let damaged = |error: io::Error| CheckpointError::Damaged(error.to_string());
        let bytes = fs::read(path).map_err(damaged)?;
        let (about, mut state) = decode(&bytes)?;
        if about.training_key != self.training_key {
            return Err(CheckpointError::Misfit("it is of another cell".to_owned()));
        }
        if about.steps != self.steps && !may_extend {
            let reason = "its surrogate is annealed over the length of the run, which was another";
            return Err(CheckpointError::Misfit(reason.to_owned()));
        }
        if about.step > self.steps {
            return Err(CheckpointError::Misfit(format!(
                "it is of step {}, beyond the {} of this run",
                about.step, self.steps
            )));
        }
        let from = path.parent().unwrap_or(Path::new("."));
        for (number, (name, ring)) in about.rings.iter().enumerate() {
            let (files, rows) = RingFiles::adopt(number, ring, from, &self.folder)?;
            self.rings.insert(name.clone(), files);
            state.rings.insert(name.clone(), rows);
        }
        let own = self.folder.join(file_name(about.step));
        if fs::hard_link(path, &own).is_err() {
            fs::copy(path, &own).map_err(damaged)?;
        }
        sync(&self.folder).map_err(damaged)?;
        let firsts = about.rings.iter();
        self.saved.push(Saved {
            path: own,
            firsts: firsts
                .map(|(name, ring)| (name.clone(), ring.first))
                .collect(),
        });
        Ok((about, state))
    }

    /// Writes down a measurement; it is on disk when this returns.
    pub fn note(&mut self, measurement: Measurement) -> io::Result<()> {
        self.journal.append(&measurement)?;
        self.measurements.add(measurement);
        Ok(())
    }

    /// Writes a checkpoint after `step` steps and `seconds` seconds; it is on disk when this returns. The last checkpoint
    /// before it stays, others are removed.
    pub fn save(&mut self, step: u64, seconds: f64, training: &mut dyn Stateful) -> io::Result<()> {
        let on_disk = self
            .rings
            .iter()
            .map(|(name, files)| (name.clone(), files.end()));
        let state = training.save_since(&on_disk.collect());
        let mut rings = BTreeMap::new();
        for (number, (name, rows)) in state.rings.iter().enumerate() {
            let files = self
                .rings
                .entry(name.clone())
                .or_insert_with(|| RingFiles::new(number));
            files.append(&self.folder, rows)?;
            rings.insert(name.clone(), files.about(rows, oldest(rows)));
        }
        let firsts = rings
            .iter()
            .map(|(name, ring)| (name.clone(), ring.first))
            .collect();
        let about = About {
            training_key: self.training_key.clone(),
            steps: self.steps,
            step,
            seconds,
            measurements: self.measurements.clone(),
            machines: self.machines.clone(),
            rings,
        };
        let bytes = encode(&about, &state).map_err(io::Error::other)?;
        let path = self.folder.join(file_name(step));
        let temporary = path.with_extension("tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        sync(&self.folder)?;
        self.saved.retain(|saved| saved.path != path);
        self.saved.push(Saved { path, firsts });
        self.prune(&about);
        Ok(())
    }

    /// Removes the checkpoints and the rows that are not needed any more.
    fn prune(&mut self, newest: &About) {
        let keeps_too_much = |saved: &Saved| {
            newest.rings.iter().any(|(name, ring)| {
                let first = saved.firsts.get(name).copied().unwrap_or(ring.first);
                let spare = ring.first.saturating_sub(first);
                spare as f64 > SPARE * ring.capacity as f64
            })
        };
        while let [oldest, .., _] = self.saved.as_slice()
            && (self.saved.len() > 2 || keeps_too_much(oldest))
        {
            // A file that stays costs space and nothing else.
            let _ = fs::remove_file(&oldest.path);
            self.saved.remove(0);
        }
        for (name, files) in &mut self.rings {
            let firsts = self.saved.iter().filter_map(|saved| saved.firsts.get(name));
            if let Some(first) = firsts.min() {
                files.prune(&self.folder, *first);
            }
        }
    }
}

/// The number of rows that had been recorded before the oldest one that a buffer with these new rows holds.
fn oldest(rows: &RingRows) -> u64 {
    rows.end().saturating_sub(rows.capacity as u64)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

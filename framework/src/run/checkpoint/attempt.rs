//! The folder of one attempt to train a cell: the measurements so far, and the last two checkpoints.
//!
//! An attempt owns its folder and nobody else writes there. Whoever continues the run later begins an attempt of its own and
//! takes over the newest checkpoint that is valid.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::api::{State, Stateful};
use crate::registry::plugin::PluginOrigin;
use crate::run::checkpoint::codec::{About, CheckpointError, Rejection, decode, encode};
use crate::run::checkpoint::files::{checkpoints, file_name};
use crate::run::checkpoint::ring_files::RingFiles;
use crate::run::journal::Journal;
use crate::run::measurements::{Measurement, Measurements};
use crate::run::record::Machine;

/// The older of two checkpoints is given up when it alone keeps more than this part of a full ring buffer on disk. Together
/// with the files that are needed in part this stays below 1.3 times the buffer, even if a queue of as many rows belongs to it.
const SPARE: f64 = 0.15;

/// An attempt that is under way.
#[derive(Debug)]
pub struct Attempt {
    folder: PathBuf,
    training_key: String,
    steps: u64,
    journal: Journal,
    measurements: Measurements,
    machines: Vec<Machine>,
    plugins: Vec<PluginOrigin>,
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
    /// Begins an attempt in a new folder, for a run of so many steps by components that came from these plugins.
    pub fn begin(
        folder: &Path,
        training_key: &str,
        steps: u64,
        plugins: Vec<PluginOrigin>,
    ) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            training_key: training_key.to_owned(),
            steps,
            journal: Journal::create(folder)?,
            measurements: Measurements::default(),
            machines: vec![Machine::here().clone()],
            plugins,
            rings: BTreeMap::new(),
            saved: Vec::new(),
        })
    }

    /// Takes over the newest valid checkpoint of these folders that `restore` accepts. What cannot be used is named in
    /// `skipped`. A checkpoint of a run of another length fits only if `may_extend`.
    ///
    /// # Errors
    ///
    /// The disk refuses what has to be written. The checkpoints stay as they are.
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
                Ok::<_, Rejection>(about)
            });
            match adopted {
                Ok(about) => {
                    self.journal.restart(&about.measurements)?;
                    self.measurements = about.measurements.clone();
                    self.machines
                        .retain(|machine| !about.machines.contains(machine));
                    self.machines.splice(0..0, about.machines.iter().cloned());
                    self.plugins
                        .retain(|plugin| !about.plugins.contains(plugin));
                    self.plugins.splice(0..0, about.plugins.iter().cloned());
                    return Ok(Some(about));
                }
                Err(Rejection::Storage(error)) => return Err(error),
                Err(Rejection::Unusable(reason)) => {
                    self.rings.clear();
                    self.saved.clear();
                    skipped.push(format!("{}: {reason}", path.display()));
                }
            }
        }
        Ok(None)
    }

    fn adopt(&mut self, path: &Path, may_extend: bool) -> Result<(About, State), Rejection> {
        let damaged = |error: io::Error| CheckpointError::Damaged(error.to_string());
        let misfit = |reason: String| Err(CheckpointError::Misfit(reason).into());
        let bytes = fs::read(path).map_err(damaged)?;
        let (about, mut state) = decode(&bytes)?;
        if about.training_key != self.training_key {
            return misfit("it is of another cell".to_owned());
        }
        if about.steps != self.steps && !may_extend {
            let reason = "its surrogate is annealed over the length of the run, which was another";
            return misfit(reason.to_owned());
        }
        if about.step > self.steps {
            return misfit(format!(
                "it is of step {}, beyond the {} of this run",
                about.step, self.steps
            ));
        }
        let from = path.parent().unwrap_or(Path::new("."));
        for (number, (name, ring)) in about.rings.iter().enumerate() {
            let (files, rows) = RingFiles::adopt(number, ring, from, &self.folder)?;
            self.rings.insert(name.clone(), files);
            state.rings.insert(name.clone(), rows);
        }
        let own = self.folder.join(file_name(about.step));
        if fs::hard_link(path, &own).is_err() {
            fs::copy(path, &own).map_err(Rejection::Storage)?;
        }
        sync(&self.folder).map_err(Rejection::Storage)?;
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
            rings.insert(name.clone(), files.about(rows));
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
            plugins: self.plugins.clone(),
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

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::*;
    use crate::api::{Mismatch, Ring, StateVisitor};
    use crate::learn::transition_ring::{Step, TransitionRing, Widths};

    /// A buffer of `capacity` rows, each of which is its own number twice.
    struct Buffer {
        capacity: usize,
        recorded: u64,
        rows: Vec<f32>,
        weight: Tensor,
    }

    impl Buffer {
        fn new(capacity: usize) -> Self {
            Self {
                capacity,
                recorded: 0,
                rows: Vec::new(),
                weight: Tensor::from_slice(&[1f32]),
            }
        }

        fn record(&mut self, rows: u64) {
            for number in self.recorded..self.recorded + rows {
                let place = (number % self.capacity as u64) as usize * 2;
                self.rows.resize(self.rows.len().max(place + 2), 0.0);
                self.rows[place..place + 2].fill(number as f32);
            }
            self.recorded += rows;
        }
    }

    impl Stateful for Buffer {
        fn visit(&mut self, with: &mut StateVisitor<'_>) -> Result<(), Mismatch> {
            with.tensor("weight", &mut self.weight)?;
            let ring = Ring {
                width: 2,
                capacity: self.capacity,
                recorded: &mut self.recorded,
                rows: &mut self.rows,
            };
            with.ring("rows", ring)
        }
    }

    fn attempt(folder: &Path) -> Attempt {
        Attempt::begin(folder, "key", 1_000_000, Vec::new()).unwrap()
    }

    fn resume(attempt: &mut Attempt, from: &Path, into: &mut Buffer) -> io::Result<Option<u64>> {
        let mut skipped = Vec::new();
        let about = attempt.resume(&[from.to_owned()], false, &mut skipped, |state| {
            into.restore(state).map_err(|mismatch| mismatch.to_string())
        })?;
        Ok(about.map(|about| about.step))
    }

    fn bytes(folder: &Path) -> u64 {
        let entries = fs::read_dir(folder).unwrap().flatten();
        entries.map(|entry| entry.metadata().unwrap().len()).sum()
    }

    #[test]
    fn a_ring_of_any_fill_is_restored_from_its_last_checkpoint_and_takes_at_most_1_3_times_its_size()
     {
        let folder = tempfile::tempdir().unwrap();
        let mut buffer = Buffer::new(40_000);
        let mut first = attempt(&folder.path().join("0"));
        let mut last = folder.path().join("0");
        for (number, rows) in [10, 5000, 30_000, 0, 7000, 39_999, 40_000, 90_000, 1]
            .iter()
            .enumerate()
        {
            buffer.record(*rows);
            first.save(number as u64, 0.0, &mut buffer).unwrap();
            let size = buffer.rows.len() as f64 * 4.0;
            assert!(buffer.recorded < 40_000 || bytes(&last) as f64 <= 1.3 * size);
            // Every other time somebody else goes on.
            let mut restored = Buffer::new(40_000);
            let next = folder.path().join(format!("{}", number + 1));
            let mut second = attempt(&next);
            assert_eq!(
                resume(&mut second, &last, &mut restored).unwrap(),
                Some(number as u64)
            );
            assert!(restored.rows == buffer.rows && restored.recorded == buffer.recorded);
            if number % 2 == 1 {
                (first, last) = (second, next);
            }
        }
    }

    #[test]
    fn transitions_with_their_final_observations_take_at_most_1_3_times_their_size() {
        let widths = Widths {
            features: 30,
            actions: 2,
            step_key: 0,
        };
        let folder = tempfile::tempdir().unwrap();
        let new = || TransitionRing::new(70_000, widths);
        let (mut ring, mut recorded) = (new(), 0);
        let mut first = attempt(&folder.path().join("0"));
        // All episodes take three steps.
        for (number, rows) in [60_000, 20_000, 9000, 69_999, 10_000, 10_000, 10_000]
            .into_iter()
            .enumerate()
        {
            for step in recorded..recorded + rows {
                ring.push(Step {
                    observation: &[(step + step / 3) as f32; 30],
                    action: &[step as f32; 2],
                    reward: 1.0,
                    next_observation: &[(step + step / 3 + 1) as f32; 30],
                    terminated: 0.0,
                    step_key: &[],
                });
            }
            recorded += rows;
            first.save(number as u64, 0.0, &mut ring).unwrap();
            let state = ring.save();
            let held: usize = state.rings.values().map(|ring| ring.values.len() * 4).sum();
            let on_disk = bytes(&folder.path().join("0"));
            assert!(on_disk as f64 <= 1.3 * held as f64, "{on_disk} of {held}");
        }
        let (mut restored, mut skipped) = (new(), Vec::new());
        let from = [folder.path().join("0")];
        let mut second = attempt(&folder.path().join("1"));
        let restore = |state: &State| restored.restore(state).map_err(|error| error.to_string());
        second
            .resume(&from, false, &mut skipped, restore)
            .unwrap()
            .unwrap();
        for row in (0..70_000).step_by(7) {
            assert_eq!(restored.observation(row), ring.observation(row));
            assert_eq!(restored.next_observation(row), ring.next_observation(row));
        }
    }

    #[test]
    fn a_disk_that_refuses_to_take_a_checkpoint_over_does_not_make_it_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        let mut buffer = Buffer::new(100);
        buffer.record(10);
        attempt(&old).save(10, 0.0, &mut buffer).unwrap();
        let mut refused = attempt(&new);
        // No file can be created in a folder that is gone, as on a full disk.
        fs::remove_dir_all(&new).unwrap();
        assert!(resume(&mut refused, &old, &mut Buffer::new(100)).is_err());
        let mut later = attempt(&new);
        assert_eq!(
            resume(&mut later, &old, &mut Buffer::new(100)).unwrap(),
            Some(10)
        );
    }
}

//! Event files for TensorBoard, which shows the curves of runs while they train.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use syntaxdot_summary::SummaryWriter;

use crate::run::measurements::Measurement;
use crate::run::record::Timing;
use crate::run::train::Event;

/// Writes the scalars of every cell into a folder of its own, which TensorBoard shows as one run:
///
/// - `evaluation/return_mean`: the mean return of the episodes of an evaluation;
/// - `diagnostics/…`: each diagnostic by its name;
/// - `time/steps_per_second`: training steps per second since the evaluation before, or since the beginning of training where
///   this observer has not seen one.
///
/// A cell that continues writes another file beside the first. TensorBoard joins them, and what both hold is drawn twice at the
/// same place. Values are rounded to `f32`, as the format demands. The files are for looking at: nothing reads them back.
pub struct EventFiles {
    folder: PathBuf,
    cells: HashMap<String, CellFile>,
}

struct CellFile {
    writer: SummaryWriter<BufWriter<File>>,
    timed: Timing,
}

impl EventFiles {
    /// Files below this folder, which need not exist. Nothing is written yet.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            cells: HashMap::new(),
        }
    }

    /// Writes what an event tells about a cell, if it tells a number, and hands it to the system. `cell` is its identifier.
    ///
    /// # Errors
    /// If the file cannot be made or written to. Training does not depend on it.
    pub fn write(&mut self, cell: &str, event: &Event) -> io::Result<()> {
        match event {
            Event::Measurement(Measurement::Evaluated(episodes)) => {
                let Some(first) = episodes.first() else {
                    return Ok(());
                };
                let total: f64 = episodes.iter().map(|episode| episode.total).sum();
                let mean = total / episodes.len() as f64;
                self.file(cell)?
                    .scalar("evaluation/return_mean", first.step, mean)
            }
            Event::Measurement(Measurement::Measured(numbers)) => {
                let file = self.file(cell)?;
                numbers.iter().try_for_each(|number| {
                    let tag = format!("diagnostics/{}", number.name);
                    file.scalar(&tag, number.step, number.value)
                })
            }
            Event::Measurement(Measurement::Timed(timing)) => self.file(cell)?.speed(timing),
            Event::Began { .. } | Event::Step(_) | Event::Refused(_) | Event::Learned(_) => Ok(()),
        }
    }

    /// Closes the file of a cell that has ended.
    pub fn close(&mut self, cell: &str) {
        self.cells.remove(cell);
    }

    fn file(&mut self, cell: &str) -> io::Result<&mut CellFile> {
        match self.cells.entry(cell.to_owned()) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(CellFile::create(&self.folder.join(cell))?)),
        }
    }
}

impl CellFile {
    fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            writer: SummaryWriter::from_prefix(folder.join("events"))?,
            timed: Timing {
                step: 0,
                seconds: 0.0,
            },
        })
    }

    fn scalar(&mut self, tag: &str, step: u64, value: f64) -> io::Result<()> {
        self.writer.write_scalar(tag, step as i64, value as f32)
    }

    fn speed(&mut self, timing: &Timing) -> io::Result<()> {
        let steps = timing.step.saturating_sub(self.timed.step);
        let seconds = timing.seconds - self.timed.seconds;
        self.timed = timing.clone();
        if steps == 0 || seconds <= 0.0 {
            return Ok(());
        }
        self.scalar("time/steps_per_second", timing.step, steps as f64 / seconds)
    }
}

impl fmt::Debug for EventFiles {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("EventFiles")
            .field("folder", &self.folder)
            .field("open", &self.cells.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::run::record::{Diagnostic, Evaluation};

    fn evaluated(step: u64, returns: &[f64]) -> Event {
        let episodes = (0..).zip(returns).map(|(episode, &total)| Evaluation {
            step,
            episode,
            total,
            length: 10,
        });
        Event::Measurement(Measurement::Evaluated(episodes.collect()))
    }

    fn timed(step: u64, seconds: f64) -> Event {
        Event::Measurement(Measurement::Timed(Timing { step, seconds }))
    }

    /// A small reader of the format: TFRecords that hold protocol buffers of the type `Event`.
    mod reader {
        /// CRC-32C, bit by bit, masked as TensorFlow masks it.
        fn checksum(bytes: &[u8]) -> u32 {
            let mut sum = !0_u32;
            for byte in bytes {
                sum ^= u32::from(*byte);
                for _ in 0..8 {
                    sum = sum >> 1 ^ if sum & 1 == 1 { 0x82f6_3b78 } else { 0 };
                }
            }
            (!sum).rotate_right(15).wrapping_add(0xa282_ead8)
        }

        pub fn records(mut file: &[u8]) -> Vec<Vec<u8>> {
            let mut all = Vec::new();
            let mut checked = |count: usize| {
                let (data, rest) = file.split_at(count);
                let (sum, rest) = rest.split_at(4);
                file = rest;
                assert_eq!(u32::from_le_bytes(sum.try_into().unwrap()), checksum(data));
                (data.to_vec(), file.is_empty())
            };
            loop {
                let length = u64::from_le_bytes(checked(8).0.try_into().unwrap());
                let (data, is_last) = checked(length as usize);
                all.push(data);
                if is_last {
                    return all;
                }
            }
        }

        /// The fields of a message with the numbers and the bytes of their values.
        fn fields(mut message: &[u8]) -> Vec<(u64, Vec<u8>)> {
            fn number(bytes: &mut &[u8]) -> u64 {
                let mut value = 0;
                for shift in (0..).step_by(7) {
                    let (byte, rest) = bytes.split_first().unwrap();
                    *bytes = rest;
                    value |= u64::from(byte & 0x7f) << shift;
                    if byte & 0x80 == 0 {
                        break;
                    }
                }
                value
            }
            let mut all = Vec::new();
            while !message.is_empty() {
                let key = number(&mut message);
                let length = match key & 7 {
                    0 => {
                        let value = number(&mut message);
                        all.push((key >> 3, value.to_le_bytes().to_vec()));
                        continue;
                    }
                    1 => 8,
                    5 => 4,
                    _ => number(&mut message) as usize,
                };
                let (value, rest) = message.split_at(length);
                all.push((key >> 3, value.to_vec()));
                message = rest;
            }
            all
        }

        fn field(message: &[u8], number: u64) -> Vec<u8> {
            let mut all = fields(message).into_iter();
            all.find_map(|(found, value)| (found == number).then_some(value))
                .unwrap()
        }

        /// The scalar in an event: its tag, its step and its value.
        pub fn scalar(event: &[u8]) -> (String, u64, f32) {
            let value = field(&field(event, 5), 1);
            (
                String::from_utf8(field(&value, 1)).unwrap(),
                u64::from_le_bytes(field(event, 2).try_into().unwrap()),
                f32::from_le_bytes(field(&value, 2).try_into().unwrap()),
            )
        }
    }

    /// The scalars of every file of a cell, oldest file first.
    fn scalars(folder: &Path, cell: &str) -> Vec<Vec<(String, u64, f32)>> {
        let entries = fs::read_dir(folder.join(cell)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        let read = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(name.starts_with("events.out.tfevents."), "{name}");
            let records = reader::records(&fs::read(path).unwrap());
            assert!(records[0].ends_with(b"brain.Event:2"));
            records[1..]
                .iter()
                .map(|event| reader::scalar(event))
                .collect()
        };
        paths.iter().map(read).collect()
    }

    #[test]
    fn every_number_of_a_run_is_a_scalar_at_its_step() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = EventFiles::new(folder.path());
        let measured = Event::Measurement(Measurement::Measured(vec![Diagnostic {
            step: 100,
            name: "firing_rate.layer.0".to_owned(),
            value: 0.25,
        }]));
        for event in [
            Event::Step(1),
            evaluated(100, &[1.0, 2.0]),
            measured,
            timed(100, 4.0),
        ] {
            files.write("one", &event).unwrap();
        }
        files.write("other", &evaluated(100, &[7.0])).unwrap();
        files.write("one", &evaluated(200, &[3.0, 6.0])).unwrap();
        files.write("one", &timed(200, 6.0)).unwrap();

        let expected = [
            ("evaluation/return_mean", 100, 1.5),
            ("diagnostics/firing_rate.layer.0", 100, 0.25),
            ("time/steps_per_second", 100, 25.0),
            ("evaluation/return_mean", 200, 4.5),
            ("time/steps_per_second", 200, 50.0),
        ];
        let expected = expected.map(|(tag, step, value)| (tag.to_owned(), step, value));
        assert_eq!(scalars(folder.path(), "one"), [expected]);
        assert_eq!(scalars(folder.path(), "other")[0].len(), 1);
    }

    #[test]
    fn a_cell_that_continues_writes_another_file_beside_the_first() {
        let folder = tempfile::tempdir().unwrap();
        for steps in [[100, 200], [200, 300]] {
            let mut files = EventFiles::new(folder.path());
            for step in steps {
                files
                    .write("one", &timed(step, step as f64 / 50.0))
                    .unwrap();
            }
            files.close("one");
        }
        let seen = scalars(folder.path(), "one");
        let steps: Vec<u64> = seen.concat().iter().map(|scalar| scalar.1).collect();
        assert_eq!(steps, [100, 200, 200, 300]);
        assert!(seen.concat().iter().all(|scalar| scalar.2 == 50.0));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut files = EventFiles::new(file.path());
        assert!(files.write("one", &Event::Step(1)).is_ok());
        assert!(files.write("one", &evaluated(1, &[1.0])).is_err());
    }
}

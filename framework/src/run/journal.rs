//! The measurements of a run as they happen: a file of one JSON line each, which can be read while it grows.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::run::measurements::{Measurement, Measurements};

/// The name of the file in the folder of an attempt.
pub const FILE: &str = "journal.jsonl";

/// The journal of an attempt that is under way.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// The length of all complete lines. What follows was cut short by an error.
    length: u64,
}

impl Journal {
    /// An empty journal in the folder of an attempt.
    pub fn create(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let file = File::options().create(true).append(true).open(&path)?;
        file.set_len(0)?;
        Ok(Self {
            path,
            file,
            length: 0,
        })
    }

    /// Writes a line and waits until it is on disk.
    pub fn append(&mut self, measurement: &Measurement) -> io::Result<()> {
        let mut line = serde_json::to_vec(measurement)?;
        line.push(b'\n');
        self.file.set_len(self.length)?;
        self.write(&line)
    }

    /// Begins again with the measurements of a checkpoint.
    pub fn restart(&mut self, measurements: &Measurements) -> io::Result<()> {
        *self = Self::create(self.path.parent().unwrap_or(Path::new(".")))?;
        let Measurements {
            evaluations,
            diagnostics,
            timings,
        } = measurements.clone();
        let mut lines = Vec::new();
        for measurement in [
            Measurement::Evaluated(evaluations),
            Measurement::Measured(diagnostics),
        ] {
            lines.extend(serde_json::to_vec(&measurement)?);
            lines.push(b'\n');
        }
        for timing in timings {
            lines.extend(serde_json::to_vec(&Measurement::Timed(timing))?);
            lines.push(b'\n');
        }
        self.write(&lines)
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        self.length += lines.len() as u64;
        Ok(())
    }
}

/// Reads the journal of an attempt, up to its first line that is not whole. There are no measurements without a journal.
pub fn read(folder: &Path) -> Measurements {
    let text = fs::read(folder.join(FILE)).unwrap_or_default();
    let mut measurements = Measurements::default();
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n").map(serde_json::from_slice) {
            Some(Ok(measurement)) => measurements.add(measurement),
            _ => break,
        }
    }
    measurements
}

/// Checks the journal of an attempt, if it has one. Its last line may be cut short: it is just being written, or somebody pulled
/// the plug.
pub fn check(folder: &Path) -> Result<(), String> {
    let text = match fs::read(folder.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    };
    for (number, line) in text.split_inclusive(|&byte| byte == b'\n').enumerate() {
        if let Some(line) = line.strip_suffix(b"\n")
            && let Err(error) = serde_json::from_slice::<Measurement>(line)
        {
            return Err(format!("line {} is not a measurement: {error}", number + 1));
        }
    }
    Ok(())
}

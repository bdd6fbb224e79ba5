//! What a command prints and writes.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::report::bundle::{FileError, Folder};
use crate::report::printable::{PrintableJson, printable};

/// Prints a line to standard error, with the characters in it that a terminal would act on written out. Unlike `eprintln!`, this does not end the program when the reader has gone away: the
/// records matter, not the messages.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{}", printable(&line.to_string()));
}

/// Prints JSON to standard output, as it is made, and gives the exit code.
pub fn show_json(json: &impl Serialize) -> Result<u8, Failure> {
    let mut writer = BufWriter::new(PrintableJson(io::stdout().lock()));
    let written = serde_json::to_writer_pretty(&mut writer, json)
        .map_err(io::Error::from)
        .and_then(|()| writer.write_all(b"\n"))
        .and_then(|()| writer.flush());
    shown(written)
}

/// Prints to standard output and gives the exit code. A reader that has seen enough is not an error.
pub fn show(text: &str) -> Result<u8, Failure> {
    shown(io::stdout().lock().write_all(printable(text).as_bytes()))
}

fn shown(written: io::Result<()>) -> Result<u8, Failure> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(exit::DONE),
    }
}

/// A folder on disk.
pub struct DiskFolder<'p> {
    path: &'p Path,
    files: AtomicUsize,
}

impl<'p> DiskFolder<'p> {
    /// Creates the folder, unless it is there.
    pub fn create(path: &'p Path) -> Result<Self, Failure> {
        fs::create_dir_all(path).map_err(|error| unwritable(&path.display(), &error))?;
        let files = AtomicUsize::new(0);
        Ok(Self { path, files })
    }

    /// Tells how many files were written, and gives the exit code.
    pub fn finish(self, written: Result<(), FileError>) -> Result<u8, Failure> {
        written.map_err(|FileError::Io { name, source }| {
            unwritable(&self.path.join(name).display(), &source)
        })?;
        tell(format_args!(
            "{} files in {}",
            self.files.into_inner(),
            self.path.display()
        ));
        Ok(exit::DONE)
    }
}

impl Folder for DiskFolder<'_> {
    fn create(&self, name: &str) -> io::Result<Box<dyn Write + Send + '_>> {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap_or(self.path))?;
        let file = File::create(&path)?;
        self.files.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(BufWriter::new(file)))
    }
}

/// Lines that are written one by one, to a file or to standard output.
pub struct Lines {
    writer: BufWriter<Box<dyn Write>>,
    name: String,
    /// Whether the reader of standard output has seen enough, which is not an error.
    is_done: bool,
}

impl Lines {
    /// Creates the file at `path`; without a path, the lines go to standard output.
    pub fn create(path: Option<&Path>) -> Result<Self, Failure> {
        let name = path.map_or("standard output".to_owned(), |path| {
            path.display().to_string()
        });
        let inner: Box<dyn Write> = match path {
            None => Box::new(io::stdout()),
            Some(path) => Box::new(File::create(path).map_err(|error| unwritable(&name, &error))?),
        };
        Ok(Self {
            writer: BufWriter::new(inner),
            name,
            is_done: false,
        })
    }

    /// Writes a line, which ends in a line break.
    pub fn write(&mut self, line: &str) -> Result<(), Failure> {
        self.attempt(|writer| writer.write_all(line.as_bytes()))
    }

    /// Writes what is still buffered.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.attempt(BufWriter::flush)
    }

    fn attempt(
        &mut self,
        write: impl FnOnce(&mut BufWriter<Box<dyn Write>>) -> io::Result<()>,
    ) -> Result<(), Failure> {
        if self.is_done {
            return Ok(());
        }
        match write(&mut self.writer) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.is_done = true,
            Err(error) => return Err(unwritable(&self.name, &error)),
            Ok(()) => {}
        }
        Ok(())
    }
}

fn unwritable(name: &dyn Display, error: &io::Error) -> Failure {
    Failure::new(exit::IO, format!("failed to write {name}: {error}"))
}

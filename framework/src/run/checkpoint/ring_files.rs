//! The rows of a ring buffer on disk. New rows are appended to the last file; a file whose rows have all been overwritten in
//! memory is removed.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use crate::api::RingRows;
use crate::run::checkpoint::codec::{CheckpointError, ChunkAbout, Rejection, RingAbout};

/// A full buffer is spread over this many files, so that at most one part in so many is on disk without need.
const FILES: usize = 16;
/// The least number of rows in a full file.
const LEAST: usize = 4096;

/// The files of one ring buffer in the folder of an attempt.
#[derive(Debug)]
pub struct RingFiles {
    number: usize,
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    file: String,
    first: u64,
    rows: u64,
    hasher: blake3::Hasher,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.first + self.rows
    }
}

impl RingFiles {
    /// No files yet, for the ring buffer with this number.
    pub fn new(number: usize) -> Self {
        Self {
            number,
            chunks: Vec::new(),
        }
    }

    /// The number of rows that had been recorded after the last one on disk.
    pub fn end(&self) -> u64 {
        self.chunks.last().map_or(0, Chunk::end)
    }

    /// Appends rows and waits until they are on disk. After an error the files on disk may hold more than is known here,
    /// which the next attempt overwrites.
    pub fn append(&mut self, folder: &Path, rows: &RingRows) -> io::Result<()> {
        let full = (rows.capacity / FILES).max(LEAST) as u64;
        let mut first = rows.first;
        let mut values = rows.values.as_slice();
        while !values.is_empty() {
            let goes_on = |chunk: &Chunk| chunk.end() == first && chunk.rows < full;
            if !self.chunks.last().is_some_and(goes_on) {
                self.chunks.push(Chunk {
                    file: format!("ring-{}-{first}.rows", self.number),
                    first,
                    rows: 0,
                    hasher: blake3::Hasher::new(),
                });
            }
            let Some(chunk) = self.chunks.last_mut() else {
                break;
            };
            let room = (full - chunk.rows) as usize * rows.width;
            let (now, later) = values.split_at(room.min(values.len()));
            let bytes: Vec<u8> = now.iter().flat_map(|value| value.to_le_bytes()).collect();
            let mut file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(folder.join(&chunk.file))?;
            let row = rows.width as u64 * 4;
            file.set_len(chunk.rows * row)?;
            file.seek(SeekFrom::End(0))?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            chunk.hasher.update(&bytes);
            chunk.rows += (now.len() / rows.width) as u64;
            first = chunk.end();
            values = later;
        }
        Ok(())
    }

    /// The rows that the buffer holds, as a checkpoint describes them.
    pub fn about(&self, rows: &RingRows) -> RingAbout {
        let first = rows.oldest;
        let needed = self.chunks.iter().filter(|chunk| chunk.end() > first);
        let chunks = needed.map(|chunk| ChunkAbout {
            file: chunk.file.clone(),
            first: chunk.first,
            rows: chunk.rows,
            hash: chunk.hasher.finalize().to_hex().to_string(),
        });
        RingAbout {
            width: rows.width,
            capacity: rows.capacity,
            first,
            end: rows.end(),
            chunks: chunks.collect(),
        }
    }

    /// Removes the files without any row from `first` on.
    pub fn prune(&mut self, folder: &Path, first: u64) {
        self.chunks.retain(|chunk| {
            let is_needed = chunk.end() > first;
            if !is_needed {
                // A file that stays costs space and nothing else.
                let _ = fs::remove_file(folder.join(&chunk.file));
            }
            is_needed
        });
    }

    /// Takes over the files of a checkpoint in another folder, and gives their rows: full files as links, the last one as a
    /// copy, since it will grow.
    pub fn adopt(
        number: usize,
        about: &RingAbout,
        from: &Path,
        to: &Path,
    ) -> Result<(Self, RingRows), Rejection> {
        let mut adopted = Self::new(number);
        let mut rows = RingRows {
            width: about.width,
            capacity: about.capacity,
            oldest: about.first,
            first: about.first,
            values: Vec::new(),
        };
        for chunk in &about.chunks {
            let source = from.join(&chunk.file);
            let (bytes, hasher) = read(chunk, from, about.width)?;
            let expected = rows.end().max(chunk.first);
            let skipped = expected.saturating_sub(chunk.first).min(chunk.rows);
            if chunk.first > rows.end() {
                return Err(wrong(chunk, "does not follow the file before it").into());
            }
            let (values, _) = bytes.as_chunks::<4>();
            let values = &values[(skipped * about.width as u64) as usize..];
            rows.values
                .extend(values.iter().map(|value| f32::from_le_bytes(*value)));
            let target = to.join(&chunk.file);
            let is_last = std::ptr::eq(chunk, &about.chunks[about.chunks.len() - 1]);
            let linked = !is_last && fs::hard_link(&source, &target).is_ok();
            if !linked {
                let copied = File::create(&target).and_then(|mut file| {
                    file.write_all(&bytes)?;
                    file.sync_all()
                });
                copied.map_err(Rejection::Storage)?;
            }
            adopted.chunks.push(Chunk {
                file: chunk.file.clone(),
                first: chunk.first,
                rows: chunk.rows,
                hasher,
            });
        }
        complete(about, rows.end())?;
        Ok((adopted, rows))
    }

    /// Checks that all rows of a checkpoint are in its folder.
    pub fn check(about: &RingAbout, folder: &Path) -> Result<(), CheckpointError> {
        let mut end = about.first;
        for chunk in &about.chunks {
            read(chunk, folder, about.width)?;
            if chunk.first > end {
                return Err(wrong(chunk, "does not follow the file before it"));
            }
            end = end.max(chunk.first.saturating_add(chunk.rows));
        }
        complete(about, end)
    }
}

fn wrong(chunk: &ChunkAbout, what: &str) -> CheckpointError {
    CheckpointError::Damaged(format!("{} {what}", chunk.file))
}

/// Reads the rows of a file that belong to a checkpoint, and checks that they are what was once written.
fn read(
    chunk: &ChunkAbout,
    folder: &Path,
    width: usize,
) -> Result<(Vec<u8>, blake3::Hasher), CheckpointError> {
    if chunk.file.contains('/') || !chunk.file.ends_with(".rows") {
        return Err(wrong(chunk, "is not a name of a file of rows"));
    }
    let mut bytes = fs::read(folder.join(&chunk.file))
        .map_err(|error| CheckpointError::Damaged(format!("{}: {error}", chunk.file)))?;
    let length = chunk.rows.saturating_mul(width as u64).saturating_mul(4);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if bytes.len() < length {
        return Err(wrong(chunk, "is cut short"));
    }
    bytes.truncate(length);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes);
    if hasher.finalize().to_hex().as_str() != chunk.hash {
        return Err(wrong(chunk, "was changed"));
    }
    Ok((bytes, hasher))
}

/// Fails if the files of rows end too early or too late.
fn complete(about: &RingAbout, end: u64) -> Result<(), CheckpointError> {
    if end == about.end {
        return Ok(());
    }
    Err(CheckpointError::Damaged(format!(
        "{} of {} rows are there",
        end - about.first,
        about.end.saturating_sub(about.first)
    )))
}

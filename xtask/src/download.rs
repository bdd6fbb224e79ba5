//! From the package index to a verified wheel. A killed download continues where it stopped.
use crate::{
    artefact::Artefact,
    deps::remove,
    problem::{About, Outcome, Problem},
    say::{self, Progress},
    toolchain::Python,
};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    process::Stdio,
};

const FETCH: &str = include_str!("fetch.py");

/// How many bytes of the wheel are still to come.
pub fn remaining(artefact: &Artefact, downloads: &Path) -> u64 {
    let length = |name: &str| fs::metadata(downloads.join(name)).map(|file| file.len());
    if length(artefact.file).is_ok() {
        return 0;
    }
    let part = length(&part_name(artefact)).unwrap_or(0);
    artefact.bytes.saturating_sub(part)
}

/// The path of the verified wheel in the folder `downloads`.
pub fn wheel(artefact: &Artefact, downloads: &Path, python: &Python) -> Outcome<PathBuf> {
    let path = downloads.join(artefact.file);
    if path.exists() {
        if Partial::open(&path, artefact)?.is_right() {
            return Ok(path);
        }
        remove(&path)?;
    }
    let part = downloads.join(part_name(artefact));
    let mut partial = Partial::open(&part, artefact)?;
    let complete = partial.length == artefact.bytes;
    let streamed = if complete {
        Ok(())
    } else {
        stream(&mut partial, python)?
    };
    if let Err(reason) = streamed {
        say::line(&format!(
            "setup: {artefact}: {reason}; asking pip itself, from the start"
        ));
        let fetched = ask_pip(artefact, downloads, python).map_err(|answer| {
            Problem::new(format!(
                "cannot download {artefact}: {reason}; pip: {answer}: check the network and pip's index \
                 settings (pip config list), then run this again, it continues where it stopped"
            ))
        })?;
        partial = Partial::open(&fetched, artefact)?;
    }
    partial.settle(&path)?;
    remove(&part)?;
    say::line(&format!("setup: {artefact}: SHA-256 is the pinned one"));
    Ok(path)
}

fn part_name(artefact: &Artefact) -> String {
    format!("{}.part", artefact.file)
}

/// Appends what `fetch.py` delivers. The inner error is the script's reason to give up.
fn stream(partial: &mut Partial, python: &Python) -> Outcome<Result<(), String>> {
    let artefact = partial.artefact;
    let from = match partial.length {
        0 => String::new(),
        length => format!(", continuing at {}", say::size(length)),
    };
    let total = say::size(artefact.bytes);
    say::line(&format!("setup: {artefact}: downloading {total}{from}"));
    // This program alone writes the file: a script that outlives a killed set-up can spoil nothing,
    // its next write finds the pipe closed.
    let started = python
        .script(FETCH)
        .args([artefact.package, artefact.file])
        .args([partial.length.to_string(), artefact.bytes.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut script = match started {
        Ok(script) => script,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if let Some(bytes) = script.stdout.take() {
        let label = format!("setup: {artefact}");
        let mut progress = Progress::new(label, artefact.bytes, partial.length);
        partial.append(bytes, &mut progress)?;
    }
    let ended = match script.wait_with_output() {
        Ok(ended) => ended,
        Err(error) => return Ok(Err(error.to_string())),
    };
    if ended.status.success() {
        return Ok(Ok(()));
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let reason = said.lines().rfind(|line| !line.trim().is_empty());
    Ok(Err(
        reason.map_or_else(|| ended.status.to_string(), str::to_owned)
    ))
}

/// pip honours settings that `fetch.py` does not know, but starts from the beginning.
fn ask_pip(artefact: &Artefact, downloads: &Path, python: &Python) -> Result<PathBuf, String> {
    let folder = downloads.join("pip");
    remove(&folder).map_err(|problem| problem.to_string())?;
    let (package, version) = (artefact.package, artefact.version);
    let (pinned, target) = (format!("{package}=={version}"), folder.to_string_lossy());
    let mut arguments = vec!["download", "--no-input", "--no-deps", "--only-binary=:all:"];
    arguments.extend([
        "--python-version",
        "3.11",
        "--implementation",
        "cp",
        "--abi",
        "cp311",
    ]);
    arguments.extend(artefact.platforms().flat_map(|tag| ["--platform", tag]));
    arguments.extend(["--retries", "1", "--dest", &target, &pinned]);
    python.pip(&folder.join("scratch"), &arguments)?;
    let whole = folder.join(artefact.file);
    if whole.exists() {
        Ok(whole)
    } else {
        Err(format!("the index has no file {}", artefact.file))
    }
}

/// A file that grows, and the hash of what it holds so far.
struct Partial<'a> {
    artefact: &'a Artefact,
    path: PathBuf,
    file: File,
    length: u64,
    hash: Sha256,
}

impl<'a> Partial<'a> {
    fn open(path: &Path, artefact: &'a Artefact) -> Outcome<Self> {
        let mut options = OpenOptions::new();
        let file = options.create(true).read(true).append(true).open(path);
        let mut partial = Self {
            artefact,
            path: path.to_owned(),
            file: file.about("open", path)?,
            length: 0,
            hash: Sha256::new(),
        };
        let mut block = vec![0; 1 << 18];
        loop {
            match partial.file.read(&mut block) {
                Ok(0) => return Ok(partial),
                Ok(count) => partial.count(&block[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).about("read", path),
            }
        }
    }

    fn count(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.hash.update(bytes);
    }

    /// Takes all that the source has. A source that breaks off is no error here: the length tells.
    fn append(&mut self, mut source: impl Read, progress: &mut Progress) -> Outcome {
        let mut block = vec![0; 1 << 18];
        loop {
            match source.read(&mut block) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => return Ok(()),
                Ok(count) => {
                    let bytes = &block[..count];
                    self.file.write_all(bytes).about("write", &self.path)?;
                    self.count(bytes);
                    progress.at(self.length);
                }
            }
        }
    }

    fn sha256(&self) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.hash.clone().finalize() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn is_right(&self) -> bool {
        self.length == self.artefact.bytes && self.sha256() == self.artefact.sha256
    }

    /// Gives the file its final name, or deletes it when it is not the pinned one.
    fn settle(self, path: &Path) -> Outcome {
        if self.is_right() {
            self.file.sync_all().about("write out", &self.path)?;
            return fs::rename(&self.path, path).about("rename to", path);
        }
        remove(&self.path)?;
        let (file, bytes) = (self.artefact.file, self.artefact.bytes);
        let difference = if self.length == bytes {
            format!(
                "SHA-256 {} instead of {}",
                self.sha256(),
                self.artefact.sha256
            )
        } else {
            format!("{} bytes instead of {bytes}", self.length)
        };
        Err(Problem::new(format!(
            "{file} is not the pinned file ({difference}); what was downloaded is deleted: run this again, \
             and if that ends the same way ask who runs your package index"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // printf abcdef | sha256sum
    const SMALL: Artefact = Artefact {
        package: "small",
        version: "1",
        file: "small-1-py3-none-any.whl",
        bytes: 6,
        sha256: "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721",
        unpacked: 0,
        takes: &[],
    };

    fn append(path: &Path, bytes: &[u8]) -> Partial<'static> {
        let mut partial = Partial::open(path, &SMALL).unwrap();
        let mut progress = Progress::new("test".into(), u64::MAX, 0);
        partial.append(bytes, &mut progress).unwrap();
        partial
    }

    #[test]
    fn a_second_download_appends_to_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let (part, whole) = (
            folder.path().join(part_name(&SMALL)),
            folder.path().join("whole"),
        );
        assert_eq!(remaining(&SMALL, folder.path()), 6);
        append(&part, b"abc");
        assert_eq!(remaining(&SMALL, folder.path()), 3);
        append(&part, b"def").settle(&whole).unwrap();
        assert_eq!(fs::read(&whole).unwrap(), b"abcdef");
        assert!(!part.exists());
    }

    #[test]
    fn a_hash_mismatch_is_refused_and_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let (part, whole) = (
            folder.path().join(part_name(&SMALL)),
            folder.path().join("whole"),
        );
        let refusal = append(&part, b"abcdeF").settle(&whole).unwrap_err();
        assert!(
            refusal.to_string().contains("not the pinned file"),
            "{refusal}"
        );
        assert!(!part.exists());
        assert!(!whole.exists());
    }
}

//! Files that other people and programs wrote: they are read whole, but only if they are files and not too large.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Reads a file of at most `most` bytes.
///
/// # Errors
///
/// A file that the system does not give; something that is not a regular file, such as a folder, a pipe or a device, which
/// may never end ([`io::ErrorKind::InvalidInput`]); a file that is too large ([`io::ErrorKind::FileTooLarge`]).
pub fn read_input_file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open_input_file(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::new();
    if length <= most {
        // A file may grow while it is read.
        file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    }
    if length.max(bytes.len() as u64) > most {
        let most = match most >> 20 {
            0 => format!("{most} bytes"),
            mebibytes => format!("{mebibytes} MiB"),
        };
        let message = format!("is larger than {most}, which is the most that is read");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Opens a regular file for reading. Fails as [`read_input_file`] does if it is something else.
pub fn open_input_file(path: &Path) -> io::Result<File> {
    // Without this flag, a pipe that nobody writes to is waited for.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    let message = if kind.is_dir() {
        "is a folder, expected a file"
    } else {
        "is a pipe or a device, expected a regular file"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_a_regular_file_that_is_small_enough_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        fs::write(&path, b"12345").unwrap();
        let message = |path: &Path, most| read_input_file(path, most).unwrap_err().to_string();
        assert_eq!(read_input_file(&path, 5).unwrap(), b"12345");
        assert_eq!(
            message(&path, 4),
            "is larger than 4 bytes, which is the most that is read"
        );
        assert_eq!(message(folder.path(), 9), "is a folder, expected a file");
        let device = "is a pipe or a device, expected a regular file";
        assert_eq!(message(Path::new("/dev/zero"), 9), device);
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert_eq!(message(&pipe, 9), device);
        // A file of the kernel that says it is empty, and is not.
        assert!(
            !read_input_file(Path::new("/proc/self/status"), 1 << 20)
                .unwrap()
                .is_empty()
        );
    }
}

//! The space that a folder takes on disk.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The bytes that a file, or a folder with everything in it, takes on disk. A file with several names counts once. What cannot
/// be looked at counts nothing, and so does what vanishes meanwhile.
pub fn bytes_on_disk(path: &Path) -> u64 {
    let mut seen = HashSet::new();
    let mut open = vec![path.to_owned()];
    let mut bytes = 0;
    while let Some(path) = open.pop() {
        let Ok(about) = fs::symlink_metadata(&path) else {
            continue;
        };
        if about.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            open.extend(entries.map(|entry| entry.path()));
        }
        if about.nlink() < 2 || about.is_dir() || seen.insert((about.dev(), about.ino())) {
            bytes += about.blocks() * 512;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_two_names_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inner/a");
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(&file, vec![1; 100_000]).unwrap();
        let before = bytes_on_disk(folder.path());
        assert!((100_000..200_000).contains(&before), "{before}");
        fs::hard_link(&file, folder.path().join("b")).unwrap();
        assert_eq!(bytes_on_disk(folder.path()), before);
        assert_eq!(bytes_on_disk(&folder.path().join("none")), 0);
    }
}

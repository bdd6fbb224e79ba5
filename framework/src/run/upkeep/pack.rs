//! One archive of all records of a suite.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};
use zstd::Encoder;

use crate::run::record::{Store, StoreError};

/// Writes a compressed archive of the suite file and all records of a store, and returns how many records it holds. Unpacked in a
/// results folder it is the store again. The same records give the same bytes, with the same version of the compressor.
///
/// # Errors
/// If a record cannot be read or the archive cannot be written; a half-written archive is removed.
pub fn pack(store: &Store, suite: &str, to: &Path) -> Result<usize, StoreError> {
    let ids = store.recorded()?;
    let mut files = vec![store.root().join(Store::SUITE)];
    for id in &ids {
        let folder = store.record(id);
        let entries =
            fs::read_dir(&folder).map_err(|source| StoreError::io("read", &folder, source))?;
        let mut own: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        own.sort();
        files.extend(own);
    }
    let failed = |source| StoreError::io("write", to, source);
    let file = File::create_new(to).map_err(failed)?;
    write(store, suite, &files, file).map_err(|source| {
        let _ = fs::remove_file(to);
        failed(source)
    })?;
    Ok(ids.len())
}

fn write(store: &Store, suite: &str, files: &[PathBuf], to: File) -> io::Result<()> {
    let encoder = Encoder::new(to, 0)?;
    let mut archive = Builder::new(encoder);
    for path in files {
        let within = path.strip_prefix(store.root()).map_err(io::Error::other)?;
        let bytes = fs::read(path)?;
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, Path::new(suite).join(within), bytes.as_slice())?;
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::record::Record;

    #[test]
    fn an_archive_unpacked_is_the_store_again_and_the_same_records_give_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), "s");
        for id in ["one", "two"] {
            store.commit(&Record::example(id)).unwrap();
        }
        fs::write(store.root().join(Store::SUITE), "name: s\n").unwrap();
        let path = |name: &str| folder.path().join(name);
        assert_eq!(pack(&store, "s", &path("a.tar.zst")).unwrap(), 2);
        assert_eq!(pack(&store, "s", &path("b.tar.zst")).unwrap(), 2);
        let read = |name: &str| fs::read(path(name)).unwrap();
        assert_eq!(read("a.tar.zst"), read("b.tar.zst"));
        let tar = zstd::decode_all(File::open(path("a.tar.zst")).unwrap()).unwrap();
        tar::Archive::new(tar.as_slice())
            .unpack(path("else"))
            .unwrap();
        let again = Store::new(&path("else"), "s");
        assert_eq!(again.read("one").unwrap(), store.read("one").unwrap());
        assert!(pack(&store, "s", &path("a.tar.zst")).is_err());
        assert_eq!(
            read("a.tar.zst"),
            read("b.tar.zst"),
            "an archive is never overwritten"
        );
    }
}

//! Takes files out of a wheel.
use crate::{
    artefact::Artefact,
    problem::{About, Outcome, Problem},
    say::Progress,
};
use std::{
    fs::{self, File, Permissions},
    io::{self, BufReader, Read, Write},
    os::unix::fs::PermissionsExt,
    path::{Component, Path},
};
use zip::ZipArchive;

/// Puts what the table takes from the wheel below the folder `into`.
pub fn unpack(artefact: &Artefact, wheel: &Path, into: &Path) -> Outcome {
    let unreadable = |error| {
        let path = wheel.display();
        Problem::new(format!(
            "cannot unpack {path}: {error}: delete it and run this again"
        ))
    };
    let file = File::open(wheel).about("open", wheel)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    let mut found = vec![false; artefact.takes.len()];
    let mut done = 0;
    let mut progress = Progress::new(
        format!("setup: {artefact}: unpacking"),
        artefact.unpacked,
        0,
    );
    for index in 0..archive.len() {
        let name = archive.name_for_index(index).unwrap_or_default().to_owned();
        let taken = artefact
            .takes
            .iter()
            .position(|(from, _)| is_below(from, &name));
        let Some(taken) = taken else { continue };
        if name.ends_with('/') {
            continue;
        }
        found[taken] = true;
        let (from, to) = artefact.takes[taken];
        let inside = format!("{to}{}", &name[from.len()..]);
        let plain = |part: Component| matches!(part, Component::Normal(_));
        if !Path::new(&inside).components().all(plain) {
            return Err(Problem::new(format!(
                "{} holds the odd name {name}",
                wheel.display()
            )));
        }
        let path = into.join(inside);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).about("make the folder", folder)?;
        }
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let mut out = File::create(&path).about("make", &path)?;
        done = copy(&mut entry, &mut out, done, &mut progress).about("write", &path)?;
        if entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0) {
            let executable = Permissions::from_mode(0o755);
            fs::set_permissions(&path, executable).about("make executable", &path)?;
        }
    }
    progress.at(artefact.unpacked);
    match found.iter().position(|found| !found) {
        None => Ok(()),
        Some(lacking) => Err(Problem::new(format!(
            "{} holds no {}: the table of wheels is wrong",
            wheel.display(),
            artefact.takes[lacking].0
        ))),
    }
}

/// `io::copy` that tells how far it is; gives the new count.
fn copy(
    from: &mut impl Read,
    to: &mut File,
    mut done: u64,
    progress: &mut Progress,
) -> io::Result<u64> {
    let mut block = vec![0; 1 << 18];
    loop {
        match from.read(&mut block) {
            Ok(0) => return Ok(done),
            Ok(count) => {
                to.write_all(&block[..count])?;
                done += count as u64;
                progress.at(done);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_below(from: &str, name: &str) -> bool {
    if from.is_empty() || from.ends_with('/') {
        name.starts_with(from)
    } else {
        name == from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zip::{ZipWriter, write::SimpleFileOptions};

    const WHEEL: Artefact = Artefact {
        package: "small",
        version: "1",
        file: "small-1-py3-none-any.whl",
        bytes: 0,
        sha256: "",
        unpacked: 1,
        takes: &[
            ("small/include/", "include/"),
            ("small/lib/a.so", "lib/a.so"),
        ],
    };

    fn wheel(folder: &Path, names: &[&str]) -> std::path::PathBuf {
        let path = folder.join(WHEEL.file);
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        for name in names {
            let mode = if name.contains("lib/") { 0o755 } else { 0o644 };
            zip.start_file(*name, SimpleFileOptions::default().unix_permissions(mode))
                .unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    #[test]
    fn only_what_the_table_takes_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "small/include/a/b.h",
            "small/lib/a.so",
            "small/lib/a.so.debug",
            "small/x.py",
        ];
        let (wheel, into) = (wheel(folder.path(), &names), folder.path().join("into"));
        unpack(&WHEEL, &wheel, &into).unwrap();
        assert!(into.join("include/a/b.h").exists());
        let library = fs::metadata(into.join("lib/a.so")).unwrap();
        assert_eq!(library.permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(into.join("lib")).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&into).unwrap().count(), 2);
    }

    #[test]
    fn a_name_that_leads_out_of_the_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = wheel(
            folder.path(),
            &["small/include/../../../x", "small/lib/a.so"],
        );
        let refusal = unpack(&WHEEL, &wheel, &folder.path().join("into")).unwrap_err();
        assert!(refusal.to_string().contains("odd name"), "{refusal}");
    }

    #[test]
    fn a_wheel_that_lacks_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = wheel(folder.path(), &["small/include/b.h"]);
        let refusal = unpack(&WHEEL, &wheel, &folder.path().join("into")).unwrap_err();
        assert!(
            refusal.to_string().contains("holds no small/lib/a.so"),
            "{refusal}"
        );
    }
}

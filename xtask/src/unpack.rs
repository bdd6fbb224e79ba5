//! Takes files out of a wheel.
use crate::{
    problem::{About, Outcome, Problem},
    wheel::Wheel,
};
use std::{
    fs::{self, File, Permissions},
    io::{self, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Component, Path},
};
use zip::ZipArchive;

/// Puts what the table takes from the wheel at `path` below the folder `into`.
pub fn unpack(wheel: &Wheel, path: &Path, into: &Path) -> Outcome {
    let shown = path.display();
    let unreadable = |error| {
        Problem::new(format!(
            "cannot unpack {shown}: {error}: delete it and run this again"
        ))
    };
    let file = File::open(path).about("open", path)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unreadable)?;
    let mut found = vec![false; wheel.takes.len()];
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().to_owned();
        let wanted = |(from, _): &(&str, &str)| is_below(from, &name);
        let Some(taken) = wheel.takes.iter().position(wanted) else {
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        found[taken] = true;
        let (from, to) = wheel.takes[taken];
        let inside = format!("{to}{}", &name[from.len()..]);
        let plain = |part: Component| matches!(part, Component::Normal(_));
        if !Path::new(&inside).components().all(plain) {
            return Err(Problem::new(format!(
                "{shown} has a file that would leave the target folder, {name}"
            )));
        }
        let target = into.join(inside);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).about("make the folder", folder)?;
        }
        let mut out = File::create(&target).about("make", &target)?;
        io::copy(&mut entry, &mut out).about("write", &target)?;
        if entry.unix_mode().is_some_and(|mode| mode & 0o111 != 0) {
            let executable = Permissions::from_mode(0o755);
            fs::set_permissions(&target, executable).about("make executable", &target)?;
        }
    }
    match found.iter().position(|found| !found) {
        None => Ok(()),
        Some(lacking) => Err(Problem::new(format!(
            "{shown} has no {}: the table of wheels in xtask/src/wheel.rs is wrong",
            wheel.takes[lacking].0
        ))),
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
    use std::io::Write;
    use zip::{ZipWriter, write::SimpleFileOptions};

    const WHEEL: Wheel = Wheel {
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
        assert!(
            refusal
                .to_string()
                .contains("would leave the target folder"),
            "{refusal}"
        );
    }

    #[test]
    fn a_wheel_that_lacks_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = wheel(folder.path(), &["small/include/b.h"]);
        let refusal = unpack(&WHEEL, &wheel, &folder.path().join("into")).unwrap_err();
        assert!(
            refusal.to_string().contains("has no small/lib/a.so"),
            "{refusal}"
        );
    }
}

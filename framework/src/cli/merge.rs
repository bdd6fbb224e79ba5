//! `spikebench merge`: brings the records of several folders together.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::show;
use crate::cli::verify::counted;
use crate::report::printable::one_line;
use crate::run::record::Store;
use crate::run::upkeep::{Merged, merge};

#[derive(Debug, Args)]
#[command(override_usage = "spikebench merge <FROM>... <INTO>")]
pub struct Arguments {
    /// The folders to copy from, then the one to copy into. Each is a results folder, or the folder of one suite. Only records
    /// are copied, with the suite file if INTO has none: neither checkpoints nor runs that have not ended
    #[arg(value_name = "FROM… INTO", required = true, num_args = 2..)]
    folders: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let Some((into, from)) = arguments.folders.split_last() else {
        return Err(Failure::new(exit::USAGE, "name at least two folders"));
    };
    check_distinct(&arguments.folders)?;
    let mut total = Merged::default();
    for (into, from) in pairs(from, into)? {
        let merged = merge(&from, &into)?;
        total.copied += merged.copied;
        total.same += merged.same;
        total.conflicts.extend(merged.conflicts);
        total.unreadable.extend(merged.unreadable);
    }
    let mut text = String::new();
    for conflict in &total.conflicts {
        let [one, other] = &conflict.folders;
        let line = format!(
            "{} and {} are records of the same cell but differ: {}; nothing of it was copied",
            one.display(),
            other.display(),
            conflict.what
        );
        text.push_str(&format!("{}\n", one_line(&line)));
    }
    for error in &total.unreadable {
        text.push_str(&format!("not copied: {}\n", one_line(&error.to_string())));
    }
    text.push_str(&format!(
        "{} copied into {}, {} twice with the same contents",
        counted(total.copied, "record"),
        one_line(&into.display().to_string()),
        total.same
    ));
    if !total.conflicts.is_empty() {
        text.push_str(&format!(", {}", counted(total.conflicts.len(), "conflict")));
    }
    if !total.unreadable.is_empty() {
        text.push_str(&format!(", {} unreadable", total.unreadable.len()));
    }
    show(&(text + "\n"))?;
    let is_clean = total.conflicts.is_empty() && total.unreadable.is_empty();
    Ok(if is_clean { exit::DONE } else { exit::BAD_DATA })
}

/// Each store to copy into, with those to copy from.
fn pairs(from: &[PathBuf], into: &Path) -> Result<Vec<(Store, Vec<Store>)>, Failure> {
    let target = Store::at(into).ok().filter(Store::is_of_a_suite);
    let mut pairs: Vec<(Store, Vec<Store>)> = Vec::new();
    for folder in from {
        for store in Store::all_in(folder)? {
            let name = name(&store)?;
            let into = match &target {
                // Of a results folder with several suites, the one of the same name is meant.
                Some(target) if store.root() != folder && name != self::name(target)? => continue,
                Some(target) => target.clone(),
                None => Store::new(into, &name),
            };
            match pairs
                .iter_mut()
                .find(|(other, _)| other.root() == into.root())
            {
                Some((_, stores)) => stores.push(store),
                None => pairs.push((into, vec![store])),
            }
        }
    }
    if pairs.is_empty() {
        let message = format!("no folder to copy from has the suite of {}", into.display());
        return Err(Failure::new(exit::USAGE, message));
    }
    Ok(pairs)
}

/// The name of a suite's folder, which may have been given as `.`.
fn name(store: &Store) -> Result<String, Failure> {
    let root = fs::canonicalize(store.root())?;
    let name = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    name.ok_or_else(|| {
        let message = format!("{} has no name", store.root().display());
        Failure::new(exit::USAGE, message)
    })
}

/// Fails if a folder is named twice.
fn check_distinct(folders: &[PathBuf]) -> Result<(), Failure> {
    let mut seen = Vec::new();
    for folder in folders {
        let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
        if seen.contains(&real) {
            let message = format!("{} is named twice", folder.display());
            return Err(Failure::new(exit::USAGE, message));
        }
        seen.push(real);
    }
    Ok(())
}

//! A Slurm of its own, unpacked from Debian's packages without installing them, for the tests of `spikebench submit`.
use crate::{
    deps::Deps,
    problem::{About, Outcome, Problem},
    say,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder below `.deps`.
const FOLDER: &str = "slurm";

const PACKAGES: [&str; 8] = [
    "slurmctld",
    "slurmd",
    "slurm-client",
    "slurm-wlm-basic-plugins",
    "munge",
    "libmunge2",
    "libhwloc15",
    "liblua5.1-0",
];

/// Makes the folder unless it is there, and returns its path.
pub fn make(root: &Path) -> Outcome<PathBuf> {
    let deps = Deps::of(root);
    let stamp = PACKAGES.join("\n");
    let folder = deps.path(FOLDER);
    let _lock = deps.lock()?;
    if deps.stamp(FOLDER) == stamp {
        return Ok(folder);
    }
    say::line("setup: fetching Slurm (3.5 MB)");
    let made = deps.temporary(FOLDER)?;
    let downloads = made.join("packages");
    fs::create_dir(&downloads).about("make the folder", &downloads)?;
    let fetch = || {
        run(Command::new("apt-get")
            .arg("download")
            .args(PACKAGES)
            .current_dir(&downloads))
    };
    // The index of packages may be older than the packages, or not there at all; to renew it takes rights that not everybody has.
    if fetch().is_err() {
        let _ = run(Command::new("apt-get").args(["update", "-qq"]));
        fetch()?;
    }
    for package in fs::read_dir(&downloads).about("list", &downloads)? {
        let package = package.about("list", &downloads)?.path();
        run(Command::new("dpkg").arg("-x").arg(&package).arg(&made))?;
    }
    fs::remove_dir_all(&downloads).about("remove", &downloads)?;
    deps.publish(&made, FOLDER, &stamp)?;
    Ok(folder)
}

fn run(command: &mut Command) -> Outcome {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| {
        Problem::new(format!(
            "cannot run {program}: {error}: the tests of clusters need Debian or a descendant of it"
        ))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Problem::new(format!("{program} failed: {said}")))
}

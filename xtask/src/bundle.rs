//! One folder that runs from any path: the program, the libraries that it is linked with, and MuJoCo's models.
use crate::{
    cargo,
    deps::{Deps, users_own},
    problem::{About, Outcome, Problem},
    say,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The program looks for its libraries beside itself, after the folders that it was built with.
const BESIDE: &str = "link-arg=-Wl,-rpath,$ORIGIN/lib";

/// LibTorch's libraries that the program needs; those of CUDA come along where they are.
const OPTIONAL: [&str; 2] = ["libtorch_cuda", "libc10_cuda"];

/// Makes the folder, which must not be there yet.
pub fn make(root: &Path, folder: &Path) -> Outcome<u8> {
    if folder.exists() {
        let line = format!(
            "{} is there already: remove it, or name another folder",
            folder.display()
        );
        return Err(Problem::new(line));
    }
    let words = ["rustc", "--release", "--locked", "--bin", "spikebench"];
    let target = root.join("target");
    let target = target.to_string_lossy();
    let built = cargo::cargo(
        root,
        &[&words, &["--target-dir", &target, "--", "-C", BESIDE][..]].concat(),
    )?;
    if built != 0 {
        return Ok(built);
    }
    let deps = Deps::of(root);
    let libtorch = deps.path("libtorch");
    let libtorch = users_own("LIBTORCH", &libtorch).unwrap_or(libtorch);
    let mujoco = deps.path("environments/mujoco");
    let mujoco = users_own("MUJOCO_DYNAMIC_LINK_DIR", &mujoco).unwrap_or(mujoco);
    let (libraries, assets) = (folder.join("lib"), folder.join("assets"));
    for made in [&libraries, &assets] {
        fs::create_dir_all(made).about("make the folder", made)?;
    }
    let program = Path::new(&*target).join("release/spikebench");
    copy(&program, &folder.join("spikebench"))?;
    for library in files(&libtorch.join("lib"))?
        .into_iter()
        .chain(files(&mujoco)?)
    {
        let name = name(&library);
        let is_needed = name.contains(".so") && !name.starts_with('_') && !name.contains("cpython");
        if is_needed && !library.is_symlink() {
            copy(&library, &libraries.join(name))?;
        }
    }
    let models = deps.path("environments/gymnasium/envs/mujoco/assets");
    for model in files(&models)? {
        copy(&model, &assets.join(name(&model)))?;
    }
    let with_cuda = OPTIONAL
        .iter()
        .all(|library| libraries.join(format!("{library}.so")).exists());
    let needed = newest_glibc(&[folder.join("spikebench"), libraries.join("libtorch_cpu.so")])?;
    say::line(&format!(
        "{}: {}, {} CUDA; it needs Linux x86-64 with glibc {needed} or newer",
        folder.display(),
        say::size(size(folder)?),
        if with_cuda { "with" } else { "without" },
    ));
    Ok(0)
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::copy(from, to).about("copy", from).map(drop)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).about("list", folder)?;
    let paths = entries.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.is_file()).collect())
}

fn size(folder: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).about("list", folder)?.flatten() {
        let path = entry.path();
        bytes += if path.is_dir() {
            size(&path)?
        } else {
            entry.metadata().about("read", &path)?.len()
        };
    }
    Ok(bytes)
}

/// The newest version of the C library that a program's or library's symbols name.
fn newest_glibc(files: &[PathBuf]) -> Outcome<String> {
    let mut newest = (2, 0);
    for file in files {
        let bytes = fs::read(file).about("read", file)?;
        for found in bytes.split(|&byte| byte == 0).filter_map(version) {
            newest = newest.max(found);
        }
    }
    Ok(format!("{}.{}", newest.0, newest.1))
}

/// The version in the name of a symbol's version, such as `GLIBC_2.34`.
fn version(name: &[u8]) -> Option<(u32, u32)> {
    let version = std::str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_of_the_c_library_is_found_among_the_symbols() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(
            file.path(),
            b"x\0GLIBC_2.9\0GLIBC_PRIVATE\0GLIBC_2.34\0GLIBC_2.2.5\0",
        )
        .unwrap();
        assert_eq!(newest_glibc(&[file.path().to_owned()]).unwrap(), "2.34");
    }
}

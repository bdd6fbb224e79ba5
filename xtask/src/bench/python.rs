//! The Python with the peers' packages, in `.deps/peers`.
use crate::{
    deps::{Deps, remove},
    problem::{About, Outcome, Problem},
    say,
    toolchain::{Compiler, Python},
};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

/// The folder below `.deps`.
const FOLDER: &str = "peers";

const REQUIREMENTS: &str = "tests/peers/requirements.txt";
const WITHOUT_CUDA: &str = "tests/peers/without_cuda.s";

/// To download, on disk, and while pip unpacks.
const DOWNLOAD: u64 = 715_000_000;
const KEPT: u64 = 1_330_000_000;
const PEAK: u64 = 3_500_000_000;

const OLDEST: (u32, u32) = (3, 11);

const PRINT_VERSION: &str = "import sys; sys.stdout.write('%d %d' % sys.version_info[:2])";
const MAKE: &str = "import sys, venv; venv.create(sys.argv[1], symlinks=True)";
const PRINT_PACKAGES: &str =
    "import sys; sys.stdout.write('lib/python%d.%d/site-packages' % sys.version_info[:2])";

/// What the peers are made of, by the names in the requirements.
const SHOWN: [&str; 6] = [
    "jax",
    "torch",
    "spikingjelly",
    "gymnasium",
    "mujoco",
    "numpy",
];

/// Makes the folder where it is missing or made from other packages; returns its Python.
pub fn ensure(deps: &Deps, root: &Path) -> Outcome<PathBuf> {
    let python = Python::find()?;
    let version = answer(&python, PRINT_VERSION)?;
    let number = |text: &str| text.parse::<u32>().ok();
    let found = version
        .split_once(' ')
        .and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    if found < Some(OLDEST) {
        let found = version.replace(' ', ".");
        let line = format!(
            "the peers need Python 3.11 or newer, this is {found}: set PYTHON=/path/to/python"
        );
        return Err(Problem::new(line));
    }
    let stamp = format!(
        "{version}\n{}\n{}",
        read(root, REQUIREMENTS)?,
        read(root, WITHOUT_CUDA)?
    );
    let program = deps.path(FOLDER).join("bin/python");
    let present = || deps.stamp(FOLDER) == stamp && program.exists();
    if present() {
        return Ok(program);
    }
    let compiler = Compiler::find()?;
    let _lock = deps.lock()?;
    if !present() {
        make(deps, root, &python, &compiler, &stamp)?;
    }
    remove(&deps.downloads())?;
    Ok(program)
}

fn make(deps: &Deps, root: &Path, python: &Python, compiler: &Compiler, stamp: &str) -> Outcome {
    say::line(&format!(
        "bench: fetching the peers' packages, PyTorch, JAX, SpikingJelly, Gymnasium ({} to download, {} of disk space)",
        say::size(DOWNLOAD),
        say::size(KEPT)
    ));
    deps.reserve(PEAK)?;
    let made = deps.temporary(FOLDER)?;
    let scratch = deps.temporary("pip")?;
    // Without pip of its own: Debian keeps that apart, and the one at hand can install into any folder.
    let created = python.script(MAKE).arg(&made).output();
    if !created.is_ok_and(|created| created.status.success()) {
        let line =
            "Python cannot make a virtual environment: install its module venv, or set PYTHON";
        return Err(Problem::new(line));
    }
    let packages = made.join(answer(python, PRINT_PACKAGES)?);
    let (target, requirements) = (packages.to_string_lossy(), root.join(REQUIREMENTS));
    let arguments = [
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        "--target",
        &target,
        "--requirement",
        &requirements.to_string_lossy(),
    ];
    python.pip(&scratch, &arguments).map_err(|reason| {
        Problem::new(format!(
            "pip cannot install the peers' packages: {reason}: check the network, the disk space and pip's index \
             settings, then run this again"
        ))
    })?;
    leave_cuda_out(
        &root.join(WITHOUT_CUDA),
        &packages.join("torch/lib"),
        compiler,
    )?;
    deps.publish(&made, FOLDER, stamp)?;
    remove(&scratch)?;
    say::line("bench: the peers' packages are in .deps/peers");
    Ok(())
}

/// Puts a stand-in where PyTorch has its CUDA libraries.
fn leave_cuda_out(source: &Path, libraries: &Path, compiler: &Compiler) -> Outcome {
    for name in ["torch_cuda", "torch_cuda_linalg", "torch_nvshmem"] {
        remove(&libraries.join(format!("lib{name}.so")))?;
    }
    let target = libraries.join("libtorch_cuda.so");
    let assembled = compiler
        .command()
        .args(["-shared", "-nostdlib", "-Wl,-soname,libtorch_cuda.so", "-o"])
        .arg(&target)
        .args(["-x", "assembler"])
        .arg(source)
        .args(["-x", "none", "-lstdc++"])
        .output()
        .about("assemble", &target)?;
    if !assembled.status.success() {
        let said = String::from_utf8_lossy(&assembled.stderr);
        let line = said.lines().next().unwrap_or("it says nothing");
        let line = format!(
            "the C++ compiler cannot assemble {}: {line}",
            source.display()
        );
        return Err(Problem::new(line));
    }
    for name in ["libcudnn.so.9", "libcufile.so.0"] {
        let link = libraries.join(name);
        symlink("libtorch_cuda.so", &link).about("make the link", &link)?;
    }
    Ok(())
}

/// The versions of the peers, in one line.
pub fn versions(root: &Path) -> Outcome<String> {
    let requirements = read(root, REQUIREMENTS)?;
    let pinned = |name: &&str| {
        let mut pairs = requirements
            .lines()
            .filter_map(|line| line.split_once("=="));
        let version = pairs.find(|(package, _)| package == name)?.1;
        Some(format!("{name} {version}"))
    };
    Ok(SHOWN
        .iter()
        .filter_map(pinned)
        .collect::<Vec<_>>()
        .join(", "))
}

fn answer(python: &Python, script: &str) -> Outcome<String> {
    let asked = python.script(script).output();
    let asked = asked.map_err(|error| Problem::new(format!("cannot run Python: {error}")))?;
    Ok(String::from_utf8_lossy(&asked.stdout).into_owned())
}

fn read(root: &Path, name: &str) -> Outcome<String> {
    let path = root.join(name);
    fs::read_to_string(&path).about("read", &path)
}

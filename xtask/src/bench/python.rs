//! Virtual environments with the peers' packages, in `.deps`.
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

const WITHOUT_CUDA: &str = "tests/peers/without_cuda.s";

/// The packages that a family's peers need.
pub struct Packages {
    /// The folder in `.deps`.
    folder: &'static str,
    requirements: &'static str,
    /// The names of the peers, for messages.
    title: &'static str,
    /// The packages whose versions are reported, by their names in the requirements file.
    shown: &'static [&'static str],
    /// Bytes to download, on disk afterwards, and on disk while pip unpacks.
    download: u64,
    kept: u64,
    peak: u64,
    has_torch: bool,
}

/// For the peers that learn and simulate.
pub const LEARNERS: Packages = Packages {
    folder: "peers",
    requirements: "tests/peers/requirements.txt",
    title: "PyTorch, JAX, SBX, Stable-Baselines3, SpikingJelly, Gymnasium",
    shown: &[
        "jax",
        "torch",
        "sbx-rl",
        "stable-baselines3",
        "spikingjelly",
        "gymnasium",
        "mujoco",
        "numpy",
    ],
    download: 745_000_000,
    kept: 1_430_000_000,
    peak: 3_500_000_000,
    has_torch: true,
};

/// For the peers that compare scores.
pub const STATISTICIANS: Packages = Packages {
    folder: "peers-statistics",
    requirements: "tests/peers/requirements-statistics.txt",
    title: "rliable, scipy, statsmodels",
    shown: &["rliable", "scipy", "statsmodels", "arch", "pandas", "numpy"],
    download: 75_000_000,
    kept: 260_000_000,
    peak: 700_000_000,
    has_torch: false,
};

const OLDEST: (u32, u32) = (3, 11);

const PRINT_VERSION: &str = "import sys; sys.stdout.write('%d %d' % sys.version_info[:2])";
const MAKE: &str = "import sys, venv; venv.create(sys.argv[1], symlinks=True)";
const PRINT_PACKAGES: &str =
    "import sys; sys.stdout.write('lib/python%d.%d/site-packages' % sys.version_info[:2])";

/// Makes the folder if it is missing or made from other packages. Returns its Python.
pub fn ensure(packages: &Packages, deps: &Deps, root: &Path) -> Outcome<PathBuf> {
    let folder = packages.folder;
    let python = Python::find()?;
    let version = answer(&python, PRINT_VERSION)?;
    let number = |text: &str| text.parse::<u32>().ok();
    let found = version
        .split_once(' ')
        .and_then(|(major, minor)| Some((number(major)?, number(minor)?)));
    if found < Some(OLDEST) {
        let found = version.replace(' ', ".");
        let line = format!(
            "the peers need Python 3.11 or newer, and this is {found}: set PYTHON=/path/to/python"
        );
        return Err(Problem::new(line));
    }
    let mut stamp = format!("{version}\n{}", read(root, packages.requirements)?);
    if packages.has_torch {
        stamp.push('\n');
        stamp.push_str(&read(root, WITHOUT_CUDA)?);
    }
    let program = deps.path(folder).join("bin/python");
    let present = || deps.stamp(folder) == stamp && program.exists();
    if present() {
        return Ok(program);
    }
    let compiler = packages.has_torch.then(Compiler::find).transpose()?;
    let _lock = deps.lock()?;
    if !present() {
        make(packages, deps, root, &python, compiler.as_ref(), &stamp)?;
    }
    remove(&deps.downloads())?;
    Ok(program)
}

fn make(
    wanted: &Packages,
    deps: &Deps,
    root: &Path,
    python: &Python,
    compiler: Option<&Compiler>,
    stamp: &str,
) -> Outcome {
    say::line(&format!(
        "bench: fetching the peers' packages, {} ({} to download, {} of disk space)",
        wanted.title,
        say::size(wanted.download),
        say::size(wanted.kept)
    ));
    deps.reserve(wanted.peak)?;
    let made = deps.temporary(wanted.folder)?;
    let scratch = deps.temporary("pip")?;
    // Without a pip of its own: on Debian that is a separate package, and the existing pip can install into any
    // folder.
    let created = python.script(MAKE).arg(&made).output();
    if !created.is_ok_and(|created| created.status.success()) {
        let line = "Python cannot make a virtual environment: install its module venv (Debian: apt install python3-venv), or \
         set PYTHON to a Python that has it";
        return Err(Problem::new(line));
    }
    let packages = made.join(answer(python, PRINT_PACKAGES)?);
    let (target, requirements) = (packages.to_string_lossy(), root.join(wanted.requirements));
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
    if let Some(compiler) = compiler {
        leave_cuda_out(
            &root.join(WITHOUT_CUDA),
            &packages.join("torch/lib"),
            compiler,
        )?;
    }
    deps.publish(&made, wanted.folder, stamp)?;
    remove(&scratch)?;
    say::line(&format!(
        "bench: the peers' packages are in .deps/{}",
        wanted.folder
    ));
    Ok(())
}

/// Replaces PyTorch's CUDA libraries by a stand-in.
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
        let line = said.lines().next().unwrap_or("it gives no reason");
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

/// The versions of the shown packages, in one line.
pub fn versions(packages: &Packages, root: &Path) -> Outcome<String> {
    let requirements = read(root, packages.requirements)?;
    let pinned = |name: &&str| {
        let mut pairs = requirements
            .lines()
            .filter_map(|line| line.split_once("=="));
        let version = pairs.find(|(package, _)| package == name)?.1;
        Some(format!("{name} {version}"))
    };
    let shown = packages.shown.iter();
    Ok(shown.filter_map(pinned).collect::<Vec<_>>().join(", "))
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

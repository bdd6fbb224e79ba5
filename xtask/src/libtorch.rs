//! LibTorch: the CPU-only subset, all of it with CUDA, or the user's own.
use crate::{
    deps::{Deps, remove},
    download::{self, FOR_PYTHON},
    problem::{About, Outcome, Problem},
    say,
    toolchain::{Compiler, Python},
    unpack,
    wheel::LIBTORCH,
};
use std::{fs, os::unix::fs::symlink, path::Path};

/// The folder below `.deps`.
pub const FOLDER: &str = "libtorch";

/// The disk space that an installation with CUDA needs: 5.1 GB in the end, and the wheels while pip unpacks
/// them.
pub const CUDA_BYTES: u64 = 8_500_000_000;

/// The library whose presence shows that a folder holds LibTorch.
const PROOF: &str = "lib/libtorch_cpu.so";

/// The two builds of LibTorch that the set-up can make.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Cpu,
    Cuda,
}

impl Kind {
    fn stamp(self) -> String {
        match self {
            Self::Cpu => LIBTORCH.map(|wheel| wheel.stamp()).join("\n"),
            Self::Cuda => format!("with CUDA {}", LIBTORCH[0].sha256),
        }
    }
}

/// The kind in `.deps`, if it is complete and made from the pinned wheels.
pub fn present(deps: &Deps) -> Option<Kind> {
    let stamp = deps.stamp(FOLDER);
    deps.path(FOLDER).join(PROOF).exists().then_some(())?;
    [Kind::Cpu, Kind::Cuda]
        .into_iter()
        .find(|kind| kind.stamp() == stamp)
}

/// Makes the CPU-only subset.
pub fn make_cpu(deps: &Deps, python: &Python, compiler: &Compiler) -> Outcome {
    let paths = download::wheels(&LIBTORCH.each_ref(), deps, python)?;
    say::line("setup: unpacking LibTorch");
    let made = deps.temporary(FOLDER)?;
    for (wheel, path) in LIBTORCH.iter().zip(&paths) {
        unpack::unpack(wheel, path, &made)?;
    }
    link_stub(compiler, &made.join("lib"))?;
    write_version(&made)?;
    deps.publish(&made, FOLDER, &Kind::Cpu.stamp())
}

/// Links a stand-in for `libtorch.so`: torch-sys links with `-ltorch`, but the wheel's own needs the CUDA
/// libraries.
fn link_stub(compiler: &Compiler, lib: &Path) -> Outcome {
    let stub = lib.join("libtorch.so");
    let linked = compiler
        .command()
        .args(["-shared", "-Wl,-soname,libtorch.so", "-Wl,--no-as-needed"])
        .arg("-o")
        .arg(&stub)
        .arg("-L")
        .arg(lib)
        .args(["-ltorch_cpu", "-Wl,--as-needed"])
        .output()
        .about("link", &stub)?;
    if linked.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&linked.stderr);
    let reason = said
        .lines()
        .find(|line| line.contains("error"))
        .or(said.lines().next());
    Err(Problem::new(format!(
        "the C++ compiler cannot link libtorch.so: {}: install a complete g++ or clang, or set CXX",
        reason.unwrap_or("it gives no reason")
    )))
}

/// Writes the file by which torch-sys checks LibTorch's version.
fn write_version(folder: &Path) -> Outcome {
    let path = folder.join("build-version");
    fs::write(&path, format!("{}\n", LIBTORCH[0].version)).about("write", &path)
}

/// Installs the whole torch package and links to its folders. Its libraries find NVIDIA's by paths relative
/// to themselves, which still hold through the links.
pub fn make_cuda(deps: &Deps, python: &Python) -> Outcome {
    let replaced = present(deps).is_some();
    let torch = &download::wheels(&[&LIBTORCH[0]], deps, python)?[0];
    let made = deps.temporary(FOLDER)?;
    let scratch = deps.temporary("pip")?;
    say::line("setup: pip installs torch with its CUDA libraries, about 2.5 GB more to download");
    let (site, torch) = (made.join("site"), torch.to_string_lossy());
    let target = site.to_string_lossy();
    let mut arguments = vec!["install", "--no-compile", "--only-binary=:all:"];
    arguments.extend(["--target", &target]);
    arguments.extend(FOR_PYTHON);
    // pip takes a platform tag literally, and NVIDIA's wheels carry several.
    let glibc = (5..=28)
        .rev()
        .map(|minor| format!("manylinux_2_{minor}_x86_64"));
    let older = [
        "manylinux2014_x86_64",
        "manylinux2010_x86_64",
        "manylinux1_x86_64",
    ];
    let tags: Vec<String> = glibc.chain(older.map(str::to_owned)).collect();
    arguments.extend(tags.iter().flat_map(|tag| ["--platform", tag]));
    arguments.push(&torch);
    python.pip(&scratch, &arguments).map_err(|reason| {
        Problem::new(format!(
            "pip cannot install torch with CUDA: {reason}: check the network, the disk space and pip's index \
             settings, then run this again"
        ))
    })?;
    for name in ["include", "lib"] {
        let link = made.join(name);
        symlink(Path::new("site/torch").join(name), &link).about("make the link", &link)?;
    }
    write_version(&made)?;
    deps.publish(&made, FOLDER, &Kind::Cuda.stamp())?;
    remove(&scratch)?;
    if replaced {
        say::line(
            "setup: torch-sys chooses between CPU and CUDA when it is compiled: if it was compiled before, run \
             `cargo clean -p torch-sys`, and again with --release",
        );
    }
    Ok(())
}

/// Refuses the user's LibTorch if the bindings cannot work with it.
pub fn check_users(folder: &Path) -> Outcome {
    let shown = folder.display();
    let wanted = LIBTORCH[0].version;
    let remedy = format!(
        "set it to the absolute path of a LibTorch {wanted}, or unset it to have one fetched"
    );
    if !folder.is_absolute() || !folder.join(PROOF).exists() {
        return Err(Problem::new(format!(
            "LIBTORCH={shown} has no {PROOF}: {remedy}"
        )));
    }
    match version(folder) {
        Some(found) if is_same_release(&found, wanted) => Ok(()),
        Some(found) => Err(Problem::new(format!(
            "LIBTORCH={shown} is LibTorch {found}: {remedy}"
        ))),
        None => Err(Problem::new(format!(
            "LIBTORCH={shown} states its version neither in build-version nor in \
             include/torch/headeronly/version.h: {remedy}"
        ))),
    }
}

fn is_same_release(found: &str, wanted: &str) -> bool {
    let release = |version: &str| {
        let mut numbers = version.split(['.', '+']).map(str::to_owned);
        (numbers.next(), numbers.next())
    };
    release(found) == release(wanted)
}

fn version(folder: &Path) -> Option<String> {
    if let Ok(version) = fs::read_to_string(folder.join("build-version")) {
        return Some(version.trim().to_owned());
    }
    let headers = [
        "torch/headeronly/version.h",
        "torch/csrc/api/include/torch/version.h",
    ];
    headers.iter().find_map(|name| {
        let text = fs::read_to_string(folder.join("include").join(name)).ok()?;
        let number = |key: &str| {
            let mut words = text
                .lines()
                .find(|line| line.contains(key))?
                .split_whitespace();
            words.rfind(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let [major, minor, patch] = ["_MAJOR ", "_MINOR ", "_PATCH "].map(number);
        Some(format!("{}.{}.{}", major?, minor?, patch?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn libtorch(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_users_libtorch_must_be_complete_and_of_the_right_version() {
        let library = ("lib/libtorch_cpu.so", "");
        let good = libtorch(&[library, ("build-version", "2.11.0+cu130\n")]);
        check_users(good.path()).unwrap();
        for (files, expected) in [
            (
                vec![("build-version", "2.11.0")],
                "has no lib/libtorch_cpu.so",
            ),
            (
                vec![library, ("build-version", "2.1.1")],
                "is LibTorch 2.1.1",
            ),
            (vec![library], "states its version neither"),
        ] {
            let refusal = check_users(libtorch(&files).path())
                .unwrap_err()
                .to_string();
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn the_version_is_read_from_the_headers_of_a_python_package() {
        let header = "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 11\n#define TORCH_VERSION_PATCH 0\n";
        let folder = libtorch(&[("include/torch/headeronly/version.h", header)]);
        assert_eq!(version(folder.path()).as_deref(), Some("2.11.0"));
    }
}

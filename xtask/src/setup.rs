//! `cargo xtask setup`: fetches what is missing. When nothing is, it takes milliseconds.
use crate::{
    deps::{self, Deps, remove},
    download, environments,
    libtorch::{self, Kind},
    problem::Outcome,
    say,
    toolchain::{Compiler, Python, check_platform},
    wheel::{LIBTORCH, Wheel},
};
use std::{env::consts, fs, path::Path};

const COMPLETE: &str = "setup: nothing is missing";

/// What has to be made.
struct Missing {
    libtorch: Option<Kind>,
    environments: Option<Vec<&'static Wheel>>,
    /// The variables that name folders of the user's own.
    users: Vec<String>,
}

/// Fetches what is missing; LibTorch with CUDA if `with_cuda`.
pub fn setup(root: &Path, with_cuda: bool) -> Outcome {
    let deps = Deps::of(root);
    let missing = Missing::of(&deps, with_cuda)?;
    for own in &missing.users {
        say::line(&format!("setup: using your {own}"));
    }
    if missing.is_nothing() {
        say::line(COMPLETE);
        return Ok(());
    }
    if missing.needs_platform() {
        check_platform(consts::OS, consts::ARCH)?;
    }
    let python = Python::find()?;
    let compiler = missing.libtorch.map(|_| Compiler::find()).transpose()?;
    let _lock = deps.lock()?;
    // Another set-up may have done the work in the meantime.
    let missing = Missing::of(&deps, with_cuda)?;
    if missing.is_nothing() {
        say::line(COMPLETE);
        return drop_downloads(&deps);
    }
    missing.announce(&deps)?;
    match (missing.libtorch, &compiler) {
        (Some(Kind::Cpu), Some(compiler)) => {
            libtorch::make_cpu(&deps, &python, compiler)?;
            say::line("setup: LibTorch (CPU) is in .deps/libtorch");
        }
        (Some(Kind::Cuda), _) => {
            libtorch::make_cuda(&deps, &python)?;
            say::line("setup: LibTorch (CUDA) is in .deps/libtorch");
        }
        _ => {}
    }
    if let Some(wheels) = &missing.environments {
        environments::make(&deps, &python, wheels)?;
        say::line("setup: the environments are in .deps/environments");
    }
    drop_downloads(&deps)
}

impl Missing {
    fn of(deps: &Deps, with_cuda: bool) -> Outcome<Self> {
        let mut users = Vec::new();
        let ours = deps.path(libtorch::FOLDER);
        let libtorch = match deps::users_own("LIBTORCH", &ours) {
            Some(theirs) => {
                libtorch::check_users(&theirs)?;
                users.push(format!("LIBTORCH={}", theirs.display()));
                None
            }
            None if with_cuda => {
                Some(Kind::Cuda).filter(|_| libtorch::present(deps) != Some(Kind::Cuda))
            }
            None => Some(Kind::Cpu).filter(|_| libtorch::present(deps).is_none()),
        };
        let ours = deps.path(environments::FOLDER).join("mujoco");
        let theirs = deps::users_own("MUJOCO_DYNAMIC_LINK_DIR", &ours);
        if let Some(theirs) = &theirs {
            environments::check_users(theirs)?;
            users.push(format!("MUJOCO_DYNAMIC_LINK_DIR={}", theirs.display()));
        }
        let wheels = environments::wheels(theirs.is_none());
        let environments = Some(wheels).filter(|wheels| !environments::present(deps, wheels));
        Ok(Self {
            libtorch,
            environments,
            users,
        })
    }

    fn is_nothing(&self) -> bool {
        self.libtorch.is_none() && self.environments.is_none()
    }

    fn wheels(&self) -> Vec<&'static Wheel> {
        let libtorch: &[Wheel] = match self.libtorch {
            Some(Kind::Cpu) => &LIBTORCH,
            Some(Kind::Cuda) => &LIBTORCH[..1],
            None => &[],
        };
        let environments = self.environments.iter().flatten().copied();
        libtorch.iter().chain(environments).collect()
    }

    fn needs_platform(&self) -> bool {
        self.wheels()
            .iter()
            .any(|wheel| wheel.platforms().next().is_some())
    }

    /// Announces the download, and refuses a disk that is too small for it.
    fn announce(&self, deps: &Deps) -> Outcome {
        let wheels = self.wheels();
        let names: Vec<String> = wheels.iter().map(ToString::to_string).collect();
        let download: u64 = wheels
            .iter()
            .map(|wheel| download::remaining(wheel, &deps.downloads()))
            .sum();
        let kept: u64 = match self.libtorch {
            Some(Kind::Cuda) => libtorch::CUDA_BYTES,
            _ => wheels.iter().map(|wheel| wheel.unpacked).sum(),
        };
        say::line(&format!(
            "setup: fetching {} ({} to download, {} of disk space)",
            names.join(", "),
            say::size(download),
            say::size(kept)
        ));
        deps.reserve(download + kept)
    }
}

/// Removes the wheels: the folders hold all that is needed of them.
fn drop_downloads(deps: &Deps) -> Outcome {
    let downloads = deps.downloads();
    let files = fs::read_dir(&downloads).into_iter().flatten().flatten();
    let freed: u64 = files
        .filter_map(|file| file.metadata().ok())
        .map(|file| file.len())
        .sum();
    remove(&downloads)?;
    if freed > 0 {
        let freed = say::size(freed);
        say::line(&format!("setup: removed the downloaded wheels ({freed})"));
    }
    Ok(())
}

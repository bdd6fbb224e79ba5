//! The programs that the set-up calls, checked before anything is downloaded.
use crate::problem::{Outcome, Problem};
use std::{
    env,
    ffi::OsString,
    io,
    path::Path,
    process::{Command, Stdio},
};

const OLDEST_PYTHON: (u32, u32) = (3, 8);

/// The first pip that takes several `--platform`.
const OLDEST_PIP: (u32, u32) = (20, 3);

// Runs on Python 2 as well, which is then reported as too old.
const PRINT_VERSION: &str = "import sys; sys.stdout.write('%d %d' % sys.version_info[:2])";

// Ends pip when the set-up is killed: an orphan would go on writing into folders that the next set-up sweeps.
const RUN_PIP: &str = "\
try:
    import ctypes
    ctypes.CDLL(None).prctl(1, 9)
except Exception:
    pass
import runpy
runpy.run_module('pip', run_name='__main__', alter_sys=True)
";

/// A Python that is new enough and has pip.
pub struct Python {
    program: OsString,
}

impl Python {
    pub fn find() -> Outcome<Self> {
        let program = env::var_os("PYTHON")
            .filter(|value| !value.is_empty())
            .unwrap_or_else(|| "python3".into());
        let python = Self { program };
        let name = python.program.to_string_lossy();
        let remedy = "install python3 (3.8 or newer) or set PYTHON=/path/to/python";
        let asked = python.script(PRINT_VERSION).output();
        let asked = asked.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Problem::new(format!("Python is missing (no `{name}`): {remedy}"))
            }
            _ => Problem::new(format!("cannot run `{name}`: {error}: {remedy}")),
        })?;
        let answer = String::from_utf8_lossy(&asked.stdout);
        let version = answer
            .split_once(' ')
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        let Some((major, minor)) = version.filter(|_| asked.status.success()) else {
            return Err(Problem::new(format!(
                "`{name}` is not a working Python: {remedy}"
            )));
        };
        if (major, minor) < OLDEST_PYTHON {
            return Err(Problem::new(format!(
                "`{name}` is Python {major}.{minor}, which is too old: {remedy}"
            )));
        }
        let pip = python.script(RUN_PIP).arg("--version").output();
        let Some(pip) = pip.ok().filter(|pip| pip.status.success()) else {
            return Err(Problem::new(format!(
                "`{name}` has no pip: install it (Debian: apt install python3-pip; elsewhere: {name} -m \
                 ensurepip) or set PYTHON to a Python that has it"
            )));
        };
        if pip_version(&String::from_utf8_lossy(&pip.stdout)).is_some_and(|pip| pip < OLDEST_PIP) {
            let (major, minor) = OLDEST_PIP;
            return Err(Problem::new(format!(
                "the pip of `{name}` is older than {major}.{minor}: update it ({name} -m pip install --upgrade \
                 pip) or set PYTHON to a Python with a newer one"
            )));
        }
        Ok(python)
    }

    /// `python -c text` with an empty standard input.
    pub fn script(&self, text: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-c", text]).stdin(Stdio::null());
        command
    }

    /// Runs pip with all of the user's settings except those that rule out a target folder. The user sees its
    /// progress. The error is the reason for which it failed.
    pub fn pip(&self, scratch: &Path, arguments: &[&str]) -> Result<(), String> {
        let run = self
            .script(RUN_PIP)
            .args(arguments)
            .env("TMPDIR", scratch)
            .env("PIP_USER", "0")
            .env("PIP_REQUIRE_VIRTUALENV", "0")
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .stdout(io::stderr())
            .stderr(Stdio::piped())
            .spawn()
            .and_then(|child| child.wait_with_output())
            .map_err(|error| error.to_string())?;
        if run.status.success() {
            return Ok(());
        }
        let reason = reason(&String::from_utf8_lossy(&run.stderr));
        Err(reason.unwrap_or_else(|| run.status.to_string()))
    }
}

/// Reads "pip 23.2.1 from …".
fn pip_version(answer: &str) -> Option<(u32, u32)> {
    let mut numbers = answer.strip_prefix("pip ")?.split(['.', ' ']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Why pip failed, in one line. That is its last error, except where this would mislead: without a connection it is that
/// no distribution matches, and for a wrong file that the hashes should be updated.
fn reason(complaints: &str) -> Option<String> {
    let lines = || complaints.lines().filter(|line| !line.trim().is_empty());
    let error = lines()
        .rfind(|line| line.starts_with("ERROR:"))
        .or_else(|| lines().next_back())?;
    if error.contains("DO NOT MATCH THE HASHES") {
        let line = "the index delivered a file whose SHA-256 is not the pinned one (if it does so again, ask who \
                    runs it)";
        return Some(line.to_owned());
    }
    let broken = complaints.split("connection broken by ").nth(1);
    if error.contains("No matching distribution")
        && let Some(broken) = broken.and_then(|cause| cause.lines().next())
    {
        // '<Class>('<object at 0x…>: the reason')': /path
        let cause = broken.rsplit(">: ").next().unwrap_or(broken);
        let cause = cause.split("')").next().unwrap_or(cause);
        return Some(format!("no connection to the package index ({cause})"));
    }
    Some(error.trim_start_matches("ERROR:").trim().to_owned())
}

/// `$CXX`, else `c++`. It links the stand-in for libtorch.so, and torch-sys needs it in any case.
pub struct Compiler {
    words: Vec<String>,
}

impl Compiler {
    pub fn find() -> Outcome<Self> {
        let value = env::var("CXX").unwrap_or_default();
        // `CXX="ccache g++"` is common.
        let mut words: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            words.push("c++".to_owned());
        }
        let compiler = Self { words };
        let asked = compiler.command().arg("--version").output();
        if !asked.is_ok_and(|asked| asked.status.success()) {
            return Err(Problem::new(format!(
                "no C++ compiler (`{}` does not run): install g++ or clang (Debian: apt install g++) or \
                 set CXX=/path/to/c++",
                compiler.words.join(" ")
            )));
        }
        Ok(compiler)
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).stdin(Stdio::null());
        command
    }
}

/// Refuses other platforms: the wheels contain code for Linux on x86-64.
pub fn check_platform(os: &str, processor: &str) -> Outcome {
    if (os, processor) == ("linux", "x86_64") {
        return Ok(());
    }
    Err(Problem::new(format!(
        "the set-up supports only Linux on x86-64, and this is {os} on {processor}: set LIBTORCH to the folder \
         of a LibTorch 2.11 and MUJOCO_DYNAMIC_LINK_DIR to the folder of MuJoCo 3.3.7's library"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_platform_is_told_to_set_libtorch() {
        check_platform("linux", "x86_64").unwrap();
        for (os, processor) in [("linux", "aarch64"), ("macos", "x86_64")] {
            let refusal = check_platform(os, processor).unwrap_err().to_string();
            assert!(refusal.contains("set LIBTORCH"), "{refusal}");
        }
    }
    #[test]
    fn the_version_of_pip_is_read_from_its_answer() {
        assert_eq!(pip_version("pip 20.0.2 from /usr/lib"), Some((20, 0)));
        assert_eq!(pip_version("pip 25.1 from /usr/lib"), Some((25, 1)));
        assert_eq!(pip_version(""), None);
    }

    #[test]
    fn a_missing_connection_is_named_as_the_reason() {
        let warning = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<HTTPSConnection \
                       object at 0x7ff>: Failed to establish a new connection: [Errno -3] Temporary failure in name \
                       resolution')': /simple/torch/";
        let errors = "ERROR: Could not find a version that satisfies the requirement torch==2.11.0\n\
                      ERROR: No matching distribution found for torch==2.11.0\n";
        assert_eq!(
            reason(&format!("{warning}\n{errors}")).as_deref(),
            Some(
                "no connection to the package index (Failed to establish a new connection: [Errno -3] Temporary \
                 failure in name resolution)"
            )
        );
        let without_warning = reason(errors).unwrap();
        assert_eq!(
            without_warning,
            "No matching distribution found for torch==2.11.0"
        );
        assert_eq!(reason("\n"), None);
    }

    #[test]
    fn a_file_that_is_not_the_pinned_one_is_named_as_the_reason() {
        let complaints = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have \
                          updated the package versions, please update the hashes.\n    Expected sha256 1cb9\n";
        let reason = reason(complaints).unwrap();
        assert!(reason.contains("is not the pinned one"), "{reason}");
    }
}

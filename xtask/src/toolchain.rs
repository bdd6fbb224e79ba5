//! The programs the set-up calls, checked before anything is downloaded.
use crate::problem::{Outcome, Problem};
use std::{
    env,
    ffi::OsString,
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

const OLDEST_PYTHON: (u32, u32) = (3, 8);

// Runs on Python 2 too, which then is told to be too old.
const PRINT_VERSION: &str = "import sys; sys.stdout.write('%d %d' % sys.version_info[:2])";

// Ends pip when the set-up is killed: an orphan would go on writing into folders that are swept.
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
                "`{name}` is no working Python: {remedy}"
            )));
        };
        if (major, minor) < OLDEST_PYTHON {
            return Err(Problem::new(format!(
                "`{name}` is Python {major}.{minor}, too old: {remedy}"
            )));
        }
        let pip = python.script(RUN_PIP).arg("--version").output();
        if !pip.is_ok_and(|pip| pip.status.success()) {
            return Err(Problem::new(format!(
                "`{name}` has no pip: install it (Debian: apt install python3-pip; elsewhere: {name} -m \
                 ensurepip) or set PYTHON to a Python that has it"
            )));
        }
        Ok(python)
    }

    /// `python -c text`, nothing on its standard input.
    pub fn script(&self, text: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["-c", text]).stdin(Stdio::null());
        command
    }

    /// Runs pip with every setting the user made, but for those that contradict a target folder. Its
    /// progress is shown; of its complaints the last error comes back.
    pub fn pip(&self, scratch: &Path, arguments: &[&str]) -> Result<(), String> {
        fs::create_dir_all(scratch).map_err(|error| error.to_string())?;
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
        let complaints = String::from_utf8_lossy(&run.stderr);
        let lines = || complaints.lines().filter(|line| !line.trim().is_empty());
        let line = lines()
            .rfind(|line| line.starts_with("ERROR:"))
            .or_else(|| lines().next_back());
        Err(match line {
            Some(line) => line.trim_start_matches("ERROR:").trim().to_owned(),
            None => format!("pip: {}", run.status),
        })
    }
}

/// `$CXX`, else `c++`: makes the stub library here, and torch-sys needs it anyway.
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

/// The wheels hold Linux x86-64 code.
pub fn check_platform(os: &str, processor: &str) -> Outcome {
    if (os, processor) == ("linux", "x86_64") {
        return Ok(());
    }
    Err(Problem::new(format!(
        "the set-up knows Linux on x86-64 only, this is {os} on {processor}: set LIBTORCH to the folder of a \
         LibTorch 2.11 and MUJOCO_DYNAMIC_LINK_DIR to the folder of MuJoCo 3.3.7's library by hand"
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
}

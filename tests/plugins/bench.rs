//! A folder with a suite and the library, and the program without components.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The verbs with which this program is `spikebench`.
pub const VERBS: [&str; 9] = [
    "check",
    "inspect",
    "list",
    "load-plugins",
    "plan",
    "report",
    "run",
    "worker",
    "--plugin",
];

/// Whether the tests are built for release.
pub fn is_release() -> bool {
    let program = std::env::current_exe().unwrap();
    program
        .ancestors()
        .any(|folder| folder.ends_with("release"))
}

/// The library, which is built when it is first asked for.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let program = std::env::current_exe().unwrap();
        let folder = program.parent().and_then(Path::parent).unwrap();
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "--example", "all_loaded"])
            .args(is_release().then_some("--release"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        folder.join("examples/liball_loaded.so")
    })
}

pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    /// Writes a file that only its owner can write.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    /// Writes the library, changed by `change`.
    pub fn library(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
        let mut bytes = fs::read(library()).unwrap();
        change(&mut bytes);
        self.file(name, bytes)
    }

    /// The program without components.
    pub fn bare(&self, words: &[&str]) -> Command {
        self.command(std::env::current_exe().unwrap(), words)
    }

    /// The `spikebench` command with the built-in components.
    pub fn linked(&self, words: &[&str]) -> Command {
        self.command(env!("CARGO_BIN_EXE_spikebench").into(), words)
    }

    fn command(&self, program: PathBuf, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(words)
            .current_dir(self.path())
            .env("XDG_CONFIG_HOME", self.path())
            .env_remove("RUST_BACKTRACE");
        command
    }
}

/// What a command says when it fails, without the folder and the hashes, which differ from run to run.
pub fn complaint(folder: &Folder, mut command: Command, code: i32) -> String {
    let output = command.output().unwrap();
    let said = plain(folder, &String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

pub fn plain(folder: &Folder, text: &str) -> String {
    text.replace(folder.path().to_str().unwrap(), "FOLDER")
        .trim()
        .to_owned()
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Replaces every occurrence of some bytes by as many others.
pub fn replace(bytes: &mut [u8], old: &str, new: &str) {
    assert_eq!(old.len(), new.len(), "{old} and {new} differ in length");
    let mut count = 0;
    let mut at = 0;
    while let Some(place) = find(&bytes[at..], old.as_bytes()) {
        bytes[at + place..][..new.len()].copy_from_slice(new.as_bytes());
        at += place + new.len();
        count += 1;
    }
    assert!(count > 0, "the library has no {old}");
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = 0;
    while let Some(place) = bytes[at..].iter().position(|&byte| byte == first) {
        at += place;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
    None
}

//! Loading a library that has been checked.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};
use std::backtrace::Backtrace;
use std::ffi::OsString;
use std::panic;
use std::path::PathBuf;
use std::str::FromStr;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::contract::{ENTRY, Enter, Host};
use super::image::Image;
use super::library_file::LibraryFile;
use super::refusal::Refusal;
use crate::api::Registration;

/// The functions of this program that plugins call.
static OWN_FUNCTIONS: Host = Host {
    allocate: |size, align| unsafe { alloc(layout(size, align)) },
    allocate_zeroed: |size, align| unsafe { alloc_zeroed(layout(size, align)) },
    reallocate: |memory, size, align, new| unsafe { realloc(memory, layout(size, align), new) },
    free: |memory, size, align| unsafe { dealloc(memory, layout(size, align)) },
    panic: panic_here,
    is_reference: crate::kernel::is_reference,
};

/// A layout of the other side, from its size and its alignment.
unsafe fn layout(size: usize, align: usize) -> Layout {
    unsafe { Layout::from_size_align_unchecked(size, align) }
}

/// Panics with the message of a plugin. It is told like every other panic, with the place in the plugin.
fn panic_here(message: &str, place: &str) -> ! {
    eprintln!("a plugin panicked at {place}:\n{message}");
    let backtrace = Backtrace::capture();
    if backtrace.status() == std::backtrace::BacktraceStatus::Captured {
        eprintln!("{backtrace}");
    }
    panic::resume_unwind(Box::new(message.to_owned()))
}

/// Stands between a file and the hash that it must have.
const PIN: &str = "=blake3:";

/// A file of plugins as a user names it: a path, perhaps followed by `=blake3:` and the hash that it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// The path.
    pub path: PathBuf,
    /// The hash, as 64 hexadecimal digits.
    pub pin: Option<String>,
}

impl FromStr for PluginFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, pin) = match text.split_once(PIN) {
            Some((path, pin)) => (path, Some(pin)),
            None => (text, None),
        };
        let other = ["=sha256:", "=sha512:", "=md5:"];
        if let Some(other) = other.into_iter().find(|other| text.contains(other)) {
            return Err(format!(
                "\"{other}\" is not a pin; write {PIN} and the hash that `spikebench inspect` shows"
            ));
        }
        let is_hash =
            |pin: &&str| pin.len() == 64 && pin.bytes().all(|byte| byte.is_ascii_hexdigit());
        if let Some(pin) = pin.filter(|pin| !is_hash(pin)) {
            return Err(format!(
                "\"{pin}\" is not a BLAKE3 hash of 64 hexadecimal digits"
            ));
        }
        Ok(Self {
            path: PathBuf::from(path),
            pin: pin.map(str::to_ascii_lowercase),
        })
    }
}

/// A plugin that is loaded, or will be by a child. It is never unloaded: its components, and what they have made, live in it.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// Its file.
    pub file: PathBuf,
    /// The BLAKE3 hash of the file.
    pub hash: String,
    /// Whether nobody asked who could have written the file.
    is_unchecked: bool,
    /// The file in memory that child processes inherit, by its number.
    descriptor: i32,
}

/// Stands between the parts of an argument for a child process.
const SEPARATOR: char = ':';

impl Plugin {
    /// Checks a file and copies it into memory. Nothing of it has run yet.
    pub fn check(file: &PluginFile, is_unchecked: bool) -> Result<Self, Refusal> {
        let library = LibraryFile::read(&file.path, is_unchecked)?;
        library.check_pin(file.pin.as_deref())?;
        library.check_stamp()?;
        let image = Image::of(&library.bytes)?;
        let descriptor = image.number();
        // It stays open as long as this process lives, because children load it too.
        std::mem::forget(image);
        Ok(Self {
            file: library.path,
            hash: library.hash,
            is_unchecked,
            descriptor,
        })
    }

    /// The arguments by which another process loads the same contents from the file.
    pub fn pinned(&self) -> Vec<String> {
        let file = format!("{}{PIN}{}", self.file.display(), self.hash);
        let unchecked = self.is_unchecked.then(|| "--plugin-unchecked".to_owned());
        [Some("--plugin".to_owned()), Some(file), unchecked]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The argument that tells a child process of this plugin: the number of the open file, its hash, and its path.
    pub fn argument(&self) -> OsString {
        let mut argument = OsString::from(format!(
            "{}{SEPARATOR}{}{SEPARATOR}",
            self.descriptor, self.hash
        ));
        argument.push(&self.file);
        argument
    }

    /// Loads the plugin into this process, and gives its components.
    pub fn load(&self) -> Result<&'static [&'static Registration], Refusal> {
        let path = format!("/proc/self/fd/{}", self.descriptor);
        let broken = |error: libloading::Error| {
            let words = error
                .to_string()
                .replace(&path, &self.file.display().to_string());
            Refusal::NotLoaded(words)
        };
        // SAFETY: The library was built from the same public API by the same compiler, so its functions and values are those
        // of this program. What its constructors do is the user's decision, who named the file.
        unsafe {
            let library = Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL).map_err(broken)?;
            let enter = library.get::<Enter>(ENTRY.as_bytes()).map_err(broken)?;
            let registrations = enter(&OWN_FUNCTIONS).registrations;
            std::mem::forget(library);
            Ok(registrations)
        }
    }
}

impl FromStr for Plugin {
    type Err = String;

    fn from_str(argument: &str) -> Result<Self, String> {
        let mut parts = argument.splitn(3, SEPARATOR);
        let mut part = || parts.next().ok_or("only spikebench itself passes this");
        let descriptor = part()?
            .parse()
            .map_err(|_| "not the number of an open file")?;
        Ok(Self {
            descriptor,
            is_unchecked: false,
            hash: part()?.to_owned(),
            file: PathBuf::from(part()?),
        })
    }
}

//! What can be known of a library without loading it.

use std::fs;
use std::path::{Path, PathBuf};

use object::elf::{self, FileHeader64, Machine};
use object::read::elf::{FileHeader, SectionHeader, SectionTable};
use object::{Endianness, FileKind};

use super::contract::{COMPONENT_SECTION, STAMP_SECTION};
use super::refusal::Refusal;
use super::stamp::{Row, Stamp};
use super::trust::check_trust;

/// A file that is to be loaded, read once, so that what is checked is what is loaded.
#[derive(Debug)]
pub struct LibraryFile {
    /// Its canonical path.
    pub path: PathBuf,
    /// Its contents.
    pub bytes: Vec<u8>,
    /// The BLAKE3 hash of its contents, as 64 hexadecimal digits.
    pub hash: String,
}

/// A component of a library, as its section of components lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `surrogate`, `neuron`, …
    pub kind: String,
    /// The name in suites.
    pub name: String,
    /// Its description.
    pub summary: String,
}

type Header = FileHeader64<Endianness>;

impl LibraryFile {
    /// Reads the file, if it may be trusted.
    pub fn read(path: &Path, is_unchecked: bool) -> Result<Self, Refusal> {
        let path = check_trust(path, is_unchecked)?;
        let bytes = fs::read(&path).map_err(|source| Refusal::Unreadable {
            path: path.clone(),
            source,
        })?;
        let hash = blake3::hash(&bytes).to_hex().to_string();
        Ok(Self { path, bytes, hash })
    }

    /// Its stamp.
    pub fn stamp(&self) -> Result<Stamp, Refusal> {
        let section = self.section(STAMP_SECTION)?.ok_or(Refusal::NoStamp)?;
        Stamp::parse(section).ok_or(Refusal::StrangeStamp)
    }

    /// The fields of the program's stamp beside those of the file's.
    pub fn comparison(&self) -> Result<Vec<Row>, Refusal> {
        Ok(Stamp::own().beside(&self.stamp()?))
    }

    /// Fails unless the library was built in the way of this program.
    pub fn check_stamp(&self) -> Result<(), Refusal> {
        let mut rows = self.comparison()?;
        rows.retain(|row| !row.agrees());
        if rows.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Mismatch(rows))
        }
    }

    /// Fails if a hash is given that is not the file's.
    pub fn check_pin(&self, pin: Option<&str>) -> Result<(), Refusal> {
        match pin {
            Some(wanted) if wanted != self.hash => Err(Refusal::OtherContents {
                wanted: wanted.to_owned(),
                found: self.hash.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// The components of the library, sorted by kind and name.
    pub fn components(&self) -> Result<Vec<Listed>, Refusal> {
        let section = self.section(COMPONENT_SECTION)?.unwrap_or_default();
        let text = String::from_utf8_lossy(section);
        let mut all: Vec<Listed> = text
            .split('\0')
            .filter_map(|line| {
                let mut fields = line.splitn(3, '\t').map(|field| field.trim().to_owned());
                Some(Listed {
                    kind: fields.next()?,
                    name: fields.next()?,
                    summary: fields.next()?,
                })
            })
            .collect();
        all.sort_by(|one, other| (&one.kind, &one.name).cmp(&(&other.kind, &other.name)));
        Ok(all)
    }

    fn section(&self, name: &str) -> Result<Option<&[u8]>, Refusal> {
        let bytes = self.bytes.as_slice();
        let (endian, sections) = self.sections()?;
        let Some((_, section)) = sections.section_by_name(endian, name.as_bytes()) else {
            return Ok(None);
        };
        let data = section.data(endian, bytes);
        data.map(Some)
            .map_err(|_| truncated(&format!("its section {name} is not whole")))
    }

    fn sections(&self) -> Result<(Endianness, SectionTable<'_, Header>), Refusal> {
        let bytes = self.bytes.as_slice();
        if bytes.starts_with(b"!<arch>\n") {
            let words = "it is an archive of object files (.a, .rlib); `crate-type = [\"cdylib\"]` makes a library";
            return Err(Refusal::NotLibrary(words.to_owned()));
        }
        match FileKind::parse(bytes) {
            Ok(FileKind::Elf64) => {}
            Ok(FileKind::Elf32) => return Err(other_machine("a machine of 32 bits")),
            Ok(kind) => return Err(other_machine(&format!("another system ({kind:?})"))),
            Err(_) => return Err(Refusal::NotLibrary(first_bytes(bytes))),
        }
        let header = Header::parse(bytes).map_err(|_| truncated("its header is not whole"))?;
        let broken = |_| truncated("its header names a byte order that does not exist");
        let endian = header.endian().map_err(broken)?;
        let machine = header.e_machine(endian);
        let own = own_machine();
        if machine != own {
            return Err(other_machine(machine_name(machine)));
        }
        if header.e_type(endian) != elf::ET_DYN {
            let words = "it is a program or an object file";
            return Err(Refusal::NotLibrary(words.to_owned()));
        }
        let table = header.section_headers(endian, bytes);
        let end = "the table of sections at its end is missing";
        let table = table.map_err(|_| truncated(end))?;
        if table.is_empty() {
            return Err(truncated(end));
        }
        let sections = header.sections(endian, bytes).map_err(|_| truncated(end))?;
        Ok((endian, sections))
    }
}

fn truncated(words: &str) -> Refusal {
    Refusal::Truncated(words.to_owned())
}

fn other_machine(found: &str) -> Refusal {
    Refusal::OtherMachine {
        found: found.to_owned(),
        own: machine_name(own_machine()).to_owned(),
    }
}

/// The number that ELF files of this program's architecture carry.
const fn own_machine() -> Machine {
    if cfg!(target_arch = "aarch64") {
        elf::EM_AARCH64
    } else {
        elf::EM_X86_64
    }
}

fn machine_name(machine: Machine) -> &'static str {
    match machine {
        elf::EM_X86_64 => "x86-64",
        elf::EM_AARCH64 => "AArch64",
        elf::EM_RISCV => "RISC-V",
        elf::EM_PPC64 => "PowerPC",
        elf::EM_S390 => "s390",
        _ => "another architecture",
    }
}

/// How a file begins that is not a library.
fn first_bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "it is empty".to_owned();
    }
    let begin = &bytes[..bytes.len().min(16)];
    match std::str::from_utf8(begin) {
        Ok(text)
            if !text.contains(|character: char| {
                character.is_control() && !character.is_whitespace()
            }) =>
        {
            format!(
                "it is a text that begins with {:?}",
                text.lines().next().unwrap_or_default()
            )
        }
        _ => format!("it begins with the bytes {begin:02x?}"),
    }
}

//! The stamp of a library: everything that must be the same in a host and a plugin for Rust values to cross.
//!
//! Neither the revision of the repository nor the version of the framework is part of it: they change without need, and a
//! plugin that fits would be refused.

use std::fmt;
use std::mem::{align_of, size_of};

use serde_json::{Map, Number, Value};

/// The version of the format of stamps, which is also their first line.
const FORMAT: &str = "spikebench plugin 1";

macro_rules! lines {
    ($($name:literal: $value:expr,)+) => {
        concat!("spikebench plugin 1\n", $($name, "\t", $value, "\n",)+)
    };
}

#[cfg(panic = "unwind")]
macro_rules! panics {
    () => {
        "unwind"
    };
}
#[cfg(not(panic = "unwind"))]
macro_rules! panics {
    () => {
        "abort"
    };
}
#[cfg(debug_assertions)]
macro_rules! assertions {
    () => {
        "on"
    };
}
#[cfg(not(debug_assertions))]
macro_rules! assertions {
    () => {
        "off"
    };
}

/// The part of the stamp that build scripts know.
const TEXT: &str = lines! {
    "public API": env!("SPIKEBENCH_STAMP_API"),
    "Rust compiler": env!("SPIKEBENCH_STAMP_RUSTC"),
    "target": env!("SPIKEBENCH_STAMP_TARGET"),
    "target features": env!("SPIKEBENCH_STAMP_TARGET_FEATURES"),
    "optimisation": env!("SPIKEBENCH_STAMP_OPTIMISATION"),
    "panic": panics!(),
    "debug assertions": assertions!(),
    "LibTorch": env!("SPIKEBENCH_LIBTORCH"),
    "C++ ABI": "cxx11",
    "crates": env!("SPIKEBENCH_STAMP_CRATES"),
};

/// The sizes and alignments of types from other crates whose layout depends on the features that these are built with. Cargo
/// tells nobody the features of a dependency, but a feature that changes no layout does not matter.
const LAYOUTS: [(&str, usize, usize); 6] = [
    layout::<Value>("serde_json::Value"),
    layout::<Map<String, Value>>("serde_json::Map"),
    layout::<Number>("serde_json::Number"),
    layout::<tch::Tensor>("tch::Tensor"),
    layout::<tch::Device>("tch::Device"),
    layout::<crate::api::Streams>("random streams"),
];

const fn layout<T>(name: &'static str) -> (&'static str, usize, usize) {
    (name, size_of::<T>(), align_of::<T>())
}

const LENGTH: usize = TEXT.len() + 2 * LAYOUTS.len();

/// The stamp of this build, as it stands in the section of a library.
pub const OWN_STAMP: [u8; LENGTH] = own();

const fn own() -> [u8; LENGTH] {
    let mut stamp = [0; LENGTH];
    let text = TEXT.as_bytes();
    let mut at = 0;
    while at < text.len() {
        stamp[at] = text[at];
        at += 1;
    }
    let mut number = 0;
    while number < LAYOUTS.len() {
        let (_, size, alignment) = LAYOUTS[number];
        assert!(size < 256 && alignment < 256, "a byte holds each of them");
        stamp[at] = size as u8;
        stamp[at + 1] = alignment as u8;
        at += 2;
        number += 1;
    }
    stamp
}

/// A stamp, field by field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(Vec<(String, String)>);

/// A field of two stamps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the field states.
    pub field: String,
    /// Its value in this program.
    pub host: String,
    /// Its value in the library.
    pub plugin: String,
}

impl Row {
    /// Whether host and plugin agree. Two values that nobody knows do not prove anything.
    pub fn agrees(&self) -> bool {
        self.host == self.plugin && !self.host.ends_with("unknown")
    }
}

impl Stamp {
    /// The stamp of this program.
    pub fn own() -> Self {
        Self::parse(&OWN_STAMP).expect("the program's own stamp")
    }

    /// Reads a stamp; `None` if it is none, or one of another format.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let split = bytes.len().checked_sub(2 * LAYOUTS.len())?;
        let (text, layouts) = bytes.split_at(split);
        let text = std::str::from_utf8(text).ok()?;
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != FORMAT {
            return None;
        }
        let mut fields = Vec::new();
        for line in lines {
            let (name, value) = line.split_once('\t')?;
            if name == "crates" {
                for one in value.split(", ") {
                    let (name, version) = one.split_once(' ')?;
                    fields.push((format!("crate {name}"), version.to_owned()));
                }
            } else {
                fields.push((name.to_owned(), value.to_owned()));
            }
        }
        for ((name, ..), bytes) in LAYOUTS.iter().zip(layouts.chunks(2)) {
            let value = format!("{} bytes, aligned to {}", bytes[0], bytes[1]);
            fields.push(((*name).to_owned(), value));
        }
        Some(Self(fields))
    }

    /// The value of a field; nothing if it is not stated.
    pub fn value(&self, field: &str) -> &str {
        let found = self.0.iter().find(|(name, _)| name == field);
        found.map_or("", |(_, value)| value)
    }

    /// The crates whose types cross, with their versions.
    pub fn crates(&self) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.0.iter();
        fields.filter_map(|(name, version)| Some((name.strip_prefix("crate ")?, version.as_str())))
    }

    /// The fields of this stamp, which is the host's, beside those of a library.
    pub fn beside(&self, plugin: &Self) -> Vec<Row> {
        let value = |stamp: &Self, field: &str| {
            let found = stamp.0.iter().find(|(name, _)| name == field);
            found.map_or_else(|| "not stated".to_owned(), |(_, value)| value.clone())
        };
        let others = plugin
            .0
            .iter()
            .filter(|(name, _)| !self.0.iter().any(|(own, _)| own == name));
        let names = self.0.iter().chain(others).map(|(name, _)| name);
        names
            .map(|field| Row {
                field: field.clone(),
                host: value(self, field),
                plugin: value(plugin, field),
            })
            .collect()
    }
}

/// Rows as a table.
pub struct Table<'a>(pub &'a [Row]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["field", "this program", "the plugin"];
        let rows = self.0.iter();
        let cells: Vec<[&str; 3]> = std::iter::once(heads)
            .chain(rows.map(|row| [row.field.as_str(), row.host.as_str(), row.plugin.as_str()]))
            .collect();
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max();
        let (first, second) = (width(0).unwrap_or(0), width(1).unwrap_or(0));
        for [field, host, plugin] in cells {
            write!(formatter, "\n  {field:first$}  {host:second$}  {plugin}")?;
        }
        Ok(())
    }
}

/// The command that builds a library which agrees in all these rows with this program.
pub fn remedy(rows: &[Row]) -> String {
    let wanted = |field: &str| rows.iter().find(|row| row.field == field && !row.agrees());
    let mut commands = Vec::new();
    for row in rows.iter().filter(|row| !row.agrees()) {
        if let Some(name) = row.field.strip_prefix("crate ") {
            commands.push(format!("cargo update -p {name} --precise {}", row.host));
        }
    }
    let mut build = String::new();
    if let Some(row) = wanted("LibTorch") {
        build.push_str(&format!("LIBTORCH=<folder of LibTorch {}> ", row.host));
    }
    build.push_str("cargo ");
    if let Some(row) = wanted("Rust compiler") {
        let release = row.host.split(' ').next().unwrap_or_default();
        build.push_str(&format!("+{release} "));
    }
    build.push_str("build");
    if Stamp::own().value("debug assertions") == "off" {
        build.push_str(" --release");
    }
    if let Some(row) = wanted("target") {
        build.push_str(&format!(" --target {}", row.host));
    }
    commands.push(build);
    let command = commands.join(" && ");
    let mut words = format!("rebuild it:\n  {command}");
    if wanted("public API").is_some() {
        words.push_str(&format!(
            "\nwith the package spikebench {} from the same sources as this program",
            env!("CARGO_PKG_VERSION")
        ));
    }
    let has_layout = |row: &&Row| row.host.contains("aligned to") && !row.agrees();
    if let Some(row) = rows.iter().find(has_layout) {
        let name = row.field.split("::").next().unwrap_or_default();
        words.push_str(&format!(
            "\nwith the features of {name} that this program has (`cargo tree -e features -i {name}` shows who asks for others)"
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_agrees_with_itself_in_every_field() {
        let rows = Stamp::own().beside(&Stamp::own());
        assert!(rows.iter().all(Row::agrees), "{}", Table(&rows));
        assert!(rows.len() >= 20, "{}", Table(&rows));
    }

    #[test]
    fn two_unknown_versions_do_not_agree() {
        let unknown = || "unknown".to_owned();
        let row = Row {
            field: unknown(),
            host: unknown(),
            plugin: unknown(),
        };
        assert!(!row.agrees());
    }
}

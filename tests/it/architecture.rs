//! The shape of the framework: one direction, and no component by name.

use std::fs;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("framework/src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                // A font and a style sheet are there too.
                let is_code = path.extension().is_some_and(|extension| extension == "rs");
                is_code.then_some(path).into_iter().collect()
            }
        })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The text up to the unit tests, without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .to_owned();
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_module_imports_only_modules_declared_before_it() {
    let lib = fs::read_to_string(source().join("lib.rs")).unwrap();
    let order: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert!(order.len() > 10, "{order:?}");
    let mut wrong = Vec::new();
    for path in files(&source()) {
        let relative = path.strip_prefix(source()).unwrap();
        let module = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = module.trim_end_matches(".rs");
        let Some(place) = order.iter().position(|name| *name == module) else {
            continue;
        };
        let text = code(&path);
        for later in &order[place + 1..] {
            if text.contains(&format!("crate::{later}::"))
                || text.contains(&format!("crate::{{{later}"))
            {
                wrong.push(format!("{} imports {later}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_in_the_framework_names_a_component() {
    use spikebench_plugins as _;
    let registry = spikebench::registry::Registry::linked().unwrap();
    let names: Vec<String> = spikebench::api::Kind::ALL
        .into_iter()
        .flat_map(|kind| registry.of(kind))
        .map(|entry| format!("\"{}\"", entry.name))
        .collect();
    for path in files(&source()) {
        let text = code(&path);
        for name in &names {
            assert!(!text.contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn unsafe_code_is_where_it_is_said_to_be() {
    let allowed = ["kernel", "formula/vectorise.rs"].map(|place| source().join(place));
    for path in files(&source()) {
        let expected = allowed.iter().any(|place| path.starts_with(place));
        let found = code(&path).contains("unsafe {") || code(&path).contains("unsafe fn");
        assert!(expected || !found, "{}", path.display());
    }
}

#[test]
fn every_surrogate_and_neuron_is_held_to_conformance_in_its_file() {
    use spikebench::api::Kind;
    use spikebench_plugins as _;
    let registry = spikebench::registry::Registry::linked().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for kind in [Kind::Surrogate, Kind::Neuron] {
        for entry in registry.of(kind) {
            let text = fs::read_to_string(root.join(entry.origin.1)).unwrap();
            let line = text.split(&format!("conforms!({kind} ")).nth(1);
            let names = line.and_then(|rest| rest.split(')').next()).unwrap_or("");
            let name = format!("\"{}\"", entry.name);
            assert!(names.contains(&name), "{}: {name}", entry.origin.1);
        }
    }
}

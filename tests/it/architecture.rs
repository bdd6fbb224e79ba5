//! The shape of the framework: one direction, and no component by name.

use std::collections::{HashMap, HashSet};
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
    let allowed = ["kernel", "formula/vectorise.rs", "registry/plugin"];
    let allowed = allowed.map(|place| source().join(place));
    for path in files(&source()) {
        let expected = allowed.iter().any(|place| path.starts_with(place));
        let found = code(&path).contains("unsafe {") || code(&path).contains("unsafe fn");
        assert!(expected || !found, "{}", path.display());
    }
}

#[test]
fn every_surrogate_neuron_and_environment_is_held_to_conformance_in_its_file() {
    use spikebench::api::Kind;
    use spikebench_plugins as _;
    let registry = spikebench::registry::Registry::linked().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for kind in [Kind::Surrogate, Kind::Neuron, Kind::Environment] {
        // Pusher-v4 cannot be opened.
        for entry in registry.of(kind).filter(|entry| entry.name != "Pusher-v4") {
            let text = fs::read_to_string(root.join(entry.origin.1)).unwrap();
            let line = text.split(&format!("conforms!({kind} ")).nth(1);
            let names = line.and_then(|rest| rest.split(')').next()).unwrap_or("");
            let name = format!("\"{}\"", entry.name);
            assert!(names.contains(&name), "{}: {name}", entry.origin.1);
        }
    }
}

/// The module path of a file below `framework/src`: `["network", "noise", "coloured"]`.
fn module(path: &Path) -> Vec<String> {
    let relative = path.strip_prefix(source()).unwrap().with_extension("");
    let mut parts: Vec<String> = relative
        .components()
        .map(|part| part.as_os_str().to_str().unwrap().to_owned())
        .collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    parts
}

/// The paths that `use` statements of a text name, braces expanded: `["crate", "api", "Real"]`.
fn used(text: &str) -> Vec<Vec<String>> {
    let statements = text.split('\n').map(str::trim_start);
    let mut open: Option<String> = None;
    let mut all = Vec::new();
    for line in statements {
        let begins = ["use ", "pub use ", "pub(crate) use "];
        let begin = begins.iter().find_map(|begin| line.strip_prefix(begin));
        let statement = match (open.take(), begin) {
            (Some(before), _) => before + line,
            (None, Some(rest)) => rest.to_owned(),
            (None, None) => continue,
        };
        match statement.strip_suffix(';') {
            Some(whole) => expand(whole, &[], &mut all),
            None => open = Some(statement),
        }
    }
    all
}

/// Splits `a::{b, c::{d}}` into its paths.
fn expand(tree: &str, before: &[String], all: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let braces = tree.find('{');
    let head = braces.map_or(tree, |place| &tree[..place]);
    let name = |part: &str| part.split(" as ").next().unwrap().trim().to_owned();
    let parts = head.split("::").map(name).filter(|part| !part.is_empty());
    let path: Vec<String> = before.iter().cloned().chain(parts).collect();
    let Some(place) = braces else {
        all.push(path);
        return;
    };
    let inner = &tree[place + 1..tree.rfind('}').unwrap()];
    let (mut depth, mut start) = (0, 0);
    for (place, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&inner[start..place], &path, all);
                start = place + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        expand(&inner[start..], &path, all);
    }
}

/// Which file each module is, and what each folder's `mod.rs` re-exports from which module.
struct Tree {
    files: HashMap<Vec<String>, PathBuf>,
    exported: HashMap<Vec<String>, Vec<String>>,
}

impl Tree {
    fn read() -> Self {
        let files: HashMap<Vec<String>, PathBuf> = files(&source())
            .into_iter()
            .map(|path| (module(&path), path))
            .collect();
        let mut exported = HashMap::new();
        for (module, path) in &files {
            if !path.ends_with("mod.rs") {
                continue;
            }
            for inner in used(&code(path)) {
                let name = [&module[..], &inner[inner.len() - 1..]].concat();
                exported.insert(name, [&module[..], &inner].concat());
            }
        }
        Self { files, exported }
    }

    /// The file that a path leads to from within `module`; `None` outside the framework.
    fn target(&self, module: &[String], path: &[String]) -> Option<&PathBuf> {
        let mut at: Vec<String> = match path[0].as_str() {
            "crate" => path[1..].to_vec(),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let above = module.len().checked_sub(ups)?;
                [&module[..above], &path[ups..]].concat()
            }
            "self" => [module, &path[1..]].concat(),
            _ => return None,
        };
        // A name that a folder re-exports stands for the file that defines it.
        for _ in 0..3 {
            for length in 1..=at.len() {
                if let Some(defined) = self.exported.get(&at[..length]) {
                    at = [&defined[..], &at[length..]].concat();
                    break;
                }
            }
        }
        (1..=at.len())
            .rev()
            .find_map(|length| self.files.get(&at[..length]))
    }
}

#[test]
fn no_file_imports_a_file_that_imports_it_back_over_however_many_others() {
    let tree = Tree::read();
    let mut imports: HashMap<&PathBuf, Vec<&PathBuf>> = HashMap::new();
    for (module, path) in &tree.files {
        if path.ends_with("mod.rs") || path.ends_with("lib.rs") {
            continue;
        }
        let targets = used(&code(path)).into_iter();
        let targets = targets.filter_map(|used| tree.target(module, &used));
        let own = targets.filter(|target| *target != path && !target.ends_with("mod.rs"));
        imports.insert(path, own.collect());
    }
    let edges: usize = imports.values().map(Vec::len).sum();
    assert!(edges > 300, "only {edges} imports were understood");
    let mut cycles = Vec::new();
    for start in imports.keys() {
        let mut seen = HashSet::new();
        let mut open = imports[start].clone();
        while let Some(file) = open.pop() {
            if file == *start {
                cycles.push(start.strip_prefix(source()).unwrap().display().to_string());
                break;
            }
            if seen.insert(file) {
                open.extend(imports.get(file).into_iter().flatten());
            }
        }
    }
    cycles.sort();
    assert!(cycles.is_empty(), "these files are in cycles: {cycles:#?}");
}

#[test]
fn a_file_has_at_most_400_lines_of_code_besides_its_tests() {
    let mut folders = vec![source()];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    folders.extend(
        ["framework/stats/src", "plugins/src", "xtask/src", "src"].map(|folder| root.join(folder)),
    );
    for path in folders.iter().flat_map(|folder| files(folder)) {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines()
            .count();
        assert!(lines <= 400, "{} has {lines} lines", path.display());
    }
}

#[test]
fn a_folder_is_only_declared_in_its_mod_rs() {
    for path in files(&source()) {
        if path.ends_with("mod.rs") {
            let text = code(&path);
            for logic in ["fn ", "impl ", "struct ", "enum ", "trait "] {
                assert!(!text.contains(logic), "{} has a {logic}", path.display());
            }
        }
    }
}

#[test]
fn the_framework_has_at_most_twelve_rooms() {
    let entries = fs::read_dir(source()).unwrap().count();
    assert!(entries <= 12, "{entries} entries in framework/src");
}

//! `spikebench new`: writes a package with a component of one's own.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::api::Kind;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::list::kind;
use crate::cli::output::show;
use crate::registry::Registry;
use crate::registry::plugin::Stamp;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The name of the package and of its component: lower-case letters, digits and hyphens
    #[arg(value_parser = name)]
    name: String,
    /// The kind of the component: surrogate, neuron, encoder, decoder, actor, agent or environment
    #[arg(long, default_value = "surrogate", value_parser = kind)]
    kind: Kind,
    /// Make a program of its own: the spikebench command with the component linked in
    #[arg(long, conflicts_with = "library")]
    host: bool,
    /// Make a library, which this program loads with --plugin [default]
    #[arg(long)]
    library: bool,
}

/// Neither a module nor a package can have these names: Rust's keywords, and the packages that the new one depends on.
const TAKEN: &str = "\
    abstract as async await become box break const continue core crate do dyn else enum extern false final fn for gen \
    if impl in let loop macro match mod move mut override priv pub ref return self serde spikebench static std struct \
    super tch test trait true try type typeof unsafe unsized use virtual where while yield";

fn name(text: &str) -> Result<String, String> {
    let is_letter = |character: char| character.is_ascii_lowercase();
    let may_follow =
        |character: char| is_letter(character) || character.is_ascii_digit() || character == '-';
    if TAKEN.split(' ').any(|taken| taken == text) {
        return Err("Rust or Cargo has this name for something else".to_owned());
    }
    let is_name = text.starts_with(is_letter) && text.chars().all(may_follow);
    if is_name && !text.ends_with('-') && !text.contains("--") {
        return Ok(text.to_owned());
    }
    Err(
        "a name begins with a lower-case letter; lower-case letters, digits and hyphens follow"
            .to_owned(),
    )
}

/// The name in the templates, in its three forms.
const IN_TEMPLATES: [&str; 3] = ["my-component", "my_component", "MyComponent"];

/// The sources of this program, if it was built here.
fn sources() -> Option<&'static Path> {
    let framework = Path::new(env!("CARGO_MANIFEST_DIR"));
    framework.join("Cargo.toml").exists().then_some(framework)
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let Arguments { name, kind, .. } = arguments;
    if registry.is_known(*kind, name) {
        let message = format!("the {kind} {name} is there already; choose another name");
        return Err(Failure::new(exit::USAGE, message));
    }
    let folder = PathBuf::from(&arguments.name);
    if folder.exists() {
        let message = format!("{} exists already; choose another name", folder.display());
        return Err(Failure::new(exit::IO, message));
    }
    let names = forms(&arguments.name);
    for (path, template) in files(arguments) {
        let mut text = template;
        for (template, name) in IN_TEMPLATES.iter().zip(&names) {
            text = text.replace(template, name);
        }
        let path = folder.join(path.replace(IN_TEMPLATES[1], &names[1]));
        let parent = path.parent().unwrap_or(&folder);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
        written.map_err(|error| {
            Failure::new(
                exit::IO,
                format!("{} cannot be written: {error}", path.display()),
            )
        })?;
    }
    show(&format!(
        "{}/ is ready:\n\n  cd {}\n{}",
        arguments.name,
        arguments.name,
        indented(&steps(arguments))
    ))
}

/// `my-component`, `my_component` and `MyComponent` for this name.
fn forms(name: &str) -> [String; 3] {
    let parts = name.split('-').filter(|part| !part.is_empty());
    let capital = |part: &str| part[..1].to_ascii_uppercase() + &part[1..];
    let camel: String = parts.map(capital).collect();
    [name.to_owned(), name.replace('-', "_"), camel]
}

fn files(arguments: &Arguments) -> Vec<(&'static str, String)> {
    macro_rules! template {
        ($kind:literal) => {
            (
                include_str!(concat!("../../template/", $kind, ".rs")),
                include_str!(concat!("../../template/", $kind, ".yaml")),
            )
        };
    }
    let (component, suite) = match arguments.kind {
        Kind::Surrogate => template!("surrogate"),
        Kind::Neuron => template!("neuron"),
        Kind::Encoder => template!("encoder"),
        Kind::Decoder => template!("decoder"),
        Kind::Actor => template!("actor"),
        Kind::Agent => template!("agent"),
        Kind::Environment => template!("environment"),
    };
    let root = if arguments.host {
        (
            "src/main.rs",
            include_str!("../../template/main.rs").to_owned(),
        )
    } else {
        (
            "src/lib.rs",
            include_str!("../../template/lib.rs").to_owned(),
        )
    };
    let compiler = Stamp::own().value("Rust compiler").to_owned();
    let release = compiler.split(' ').next().unwrap_or_default();
    vec![
        ("Cargo.toml", manifest(arguments)),
        (".cargo/config.toml", configuration()),
        (
            "rust-toolchain.toml",
            format!("[toolchain]\nchannel = \"{release}\"\n"),
        ),
        (".gitignore", "/target\n/results\n".to_owned()),
        (
            "build.rs",
            include_str!("../../template/build.rs").to_owned(),
        ),
        root,
        ("src/my_component.rs", component.to_owned()),
        ("suite.yaml", suite.to_owned()),
        ("README.md", readme(arguments)),
    ]
}

fn manifest(arguments: &Arguments) -> String {
    let source = |package: &str, folder: &str| {
        let path = sources().map(|framework| framework.join(folder));
        match path.and_then(|path| path.canonicalize().ok()) {
            Some(path) => format!(
                "{package} = {{ path = {:?} }}\n",
                path.display().to_string()
            ),
            None => format!("{package} = \"{}\"\n", env!("CARGO_PKG_VERSION")),
        }
    };
    let mut text = "[package]\nname = \"my-component\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n".to_owned();
    if !arguments.host {
        text += "[lib]\ncrate-type = [\"cdylib\"]\n\n";
    }
    text += "[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n";
    text += &source("spikebench", ".");
    if arguments.host {
        text += &source("spikebench-plugins", "../plugins");
        if arguments.kind_needs_tensors() {
            let _ = writeln!(text, "tch = \"={}\"", env!("SPIKEBENCH_TCH"));
        }
    } else {
        text += "\n# What crosses between a library and the program that loads it, in the versions of the program.\n";
        for (name, version) in Stamp::own().crates() {
            let _ = writeln!(
                text,
                "{name} = {{ version = \"={version}\", default-features = false }}"
            );
        }
    }
    text += "\n[build-dependencies]\n";
    text += &source("spikebench-build", "host-build");
    text += "\n# Formulas run in tests as well.\n[profile.dev]\nopt-level = 1\n\n[profile.dev.package.\"*\"]\nopt-level = 3\n";
    text += "\n# No part of another workspace.\n[workspace]\n";
    text
}

impl Arguments {
    fn kind_needs_tensors(&self) -> bool {
        matches!(
            self.kind,
            Kind::Encoder | Kind::Decoder | Kind::Actor | Kind::Agent
        )
    }
}

/// Where the libraries are that this program was built with.
fn configuration() -> String {
    let mut text = "# The libraries of the spikebench that made this package. A variable that is already set wins.\n[env]\n".to_owned();
    for (name, folder) in [
        ("LIBTORCH", env!("SPIKEBENCH_LIBTORCH_FOLDER")),
        ("MUJOCO_DYNAMIC_LINK_DIR", env!("SPIKEBENCH_MUJOCO_FOLDER")),
    ] {
        if !folder.is_empty() {
            let _ = writeln!(text, "{name} = {folder:?}");
        }
    }
    text
}

/// The commands from here to a comparison.
fn steps(arguments: &Arguments) -> String {
    let is_debug = cfg!(debug_assertions);
    let (option, folder) = if is_debug {
        ("", "debug")
    } else {
        (" --release", "release")
    };
    let [_, module, _] = forms(&arguments.name);
    if arguments.host {
        let run = format!("cargo run{option} --");
        return format!("cargo test{option}\n{run} run suite.yaml\n{run} report suite.yaml\n");
    }
    let load = format!("spikebench --plugin target/{folder}/lib{module}.so");
    format!(
        "cargo test{option}\ncargo build{option}\n{load} check\n{load} run suite.yaml\n{load} report suite.yaml\n"
    )
}

fn readme(arguments: &Arguments) -> String {
    format!(
        "# my-component\n\nThe {} is in `src/my_component.rs`. Its test holds it to what Spikebench expects of it, and\n\
         `suite.yaml` compares it:\n\n{}",
        arguments.kind,
        steps(arguments)
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect::<String>()
    )
}

fn indented(lines: &str) -> String {
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

//! `spikebench plot`: draws figures that need no run.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use crate::api::{AnySurrogate, Component, DEFAULT_U_AT_REST, Kind, SurrogateProfile};
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::DiskFolder;
use crate::cli::suite::CellLimit;
use crate::registry::Registry;
use crate::report::SurrogateScale;
use crate::report::bundle::pictures;
use crate::report::figure::shapes::{Shape, figure};
use crate::suite::{Entry, Suite};

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Draw the shapes of surrogates, and of the steps that they are the derivatives of, as SVG and PDF
    Surrogates(Arguments),
}

impl Verb {
    /// Whether it needs no tensor; to read a suite, networks are built.
    pub fn is_plain(&self) -> bool {
        let Self::Surrogates(arguments) = self;
        arguments.suite.is_none()
    }
}

#[derive(Debug, Args)]
pub struct Arguments {
    /// Draw only these, with their default parameters [default: all]
    surrogate: Vec<String>,
    /// Draw those of a suite, with its labels and parameters
    #[arg(long, value_name = "FILE", conflicts_with = "surrogate")]
    suite: Option<PathBuf>,
    #[command(flatten)]
    limit: CellLimit,
    /// How far to draw on both sides of the threshold
    #[arg(long, value_name = "U", default_value_t = REACH, value_parser = reach)]
    reach: f64,
    /// The folder that the files go to
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

/// The default reach, which is wide enough for most surrogates at their defaults.
pub const REACH: f64 = 2.0;

/// The largest reach; beyond it there is nothing to see.
const FURTHEST: f64 = 1e6;

fn reach(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(reach) if reach > 0.0 && reach <= FURTHEST => Ok(reach),
        _ => Err(format!("must be a number above 0, at most {FURTHEST}")),
    }
}

pub fn run(verb: &Verb, registry: &Registry) -> Result<u8, Failure> {
    let Verb::Surrogates(arguments) = verb;
    let entries = match &arguments.suite {
        Some(file) => {
            Suite::read(file, registry, arguments.limit.max_cells)?
                .matrix
                .surrogate
        }
        None => named(&arguments.surrogate, registry)?,
    };
    if entries.is_empty() {
        return Err(Failure::new(exit::BAD_DATA, "this suite has no surrogate"));
    }
    let shapes = shapes(&entries, registry, arguments.reach)?;
    let folder = DiskFolder::create(&arguments.out)?;
    let written = pictures(&[figure(&shapes)], "", &folder);
    folder.finish(written)
}

fn named(names: &[String], registry: &Registry) -> Result<Vec<Entry>, Failure> {
    let names: Vec<String> = if names.is_empty() {
        let all = registry.of(Kind::Surrogate);
        all.map(|entry| entry.name.to_owned()).collect()
    } else {
        names.to_vec()
    };
    let entry = |name: String| {
        let component = registry
            .resolve(Kind::Surrogate, &Component::named(&name))
            .map_err(|error| Failure::new(exit::USAGE, error.to_string()))?;
        Ok(Entry {
            label: name,
            component: component.into(),
            spiking: true,
        })
    };
    names.into_iter().map(entry).collect()
}

/// The scales of the entries of an axis.
pub fn scales(entries: &[Entry], registry: &Registry) -> Result<Vec<SurrogateScale>, Failure> {
    let scale = |entry: &Entry| {
        Ok(SurrogateScale {
            label: entry.label.clone(),
            profile: SurrogateProfile::of(surrogate(entry, registry)?.as_ref(), DEFAULT_U_AT_REST),
        })
    };
    entries.iter().map(scale).collect()
}

/// The shapes of the entries of an axis.
pub fn shapes(entries: &[Entry], registry: &Registry, reach: f64) -> Result<Vec<Shape>, Failure> {
    let shape = |entry: &Entry| {
        let surrogate = surrogate(entry, registry)?;
        Ok(Shape::of(&entry.label, surrogate.as_ref(), reach))
    };
    entries.iter().map(shape).collect()
}

fn surrogate(entry: &Entry, registry: &Registry) -> Result<Arc<dyn AnySurrogate>, Failure> {
    let made = registry.surrogate(&entry.component);
    let (surrogate, _) = made.map_err(|error| Failure::new(exit::BAD_DATA, error.to_string()))?;
    Ok(surrogate)
}

//! A suite that is named by its file or by the folder of its results.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::{option, path_word, quoted};
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::suite::{self, CellLimit, DEFAULT_RESULTS};
use crate::registry::Registry;
use crate::run::record::Store;
use crate::suite::plan::Plan;

/// Where a suite is.
#[derive(Debug)]
pub struct Place {
    /// The suite file.
    pub file: PathBuf,
    /// The folder of its results, if that was named.
    pub folder: Option<PathBuf>,
}

impl Place {
    /// The place that a user has named.
    pub fn of(named: &Path) -> Result<Self, Failure> {
        if !named.is_dir() {
            return Ok(Self {
                file: named.to_owned(),
                folder: None,
            });
        }
        let file = named.join(Store::SUITE);
        if !file.exists() {
            let message = format!(
                "{} has no {}, which spikebench run leaves beside the records; name the suite file instead",
                named.display(),
                Store::SUITE
            );
            return Err(Failure::new(exit::IO, message));
        }
        Ok(Self {
            file,
            folder: Some(named.to_owned()),
        })
    }

    /// The folder with the records; `results`, unless the folder of the suite was named.
    pub fn records<'a>(&'a self, results: &'a Path) -> &'a Path {
        self.folder.as_deref().unwrap_or(results)
    }
}

/// The arguments of every verb that looks at the records of one suite.
#[derive(Debug, Args)]
pub struct RecordedSuite {
    /// The suite file, or the folder of its results
    #[arg(value_name = "SUITE|RESULTS")]
    suite: PathBuf,
    #[command(flatten)]
    limit: CellLimit,
    /// Where the records of a suite file lie
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
}

impl RecordedSuite {
    /// The plan of the suite, and its store, which need not exist yet.
    pub fn read(&self, registry: &Registry) -> Result<(Plan, Store), Failure> {
        let place = Place::of(&self.suite)?;
        let suite = suite::read(
            &place.file,
            registry,
            self.limit,
            place.records(&self.results),
        )?;
        let plan = Plan::of(&suite, registry)?;
        let store = match &place.folder {
            Some(folder) => Store::at(folder)?,
            None => Store::new(&self.results, &suite.name),
        };
        Ok((plan, store))
    }

    /// Another command for the same suite, where its records are.
    pub fn command(&self, verb: &str) -> String {
        let mut words = vec!["spikebench".to_owned(), verb.to_owned()];
        let (mut file, mut results) = (self.suite.clone(), self.results.clone());
        if self.suite.is_dir() {
            file.push(Store::SUITE);
            let parent = self
                .suite
                .parent()
                .filter(|_| self.suite.file_name().is_some());
            results = match parent {
                None => self.suite.join(".."),
                Some(here) if here.as_os_str().is_empty() => PathBuf::from("."),
                Some(parent) => parent.to_owned(),
            };
        }
        words.push(path_word(&file));
        words.extend(self.limit.words());
        if results != Path::new(DEFAULT_RESULTS) {
            words.extend(option("results", path_word(&results)));
        }
        quoted(words.iter().map(String::as_str))
    }
}

//! Which files an export has.

use crate::run::record::Record;

use super::super::folder::{FileError, Folder, put, put_by};
use super::super::sources::Sources;
use super::{marl_eval, parquet, rliable, scores};

/// Writes one part of the exports into a folder, or nothing where the report has no episodes.
pub type Part = fn(&Sources<'_>, &dyn Folder) -> Result<(), FileError>;

/// All parts, those that take the longest first.
pub const PARTS: [Part; 3] = [episodes_for_marl_eval, episodes, of_scores];

fn episodes_for_marl_eval(sources: &Sources<'_>, folder: &dyn Folder) -> Result<(), FileError> {
    let Some((plan, records)) = sources.runs else {
        return Ok(());
    };
    put_by(folder, "exports/marl-eval.json", |writer| {
        marl_eval::write(&plan.suite, &present(records), writer)
    })
}

fn episodes(sources: &Sources<'_>, folder: &dyn Folder) -> Result<(), FileError> {
    let Some((plan, records)) = sources.runs else {
        return Ok(());
    };
    put_by(folder, "exports/evaluations.parquet", |writer| {
        parquet::write(&plan.suite, &present(records), writer)
    })
}

fn of_scores(sources: &Sources<'_>, folder: &dyn Folder) -> Result<(), FileError> {
    put_by(folder, "exports/scores.csv", |writer| {
        scores::write(sources.study, sources.command, writer)
    })?;
    let rliable = rliable::json(sources.study);
    put(folder, "exports/rliable.json", rliable.as_bytes())
}

fn present(records: &[Option<Record>]) -> Vec<&Record> {
    records.iter().flatten().collect()
}

//! The records in the forms that other programs read.

mod marl_eval;
mod parquet;
mod rliable;

use crate::across::Across;
use crate::run::record::Record;
use crate::suite::plan::Plan;

/// A file by its name.
pub type File = (String, Vec<u8>);

/// Every export.
///
/// # Errors
///
/// What the writer of Parquet files says.
pub fn all(
    plan: &Plan,
    records: &[Option<Record>],
    across: &[Across],
) -> Result<Vec<File>, String> {
    let finished: Vec<&Record> = records.iter().flatten().collect();
    Ok(vec![
        ("rliable.json".into(), rliable::json(across).into_bytes()),
        (
            "marl-eval.json".into(),
            marl_eval::json(&plan.suite, &finished).into_bytes(),
        ),
        (
            "evaluations.parquet".into(),
            parquet::file(&plan.suite, &finished).map_err(|error| error.to_string())?,
        ),
    ])
}

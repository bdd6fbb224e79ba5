//! Which files an export has.

use crate::run::record::Record;
use crate::suite::plan::Plan;

use super::super::study::Study;
use super::{marl_eval, parquet, rliable, scores};

/// The name and the content of a file.
pub type File = (String, Vec<u8>);

/// Every export. Those of whole episodes need the records.
///
/// # Errors
///
/// The episodes cannot be encoded as JSON or Parquet.
pub fn all(
    study: &Study,
    runs: Option<(&Plan, &[Option<Record>])>,
    command: &str,
) -> Result<Vec<File>, String> {
    let rliable = rliable::json(study).into_bytes();
    let mut files = vec![
        (
            "scores.csv".into(),
            scores::csv(study, command).into_bytes(),
        ),
        ("rliable.json".into(), rliable),
    ];
    if let Some((plan, records)) = runs {
        let records: Vec<&Record> = records.iter().flatten().collect();
        let marl_eval =
            marl_eval::json(&plan.suite, &records).map_err(|error| error.to_string())?;
        let parquet = parquet::file(&plan.suite, &records).map_err(|error| error.to_string())?;
        files.push(("marl-eval.json".into(), marl_eval));
        files.push(("evaluations.parquet".into(), parquet));
    }
    Ok(files)
}

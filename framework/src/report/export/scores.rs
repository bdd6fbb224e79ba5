//! The scores of every run, as `spikebench compare` and `spikebench design` read them.

use std::io::{self, Write};

use crate::analysis::{Settings, options, quoted};

use super::super::partial;
use super::super::study::Study;

/// Writes the columns `method,task,seed,step,score`, and `context` if there are several; before them the command of the report with
/// the hash of its data, and the command that gives the same numbers from this file. A failed run has one line without a
/// score.
pub fn write(study: &Study, command: &str, writer: &mut dyn Write) -> io::Result<()> {
    let options = options(&of_scores(study.settings()));
    let words = ["spikebench", "compare", "scores.csv"];
    let words = words.into_iter().chain(options.iter().map(String::as_str));
    let mut comments = vec![
        format!("{command} # data {}", study.data_hash),
        quoted(words),
    ];
    comments.extend(partial::note(study));
    let last_step = study.training.map_or(0, |training| training.steps);
    study.table.write_csv(&comments, last_step, writer)
}

/// The same question without the metrics that the file does not hold.
fn of_scores(settings: &Settings) -> Settings {
    let mut asked = settings.clone();
    asked.metrics.retain(|metric| metric.is_of_scores());
    if asked.metrics.is_empty() {
        asked.metrics = Settings::default().metrics;
    }
    asked
}

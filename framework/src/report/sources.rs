//! What the files of a report are made from.

use crate::run::record::Record;
use crate::suite::plan::Plan;

use super::figure::shapes::Shape;
use super::study::Study;

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Every number.
    pub study: &'a Study,
    /// What was planned and the records of its cells, in the same order; `None` for a file of scores.
    pub runs: Option<(&'a Plan, &'a [Option<Record>])>,
    /// The surrogates of the suite; may be none.
    pub shapes: &'a [Shape],
    /// The command that makes the report again.
    pub command: &'a str,
}

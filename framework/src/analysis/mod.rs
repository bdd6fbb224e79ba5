//! From a table of scores to everything that is said about it. Records and CSV files both become a [`ScoreTable`]; one
//! [`Settings`] says what is asked; [`Analysis::of`] answers. Nothing here opens a file but [`read`], and a report
//! computes nothing that is not here.
//!
//! ```text
//! records ─┐
//!          ├→ ScoreTable ─(Settings)→ Analysis { blocks: one table each, across: all tasks of one context }
//! CSV ─────┘
//! ```

mod across;
mod against;
mod aggregate;
mod all_methods;
mod analyse;
mod beyond_limits;
mod block;
mod common_curves;
mod contrast;
mod cost;
mod coverage;
mod curves;
mod design;
mod direction;
mod families;
mod indistinguishable;
mod input_file;
mod learned;
mod learning;
mod measured;
mod method_scores;
mod metric;
mod omnibus;
mod options;
mod out_of_reach;
mod post_hoc;
mod published;
mod published_contrasts;
mod question;
mod random_policy;
mod ranking;
mod reading;
mod reference;
mod run_scores;
mod scale;
mod score_table;
mod settings;
mod signed_ranks;
mod spreadsheet;
mod standing;

#[cfg(test)]
mod degenerate;

pub use across::{Across, LeftOut, TaskLeftOut};
pub use against::{BEFORE, NOW};
pub use aggregate::{Aggregate, MethodAggregate};
pub use all_methods::{Dunnett, OmnibusResult};
pub use analyse::Analysis;
pub use block::{Block, Comparison};
pub use common_curves::CommonCurves;
pub use contrast::Contrast;
pub use cost::{Cost, Reference};
pub use curves::{Curve, Point};
pub use design::{Expected, Goal, Looks, Pilot, PilotError};
pub use direction::Direction;
pub use indistinguishable::groups;
pub use input_file::{open_input_file, read_input_file};
pub use learning::{Learning, MethodLearning};
pub use method_scores::{MethodScores, Scored};
pub use metric::{Metric, USUAL_LAST};
pub use omnibus::Omnibus;
pub use options::{name, option, options, path_word, quoted};
pub use out_of_reach::{OutOfReach, out_of_reach};
pub use post_hoc::{Pair, PostHoc};
pub use published::Published;
pub use published_contrasts::{PublishedContrast, contrasts};
pub use question::{Answer, Effect, Question};
pub use random_policy::RandomPolicy;
pub use ranking::{FriedmanResult, Ranking};
pub use reading::{NamePattern, Reading, Role, SameStep, ScoreError, parse, read};
pub use scale::Scale;
pub use score_table::{ContextAxis, NetworkActivity, Run, ScoreTable};
pub use settings::{Failed, Incomplete, Settings, SettingsError};
pub use signed_ranks::SignedRank;
pub use spreadsheet::{csv_writer, guarded};
pub use standing::Standing;

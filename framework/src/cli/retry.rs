//! `spikebench retry`: the records of cells that did not finish are set aside, so that the next run trains them again.

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::{show, tell};
use crate::cli::place::RecordedSuite;
use crate::registry::Registry;
use crate::run::record::Status;
use crate::run::upkeep::retry;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: RecordedSuite,
    /// Only cells whose identifiers begin with ID; may be given more than once
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Only cells that ended so: diverged, failed, crashed, timed_out, or damaged for records that are not what was written
    /// [default: all of these but damaged]
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = chosen)]
    status: Vec<Chosen>,
}

/// What a record may be chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chosen {
    Status(Status),
    Damaged,
}

/// The ways in which a run can end without finishing.
const UNFINISHED: [Status; 4] = [
    Status::Diverged,
    Status::Failed,
    Status::Crashed,
    Status::TimedOut,
];

const DAMAGED: &str = "damaged";

fn chosen(text: &str) -> Result<Chosen, String> {
    if text == DAMAGED {
        return Ok(Chosen::Damaged);
    }
    let status = UNFINISHED.into_iter().find(|status| status.name() == text);
    let known = UNFINISHED.map(Status::name).join(", ");
    status.map(Chosen::Status).ok_or_else(|| {
        if text == Status::Finished.name() {
            format!("cells that finished are not trained again; known are {known}, {DAMAGED}")
        } else {
            format!("no status is called so; known are {known}, {DAMAGED}")
        }
    })
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let (plan, store) = arguments.suite.read(registry)?;
    let chosen = &arguments.status;
    let is_chosen =
        |status: &Status| chosen.is_empty() || chosen.contains(&Chosen::Status(*status));
    let statuses: Vec<Status> = UNFINISHED.into_iter().filter(is_chosen).collect();
    let with_damaged = chosen.contains(&Chosen::Damaged);
    let retried = retry(&store, &plan, &arguments.only, &statuses, with_damaged)?;
    let mut text = String::new();
    for (id, status) in &retried.cells {
        text.push_str(&format!("{id} ({})\n", status.name()));
    }
    for id in &retried.damaged {
        text.push_str(&format!("{id} ({DAMAGED})\n"));
    }
    let count = retried.cells.len() + retried.damaged.len();
    text.push_str(&match count {
        0 => "no record was set aside: no cell ended so\n".to_owned(),
        1 => "1 record was set aside; this trains its cell again:\n".to_owned(),
        _ => format!("{count} records were set aside; this trains their cells again:\n"),
    });
    if count > 0 {
        text.push_str(&format!("  {}\n", arguments.suite.command("run")));
    }
    show(&text)?;
    for error in &retried.unreadable {
        tell(format_args!("left where it is: {error}"));
    }
    Ok(if retried.unreadable.is_empty() {
        exit::DONE
    } else {
        exit::BAD_DATA
    })
}

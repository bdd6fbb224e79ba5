//! `spikebench clean`: removes what a results folder does not need any more.

use std::path::PathBuf;

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::show;
use crate::cli::verify::counted;
use crate::report::printable::one_line;
use crate::report::status::size;
use crate::run::record::Store;
use crate::run::upkeep::{Removable, clean};

#[derive(Debug, Args)]
pub struct Arguments {
    /// A results folder, or the folder of one suite in it
    results: PathBuf,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Also remove the records that were set aside
    #[arg(long)]
    set_aside: bool,
    /// Also remove the kept checkpoints of finished runs, without which a run with more steps begins anew; they stay while
    /// anybody trains cells of the suite
    #[arg(long)]
    checkpoints: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let removable = Removable {
        set_aside: arguments.set_aside,
        checkpoints: arguments.checkpoints,
    };
    let verb = if arguments.dry_run {
        "would remove"
    } else {
        "removed"
    };
    let (mut count, mut bytes) = (0, 0);
    for store in Store::all_in(&arguments.results)? {
        let cleaned = clean(&store, removable, arguments.dry_run)?;
        for one in cleaned {
            let path = one.path.display().to_string();
            show(&format!(
                "{verb} {}: {}, {}\n",
                one_line(&path),
                one.what,
                size(one.bytes)
            ))?;
            count += 1;
            bytes += one.bytes;
        }
    }
    match count {
        0 => show("nothing to remove\n")?,
        _ => show(&format!(
            "{verb} {}, {bytes} bytes ({})\n",
            counted(count, "item"),
            size(bytes)
        ))?,
    };
    Ok(exit::DONE)
}

//! `spikebench cancel`: stops the workers that `submit` has asked for.

use clap::Args;

use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::output::show;
use crate::cli::place::RecordedSuite;
use crate::registry::Registry;
use crate::run::cluster::{Engine, Slurm, Submission, Task};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: RecordedSuite,
    /// End the workers at once, without a last checkpoint; their cells go on from the one before
    #[arg(long)]
    now: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let (_, store) = arguments.suite.read(registry)?;
    let submissions = Submission::all(&store)?;
    let own = |task: &Task| submissions.iter().any(|of| of.id() == task.submission);
    let tasks: Vec<Task> = Slurm.alive()?.into_iter().filter(own).collect();
    // A worker that stops looks for the mark before it asks to be started again.
    for submission in &submissions {
        submission.mark_cancelled()?;
    }
    Slurm.cancel(&tasks, arguments.now)?;
    let how = match (tasks.is_empty(), arguments.now) {
        (true, _) => "no worker waits or runs\n".to_owned(),
        (false, true) => format!("{} workers were ended\n", tasks.len()),
        (false, false) => format!("{} workers stop with checkpoints\n", tasks.len()),
    };
    show(&how)?;
    Ok(exit::DONE)
}

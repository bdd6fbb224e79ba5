//! The program and its verbs.

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::failure::Failure;
use crate::cli::output::{show, tell};
use crate::cli::plugins::PluginArguments;
use crate::cli::{
    attempt, calibrate, cancel, check, clean, compare, completions, design, evaluate, exit,
    inspect, list, logs, merge, new, pack, plan, plot, report, retry, rollout, run, schema, status,
    submit, verify,
};
use crate::registry::Registry;
use crate::registry::plugin::{LOADED, refuse_to_end};
use crate::run::worker;

/// Benchmark surrogate gradients for spiking networks in deep reinforcement learning
#[derive(Debug, Parser)]
#[command(name = "spikebench", version, after_help = exit::HELP)]
struct Cli {
    #[command(flatten)]
    plugins: PluginArguments,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the known components with their parameters and defaults
    List(list::Arguments),
    /// List the cells of a suite without running anything
    Plan(plan::Arguments),
    /// Run the cells of a suite that have no record yet
    Run(run::Arguments),
    /// Run cells of a suite that nobody else is running, until none is left
    Work(run::WorkArguments),
    /// Show how far the cells of a suite have come: what failed, what is running where, what waits
    Status(status::Arguments),
    /// Ask the engine of a cluster for workers on a suite
    Submit(submit::Arguments),
    /// Stop the workers that `submit` has asked for
    Cancel(cancel::Arguments),
    /// Show what the workers of a suite wrote, or the log of one cell
    Logs(logs::Arguments),
    /// Set the records of cells aside that did not finish, so that the next `run` trains them again
    Retry(retry::Arguments),
    /// Check every record, checkpoint and journal of a results folder, and name what is damaged
    Verify(verify::Arguments),
    /// Remove what a results folder does not need any more
    Clean(clean::Arguments),
    /// Copy the records of other machines or folders into one folder
    Merge(merge::Arguments),
    /// Make one archive of a suite's records
    Pack(pack::Arguments),
    /// Report which entries of a suite did better, by how much and with what certainty
    Report(report::Arguments),
    /// Draw figures that need no run
    #[command(subcommand)]
    Plot(plot::Verb),
    /// Evaluate a trained actor in an environment: returns, firing rates, operations, energy
    Evaluate(evaluate::Arguments),
    /// Simulate how often the tests find a difference where there is none
    #[command(hide = true)]
    Calibrate(calibrate::Arguments),
    /// Compare scores from any source: which method did better, by how much and with what certainty
    Compare(compare::Arguments),
    /// Compute how many runs a comparison needs, from an expected difference or from the scores of a pilot study
    Design(design::Arguments),
    /// Step through one environment and write what it returns as a table and as pictures
    Rollout(rollout::Arguments),
    /// Write a package with a component of one's own, which builds, tests and runs at once
    New(new::Arguments),
    /// Compare a surrogate with others in a few minutes, on the task of the quickstart
    Try(attempt::Arguments),
    /// Hold components to what their kind promises: shapes, gradients, seeds, checkpoints
    Check(check::Arguments),
    /// Print a JSON Schema of suites, by which an editor completes names and parameters and marks what is wrong
    Schema(schema::Arguments),
    /// Print a script by which a shell completes verbs and options
    Completions(completions::Arguments),
    /// Show what a library of plugins was built with and what is in it, without loading it
    Inspect(inspect::Arguments),
    /// Load plugins and do nothing else; this program starts it to see whether they can be loaded
    #[command(hide = true)]
    LoadPlugins,
    /// Train one cell; `run` starts this and sends the cell to standard input
    #[command(hide = true)]
    Worker,
}

/// What a verb needs before it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Neither a component nor a tensor.
    Nothing,
    /// Components, of which nothing is made. Those of plugins may need tensors all the same.
    Components,
    /// Components, and tensors for what is made of them.
    Tensors,
}

impl Verb {
    fn needs(&self) -> Needs {
        match self {
            Self::Verify(_)
            | Self::Completions(_)
            | Self::Inspect(_)
            | Self::New(_)
            | Self::Clean(_)
            | Self::Merge(_)
            | Self::Calibrate(_)
            | Self::Compare(_)
            | Self::Design(_) => Needs::Nothing,
            Self::List(_) => Needs::Components,
            Self::Plot(verb) if verb.is_plain() => Needs::Components,
            _ => Needs::Tensors,
        }
    }
}

impl Cli {
    /// Whether it can run before LibTorch is initialised.
    fn is_early(&self) -> bool {
        match self.verb.needs() {
            Needs::Nothing => true,
            Needs::Components => !self.plugins.are_named(),
            Needs::Tensors => false,
        }
    }
}

/// Runs the program and ends its process; `revision` is the Git revision that it was built from.
pub fn main(revision: &str) -> ! {
    end(match Cli::try_parse() {
        Ok(cli) => catch_unwind(AssertUnwindSafe(|| {
            // A worker's parent sees that it has not told how its cell ended, and records its exit code.
            if !matches!(cli.verb, Verb::Worker) {
                refuse_to_end();
            }
            run(cli, revision)
        }))
        .unwrap_or_else(|_| {
            // The panic has been told where it happened.
            tell("error: this command ended with the panic above; if it is in a component, `spikebench check` may say more");
            exit::RUN_FAILED
        }),
        Err(message) => tell_usage(&message),
    })
}

/// Runs the program and ends its process, unless the command needs a tensor. Arguments that are not valid are
/// left to [`main`].
pub fn answer_early(arguments: Vec<OsString>) {
    match Cli::try_parse_from(arguments) {
        Ok(cli) if cli.is_early() => end(run(cli, "")),
        Err(message) if !message.use_stderr() => end(tell_usage(&message)),
        _ => {}
    }
}

/// Prints what is wrong with the arguments, or the help that they ask for, and gives the exit code.
fn tell_usage(message: &clap::Error) -> u8 {
    // There is nowhere else to say it.
    let _ = message.print();
    u8::try_from(message.exit_code()).unwrap_or(exit::USAGE)
}

/// Ends the process without the destructors of its libraries: LibTorch needs a tenth of a second to take its lists apart.
fn end(code: u8) -> ! {
    // What could not be written was reported when it was.
    let _ = io::stdout().flush();
    signal_hook::low_level::exit(code.into())
}

fn run(cli: Cli, revision: &str) -> u8 {
    let uses_plugins = cli.verb.needs() != Needs::Nothing;
    let is_child = matches!(cli.verb, Verb::Worker | Verb::LoadPlugins);
    let linked = Registry::linked().map_err(|error| Failure::new(exit::BAD_DATA, error));
    let result = linked
        .and_then(|mut registry| {
            if uses_plugins {
                cli.plugins.load(&mut registry, is_child)?;
            }
            Ok(registry)
        })
        .and_then(|registry| match cli.verb {
            Verb::List(arguments) => list::run(&arguments, &registry),
            Verb::Plan(arguments) => plan::run(&arguments, &registry),
            Verb::Run(arguments) => run::run(&arguments, &registry, revision),
            Verb::Work(arguments) => run::work(&arguments, &registry, revision),
            Verb::Status(arguments) => status::run(&arguments, &registry),
            Verb::Submit(arguments) => submit::run(&arguments, &registry),
            Verb::Cancel(arguments) => cancel::run(&arguments, &registry),
            Verb::Logs(arguments) => logs::run(&arguments, &registry),
            Verb::Retry(arguments) => retry::run(&arguments, &registry),
            Verb::Verify(arguments) => verify::run(&arguments),
            Verb::Clean(arguments) => clean::run(&arguments),
            Verb::Merge(arguments) => merge::run(&arguments),
            Verb::Pack(arguments) => pack::run(&arguments, &registry),
            Verb::Report(arguments) => report::run(&arguments, &registry),
            Verb::Plot(verb) => plot::run(&verb, &registry),
            Verb::Evaluate(arguments) => evaluate::run(&arguments, &registry),
            Verb::Calibrate(arguments) => calibrate::run(&arguments),
            Verb::Compare(arguments) => compare::run(&arguments),
            Verb::Design(arguments) => design::run(&arguments),
            Verb::Rollout(arguments) => rollout::run(&arguments, &registry),
            Verb::Try(arguments) => attempt::run(&arguments, &registry),
            Verb::Check(arguments) => check::run(&arguments, &registry),
            Verb::New(arguments) => new::run(&arguments, &registry),
            Verb::Schema(arguments) => schema::run(&arguments, &registry),
            Verb::Completions(arguments) => completions::run(&arguments, Cli::command()),
            Verb::Inspect(arguments) => inspect::run(&arguments),
            Verb::LoadPlugins => show(&format!("{LOADED}\n")),
            Verb::Worker => Ok(worker::serve(&registry)),
        });
    match result {
        Ok(code) => code,
        Err(Failure { code, message }) => {
            tell(format_args!("error: {message}"));
            code
        }
    }
}

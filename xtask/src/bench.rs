//! `cargo xtask bench`: measures our program and its peers in alternation, on the same core.
mod build;
mod commands;
mod cores;
mod growth;
mod program;
mod python;
mod side;
mod statistics;
mod table;
mod two;
mod workloads;

use crate::{
    deps::Deps,
    problem::{About, Outcome, Problem},
    say, setup,
};
use program::Program;
use python::Packages;
use side::Side;
use statistics::Times;
use std::{
    ffi::OsStr,
    fs,
    io::{Write, stdout},
    path::{Path, PathBuf},
    process::Command,
};
use table::{Row, Unit};
use two::Two;
use workloads::{Does, Peer, Workload};

/// The workloads that are measured together and reported in one file.
struct Family {
    /// The base name of its files in `results/bench`.
    name: &'static str,
    command: &'static str,
    workloads: &'static [Workload],
    packages: &'static Packages,
    rounds: usize,
    /// Whether each round is preceded by an uncounted one.
    warm: bool,
    /// The explanation below the table.
    legend: &'static str,
}

const JAX_SCRIPT: &str = "jax_peer.py";

/// Learning and simulation.
const LEARNING: Family = Family {
    name: "bench",
    command: "bench",
    workloads: &workloads::LEARNING,
    packages: &python::LEARNERS,
    rounds: 7,
    warm: true,
    legend: table::LEARNING,
};

/// The comparison of scores, which takes the peers minutes.
const STATISTICS: Family = Family {
    name: "stats",
    command: "bench stats",
    workloads: &workloads::STATISTICS,
    packages: &python::STATISTICIANS,
    rounds: 3,
    warm: false,
    legend: table::STATISTICS,
};

/// Runs the workloads that `--only` names, or all of a family: statistics after `stats`, else learning.
pub fn bench(root: &Path, words: &[&str]) -> Outcome<u8> {
    let (family, words) = match words {
        ["growth", axes @ ..] => return growth::growth(root, axes),
        ["commands"] => return commands::commands(&Bench::of(&LEARNING, root)?, root),
        ["check"] => return Bench::of(&LEARNING, root)?.check(),
        ["stats", rest @ ..] => (&STATISTICS, rest),
        words => (&LEARNING, words),
    };
    let wanted = Wanted::of(family, words)?;
    let bench = Bench::of(family, root)?;
    let workloads = family
        .workloads
        .iter()
        .filter(|workload| wanted.takes(workload.name));
    let versions = python::versions(family.packages, root)?;
    let folder = root.join("results/bench");
    let mut rows: Vec<Row> = Vec::new();
    for workload in workloads {
        rows.extend(bench.rows(workload));
        let json = table::json(&rows);
        if let Some(path) = &wanted.json {
            fs::write(path, &json).about("write", path)?;
        }
        // The whole takes long, and is worth something if it is interrupted.
        if wanted.only.is_empty() {
            fs::create_dir_all(&folder).about("make the folder", &folder)?;
            let report = table::report(family, &table::markdown(&rows), &versions);
            for (ending, text) in [("json", &json), ("md", &report)] {
                let path = folder.join(family.name).with_extension(ending);
                fs::write(&path, text).about("write", &path)?;
            }
        }
    }
    // A closed standard output is no reason not to write the files.
    let _ = write!(stdout(), "{}", table::markdown(&rows));
    Ok(u8::from(rows.iter().any(|row| row.outcome.is_err())))
}

/// What the user asked for.
struct Wanted {
    only: Vec<String>,
    json: Option<PathBuf>,
}

impl Wanted {
    fn of(family: &Family, words: &[&str]) -> Outcome<Self> {
        let (mut only, mut json) = (Vec::new(), None);
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let value = words.next();
            match (word, value) {
                ("--only", Some(&workload))
                    if family.workloads.iter().any(|known| known.name == workload) =>
                {
                    only.push(workload.to_owned());
                }
                ("--only", _) => {
                    let known: Vec<&str> = family
                        .workloads
                        .iter()
                        .map(|workload| workload.name)
                        .collect();
                    let line = format!("--only needs the name of a workload: {}", known.join(", "));
                    return Err(Problem::new(line));
                }
                ("--json", Some(file)) => json = Some(PathBuf::from(file)),
                _ => {
                    let line = format!(
                        "bench does not take `{word}`, or its value is missing: it takes stats, growth, commands, check, --only WORK and --json FILE"
                    );
                    return Err(Problem::new(line));
                }
            }
        }
        Ok(Self { only, json })
    }

    fn takes(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == workload)
    }
}

/// The family to measure, and the programs that do it.
struct Bench {
    family: &'static Family,
    scripts: PathBuf,
    python: PathBuf,
    ours: PathBuf,
}

impl Bench {
    fn of(family: &'static Family, root: &Path) -> Outcome<Self> {
        setup::setup(root, false)?;
        Ok(Self {
            family,
            scripts: root.join("tests/peers"),
            python: python::ensure(family.packages, &Deps::of(root), root)?,
            ours: build::ours(root, build::WORKS)?,
        })
    }

    /// Runs a script of `tests/peers` to its end, and returns its exit status.
    fn run(&self, script: &str, words: &[&OsStr]) -> Outcome<u8> {
        let mut command = Command::new(&self.python);
        command.arg(self.scripts.join(script)).args(words);
        let status = command
            .status()
            .map_err(|error| Problem::new(format!("cannot run {script}: {error}")))?;
        Ok(u8::from(!status.success()))
    }

    /// Checks that ours and the peers compute the same.
    fn check(&self) -> Outcome<u8> {
        let of_peers = self.run("check.py", &[])?;
        let of_ours = self.run("check_ours.py", &[self.ours.as_os_str()])?;
        Ok(of_peers.max(of_ours))
    }

    fn rows(&self, workload: &'static Workload) -> Vec<Row> {
        say::line(&format!("bench: {}", workload.name));
        let row = |peer: &Peer, outcome| Row {
            workload: workload.name,
            peer: peer.name,
            unit: Unit::Time,
            goal: workload.goal.filter(|_| peer.rival),
            outcome,
        };
        if let [peer] = workload.peers
            && let Does::Alone(alone) = peer.does
        {
            return match workload.goal {
                None => vec![row(peer, self.two(alone, workload.unit))],
                Some(goal) => self.two_jobs_of_two_cores(workload, peer, goal),
            };
        }
        let mut ours = self.start_ours(workload.name, workload.unit);
        let mut peers: Vec<_> = workload
            .peers
            .iter()
            .map(|peer| self.start_peer(peer, workload))
            .collect();
        for _ in 0..self.family.rounds {
            for side in [&mut ours].into_iter().chain(&mut peers) {
                side.round(self.family.warm);
            }
        }
        let paired = workload.peers.iter().zip(peers);
        paired
            .map(|(peer, side)| row(peer, ours.against(side)))
            .collect()
    }

    fn start_ours(&self, workload: &str, unit: u64) -> Side {
        Side::of(
            Program::start(&[self.ours.as_os_str(), workload.as_ref()], 0),
            unit,
        )
    }

    fn start_peer(&self, peer: &Peer, workload: &Workload) -> Side {
        match peer.does {
            Does::Script(file) => {
                let script = self.scripts.join(file);
                let words = [
                    self.python.as_os_str(),
                    script.as_os_str(),
                    workload.name.as_ref(),
                ];
                Side::of(Program::start(&words, 0), workload.unit)
            }
            Does::Ours(other) | Does::Alone(other) => self.start_ours(other, workload.unit),
        }
    }

    /// The time of an iteration when two copies share the iterations, each on its own core, and when one runs alone.
    fn two(&self, workload: &str, unit: u64) -> Result<(Times, Times), String> {
        let mut two = Two::start(&self.ours, workload, unit)?;
        (0..self.family.rounds).try_for_each(|_| two.round())?;
        Ok((two.together, two.alone))
    }

    /// Two jobs beside what two cores give at that moment: their rounds take turns, so that a busy host slows both.
    fn two_jobs_of_two_cores(&self, jobs: &'static Workload, peer: &Peer, goal: f64) -> Vec<Row> {
        let Does::Alone(training) = peer.does else {
            unreachable!("two jobs are compared with one")
        };
        let measured = || {
            let mut of_jobs = Two::start(&self.ours, training, jobs.unit)?;
            let mut of_cores = Two::start(&self.ours, workloads::PRODUCTS, 1)?;
            for _ in 0..self.family.rounds {
                of_jobs.round()?;
                of_cores.round()?;
            }
            let shares = (of_jobs.share(), of_cores.share());
            Ok(((of_jobs.together, of_jobs.alone), shares))
        };
        let (times, shares) = match measured() {
            Ok((times, shares)) => (Ok(times), Ok(shares)),
            Err(reason) => (Err(String::clone(&reason)), Err(reason)),
        };
        let time = Row {
            workload: jobs.name,
            peer: peer.name,
            unit: Unit::Time,
            goal: None,
            outcome: times,
        };
        let share = Row {
            workload: workloads::TWO_JOBS_OF_TWO_CORES,
            peer: "two_cores",
            unit: Unit::Share,
            goal: Some(goal),
            outcome: shares,
        };
        vec![time, share]
    }
}

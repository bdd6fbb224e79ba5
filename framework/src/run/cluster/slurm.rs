//! Slurm, by its command line programs.
//!
//! One array holds all workers of a submission. Its tasks carry the submission's identifier in their comment. `squeue` is asked
//! once for all of them, in a format of its own: its JSON differs between versions, and `sacct` needs a database that many
//! clusters do not have.

use std::env;
use std::path::Path;
use std::process::Command;

use shlex::try_quote;

use super::engine::{Engine, EngineError, Task, TaskState};
use super::submission::Submission;
use crate::run::record::Store;

/// The engine.
#[derive(Debug, Clone, Copy)]
pub struct Slurm;

/// What the comment of a job begins with, before the submission's identifier.
const COMMENT: &str = "spikebench:";
/// How long before the end of its time a worker is told, unless a quarter of the time is less.
const WARNING_SECONDS: u64 = 120;

impl Slurm {
    /// Its name.
    pub const NAME: &str = "slurm";

    /// The name of the task that this process is, if it is one.
    pub fn own_task() -> Option<String> {
        let of = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        match (of("SLURM_ARRAY_JOB_ID"), of("SLURM_ARRAY_TASK_ID")) {
            (Some(job), Some(task)) => Some(format!("{job}_{task}")),
            _ => of("SLURM_JOB_ID"),
        }
    }

    /// The end of this process's job in seconds since 1970, where Slurm tells it.
    pub fn own_end() -> Option<i64> {
        env::var("SLURM_JOB_END_TIME").ok()?.parse().ok()
    }

    /// Asks for a task to be started again once it has ended.
    ///
    /// # Errors
    /// If Slurm refuses.
    pub fn requeue(task: &str) -> Result<(), EngineError> {
        run("scontrol", &["requeue".to_owned(), task.to_owned()]).map(drop)
    }

    /// The largest number of tasks in an array.
    fn largest_array() -> Option<u32> {
        let config = run("scontrol", &["show".to_owned(), "config".to_owned()]).ok()?;
        let line = config
            .lines()
            .find(|line| line.trim_start().starts_with("MaxArraySize"))?;
        line.split('=').nth(1)?.trim().parse().ok()
    }
}

impl Engine for Slurm {
    fn script(&self, submission: &Submission) -> String {
        let state = &submission.state;
        let mut script = format!(
            "#!/bin/bash\n# Written by spikebench submit for one worker of the submission {}.\n",
            submission.id()
        );
        for line in &state.request.setup {
            script.push_str(line);
            script.push('\n');
        }
        // Slurm signals the shell of a script alone, so the worker takes its place.
        script.push_str("exec");
        let suite = submission.folder().join(Store::SUITE);
        let suite = suite.display().to_string();
        let folder = submission.folder().display().to_string();
        let own = ["--submission", &folder, &suite];
        for word in state.worker.iter().map(String::as_str).chain(own) {
            script.push(' ');
            // A path has no null bytes, the only ones that cannot be quoted.
            script.push_str(&try_quote(word).unwrap_or_default());
        }
        script.push('\n');
        script
    }

    fn command(&self, submission: &Submission, script: &Path) -> Vec<String> {
        let (state, request) = (&submission.state, &submission.state.request);
        let mut words = vec!["sbatch".to_owned(), "--parsable".to_owned()];
        let mut option = |name: &str, value: String| words.push(format!("--{name}={value}"));
        option("job-name", format!("spikebench-{}", state.suite));
        option("comment", format!("{COMMENT}{}", submission.id()));
        let last = request.workers.saturating_sub(1);
        option(
            "array",
            match request.throttle {
                Some(most) => format!("0-{last}%{most}"),
                None => format!("0-{last}"),
            },
        );
        option("cpus-per-task", request.cores.to_string());
        // A percent sign begins a pattern in the name of an output.
        let logs = submission.logs().display().to_string().replace('%', "%%");
        option("output", format!("{logs}/%a.log"));
        option("open-mode", "append".to_owned());
        let seconds = request.time.map(|time| time.0.as_secs());
        let warning = seconds.map_or(WARNING_SECONDS, |all| WARNING_SECONDS.min(all / 4));
        option("signal", format!("B:USR1@{warning}"));
        if let Some(time) = request.time {
            option("time", time.to_string());
        }
        if let Some(partition) = &request.partition {
            option("partition", partition.clone());
        }
        if let Some(account) = &request.account {
            option("account", account.clone());
        }
        if request.gpus > 0 {
            option("gres", format!("gpu:{}", request.gpus));
        }
        words.push("--requeue".to_owned());
        words.extend(request.arguments.iter().cloned());
        words.push(script.display().to_string());
        words
    }

    fn submit(&self, submission: &Submission, script: &Path) -> Result<String, EngineError> {
        let workers = submission.state.request.workers;
        if let Some(most) = Self::largest_array().filter(|&most| workers > most) {
            return Err(EngineError::TooMany { workers, most });
        }
        let words = self.command(submission, script);
        let answer = run(&words[0], &words[1..])?;
        // On a federation the name of the cluster follows.
        let job = answer.trim().split(';').next().unwrap_or_default();
        Ok(job.to_owned())
    }

    fn alive(&self) -> Result<Vec<Task>, EngineError> {
        let format = "%F|%K|%T|%N|%r|%k";
        let words = ["--me", "--noheader", "--array", "--format", format].map(str::to_owned);
        let lines = run("squeue", &words)?;
        Ok(lines.lines().filter_map(task).collect())
    }

    fn cancel(&self, tasks: &[Task], now: bool) -> Result<(), EngineError> {
        let names = |running: bool| {
            let of = tasks
                .iter()
                .filter(move |task| matches!(task.state, TaskState::Running { .. }) == running);
            of.map(|task| task.name.clone()).collect::<Vec<_>>()
        };
        let (waiting, running) = (names(false), names(true));
        if !waiting.is_empty() {
            run("scancel", &waiting)?;
        }
        if !running.is_empty() {
            let signal = ["--signal=USR1", "--batch"].map(str::to_owned);
            let signal = if now { &[][..] } else { &signal[..] };
            run("scancel", &[signal, &running].concat())?;
        }
        Ok(())
    }
}

/// A line of `squeue`, if it is a task of ours.
fn task(line: &str) -> Option<Task> {
    let parts: Vec<&str> = line.splitn(6, '|').collect();
    let [job, index, state, node, reason, comment] = parts[..] else {
        return None;
    };
    let submission = comment.strip_prefix(COMMENT)?;
    let name = match index {
        "N/A" => job.to_owned(),
        index => format!("{job}_{index}"),
    };
    let state = match state {
        "PENDING" | "REQUEUED" | "REQUEUE_HOLD" | "REQUEUE_FED" | "SPECIAL_EXIT" => {
            TaskState::Pending {
                reason: reason.to_owned(),
            }
        }
        // They are shown for some minutes after their end.
        "COMPLETED" | "FAILED" | "CANCELLED" | "TIMEOUT" | "NODE_FAIL" | "BOOT_FAIL"
        | "DEADLINE" | "OUT_OF_MEMORY" | "PREEMPTED" | "REVOKED" => return None,
        _ => TaskState::Running {
            node: node.to_owned(),
        },
    };
    Some(Task {
        submission: submission.to_owned(),
        name,
        state,
    })
}

/// Runs a program and returns its output.
fn run(program: &str, words: &[String]) -> Result<String, EngineError> {
    let program = program.to_owned();
    let output = match Command::new(&program).args(words).output() {
        Ok(output) => output,
        Err(source) => return Err(EngineError::Absent { program, source }),
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        let message = match lines.join("; ") {
            nothing if nothing.is_empty() => output.status.to_string(),
            message => message,
        };
        return Err(EngineError::Refused { program, message });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::request::Request;
    use super::*;

    #[test]
    fn nothing_of_a_suite_or_a_path_reaches_the_shell_unquoted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("my $(touch results) 100%");
        fs::create_dir(&root).unwrap();
        let suite = root.join("s.yaml");
        fs::write(&suite, "name: s").unwrap();
        let store = Store::new(&root, "s");
        let request = Request {
            workers: 4,
            cores: 2,
            gpus: 1,
            time: Some("00:01:00".parse().unwrap()),
            throttle: Some(2),
            partition: Some("long; rm".to_owned()),
            arguments: vec!["--qos=a b".to_owned()],
            setup: vec!["module load cuda".to_owned()],
            ..Request::default()
        };
        let worker = vec!["/bin/it's".to_owned(), "work".to_owned()];
        let made = Submission::create(&store, ("s", &suite), "slurm", worker, request).unwrap();
        let script = Slurm.script(&made);
        let lines: Vec<&str> = script.lines().collect();
        assert_eq!(lines[0], "#!/bin/bash");
        assert_eq!(lines[2], "module load cuda");
        let words = shlex::split(lines[3]).unwrap();
        let here = made.folder().display().to_string();
        assert_eq!(
            words,
            [
                "exec",
                "/bin/it's",
                "work",
                "--submission",
                &here,
                &format!("{here}/suite.yaml")
            ]
        );
        let command = Slurm.command(&made, Path::new("job.sh"));
        assert!(command.contains(&"--array=0-3%2".to_owned()), "{command:?}");
        assert!(
            command.contains(&"--signal=B:USR1@15".to_owned()),
            "{command:?}"
        );
        assert!(
            command.contains(&"--partition=long; rm".to_owned()),
            "{command:?}"
        );
        let output = command
            .iter()
            .find(|word| word.starts_with("--output="))
            .unwrap();
        assert!(output.contains(" 100%%/s/submissions/") && output.ends_with("/logs/%a.log"));
        assert_eq!(command[command.len() - 2..], ["--qos=a b", "job.sh"]);
    }

    #[test]
    fn lines_of_the_queue_are_read_whatever_other_jobs_there_are() {
        let pending = task("17|3|PENDING||Priority|spikebench:ab").unwrap();
        assert_eq!(
            (pending.name.as_str(), pending.submission.as_str()),
            ("17_3", "ab")
        );
        let reason = "Priority".to_owned();
        assert_eq!(pending.state, TaskState::Pending { reason });
        let running = task("17|0|COMPLETING|n1|None|spikebench:ab").unwrap();
        assert_eq!(
            running.state,
            TaskState::Running {
                node: "n1".to_owned()
            }
        );
        for other in [
            "",
            "17|3|PENDING||Priority|(null)",
            "9|N/A|RUNNING|n1|None|a|b",
            "17|0|FAILED|n1|None|spikebench:ab",
        ] {
            assert_eq!(task(other), None, "{other}");
        }
    }
}

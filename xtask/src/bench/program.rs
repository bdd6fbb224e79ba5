//! A program under measurement. `tests/peers/protocol.py` describes the protocol.
use std::{
    collections::VecDeque,
    ffi::OsStr,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread::{self, JoinHandle},
};

/// How many of its last lines on standard error are shown when it fails.
const LINES: usize = 5;

/// One thread for every library that has threads, and XLA's vectors as wide as the processor's.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("OMP_NUM_THREADS", "1"),
    ("MKL_NUM_THREADS", "1"),
    (
        "XLA_FLAGS",
        "--xla_cpu_multi_thread_eigen=false --xla_cpu_prefer_vector_width=512",
    ),
];

/// The child process. It ends when this value is dropped; if this process is killed, the end of its input ends
/// it.
pub struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    complaints: Option<JoinHandle<VecDeque<String>>>,
}

impl Program {
    /// Starts the program on one core and waits until it is ready.
    pub fn start(words: &[&OsStr], core: usize) -> Result<Self, String> {
        let mut child = Command::new("taskset")
            .args(["-c", &core.to_string()])
            .args(words)
            .envs(ENVIRONMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run taskset (of util-linux): {error}"))?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three are pipes")
        };
        let mut program = Self {
            child,
            input,
            output: BufReader::new(output),
            complaints: Some(thread::spawn(move || last_lines(BufReader::new(errors)))),
        };
        match program.line()?.as_str() {
            "ready" => Ok(program),
            other => Err(format!("it answered `{other}` instead of `ready`")),
        }
    }

    /// Runs `count` iterations and returns their nanoseconds.
    pub fn ask(&mut self, count: u64) -> Result<u64, String> {
        self.send(count)?;
        self.receive()
    }

    /// Starts `count` iterations.
    pub fn send(&mut self, count: u64) -> Result<(), String> {
        match writeln!(self.input, "{count}").and_then(|()| self.input.flush()) {
            Ok(()) => Ok(()),
            Err(_) => Err(self.reason()),
        }
    }

    /// Waits for the iterations and returns their nanoseconds.
    pub fn receive(&mut self) -> Result<u64, String> {
        let line = self.line()?;
        line.parse()
            .map_err(|_| format!("it answered `{line}` instead of a number"))
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(1..) => Ok(line.trim().to_owned()),
            _ => Err(self.reason()),
        }
    }

    /// Ends the program and says why it failed.
    fn reason(&mut self) -> String {
        let _ = self.child.kill();
        let status = self.child.wait();
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let complaints = self.complaints.take().and_then(|reader| reader.join().ok());
        let said = Vec::from(complaints.unwrap_or_default()).join("\n");
        format!("{status}\n{said}").trim().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn last_lines(errors: impl BufRead) -> VecDeque<String> {
    let mut kept = VecDeque::new();
    for line in errors.lines().map_while(Result::ok) {
        if kept.len() == LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Program, String> {
        Program::start(&["sh", "-c", script].map(OsStr::new), 0)
    }

    #[test]
    fn a_program_answers_every_request() {
        let mut program = shell("echo ready; while read n; do echo $((n * 2)); done").unwrap();
        assert_eq!(program.ask(3), Ok(6));
        assert_eq!(program.ask(4), Ok(8));
    }

    #[test]
    fn a_program_that_fails_gives_its_reason() {
        let reason = shell("echo chatter >&2; echo no torch >&2; exit 3")
            .err()
            .unwrap();
        assert!(reason.contains("3\nchatter\nno torch"), "{reason}");
        let mut program = shell("echo ready; read n; echo broken >&2; exit 4").unwrap();
        let reason = program.ask(1).unwrap_err();
        assert!(reason.contains("broken"), "{reason}");
    }
}

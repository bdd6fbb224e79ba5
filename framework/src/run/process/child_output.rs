//! What a supervisor hears from a child process: its messages, its log, and what its end means.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::run::process::memory_watch::MemoryWatch;
use crate::run::process::message::Message;
use crate::run::record::{Outcome, Status};

/// The messages of a child, and its log once it has ended.
pub type Pipes = (Receiver<Message>, thread::JoinHandle<String>);

/// Listens to the messages and the standard error of a child.
pub fn listen(child: &mut Child) -> io::Result<Pipes> {
    let missing = || io::Error::other("the child process has no pipes");
    let messages = receive(child.stdout.take().ok_or_else(missing)?);
    let log = collect_log(child.stderr.take().ok_or_else(missing)?);
    Ok((messages, log))
}

/// The outcome of a child that ended without reporting one: its exit status and the last line that it wrote.
pub fn crashed(status: ExitStatus, log: &str, memory: Option<&MemoryWatch>) -> Outcome {
    let how = match status.signal() {
        Some(signal) => format!("killed by signal {signal}"),
        None => format!("ended with {status}"),
    };
    const KILL: i32 = 9;
    let memory = memory
        .filter(|_| status.signal() == Some(KILL))
        .map(MemoryWatch::in_words);
    let memory = memory.unwrap_or_default();
    Outcome::because(Status::Crashed, format!("{how}{memory}{}", last_words(log)))
}

/// The last line of a log that says something, to be put at the end of a sentence.
pub fn last_words(log: &str) -> String {
    // A backtrace, and the advice on how to get one, follow the message of a panic but do not explain it.
    let is_message = |line: &&str| {
        let introductions = ["note: ", "stack backtrace:"];
        let is_frame = line.starts_with(char::is_whitespace);
        !(line.is_empty() || is_frame || introductions.iter().any(|words| line.starts_with(words)))
    };
    let last = log.lines().rev().find(is_message);
    last.map_or_else(String::new, |line| {
        format!("; its last words: {}", line.trim())
    })
}

/// The messages in the output of a child.
fn receive(output: impl Read + Send + 'static) -> Receiver<Message> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            // What was printed before the child took its channel over is not a message.
            if let Ok(message) = serde_json::from_slice(&line)
                && sender.send(message).is_err()
            {
                break;
            }
            line.clear();
        }
    });
    receiver
}

/// Collects the last lines of a child's standard error.
fn collect_log(output: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    const LINES: usize = 200;
    thread::spawn(move || {
        let mut last: VecDeque<String> = VecDeque::with_capacity(LINES);
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output
            .read_until(b'\n', &mut line)
            .is_ok_and(|length| length > 0)
        {
            if last.len() == LINES {
                last.pop_front();
            }
            last.push_back(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
        last.into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_crash_is_the_last_message_and_not_a_backtrace() {
        let log = "going on\nmemory allocation of 8 bytes failed\nstack backtrace:\n   0: abort\n             at ./a.rs\n\
            note: Some details are omitted\n";
        let outcome = crashed(ExitStatus::from_raw(6), log, None);
        let reason = outcome.reason.unwrap();
        assert_eq!(
            reason,
            "killed by signal 6; its last words: memory allocation of 8 bytes failed"
        );
    }
}

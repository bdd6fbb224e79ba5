//! The worker's end of the pipe to its supervisor.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

use crate::run::process::message::Message;

/// The pipe that was the standard output of this process. Nothing but messages is written to it.
#[derive(Debug)]
pub struct Channel(Mutex<File>);

impl Channel {
    /// Takes the standard output over. Whatever a library or a plugin prints from now on goes to standard error, so that it
    /// cannot damage a message.
    pub fn take_standard_output() -> io::Result<Self> {
        let own = io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        let mut pipe = File::from(own);
        // What was printed before ends with its line.
        pipe.write_all(b"\n")?;
        Ok(Self(Mutex::new(pipe)))
    }

    /// Sends a message. If nobody listens, the supervisor is dead, and the end of standard input says so.
    pub fn send(&self, message: &Message) {
        if let Ok(mut line) = serde_json::to_vec(message) {
            line.push(b'\n');
            let mut pipe = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = pipe.write_all(&line);
        }
    }
}

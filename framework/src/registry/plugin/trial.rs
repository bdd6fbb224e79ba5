//! A plugin is loaded in a child process first. One that crashes, panics or hangs there does not reach this one.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::load::Plugin;
use super::refusal::Refusal;

/// The verb of the program that loads the plugins of its arguments and does nothing else.
pub const TRIAL_VERB: &str = "load-plugins";

/// The option of the program that names a plugin which its parent has checked.
pub const IMAGE_OPTION: &str = "--plugin-image";

/// What the child prints when all are loaded.
pub const LOADED: &str = "plugins are loaded";

/// How long the program may take to start and to load a plugin.
const LIMIT: Duration = Duration::from_secs(20);

/// Loads the plugin in a child process, which is `program`.
pub fn try_in_child(program: &Path, plugin: &Plugin) -> Result<(), Refusal> {
    let mut child = Command::new(program)
        .arg(TRIAL_VERB)
        .arg(IMAGE_OPTION)
        .arg(plugin.argument())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (output, errors) = (child.stdout.take(), child.stderr.take());
    let said = thread::spawn(move || read(output));
    let complained = thread::spawn(move || read(errors));
    let status = wait(&mut child)?;
    let said = said.join().unwrap_or_default();
    let words = last_line(&complained.join().unwrap_or_default());
    match status {
        None => Err(Refusal::Crashed(format!(
            "had not ended after {} s, and was stopped",
            LIMIT.as_secs()
        ))),
        Some(status) if status.success() && said.contains(LOADED) => Ok(()),
        Some(status) => {
            use std::os::unix::process::ExitStatusExt;
            let end = match status.signal() {
                Some(signal) => format!("was killed by signal {signal}"),
                None => format!("ended with {status}"),
            };
            Err(Refusal::Crashed(end + &words))
        }
    }
}

/// The status of a child that ends in time; one that does not is killed.
fn wait(child: &mut Child) -> std::io::Result<Option<std::process::ExitStatus>> {
    let begin = Instant::now();
    while begin.elapsed() < LIMIT {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

fn read(pipe: Option<impl Read>) -> String {
    let Some(pipe) = pipe else {
        return String::new();
    };
    let lines = BufReader::new(pipe).lines().map_while(Result::ok);
    lines.collect::<Vec<_>>().join("\n")
}

/// The end of what the child has complained about.
fn last_line(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let told = lines.find(|line| line.contains("panicked at"));
    let line = told
        .and_then(|_| lines.next())
        .or_else(|| text.lines().rfind(|line| !line.trim().is_empty()));
    line.map_or_else(String::new, |line| {
        format!("; its last words: {}", line.trim())
    })
}

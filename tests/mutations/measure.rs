//! What reading the inputs of a kind came to.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use crate::MEMORY;
use crate::kinds::Kind;
use crate::mutation::{Dice, mutated};

/// The most bytes that reading an input may take.
pub const MOST_BYTES: usize = 200_000_000;
/// The longest time that reading an input may take.
pub const LONGEST: Duration = Duration::from_secs(1);

/// What reading the inputs of a kind came to.
#[derive(Debug, Default)]
pub struct Measured {
    pub kind: &'static str,
    pub inputs: u64,
    pub accepted: u64,
    pub slowest: Duration,
    pub largest: usize,
    failures: Vec<String>,
}

/// Reads the extremes of a kind and this many mutated inputs.
pub fn run(kind: &Kind, inputs: u64) -> Measured {
    let mut measured = Measured {
        kind: kind.name,
        ..Measured::default()
    };
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    for (number, extreme) in kind.extremes.iter().enumerate() {
        measured.read(kind, extreme, &format!("extreme-{number}"));
    }
    for number in 0..inputs {
        let input = mutated(&kind.examples, &mut Dice::of(kind.name, number));
        measured.read(kind, &input, &number.to_string());
    }
    set_hook(hook);
    measured
}

impl Measured {
    fn read(&mut self, kind: &Kind, input: &[u8], number: &str) {
        self.inputs += 1;
        let mut time = Duration::MAX;
        let mut bytes = 0;
        // Something else may have stopped this program meanwhile.
        for _ in 0..3 {
            MEMORY.reset_peak_usage();
            let before = MEMORY.current_usage();
            let begin = Instant::now();
            let read = catch_unwind(AssertUnwindSafe(|| (kind.read)(input)));
            time = time.min(begin.elapsed());
            bytes = MEMORY.peak_usage().saturating_sub(before);
            match read {
                Ok(accepted) if time <= LONGEST => {
                    self.accepted += u64::from(accepted);
                    break;
                }
                Ok(_) => {}
                Err(reason) => {
                    let reason = reason.downcast_ref::<String>().map_or("", String::as_str);
                    self.fail(kind, input, number, &format!("panics: {reason}"));
                    return;
                }
            }
        }
        self.slowest = self.slowest.max(time);
        self.largest = self.largest.max(bytes);
        if time > LONGEST {
            self.fail(kind, input, number, &format!("takes {time:?}"));
        }
        if bytes > MOST_BYTES {
            self.fail(kind, input, number, &format!("takes {bytes} bytes"));
        }
    }

    fn fail(&mut self, kind: &Kind, input: &[u8], number: &str, how: &str) {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", kind.name));
        std::fs::write(&path, input).unwrap();
        self.failures.push(format!("{} {how}", path.display()));
    }

    /// Fails if an input did.
    pub fn check(&self) -> Result<(), Failed> {
        match self.failures.as_slice() {
            [] => Ok(()),
            failures => {
                Err(format!("{} inputs failed:\n{}", failures.len(), failures.join("\n")).into())
            }
        }
    }

    /// The number of inputs that ended with a panic, or took too much time or memory.
    pub fn failed(&self) -> usize {
        self.failures.len()
    }
}

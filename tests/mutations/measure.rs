//! What reading the inputs of a kind came to.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::time::Duration;

use libtest_mimic::Failed;

use crate::MEMORY;
use crate::kinds::{Kind, Reader};
use crate::mutation::{Dice, mutated};

/// The most bytes that reading an input may take.
pub const MOST_BYTES: usize = 200_000_000;
/// The longest time that reading an input may take.
pub const LONGEST: Duration = Duration::from_secs(1);

/// How long this thread has been running. Unlike a clock, it stands still while other programs have the processor.
fn time_on_cpu() -> Duration {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat");
    let nanoseconds = statistics
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or(Duration::ZERO, Duration::from_nanos)
}

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
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let begin = time_on_cpu();
        let read = catch_unwind(AssertUnwindSafe(|| (kind.read)(input)));
        let time = time_on_cpu().saturating_sub(begin);
        let bytes = MEMORY.peak_usage().saturating_sub(before);
        match read {
            Ok(accepted) => self.accepted += u64::from(accepted),
            Err(reason) => {
                let reason = reason.downcast_ref::<String>().map_or("", String::as_str);
                self.fail(kind, input, number, &format!("panics: {reason}"));
                return;
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

/// Readers that do what no reader may do fail.
pub fn catches_everything() -> Result<(), Failed> {
    let hold = |size: usize| drop(std::hint::black_box(vec![1u8; size]));
    let readers: [(&str, Reader); 4] = [
        (
            "panics: index out of bounds",
            Box::new(|input| [0u8; 0][input.len()] == 0),
        ),
        ("takes 1.", Box::new(|_| spin())),
        (
            "takes 2",
            Box::new(move |_| {
                hold(MOST_BYTES + 1);
                true
            }),
        ),
        (
            "",
            Box::new(move |_| {
                hold(MOST_BYTES / 2);
                true
            }),
        ),
    ];
    for (how, read) in readers {
        let kind = Kind {
            name: "trap",
            examples: vec![b"a,b\n".to_vec()],
            extremes: vec![b"x".to_vec()],
            read,
        };
        let measured = run(&kind, 0);
        let failed = measured.failed() == 1 && measured.failures[0].contains(how);
        if failed == how.is_empty() {
            return Err(format!("{how:?}: {measured:?}").into());
        }
    }
    Ok(())
}

fn spin() -> bool {
    let begin = time_on_cpu();
    while time_on_cpu() < begin + LONGEST + Duration::from_millis(20) {}
    true
}

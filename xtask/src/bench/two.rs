//! Two copies of our program on a core each, beside one alone.
use super::{cores, program::Program, statistics::Times};
use std::path::Path;

/// Two copies of a workload.
pub struct Two {
    copies: [Program; 2],
    count: u64,
    pub together: Times,
    pub alone: Times,
}

impl Two {
    pub fn start(ours: &Path, workload: &str, unit: u64) -> Result<Self, String> {
        cores::two()?;
        let words = [ours.as_os_str(), workload.as_ref()];
        let mut copies = [Program::start(&words, 0)?, Program::start(&words, 1)?];
        let count = copies[0].calibrate(unit)?;
        copies[1].ask(count)?;
        Ok(Self {
            copies,
            count,
            together: Times::default(),
            alone: Times::default(),
        })
    }

    pub fn round(&mut self) -> Result<(), String> {
        let ([first, second], count) = (&mut self.copies, self.count);
        self.alone.add(first.warm(count)?, count);
        second.ask(count)?;
        first.send(count)?;
        second.send(count)?;
        let slower = first.receive()?.max(second.receive()?);
        self.together.add(slower, 2 * count);
        Ok(())
    }

    /// The time of an iteration together, as a share of its time alone, round by round.
    pub fn share(&self) -> Times {
        self.together.divided_by(&self.alone)
    }
}

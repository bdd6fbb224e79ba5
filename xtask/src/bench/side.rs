//! One side of a comparison, round by round.
use super::{program::Program, statistics::Times};

const ROUND_SECONDS: f64 = 0.3;

/// A program under measurement; its state is an error from the first failure on.
pub struct Side {
    state: Result<(Program, u64), String>,
    times: Times,
}

impl Side {
    pub fn of(program: Result<Program, String>, unit: u64) -> Self {
        let state = program.and_then(|mut program| {
            let count = program.calibrate(unit)?;
            Ok((program, count))
        });
        let times = Times::default();
        Self { state, times }
    }

    pub fn round(&mut self, warm: bool) {
        let Ok((program, count)) = &mut self.state else {
            return;
        };
        let time = if warm {
            program.warm(*count)
        } else {
            program.ask(*count)
        };
        match time {
            Ok(time) => self.times.add(time, *count),
            Err(reason) => self.state = Err(reason),
        }
    }

    /// Our times and the peer's, unless one of the two failed.
    pub fn against(&self, peer: Self) -> Result<(Times, Times), String> {
        if let Err(reason) = &self.state {
            return Err(format!("ours: {reason}"));
        }
        peer.state.map(|_| (self.times.clone(), peer.times))
    }
}

impl Program {
    /// The nanoseconds of `count` iterations, after as many uncounted ones: a program that waited for its turn
    /// finds its caches cold and, where the kernel reclaims idle memory, its pages gone.
    pub fn warm(&mut self, count: u64) -> Result<u64, String> {
        self.ask(count)?;
        self.ask(count)
    }

    /// The number of iterations of a round.
    pub fn calibrate(&mut self, unit: u64) -> Result<u64, String> {
        let mut count = unit;
        loop {
            let seconds = self.ask(count)? as f64 / 1e9;
            let units = ROUND_SECONDS * count as f64 / seconds.max(1e-9) / unit as f64;
            let wanted = (units.round() as u64).max(1) * unit;
            if seconds >= ROUND_SECONDS / 10.0 {
                return Ok(wanted);
            }
            // The first iterations may be slow, so the count grows in steps.
            count = wanted.min(count * 20).max(count + unit);
        }
    }
}

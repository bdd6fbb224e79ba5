//! A clock that stands still while this process does, so that a paused process or a sleeping laptop uses up no time limit.

use std::time::{Duration, Instant};

/// Counts the time between its ticks.
#[derive(Debug)]
pub struct AwakeClock {
    last: Instant,
    total: Duration,
}

impl AwakeClock {
    /// The longest time between two ticks of a process that is awake.
    const LONGEST: Duration = Duration::from_secs(2);

    /// A clock that shows `total`.
    pub fn at(total: Duration) -> Self {
        Self {
            last: Instant::now(),
            total,
        }
    }

    /// Counts the time since the last tick, and gives the total.
    pub fn tick(&mut self) -> Duration {
        let elapsed = self.last.elapsed();
        self.last += elapsed;
        self.total += elapsed.min(Self::LONGEST);
        self.total
    }

    /// Counts time that has passed elsewhere.
    pub fn add(&mut self, time: Duration) {
        self.total += time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_pause_between_two_ticks_counts_for_little() {
        let mut clock = AwakeClock::at(Duration::ZERO);
        clock.last -= Duration::from_secs(3600);
        assert_eq!(clock.tick(), AwakeClock::LONGEST);
        assert!(clock.tick() < AwakeClock::LONGEST + Duration::from_secs(1));
    }
}

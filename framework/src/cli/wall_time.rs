//! The options that say when a run has to be over.

use std::time::{Duration, Instant};

use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use crate::cli::exit;
use crate::cli::failure::Failure;

/// The end of a run by the clock.
#[derive(Debug, Args)]
pub struct WallTime {
    /// Stop with checkpoints before this much time is over, such as 8h or 1h30m; the same command continues later
    #[arg(long = "for", value_name = "TIME", conflicts_with = "until")]
    duration: Option<String>,
    /// Stop with checkpoints before this moment: 2026-11-27T08:00 in local time, or seconds since 1970
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
}

/// The time for the last checkpoints, unless a quarter of all time is less.
const RESERVE: Duration = Duration::from_secs(60);

impl WallTime {
    /// When to begin with the last checkpoints.
    pub fn end(&self) -> Result<Option<Instant>, Failure> {
        let left = match (&self.duration, &self.until) {
            (Some(text), _) => text
                .parse::<SignedDuration>()
                .map_err(|_| usage(format!("--for {text:?} is not a time such as 8h or 1h30m")))?,
            (None, Some(text)) => moment(text)?.duration_since(Timestamp::now()),
            (None, None) => return Ok(None),
        };
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        if left.is_zero() {
            return Err(usage(
                "the time of --for or --until is over already".to_owned(),
            ));
        }
        Ok(Some(last_moment(left)))
    }
}

/// When to begin with the last checkpoints if this much time is left.
pub fn last_moment(left: Duration) -> Instant {
    Instant::now() + left - RESERVE.min(left / 4)
}

fn moment(text: &str) -> Result<Timestamp, Failure> {
    let seconds = || Timestamp::from_second(text.parse().ok()?).ok();
    let local = || {
        let time = text.parse::<DateTime>().ok()?;
        time.to_zoned(TimeZone::system()).ok()
    };
    let exact = || text.parse::<Timestamp>().ok();
    seconds()
        .or_else(exact)
        .or_else(|| local().map(|zoned: Zoned| zoned.timestamp()))
        .ok_or_else(|| {
            usage(format!(
                "--until {text:?} is not a moment such as 2026-11-27T08:00 or 1795680000"
            ))
        })
}

fn usage(message: String) -> Failure {
    Failure::new(exit::USAGE, message)
}

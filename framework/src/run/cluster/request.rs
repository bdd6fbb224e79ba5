//! What a submission asks for.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Workers and what each of them needs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The number of workers.
    pub workers: u32,
    /// The time that each may take, or what the cluster allows by itself.
    pub time: Option<WallTimeLimit>,
    /// Cores for each worker, which trains as many cells at a time.
    pub cores: u32,
    /// GPUs for each worker.
    pub gpus: u32,
    /// The partition.
    pub partition: Option<String>,
    /// The account that pays.
    pub account: Option<String>,
    /// At most this many workers run at a time.
    pub throttle: Option<u32>,
    /// Arguments of the user's own for the program that submits.
    pub arguments: Vec<String>,
    /// Lines of shell before the worker starts, from the user's configuration.
    pub setup: Vec<String>,
}

/// The time that a task may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WallTimeLimit(pub Duration);

/// A text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a time such as 08:00:00 or 2-12:00:00 (days-hours:minutes:seconds)")]
pub struct RequestError(String);

impl FromStr for WallTimeLimit {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, RequestError> {
        let error = || RequestError(text.to_owned());
        let (days, clock) = text.split_once('-').unwrap_or(("0", text));
        let parts: Vec<&str> = clock.split(':').collect();
        let [hours, minutes, seconds] = parts[..] else {
            return Err(error());
        };
        let number = |text: &str, most: u64| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| text.parse::<u64>().ok()).flatten();
            number.filter(|&number| number <= most).ok_or_else(error)
        };
        let (days, hours) = (number(days, 365)?, number(hours, 8784)?);
        let (minutes, seconds) = (number(minutes, 59)?, number(seconds, 59)?);
        let all = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
        match all {
            0 => Err(error()),
            _ => Ok(Self(Duration::from_secs(all))),
        }
    }
}

impl std::fmt::Display for WallTimeLimit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.0.as_secs();
        let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
        let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
        match days {
            0 => write!(formatter, "{hours:02}:{minutes:02}:{seconds:02}"),
            _ => write!(formatter, "{days}-{hours:02}:{minutes:02}:{seconds:02}"),
        }
    }
}

impl Serialize for WallTimeLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTimeLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_engine_writes_them() {
        for (text, seconds) in [
            ("00:01:00", 60),
            ("08:00:00", 28_800),
            ("2-12:00:30", 216_030),
            ("100:00:00", 360_000),
        ] {
            let time: WallTimeLimit = text.parse().unwrap();
            assert_eq!(time.0.as_secs(), seconds);
            let again: WallTimeLimit = time.to_string().parse().unwrap();
            assert_eq!(again, time);
        }
        for wrong in [
            "",
            "8",
            "8h",
            "00:00:00",
            "1:2",
            "00:60:00",
            "-1:00:00",
            "1-2-3:00:00",
        ] {
            let error = wrong.parse::<WallTimeLimit>().unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}

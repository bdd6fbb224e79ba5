//! The monitor files of Stable-Baselines3 and Gymnasium: a line for each episode of training with its return `r`, its length
//! `l` and the seconds `t` at which it ended. All files of a folder are the environments of one run; its step is the sum of the
//! lengths of the episodes that have ended, in the order of their ends.

use serde::Deserialize;

use super::delimited::Delimited;
use super::error::ScoreError;

/// One episode of training.
pub struct Episode {
    pub line: u64,
    /// `None` where it is no usable number.
    pub total: Option<f64>,
    pub length: u64,
    /// Seconds since 1970.
    pub end: f64,
}

/// The episodes of one file.
pub struct Monitor {
    pub episodes: Vec<Episode>,
    /// The environment, if the head names it.
    pub task: Option<String>,
}

#[derive(Deserialize, Default)]
struct Head {
    #[serde(default)]
    t_start: f64,
    #[serde(default)]
    env_id: Option<String>,
}

/// Whether the columns are those of a monitor file.
pub fn is_monitor(head: &[String]) -> bool {
    ["r", "l", "t"]
        .iter()
        .all(|&name| head.iter().any(|column| column == name))
}

impl Monitor {
    /// Reads the lines of a file.
    pub fn of(text: &Delimited<'_>) -> Result<Self, ScoreError> {
        let head: Head = text
            .comments
            .iter()
            .find_map(|comment| serde_json::from_str(comment).ok())
            .unwrap_or_default();
        let place = |name: &str| text.head.iter().position(|column| column == name);
        let places = [place("r"), place("l"), place("t")];
        let mut episodes = Vec::new();
        text.for_each(|line, cells| {
            let [total, length, end] =
                places.map(|place| place.and_then(|place| cells.get(place)).unwrap_or_default());
            let seconds: Option<f64> = text.decimals.parse(end).filter(|end| end.is_finite());
            episodes.push(Episode {
                line,
                total: text.decimals.score(total)?,
                length: text
                    .decimals
                    .step(length)
                    .map_err(|_| format!("length {length:?} is not a whole number"))?,
                end: head.t_start
                    + seconds.ok_or_else(|| format!("time {end:?} is not a number"))?,
            });
            Ok(())
        })?;
        Ok(Self {
            episodes,
            task: head
                .env_id
                .filter(|name| !name.is_empty() && name != "None"),
        })
    }
}

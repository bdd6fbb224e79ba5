//! A table of means, standard deviations and numbers of runs, as papers have them.

use crate::stats::describe::LARGEST;
use crate::stats::moments::Moments;

use super::super::published::Published;
use super::columns::Columns;
use super::delimited::Delimited;
use super::error::ScoreError;
use super::role::{Role, plain};
use super::run_name::RunName;
use super::runs::Runs;

const MEANS: [&str; 4] = ["mean", "mean_score", "mean_return", "mean_reward"];
const DEVIATIONS: [&str; 6] = [
    "std",
    "sd",
    "std_dev",
    "stddev",
    "standard_deviation",
    "std_reward",
];
const SIZES: [&str; 6] = ["n", "runs", "seeds", "n_runs", "n_seeds", "num_seeds"];

/// The places of mean, standard deviation and number of runs; `None` for another table.
pub fn places(head: &[String]) -> Option<[usize; 3]> {
    let find = |names: &[&str]| {
        let mut places = head.iter().enumerate();
        places
            .find(|(_, name)| names.contains(&plain(name).as_str()))
            .map(|(place, _)| place)
    };
    Some([find(&MEANS)?, find(&DEVIATIONS)?, find(&SIZES)?])
}

/// Adds what is published.
pub fn add(
    text: &Delimited<'_>,
    columns: &Columns,
    places: [usize; 3],
    name: &RunName,
    runs: &mut Runs,
) -> Result<(), ScoreError> {
    if columns.place(Role::Method).is_none() {
        return Err(text.wrong("column method is missing beside mean, std and n".into()));
    }
    text.for_each(|_, cells| {
        let [mean, std, n] = places.map(|place| cells.get(place).unwrap_or_default());
        let number = |name: &str, written: &str| {
            let value = text
                .decimals
                .parse(written)
                .filter(|value| value.abs() <= LARGEST);
            value.ok_or_else(|| format!("{name} {written:?} is not a number"))
        };
        let own = |role: Role| columns.cell(role, cells).filter(|text| !text.is_empty());
        let method = own(Role::Method).ok_or("method is empty")?;
        let task = own(Role::Task).or(name.task.as_deref()).unwrap_or_default();
        let is_same = |known: &Published| known.method == method && known.task == task;
        if runs.published.iter().any(is_same) {
            return Err(format!("method {method}, task {task} is given twice"));
        }
        let deviation = number("standard deviation", std)?;
        if deviation < 0.0 {
            return Err(format!("standard deviation {std:?} is negative"));
        }
        let size = text
            .decimals
            .step(n)
            .map_err(|_| format!("number of runs {n:?} is not a whole number"))?;
        runs.published.push(Published {
            method: method.to_owned(),
            task: task.to_owned(),
            moments: Moments {
                mean: number("mean", mean)?,
                std: deviation,
                n: size as usize,
            },
        });
        runs.scores += 1;
        Ok(())
    })
}

//! A table with a line for each score.

use std::borrow::Cow;

use super::super::spreadsheet::unguarded;
use super::columns::{Columns, missing};
use super::decimals::Decimals;
use super::options::Reading;
use super::role::Role;
use super::run_name::RunName;
use super::runs::{Row, Runs};

/// How the lines of one table are read.
pub struct LongForm<'r> {
    columns: &'r Columns,
    reading: &'r Reading,
    decimals: Decimals,
    /// What the name of the file tells, for what no column does.
    name: &'r RunName,
    /// The quantity that is read, where the table has several.
    tag: Option<String>,
}

impl<'r> LongForm<'r> {
    /// Checks that the table has what a run needs. `name` tells what no column does.
    pub fn of(
        head: &[String],
        columns: &'r Columns,
        reading: &'r Reading,
        decimals: Decimals,
        name: &'r RunName,
        tag: Option<String>,
    ) -> Result<Self, String> {
        let has = |role: Role| columns.place(role).is_some();
        let needed = [
            (Role::Method, name.method.is_some()),
            (
                Role::Seed,
                name.seed.is_some() || has(Role::Method) && reading.names.is_some(),
            ),
            (Role::Score, false),
        ];
        for (role, is_told) in needed {
            if !has(role) && !is_told {
                return Err(missing(role, head));
            }
        }
        Ok(Self {
            columns,
            reading,
            decimals,
            name,
            tag,
        })
    }

    /// Adds what one line says.
    pub fn add<'c>(
        &'c self,
        line: u64,
        cells: &'c csv::StringRecord,
        runs: &mut Runs,
    ) -> Result<(), String> {
        let cell = |role: Role| self.columns.cell(role, cells);
        if let (Some(wanted), Some(tag)) = (&self.tag, cell(Role::Tag))
            && tag != wanted
        {
            return Ok(());
        }
        let text = |role: Role, told: &'c Option<String>| match cell(role) {
            Some("") => Err(format!("{} is empty", role.name())),
            Some(text) => Ok(Cow::Borrowed(unguarded(text))),
            None => Ok(Cow::Borrowed(told.as_deref().unwrap_or_default())),
        };
        let mut method = text(Role::Method, &self.name.method)?;
        let mut task = text(Role::Task, &self.name.task)?;
        let mut seed = text(Role::Seed, &self.name.seed)?;
        let mut episode = cell(Role::Episode).map(Cow::Borrowed);
        let has_method = self.columns.place(Role::Method).is_some();
        for (pattern, is_of_method) in [(&self.reading.names, true), (&self.reading.seeds, false)] {
            let Some(pattern) = pattern.as_ref().filter(|_| !is_of_method || has_method) else {
                continue;
            };
            let told = pattern.read(if is_of_method { &method } else { &seed })?;
            method = told.method.map_or(method, Cow::Owned);
            task = told.task.map_or(task, Cow::Owned);
            seed = told.seed.map_or(seed, Cow::Owned);
            episode = told.episode.map(Cow::Owned).or(episode);
        }
        runs.add(&Row {
            method: &method,
            task: &task,
            context: cell(Role::Context).map_or("", unguarded),
            seed: self.decimals.seed(&seed),
            step: cell(Role::Step).map_or(Ok(0), |text| self.decimals.step(text))?,
            episode: episode.as_deref(),
            score: self.decimals.score(cell(Role::Score).unwrap_or_default())?,
            line,
        });
        Ok(())
    }
}

//! What cannot be seen from a file of scores and must be said.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::super::options::option;
use super::role::Role;
use super::run_name::NamePattern;

/// What becomes of several scores of a run at one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SameStep {
    /// They are an error, because a line may have been copied twice
    #[default]
    Refuse,
    /// Their mean counts, as of several episodes that ended at this step
    Mean,
    /// The one that is written last counts
    Last,
}

/// How files of scores are to be read. The default recognises what it can.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Which column has which role, where its name does not tell.
    pub columns: Vec<(Role, String)>,
    /// How the name of a column, a file or a folder tells method, task and seed.
    pub names: Option<NamePattern>,
    /// How a seed tells the run and the episode of it.
    pub seeds: Option<NamePattern>,
    /// What becomes of several scores of a run at one step.
    pub same_step: SameStep,
    /// The task of files that do not name one.
    pub task: Option<String>,
}

impl Reading {
    /// The name that was given for a role.
    pub fn column(&self, role: Role) -> Option<&str> {
        let given = self.columns.iter().find(|(given, _)| *given == role);
        given.map(|(_, name)| name.as_str())
    }

    /// The options of the command line that say the same.
    pub fn options(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut option = |name: &str, value: String| words.extend(option(name, value));
        for (role, name) in &self.columns {
            option("columns", format!("{}={name}", role.name()));
        }
        if let Some(names) = &self.names {
            option("name-pattern", names.to_string());
        }
        if let Some(seeds) = &self.seeds {
            option("seed-pattern", seeds.to_string());
        }
        if let Some(value) = self.same_step.to_possible_value()
            && self.same_step != SameStep::default()
        {
            option("same-step", value.get_name().to_owned());
        }
        if let Some(task) = &self.task {
            option("task", task.clone());
        }
        words
    }
}

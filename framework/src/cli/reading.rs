//! The options that say how files of scores are to be read.

use clap::Args;

use crate::analysis::{NamePattern, Reading, Role, SameStep};

#[derive(Debug, Args)]
pub struct ReadingArguments {
    /// Which column tells what, where its name is not a usual one: method=exp_name,task=env_id,seed=run,step=frames,
    /// score=eval/return,episode=k. In event files and JSON, score names the quantity
    #[arg(long, value_name = "ROLE=NAME,...", value_parser = columns)]
    columns: Vec<Columns>,
    /// What the names of columns, files or folders tell, as a regular expression with named groups, such as
    /// '(?<method>.+)-(?<seed>\\d+)'; a group may also be called task
    #[arg(long, value_name = "PATTERN")]
    name_pattern: Option<NamePattern>,
    /// How a seed tells the run and an episode of it, such as '(?<seed>.+)-(?<episode>\\d+)'; episodes are averaged
    #[arg(long, value_name = "PATTERN")]
    seed_pattern: Option<NamePattern>,
    /// What several scores of a run at one step are
    #[arg(long, value_enum, default_value = "refuse")]
    same_step: SameStep,
    /// The task of files that do not name one
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
}

/// What one `--columns` says.
#[derive(Debug, Clone)]
struct Columns(Vec<(Role, String)>);

impl ReadingArguments {
    /// The same for the reader.
    pub fn reading(&self) -> Reading {
        let columns = self.columns.iter().flat_map(|columns| columns.0.clone());
        Reading {
            columns: columns.collect(),
            names: self.name_pattern.clone(),
            seeds: self.seed_pattern.clone(),
            same_step: self.same_step,
            task: self.task.clone(),
        }
    }
}

fn columns(text: &str) -> Result<Columns, String> {
    let mut columns: Vec<(Role, String)> = Vec::new();
    for part in text.split(',') {
        let known = || Role::ALL.map(Role::name).join(", ");
        let given = part.split_once('=').filter(|(_, name)| !name.is_empty());
        match given.map(|(role, name)| (Role::of(role.trim()), name)) {
            Some((Some(role), name)) => columns.push((role, name.to_owned())),
            Some((None, _)) => {
                return Err(format!(
                    "{part:?} names no role, expected one of {}",
                    known()
                ));
            }
            // A name may have a comma.
            None => match columns.last_mut() {
                Some((_, name)) => name.extend([",", part]),
                None => return Err(format!("expected ROLE=NAME with one of {}", known())),
            },
        }
    }
    Ok(Columns(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_given_by_name_and_names_may_have_commas() {
        let found = columns("method=exp_name,score=eval, mean,step=charts/step")
            .unwrap()
            .0;
        let expected = [
            (Role::Method, "exp_name"),
            (Role::Score, "eval, mean"),
            (Role::Step, "charts/step"),
        ];
        assert_eq!(found, expected.map(|(role, name)| (role, name.to_owned())));
        let error = columns("methd=x").unwrap_err();
        assert!(
            error.contains("expected one of method, task, context, seed"),
            "{error}"
        );
        assert!(columns("method").is_err() && columns("method=").is_err());
    }
}

//! A table with a column for each method, or for each run, or for each task.

use super::super::spreadsheet::unguarded;
use super::columns::Columns;
use super::decimals::Decimals;
use super::options::Reading;
use super::role::{Role, plain};
use super::run_name::RunName;
use super::runs::{Row, Runs};

/// How the lines of one table are read.
pub struct Wide<'r> {
    columns: &'r Columns,
    decimals: Decimals,
    /// The index that pandas writes before all columns.
    index: Option<usize>,
    /// The columns with scores, and what their names tell.
    scores: Vec<(usize, RunName)>,
    /// Where the lines have their steps.
    step: Option<Step>,
    /// The place and the name of a column that is read as steps by what it holds.
    axis: Option<(usize, String)>,
    /// What the name of the file tells, for what no column does.
    name: &'r RunName,
    head_line: u64,
}

#[derive(Clone, Copy)]
enum Step {
    Column(usize),
    /// In a table of runs without a column of steps, the lines are the evaluations.
    Line,
}

/// The ends of a band, which Weights & Biases writes beside each curve.
const BANDS: [&str; 2] = ["__MIN", "__MAX"];

impl<'r> Wide<'r> {
    /// `None` if the table is none of this kind: it has a column of scores, or nothing but columns with a role.
    pub fn of(
        head: &[String],
        columns: &'r Columns,
        reading: &Reading,
        decimals: Decimals,
        name: &'r RunName,
        head_line: u64,
        runs: &mut Runs,
    ) -> Result<Option<Self>, String> {
        let has = |role: Role| columns.place(role).is_some();
        let over_methods = !has(Role::Method);
        if has(Role::Score) || columns.rest.is_empty() || !over_methods && has(Role::Task) {
            return Ok(None);
        }
        let is_band = |place: &usize| BANDS.iter().any(|end| head[*place].ends_with(end));
        let (bands, places): (Vec<usize>, Vec<usize>) =
            columns.rest.iter().copied().partition(is_band);
        // Beside each curve Weights & Biases has its steps.
        let is_beside = |place: &usize| {
            let end = head[*place].rsplit_once(" - ").map(|(_, end)| plain(end));
            end.is_some_and(|end| Role::Step.names().contains(&end.as_str()))
        };
        let mut places: Vec<usize> = places
            .into_iter()
            .filter(|place| !is_beside(place))
            .collect();
        let axis = columns.axis;
        places.retain(|place| Some(*place) != axis);
        // A lone column beside named roles may be anything: a score by a name that nobody knows.
        if places.is_empty() || places.len() == 1 && reading.names.is_none() {
            return Ok(None);
        }
        let names: Vec<&str> = places.iter().map(|&place| head[place].as_str()).collect();
        let quantity = common_ending(&names);
        let bare = |name: &str| name[..name.len() - quantity.len()].trim().to_owned();
        let bare: Vec<String> = names.iter().map(|name| bare(name)).collect();
        let (bare, prefix) = without_prefix(bare);
        if plain(&prefix) == "group" {
            runs.notes.push(
                "a group of Weights & Biases is the mean of its runs, and counts as one run: export the runs to compare them"
                    .into(),
            );
        }
        let told: Vec<RunName> = if !over_methods {
            let are_seeds = bare
                .iter()
                .all(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
            let named = |name: &String| match are_seeds {
                true => RunName {
                    seed: Some(name.clone()),
                    ..RunName::default()
                },
                false => RunName {
                    task: Some(name.clone()),
                    ..RunName::default()
                },
            };
            bare.iter().map(named).collect()
        } else if let Some(pattern) = &reading.names {
            bare.iter()
                .map(|name| pattern.read(name))
                .collect::<Result<_, _>>()?
        } else {
            by_number(&bare, has(Role::Seed), has(Role::Step) || axis.is_some())
        };
        let are_runs = told.iter().any(|name| name.seed.is_some());
        let mut unnamed = columns.unnamed.iter().copied();
        let index = unnamed.find(|&place| place == 0 || !head[place].is_empty());
        let step = match (columns.place(Role::Step), index) {
            _ if axis.is_some() => axis.map(Step::Column),
            _ if !over_methods && !has(Role::Step) => None,
            (Some(place), _) | (None, Some(place)) if are_runs || has(Role::Step) => {
                Some(Step::Column(place))
            }
            (None, None) if are_runs => Some(Step::Line),
            _ => None,
        };
        if !bands.is_empty() {
            runs.notes.push(format!(
                "{} columns that end in {} are left out",
                bands.len(),
                BANDS.join(" or ")
            ));
        }
        let what = match (over_methods, are_runs) {
            (false, false) => "a task",
            (false, true) => "a seed",
            (true, true) => "a run",
            (true, false) => "a method",
        };
        runs.notes.push(format!(
            "each of the columns {} is read as {what}",
            shortened(&names)
        ));
        Ok(Some(Self {
            columns,
            decimals,
            index,
            scores: places.into_iter().zip(told).collect(),
            step,
            axis: axis.map(|place| (place, head[place].clone())),
            name,
            head_line,
        }))
    }

    /// The episode of a line, unless episodes are the steps.
    fn episode<'c>(&self, cells: &'c csv::StringRecord) -> Option<&'c str> {
        let place = self.columns.place(Role::Episode)?;
        let is_axis = self.axis.as_ref().is_some_and(|(axis, _)| *axis == place);
        cells.get(place).filter(|_| !is_axis)
    }

    /// Whether the table has curves.
    pub fn has_steps(&self) -> bool {
        self.step.is_some()
    }

    /// The columns with numbers.
    pub fn numbers(head: &[String], columns: &Columns) -> Vec<usize> {
        let is_score = columns.place(Role::Score).is_none();
        let scores = columns.rest.iter().filter(|_| is_score && !head.is_empty());
        let known = [Role::Score, Role::Step].map(|role| columns.place(role));
        known.into_iter().flatten().chain(scores.copied()).collect()
    }

    /// Adds what one line says.
    pub fn add(&self, line: u64, cells: &csv::StringRecord, runs: &mut Runs) -> Result<(), String> {
        let cell = |place: usize| cells.get(place).unwrap_or_default();
        let step = match self.step {
            None => 0,
            Some(Step::Column(place)) => {
                let step = self.decimals.step(cell(place));
                step.map_err(|message| match &self.axis {
                    Some((_, name)) => {
                        format!("{message}, in the column {name}, which is read as steps")
                    }
                    None => message,
                })?
            }
            Some(Step::Line) => line - self.head_line - 1,
        };
        // Without a column of seeds, the index or the line tells one run from the next.
        let row = match (self.columns.place(Role::Seed), self.index) {
            (Some(place), _) => cell(place).to_owned(),
            (None, Some(place)) if self.step.is_none() && !cell(place).is_empty() => {
                cell(place).to_owned()
            }
            (None, _) if self.step.is_none() => (line - self.head_line - 1).to_string(),
            _ => "0".to_owned(),
        };
        let own = |role: Role| self.columns.cell(role, cells).map(unguarded);
        for (place, told) in &self.scores {
            let text = cell(*place);
            // Curves with steps of their own leave cells empty where another one has a score.
            if text.is_empty() && self.step.is_some() {
                continue;
            }
            let score = self.decimals.score(text).map_err(|message| {
                format!("{message}, in a column that is read as a method, a run or a task")
            })?;
            let first = |all: [Option<&str>; 3]| {
                let mut found = all.into_iter().flatten();
                found.next().unwrap_or_default().to_owned()
            };
            let (method, task) = (
                first([
                    told.method.as_deref(),
                    own(Role::Method),
                    self.name.method.as_deref(),
                ]),
                first([
                    told.task.as_deref(),
                    own(Role::Task),
                    self.name.task.as_deref(),
                ]),
            );
            let seed = told
                .seed
                .as_deref()
                .or(self.name.seed.as_deref())
                .unwrap_or(&row);
            runs.add(&Row {
                method: &method,
                task: &task,
                context: own(Role::Context).unwrap_or_default(),
                seed: self.decimals.seed(seed),
                step,
                episode: self.episode(cells),
                score,
                line,
            });
        }
        Ok(())
    }
}

/// Columns whose names are numbered are runs where the lines are steps: told by a column of steps, or by two columns of one
/// method. Otherwise each is a method.
fn by_number(names: &[String], has_seed: bool, has_step: bool) -> Vec<RunName> {
    let whole = |name: &String| RunName {
        method: Some(name.clone()),
        ..RunName::default()
    };
    let numbered: Option<Vec<RunName>> = names.iter().map(|name| RunName::numbered(name)).collect();
    let numbered = numbered.filter(|numbered| {
        let twice = |(place, name): (usize, &RunName)| {
            numbered[..place]
                .iter()
                .any(|other| other.method == name.method)
        };
        let is_named = numbered.iter().all(|name| name.method.is_some());
        !has_seed && is_named && (has_step || numbered.iter().enumerate().any(twice))
    });
    numbered.unwrap_or_else(|| names.iter().map(whole).collect())
}

/// What all names end in after ` - `, as those of Weights & Biases do: the quantity.
fn common_ending<'n>(names: &[&'n str]) -> &'n str {
    let ending = |name: &'n str| name.rfind(" - ").map(|place| &name[place..]);
    let first = names
        .first()
        .and_then(|name| ending(name))
        .unwrap_or_default();
    let is_common = names.iter().all(|name| name.ends_with(first));
    if is_common && !plain(first).is_empty() {
        first
    } else {
        ""
    }
}

/// The names without what all of them begin with before `: `, as those of Weights & Biases do: `name` or `Group`.
fn without_prefix(names: Vec<String>) -> (Vec<String>, String) {
    let prefix = |name: &String| name.split_once(": ").map(|(prefix, _)| prefix.to_owned());
    let first = names.first().and_then(prefix).unwrap_or_default();
    let is_common = names
        .iter()
        .all(|name| prefix(name).as_ref() == Some(&first));
    if !is_common || first.is_empty() || names.len() < 2 {
        return (names, String::new());
    }
    let rest = |name: &String| name[first.len() + 2..].to_owned();
    (names.iter().map(rest).collect(), first)
}

/// Names in one line, the middle ones left out where they are many.
pub fn shortened(names: &[&str]) -> String {
    match names {
        [first, second, .., last] if names.len() > 4 => format!("{first}, {second}, … {last}"),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_columns_are_runs_only_where_lines_are_steps() {
        let seeds = |names: &[&str], has_step: bool| -> Vec<bool> {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            by_number(&names, false, has_step)
                .iter()
                .map(|name| name.seed.is_some())
                .collect()
        };
        assert_eq!(seeds(&["a-0", "a-1", "b-0"], false), [true; 3]);
        assert_eq!(seeds(&["lr-1", "sac"], true), [false; 2]);
        assert_eq!(seeds(&["a-0", "b-0"], false), [false; 2]);
        assert_eq!(seeds(&["a-0", "b-0"], true), [true; 2]);
    }

    #[test]
    fn the_prefix_that_all_columns_have_is_no_part_of_their_names() {
        let stripped = |names: &[&str]| {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            without_prefix(names)
        };
        let of_runs = stripped(&["name: a", "name: b"]);
        assert_eq!(of_runs, (vec!["a".into(), "b".into()], "name".into()));
        for names in [["name: a", "Group: b"], ["a", "b"]] {
            assert_eq!(stripped(&names).1, "");
        }
    }

    #[test]
    fn the_quantity_that_all_columns_name_is_no_part_of_their_names() {
        assert_eq!(common_ending(&["a - return", "b - return"]), " - return");
        assert_eq!(common_ending(&["a - x", "b - y"]), "");
        assert_eq!(common_ending(&["a", "b"]), "");
    }
}

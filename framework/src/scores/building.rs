//! From the lines of a file to its runs, which may be told in any order.

use std::collections::HashMap;

use super::columns::Row;
use super::table::Run;

/// What has been read so far.
#[derive(Default)]
pub struct Building {
    /// In the order of their first appearance.
    pub methods: Vec<String>,
    /// In the order of their first appearance.
    pub tasks: Vec<String>,
    places: HashMap<(usize, usize, String), usize>,
    runs: Vec<Open>,
}

/// A run whose points are not all known.
struct Open {
    method: usize,
    task: usize,
    seed: String,
    /// The line of each step.
    lines: HashMap<u64, u64>,
    points: Vec<(u64, Option<f64>)>,
}

impl Building {
    /// One line more.
    pub fn add(&mut self, row: Row<'_>, line: u64) -> Result<(), String> {
        let method = place(&mut self.methods, row.method);
        let task = place(&mut self.tasks, row.task);
        let runs = &mut self.runs;
        let key = (method, task, row.seed.to_owned());
        let index = *self.places.entry(key).or_insert_with(|| {
            let (lines, points) = (HashMap::new(), Vec::new());
            runs.push(Open {
                method,
                task,
                seed: row.seed.to_owned(),
                lines,
                points,
            });
            runs.len() - 1
        });
        let run = &mut runs[index];
        if let Some(before) = run.lines.insert(row.step, line) {
            let Row {
                method,
                task,
                seed,
                step,
                ..
            } = row;
            return Err(format!(
                "method {method}, task {task}, seed {seed}{} stands in line {before} already",
                if run.points.iter().any(|point| point.0 != 0) || step != 0 {
                    format!(", step {step}")
                } else {
                    String::new()
                }
            ));
        }
        run.points.push((row.step, row.score));
        Ok(())
    }

    /// The runs; nothing may be added after.
    pub fn finished(&mut self) -> Vec<Run> {
        let finish = |mut open: Open| {
            open.points.sort_by_key(|point| point.0);
            let curve = open
                .points
                .into_iter()
                .map(|(step, score)| Some((step, score?)))
                .collect();
            Run {
                method: open.method,
                task: open.task,
                seed: open.seed,
                curve,
            }
        };
        std::mem::take(&mut self.runs)
            .into_iter()
            .map(finish)
            .collect()
    }
}

fn place(names: &mut Vec<String>, name: &str) -> usize {
    names
        .iter()
        .position(|known| known == name)
        .unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        })
}

//! Scores before and after a change, side by side.

use super::score_table::{Run, ScoreTable};

/// What the older scores are called.
pub const BEFORE: &str = "before";

/// What the newer scores are called.
pub const NOW: &str = "now";

impl ScoreTable {
    /// One table in which the methods of both tables are contexts, and the two states the methods. `before` has the same
    /// methods, tasks and contexts.
    pub fn against(&self, before: &Self) -> Self {
        let context = |method: usize, context: usize| method * self.contexts.len() + context;
        let runs = |table: &Self, state: usize| -> Vec<Run> {
            let placed = |run: &Run| Run {
                method: state,
                context: context(run.method, run.context),
                ..run.clone()
            };
            table.runs.iter().map(placed).collect()
        };
        let named = |method: &String| {
            let with = |context: &String| match context.as_str() {
                "" => method.clone(),
                context => format!("{method} · {context}"),
            };
            self.contexts.iter().map(with).collect::<Vec<_>>()
        };
        Self {
            methods: vec![BEFORE.into(), NOW.into()],
            tasks: self.tasks.clone(),
            contexts: self.methods.iter().flat_map(named).collect(),
            context_axes: Vec::new(),
            runs: [runs(before, 0), runs(self, 1)].concat(),
            has_steps: self.has_steps,
            ignored: Vec::new(),
            notes: Vec::new(),
            published: Vec::new(),
        }
    }
}

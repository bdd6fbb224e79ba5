//! The whole analysis of a table of scores.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats::parallel;

use super::across::Across;
use super::block::{Block, Metrics};
use super::common_curves::{CommonCurves, Context};
use super::coverage::covered;
use super::families::adjust;
use super::measured::measured;
use super::metric::Metric;
use super::question::{Answer, Question, Sources};
use super::random_policy::RandomPolicy;
use super::reference::refer;
use super::score_table::{Run, ScoreTable};
use super::settings::{Settings, SettingsError};

/// Everything that is said about a table of scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Analysis {
    /// What was asked.
    pub settings: Settings,
    /// The method that others are compared with, the first one of them if every pair is compared.
    pub baseline: String,
    /// Every method, in the order of the scores.
    pub methods: Vec<String>,
    /// One for each task in each context.
    pub blocks: Vec<Block>,
    /// One for each context.
    pub across: Vec<Across>,
    /// What the summary answers: question by question, context by context, method by method.
    pub answers: Vec<Answer>,
    /// What a reader must be told about the data.
    pub notes: Vec<String>,
    /// A hash of the scores.
    pub data_hash: String,
}

impl Analysis {
    /// Answers what `settings` ask of `table`.
    ///
    /// # Errors
    ///
    /// Settings that do not fit the table.
    pub fn of(table: &ScoreTable, settings: &Settings) -> Result<Self, SettingsError> {
        let baselines = settings.baselines(table)?;
        let baseline = table.methods[baselines[0]].clone();
        let given = table;
        let table = &*covered(given, settings);
        let contexts = table.contexts.len();
        let mut by_place: Vec<Vec<&Run>> = vec![Vec::new(); table.tasks.len() * contexts];
        for run in &table.runs {
            by_place[run.task * contexts + run.context].push(run);
        }
        let measured = measured(table, settings);
        let asked = Question::asked(&measured, &table.tasks, settings);
        let questions: Vec<Metric> = asked.iter().map(|(_, metric)| *metric).collect();
        let metrics = Metrics {
            measured: &measured,
            questions: &questions,
        };
        let block =
            |place: usize| Block::of(table, &by_place[place], &baselines, &metrics, settings);
        let mut blocks: Vec<Block> = parallel::map(by_place.len(), block)
            .into_iter()
            .flatten()
            .collect();
        adjust(&mut blocks, &questions, settings);
        refer(&mut blocks);
        let of_context = |context: &String| {
            let own: Vec<&Block> = blocks
                .iter()
                .filter(|block| block.context == *context)
                .collect();
            (!own.is_empty()).then(|| {
                let across = Across::of(&own, &table.methods, &baseline, settings);
                Across {
                    curves: common_curves(table, &across, settings),
                    ..across
                }
            })
        };
        let mut notes = table.notes.clone();
        if !table.ignored.is_empty() {
            notes.push(format!(
                "columns that mean nothing here: {}",
                table.ignored.join(", ")
            ));
        }
        let across = parallel::map(contexts, |place| of_context(&table.contexts[place]));
        let answers = Answer::all(&Sources {
            questions: &asked,
            contexts: &table.contexts,
            methods: &table.methods,
            blocks: &blocks,
            baseline: &baseline,
            settings,
        });
        Ok(Self {
            settings: settings.clone(),
            answers,
            baseline,
            methods: table.methods.clone(),
            across: across.into_iter().flatten().collect(),
            blocks,
            notes,
            data_hash: given.hash(),
        })
    }

    /// The analysis of `table` with what random actions score in its tasks, by the names of these.
    pub fn with_random_policies(
        mut self,
        table: &ScoreTable,
        policies: &BTreeMap<String, RandomPolicy>,
    ) -> Self {
        for block in &mut self.blocks {
            let Some(policy) = policies.get(&block.task) else {
                continue;
            };
            let (task, context) = (&block.task, &block.context);
            let runs = table.runs.iter().filter(|run| {
                table.tasks[run.task] == *task && table.contexts[run.context] == *context
            });
            let warning = || policy.unbeaten(runs, self.settings.better);
            block.unlearned = block.unlearned.take().or_else(warning);
            block.random_policy = Some(*policy);
        }
        self
    }
}

fn common_curves(table: &ScoreTable, across: &Across, settings: &Settings) -> CommonCurves {
    let context = Context {
        name: &across.context,
        tasks: &across.tasks,
        scales: &across.scales,
        methods: &across.methods,
    };
    CommonCurves::of(table, &context, settings)
}

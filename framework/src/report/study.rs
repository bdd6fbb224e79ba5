//! Everything that a report shows: an analysis, and where its scores come from.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::{Analysis, RandomPolicy, ScoreTable, Settings, SettingsError};
use crate::api::{Kind, SurrogateProfile};
use crate::registry::Registry;
use crate::run::record::{Made, Record, Unfinished, data_hash, provenance, unfinished};
use crate::run::upkeep::SoFar;
use crate::suite::plan::Plan;
use crate::suite::{Matrix, Suite};

/// The subject of a report: the runs of a suite, or a file of scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// The name of the suite, or of the file.
    pub name: String,
    /// In the words of the suite's author; empty for a file.
    pub description: String,
    /// What one of the methods is called: `surrogate`, `actor`, `agent` or `method`.
    pub noun: String,
    /// How the runs were trained; `None` for a file of scores, which does not tell it.
    pub training: Option<Training>,
    /// The scores.
    pub table: ScoreTable,
    /// Every number.
    pub analysis: Analysis,
    /// The axes of the suite with every parameter; `None` for a file of scores.
    pub matrix: Option<Matrix>,
    /// The papers of its agents, actors and other components, if [they were told](Self::with_papers).
    pub papers: Vec<&'static str>,
    /// The surrogates of the suite in numbers, if [they were told](Self::with_surrogates).
    pub surrogates: Vec<SurrogateScale>,
    /// Planned runs that did not finish.
    pub unfinished: Vec<Unfinished>,
    /// Runs that are in the numbers although they have not ended, by the key of their block. Only a
    /// [partial report](Self::partial) has some.
    pub under_way: BTreeMap<String, UnderWay>,
    /// Everything that made the records.
    pub provenance: Vec<Made>,
    /// A hash of the data: of all episodes of a suite, or of the scores of a file.
    pub data_hash: String,
}

/// Whether the time of training is shown. It is measured, and differs between two trainings of the same cells, so that it is not
/// in the text and in the Markdown, which are the same to the byte whoever trains the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Steps a second, hours, core-hours.
    Shown,
    /// Everything else.
    LeftOut,
}

/// The runs of a block that have not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnderWay {
    /// The task of the block.
    pub task: String,
    /// Their number.
    pub runs: usize,
    /// The last step that they and those of other blocks of the task have all reached; all runs of the task are cut there.
    pub last_step: u64,
}

/// How long the runs of a suite were trained, and how they were evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Training {
    /// Environment steps of each run.
    pub steps: u64,
    /// Episodes of each evaluation.
    pub evaluation_episodes: u64,
}

/// How large and how wide a surrogate is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SurrogateScale {
    /// Its label in the suite.
    pub label: String,
    /// As it begins training.
    #[serde(flatten)]
    pub profile: SurrogateProfile,
}

impl Study {
    /// The runs of a suite; `records` belong to the cells of `plan`, in the same order.
    ///
    /// # Errors
    ///
    /// Settings that do not fit the scores; those of a checked suite do.
    pub fn of_suite(
        suite: &Suite,
        plan: &Plan,
        records: &[Option<Record>],
    ) -> Result<Self, SettingsError> {
        let table = ScoreTable::of_records(suite, plan, records);
        Ok(Self {
            name: suite.name.clone(),
            description: suite.description.trim().to_owned(),
            noun: suite.compare.factor.to_string(),
            training: Some(Training {
                steps: suite.budget.steps,
                evaluation_episodes: suite.budget.evaluation_episodes,
            }),
            analysis: Analysis::of(&table, &suite.compare.settings)?,
            table,
            matrix: Some(suite.matrix.clone()),
            papers: Vec::new(),
            surrogates: Vec::new(),
            unfinished: unfinished(plan, records),
            under_way: BTreeMap::new(),
            provenance: provenance(plan, records),
            data_hash: data_hash(records),
        })
    }

    /// The runs of a suite as far as they have come, those that are under way among them. All runs of a task are cut at the
    /// last step that all of them have reached, and the report says so.
    ///
    /// # Errors
    ///
    /// As of [`of_suite`](Self::of_suite).
    pub fn partial(
        suite: &Suite,
        plan: &Plan,
        records: &[Option<Record>],
        so_far: &SoFar,
    ) -> Result<Self, SettingsError> {
        let mixed = so_far.mixed_with(plan, records);
        let study = Self::of_suite(suite, plan, &mixed)?;
        Ok(Self {
            under_way: under_way(suite, plan, records, so_far, &study.table),
            provenance: provenance(plan, records),
            ..study
        })
    }

    /// The scores of a file.
    ///
    /// # Errors
    ///
    /// Settings that do not fit the scores.
    pub fn of_scores(
        name: &str,
        table: ScoreTable,
        settings: &Settings,
    ) -> Result<Self, SettingsError> {
        let analysis = Analysis::of(&table, settings)?;
        Ok(Self {
            name: name.to_owned(),
            description: String::new(),
            noun: "method".into(),
            training: None,
            data_hash: analysis.data_hash.clone(),
            analysis,
            table,
            matrix: None,
            papers: Vec::new(),
            surrogates: Vec::new(),
            unfinished: Vec::new(),
            under_way: BTreeMap::new(),
            provenance: Vec::new(),
        })
    }

    /// The same, with a table of how large and how wide the surrogates are.
    pub fn with_surrogates(self, surrogates: Vec<SurrogateScale>) -> Self {
        Self { surrogates, ..self }
    }

    /// The same, with what random actions score in its tasks, by their labels.
    pub fn with_random_policies(self, policies: &BTreeMap<String, RandomPolicy>) -> Self {
        let analysis = self.analysis.with_random_policies(&self.table, policies);
        Self { analysis, ..self }
    }

    /// The same, with the papers of the components.
    pub fn with_papers(self, registry: &Registry) -> Self {
        let Some(matrix) = &self.matrix else {
            return self;
        };
        let axes = [
            (Kind::Agent, &matrix.agent),
            (Kind::Actor, &matrix.actor),
            (Kind::Surrogate, &matrix.surrogate),
            (Kind::Environment, &matrix.environment),
        ];
        let mut papers: Vec<&'static str> = Vec::new();
        for (kind, entries) in axes {
            for entry in entries {
                let own = registry
                    .of(kind)
                    .find(|one| one.name == entry.component.name);
                let new = own.into_iter().flat_map(|one| one.cites);
                let new: Vec<&str> = new
                    .copied()
                    .filter(|paper| !papers.contains(paper))
                    .collect();
                papers.extend(new);
            }
        }
        Self { papers, ..self }
    }

    /// The settings of the analysis.
    pub fn settings(&self) -> &Settings {
        &self.analysis.settings
    }
}

/// The runs that have scores in `mixed` but no record.
fn under_way(
    suite: &Suite,
    plan: &Plan,
    records: &[Option<Record>],
    so_far: &SoFar,
    mixed: &ScoreTable,
) -> BTreeMap<String, UnderWay> {
    let recorded = ScoreTable::of_records(suite, plan, records);
    let steps = so_far.last_steps();
    let mut blocks: BTreeMap<String, UnderWay> = BTreeMap::new();
    for (before, now) in recorded.runs.iter().zip(&mixed.runs) {
        if before.curve.is_none() && now.curve.is_some() {
            let task = mixed.tasks[now.task].clone();
            let last_step = steps.get(&task).copied().unwrap_or_default();
            let block = blocks
                .entry(mixed.key(now.task, now.context))
                .or_insert(UnderWay {
                    task,
                    runs: 0,
                    last_step,
                });
            block.runs += 1;
        }
    }
    blocks
}

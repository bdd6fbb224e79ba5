//! What changed since an earlier store: each method on each task, before and now.

use serde::Serialize;
use serde_json::json;

use crate::analysis::{
    Analysis, BEFORE, Block, Contrast, Metric, NOW, Run, ScoreTable, Settings, SettingsError,
};
use crate::stats::family::Family;

use super::markdown;
use super::names::{correction_title, difference_interval_title, name};
use super::render::Format;
use super::study::Study;
use super::table::{Cell, Kind, Table, Value};
use super::task_tables::spread;
use super::terminal;

/// A suite as it is now against its scores before a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    study: Study,
    rows: Vec<Row>,
}

/// One method on one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Row {
    task: String,
    what: String,
    verdict: Verdict,
}

/// What became of a method on a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// Every score is the same, to the last bit.
    Same,
    /// Significantly better than before.
    Better,
    /// Significantly worse than before.
    Worse,
    /// No significant difference.
    NotShown,
    /// No test was possible.
    NotTested,
    /// It was not there before.
    New,
}

impl Verdict {
    fn words(self) -> &'static str {
        match self {
            Self::Same => "the same bits",
            Self::Better => "better",
            Self::Worse => "WORSE",
            Self::NotShown => "not shown to differ",
            Self::NotTested => "not tested",
            Self::New => "new",
        }
    }
}

impl Change {
    /// `now` is the study of the suite, `before` the scores of the same methods, tasks and contexts in the earlier store.
    ///
    /// # Errors
    ///
    /// Settings that do not fit the scores; those of a checked suite do.
    pub fn of(now: &Study, before: &ScoreTable) -> Result<Self, SettingsError> {
        let table = now.table.against(before);
        let settings = Settings {
            baseline: Some(BEFORE.into()),
            all_pairs: false,
            family: Family::All,
            ..now.settings().clone()
        };
        let settings = Settings {
            test: settings.difference_test(),
            margin: None,
            ..settings
        };
        let analysis = Analysis::of(&table, &settings)?;
        let row = |block: &Block| Row {
            task: block.task.clone(),
            what: block.context.clone(),
            verdict: verdict(&table, block, &settings),
        };
        let rows = analysis.blocks.iter().map(row).collect();
        let study = Study {
            noun: "state".into(),
            analysis,
            table,
            ..now.clone()
        };
        Ok(Self { study, rows })
    }

    /// Whether any method is significantly worse than before.
    pub fn has_drop(&self) -> bool {
        self.rows.iter().any(|row| row.verdict == Verdict::Worse)
    }

    /// As text, Markdown or JSON; `None` for another format.
    pub fn render(&self, command: &str, format: Format) -> Option<String> {
        let (table, notes) = (self.table(), self.notes());
        let head = format!("{command}\ndata {}\n", self.study.data_hash);
        match format {
            Format::Text => {
                let notes: Vec<String> = notes
                    .iter()
                    .map(|note| format!("\n{}", terminal::fill(note)))
                    .collect();
                Some(format!(
                    "{head}{}{}",
                    terminal::draw(&table),
                    notes.concat()
                ))
            }
            Format::Markdown => {
                let notes: Vec<String> = notes
                    .iter()
                    .map(|note| format!("\n{}\n", markdown::escape(note)))
                    .collect();
                let head = format!(
                    "{} (data {})\n",
                    markdown::code(command),
                    self.study.data_hash
                );
                Some(format!(
                    "{head}{}{}",
                    markdown::draw(&table),
                    notes.concat()
                ))
            }
            Format::Json => {
                let value = json!({
                    "command": command,
                    "drop": self.has_drop(),
                    "metric": self.metric(),
                    "rows": self.rows.iter().zip(&self.study.analysis.blocks).map(|(row, block)| json!({
                        "task": row.task,
                        "what": row.what,
                        "verdict": row.verdict,
                        "contrast": self.contrast(block),
                    })).collect::<Vec<_>>(),
                });
                Some(format!("{value:#}\n"))
            }
            _ => None,
        }
    }

    fn metric(&self) -> Metric {
        self.study.settings().metric()
    }

    fn contrast<'b>(&self, block: &'b Block) -> Option<&'b Contrast> {
        block.comparison(self.metric())?.contrasts.first()
    }

    fn table(&self) -> Table {
        let (metric, settings) = (self.metric(), self.study.settings());
        let row = |(row, block): (&Row, &Block)| {
            let scored = |state: &str| {
                let method = block.methods.iter().find(|method| method.name == state);
                Cell::of(method.and_then(|method| method.scored(metric)), spread)
            };
            let contrast = self.contrast(block);
            let of = |value: fn(&Contrast) -> Option<f64>| contrast.and_then(value);
            let mut p = Cell::of(of(|one| one.p_adjusted), Value::P);
            p.significant = contrast.is_some_and(|one| one.is_significant(settings.alpha));
            vec![
                Cell::text(format!("{} · {}", row.task, row.what)),
                Cell::text(row.verdict.words()),
                scored(BEFORE),
                scored(NOW),
                Cell::of(of(|one| one.mean_difference), Value::Signed),
                Cell::of(contrast.and_then(|one| one.interval), Value::Interval),
                p,
            ]
        };
        let (interval, p) = (
            difference_interval_title(&self.study),
            format!("p {}", correction_title(settings.correction)),
        );
        let rows = self
            .rows
            .iter()
            .zip(&self.study.analysis.blocks)
            .map(row)
            .collect();
        Table::new(
            "against".into(),
            format!(
                "{}: {} before and now",
                self.study.name,
                name(&self.study, metric)
            ),
            &[
                ("what", Kind::Label),
                ("verdict", Kind::Label),
                (BEFORE, Kind::Spread),
                (NOW, Kind::Spread),
                ("Δ mean", Kind::Number),
                (&interval, Kind::Interval),
                (&p, Kind::P),
            ],
            rows,
        )
    }

    fn notes(&self) -> Vec<String> {
        let settings = self.study.settings();
        let count = |verdict: Verdict| {
            self.rows
                .iter()
                .filter(|row| row.verdict == verdict)
                .count()
        };
        let mut notes = vec![format!(
            "{} the same to the last bit, {} better, {} worse, {} not shown to differ, {} not tested, {} new.",
            count(Verdict::Same),
            count(Verdict::Better),
            count(Verdict::Worse),
            count(Verdict::NotShown),
            count(Verdict::NotTested),
            count(Verdict::New)
        )];
        notes.push(format!(
            "Test: {}, {}, of now against before, {} correction over all rows, alpha = {}. A cell is compared with the record of \
             the same labels, seed and budget, whatever its code was. Not shown to differ is no proof of equality.",
            settings.test.title(),
            settings.test.convention(),
            correction_title(settings.correction),
            settings.alpha
        ));
        let reasons = self.rows.iter().zip(&self.study.analysis.blocks);
        notes.extend(reasons.filter_map(|(row, block)| {
            let note = self
                .contrast(block)?
                .note
                .as_ref()
                .filter(|_| row.verdict == Verdict::NotTested)?;
            Some(format!("{} · {}: {note}.", row.task, row.what))
        }));
        notes
    }
}

fn verdict(table: &ScoreTable, block: &Block, settings: &Settings) -> Verdict {
    let runs = |state: usize| {
        let is_here = |run: &&Run| {
            run.method == state
                && table.tasks[run.task] == block.task
                && table.contexts[run.context] == block.context
        };
        let mut runs: Vec<&Run> = table.runs.iter().filter(is_here).collect();
        runs.sort_by_key(|run| &run.seed);
        runs
    };
    let (before, now) = (runs(0), runs(1));
    if before.is_empty() {
        return Verdict::New;
    }
    let is_same = |(one, other): (&&Run, &&Run)| {
        one.seed == other.seed && one.curve.is_some() && one.curve == other.curve
    };
    if before.len() == now.len() && before.iter().zip(&now).all(is_same) {
        return Verdict::Same;
    }
    let contrast = block
        .comparison(settings.metric())
        .and_then(|comparison| comparison.contrasts.first());
    match contrast.and_then(|contrast| Some((contrast, contrast.p_adjusted?))) {
        None => Verdict::NotTested,
        Some((_, p)) if p >= settings.alpha => Verdict::NotShown,
        Some((contrast, _)) if contrast.is_better() => Verdict::Better,
        Some(_) => Verdict::Worse,
    }
}

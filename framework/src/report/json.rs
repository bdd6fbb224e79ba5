//! The report for programs, written part by part: as one value it would take ten times the memory of its text.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

use crate::analysis::{Across, Analysis, Block};
use crate::run::record::differences;

use super::json_values::{across, aggregate, notes, suite_block, task};
use super::partial;
use super::printable::PrintableJson;
use super::study::Study;

/// Writes everything, and the command. What rests on the scores alone is the same whether they came from records or from the
/// CSV that a report exports of them; a suite has `comparison` besides, with its plan and its provenance.
pub fn write(study: &Study, command: &str, writer: &mut dyn Write) -> io::Result<()> {
    let mut writer = PrintableJson(writer);
    serde_json::to_writer_pretty(&mut writer, &Document { study, command })?;
    writer.write_all(b"\n")
}

/// The whole. Its keys are in alphabetical order, as in its parts.
struct Document<'s> {
    study: &'s Study,
    command: &'s str,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let study = self.study;
        let analysis = &study.analysis;
        let mut settings = json!(analysis.settings);
        settings["metric"] = json!(analysis.settings.metric());
        let mut map = serializer.serialize_map(None)?;
        if let Some(first) = analysis.across.first() {
            map.serialize_entry("across_tasks", &across(first, analysis))?;
            map.serialize_entry("aggregate", &aggregate(first))?;
        }
        map.serialize_entry("baseline", &analysis.baseline)?;
        map.serialize_entry("command", self.command)?;
        if study.training.is_some() {
            map.serialize_entry("comparison", &Comparison(study))?;
        }
        if analysis.across.len() > 1 {
            map.serialize_entry("contexts", &Contexts(analysis))?;
        }
        map.serialize_entry("data_hash", &analysis.data_hash)?;
        map.serialize_entry("notes", &notes(analysis))?;
        if !study.under_way.is_empty() {
            let partial = json!({ "note": partial::note(study), "blocks": study.under_way });
            map.serialize_entry("partial", &partial)?;
        }
        map.serialize_entry("settings", &settings)?;
        map.serialize_entry("tasks", &Tasks(analysis))?;
        map.end()
    }
}

/// The suite: what was planned, what every run scored, what made it.
struct Comparison<'s>(&'s Study);

impl Serialize for Comparison<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let study = self.0;
        let mut compare = json!(study.analysis.settings);
        compare["factor"] = json!(study.noun);
        let training = study.training;
        let episodes = training.map(|training| training.evaluation_episodes);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("answers", &study.analysis.answers)?;
        map.serialize_entry("blocks", &SuiteBlocks(&study.analysis.blocks))?;
        map.serialize_entry("compare", &compare)?;
        map.serialize_entry("data_hash", &study.data_hash)?;
        map.serialize_entry("description", &study.description)?;
        map.serialize_entry("evaluation_episodes", &episodes)?;
        map.serialize_entry("provenance", &json!(study.provenance))?;
        map.serialize_entry("provenance_differences", &differences(&study.provenance))?;
        map.serialize_entry("steps", &training.map(|training| training.steps))?;
        map.serialize_entry("suite", &study.name)?;
        map.serialize_entry("surrogates", &json!(study.surrogates))?;
        map.serialize_entry("unfinished", &json!(study.unfinished))?;
        map.end()
    }
}

struct SuiteBlocks<'s>(&'s [Block]);

impl Serialize for SuiteBlocks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(suite_block))
    }
}

struct Contexts<'s>(&'s Analysis);

impl Serialize for Contexts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let one =
            |of: &Across| json!({ "aggregate": aggregate(of), "across_tasks": across(of, self.0) });
        let sorted = sorted(&self.0.across, |across| &across.context).into_iter();
        serializer.collect_map(sorted.map(|(name, across)| (name, one(across))))
    }
}

struct Tasks<'s>(&'s Analysis);

impl Serialize for Tasks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sorted = sorted(&self.0.blocks, |block| &block.key).into_iter();
        let one = |block: &Block| -> Value { task(block, self.0) };
        serializer.collect_map(sorted.map(|(name, block)| (name, one(block))))
    }
}

/// The items by their names, in alphabetical order.
fn sorted<'i, T>(items: &'i [T], name: impl Fn(&'i T) -> &'i String) -> Vec<(&'i String, &'i T)> {
    let mut named: Vec<_> = items.iter().map(|item| (name(item), item)).collect();
    named.sort_by_key(|(name, _)| *name);
    named
}

//! `spikebench plan`: lists the cells of a suite and estimates the time that they take.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use crate::analysis::{OutOfReach, ScoreTable, Settings, out_of_reach};
use crate::cli::component::invalid;
use crate::cli::drift::drift;
use crate::cli::failure::Failure;
use crate::cli::output::{show, show_json, tell};
use crate::cli::suite::{DEFAULT_RESULTS, SuiteArguments};
use crate::registry::Registry;
use crate::run::record::Store;
use crate::run::trained_policy::build_acting_only;
use crate::suite::estimate::Estimate;
use crate::suite::plan::{Cell, Plan};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// Where the records of former runs lie, which are compared with the plan
    #[arg(long, value_name = "DIR", default_value = DEFAULT_RESULTS)]
    results: PathBuf,
    /// Print JSON, with every parameter of every cell
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let suite = arguments.suite.read(registry, &arguments.results)?;
    let plan = Plan::of(&suite, registry)?;
    let estimate = Estimate::of(&plan, registry)?;
    let settings = &suite.compare.settings;
    let without_records = vec![None; plan.cells.len()];
    let table = ScoreTable::of_records(&suite, &plan, &without_records);
    let warnings: Vec<String> = out_of_reach(&table, settings)?
        .iter()
        .map(|reach| warning(settings, reach))
        .collect();
    let warnings: Vec<String> = warnings
        .into_iter()
        .chain(cautions(&plan, registry)?)
        .collect();
    for warning in &warnings {
        tell(format_args!("warning: {warning}"));
    }
    let unmatched = drift(
        &Store::new(&arguments.results, &suite.name),
        &plan,
        registry,
    )?;
    unmatched.iter().for_each(tell);
    if arguments.json {
        return show_json(&Shown {
            suite: &plan.suite,
            counts: json!({ "cells": plan.cells.len(), "excluded": plan.excluded }),
            warnings: &warnings,
            unmatched_records: &unmatched,
            estimate: json!({ "core_seconds": estimate.core_seconds }),
            cells: &plan.cells,
        });
    }
    let mut text: String = plan
        .cells
        .iter()
        .map(|cell| format!("{}\n", cell.id))
        .collect();
    text.push_str(&format!(
        "\n{} cell{} of {} steps{}\nestimate: {estimate}\n",
        plan.cells.len(),
        if plan.cells.len() == 1 { "" } else { "s" },
        suite.budget.steps,
        if plan.excluded > 0 {
            format!(", {} excluded", plan.excluded)
        } else {
            String::new()
        },
    ));
    show(&text)
}

/// What the actors of the plan have to say of their parameters, each once.
fn cautions(plan: &Plan, registry: &Registry) -> Result<Vec<String>, Failure> {
    let mut asked: Vec<(&str, &str)> = Vec::new();
    let mut said: Vec<String> = Vec::new();
    for cell in &plan.cells {
        let labels = (cell.labels.actor.as_str(), cell.labels.environment.as_str());
        if asked.contains(&labels) {
            continue;
        }
        asked.push(labels);
        let spec = registry
            .environment(&cell.environment)
            .map_err(|error| invalid(&error))?
            .0
            .spec();
        let actor = build_acting_only(registry, &cell.actor, &spec)?;
        let caution = actor
            .caution()
            .map(|caution| format!("{}: {caution}", labels.0));
        said.extend(caution.filter(|caution| !said.contains(caution)));
    }
    Ok(said)
}

/// The JSON. The cells are written as they are read: as one value they would take ten times the memory.
#[derive(Serialize)]
struct Shown<'p> {
    suite: &'p str,
    counts: Value,
    warnings: &'p [String],
    unmatched_records: &'p [String],
    estimate: Value,
    cells: &'p [Cell],
}

/// The warning about a table in which no difference can be significant.
fn warning(settings: &Settings, reach: &OutOfReach) -> String {
    let (n1, n2) = reach.runs;
    format!(
        "{}: with {n1} and {n2} runs and {} comparisons in a family, no p value of {} can be below {:.4} after \
         correction ({}), so alpha = {} is out of reach; more seeds or fewer comparisons would help",
        reach.title,
        reach.family_size,
        settings.test,
        reach.least_p,
        settings.correction,
        settings.alpha
    )
}

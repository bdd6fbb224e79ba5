//! `spikebench plan`: what would run.

use clap::Args;
use serde_json::json;

use crate::estimate::Estimate;
use crate::plan::Plan;
use crate::registry::Registry;

use super::{Failure, SuiteArguments, exit, show};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// As JSON, with every parameter of every cell
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> Result<u8, Failure> {
    let suite = arguments.suite.read(registry)?;
    let plan = Plan::of(&suite);
    let estimate =
        Estimate::of(&plan, registry).map_err(|error| Failure::new(exit::BAD_DATA, error))?;
    if arguments.json {
        let counts = json!({ "cells": plan.cells.len(), "excluded": plan.excluded });
        let json = json!({
            "suite": plan.suite,
            "counts": counts,
            "estimate": { "core_seconds": estimate.core_seconds },
            "cells": plan.cells,
        });
        return show(&format!("{json:#}\n"));
    }
    let mut text: String = plan
        .cells
        .iter()
        .map(|cell| format!("{}\n", cell.id))
        .collect();
    text.push_str(&format!(
        "\n{} cells of {} steps{}\nestimate: {estimate}\n",
        plan.cells.len(),
        suite.budget.steps,
        if plan.excluded > 0 {
            format!(", {} excluded", plan.excluded)
        } else {
            String::new()
        },
    ));
    show(&text)
}

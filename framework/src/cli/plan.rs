//! `spikebench plan`: what would run.

use clap::Args;
use serde_json::json;

use crate::compare::{OutOfReach, out_of_reach};
use crate::registry::Registry;
use crate::suite::Suite;
use crate::suite::estimate::Estimate;
use crate::suite::plan::Plan;

use super::{Failure, SuiteArguments, exit, show, tell};

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
    let warnings: Vec<String> = out_of_reach(&suite, &plan)
        .iter()
        .map(|reach| warning(&suite, reach))
        .collect();
    for warning in &warnings {
        tell(format_args!("warning: {warning}"));
    }
    if arguments.json {
        let counts = json!({ "cells": plan.cells.len(), "excluded": plan.excluded });
        let json = json!({
            "suite": plan.suite,
            "counts": counts,
            "warnings": warnings,
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

/// A table that cannot show anything.
fn warning(suite: &Suite, reach: &OutOfReach) -> String {
    let compare = &suite.compare;
    let (n1, n2) = reach.runs;
    format!(
        "{} · {}: with {n1} and {n2} runs and {} comparisons in a family, no p of {} can be below {:.4} after correction \
         ({}), so alpha = {} is out of reach; more seeds or fewer comparisons would help",
        reach.environment,
        reach.context.join(" · "),
        reach.family_size,
        compare.test,
        reach.least_p,
        compare.correction,
        compare.alpha
    )
}

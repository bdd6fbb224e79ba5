//! The checks of the comparison that a suite asks for.

use std::collections::BTreeMap;

use crate::stats::aggregate::Bounds;
use crate::stats::correction::Correction;
use crate::stats::two_groups::Test;
use crate::suite::axis::check_label;
use crate::suite::compare::{Compare, Metric};
use crate::suite::error::{Invalid, invalid};
use crate::suite::keyed::Keyed;
use crate::suite::matrix::{Entry, Factor, Matrix};
use crate::suite::wire;

/// Checks the comparison and fills in its defaults.
pub fn check_compare(wire: wire::Compare, matrix: &Matrix) -> Result<Compare, Invalid> {
    let factor = wire.factor.unwrap_or(if matrix.surrogate.len() > 1 {
        Factor::Surrogate
    } else if matrix.actor.len() > 1 {
        Factor::Actor
    } else if matrix.agent.len() > 1 {
        Factor::Agent
    } else {
        Factor::Surrogate
    });
    let axis = matrix.axis(factor);
    let baseline = match wire.baseline {
        Some(baseline) => {
            check_label("compare.baseline", &baseline, axis)?;
            baseline
        }
        None => axis
            .first()
            .map(|entry| entry.label.clone())
            .unwrap_or_default(),
    };
    let metrics = wire.metrics.unwrap_or_else(|| vec![Metric::Final]);
    if metrics.is_empty() {
        return invalid(
            "compare.metrics",
            "is empty, expected at least one of final, best, auc",
        );
    }
    for (index, metric) in metrics.iter().enumerate() {
        if metrics[..index].contains(metric) {
            return invalid(format!("compare.metrics[{index}]"), "is given twice");
        }
    }
    let alpha = wire.alpha.unwrap_or(0.05);
    if !(alpha > 0.0 && alpha < 1.0) {
        return invalid("compare.alpha", format!("{alpha} must lie between 0 and 1"));
    }
    match (wire.test, wire.margin) {
        (Test::Tost, None) => {
            let message = "is missing: the test tost needs a difference that does not matter, in the unit of the metric";
            return invalid("compare.margin", message);
        }
        (_, Some(margin)) if !(margin > 0.0 && margin.is_finite()) => {
            return invalid(
                "compare.margin",
                format!("{margin} must be a positive number"),
            );
        }
        _ => {}
    }
    let correction = wire.correction.unwrap_or(Correction::Holm);
    Ok(Compare {
        factor,
        baseline,
        metrics,
        test: wire.test,
        margin: wire.margin,
        correction,
        family: wire.family,
        alpha,
        failed: wire.failed,
        bounds: check_bounds(wire.bounds, &matrix.environment)?,
    })
}

fn check_bounds(
    wire: BTreeMap<String, Keyed<wire::Bounds>>,
    environments: &[Entry],
) -> Result<BTreeMap<String, Bounds>, Invalid> {
    let check = |(label, Keyed(wire::Bounds { low, high })): (String, Keyed<wire::Bounds>)| {
        let path = format!("compare.bounds.{label}");
        check_label(&path, &label, environments)?;
        match Bounds::new(low, high) {
            Some(bounds) => Ok((label, bounds)),
            None => invalid(path, format!("low ({low}) must lie below high ({high})")),
        }
    };
    wire.into_iter().map(check).collect()
}

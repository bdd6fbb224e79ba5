//! A rough estimate of the time that a plan takes, made from the size of its networks without running anything.

use std::collections::HashMap;
use std::fmt;

use crate::api::ComponentError;
use crate::registry::Registry;
use crate::suite::plan::{Cell, Labels, Plan};

/// A rough estimate. Small networks take less, because the constants below were measured on large ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Seconds that all cells take together on one core.
    pub core_seconds: f64,
}

// Measured on one core of a Zen server: the time of an update for each multiplication that a dense network would do, and
// the remaining time of a step with and without spikes. A step of TD3 with Pop-SAN on Hopper takes 3.14 ms, of which the
// 196 million multiplications of the update take 2.85 ms.
const MULTIPLY_ADDS_PER_SECOND: f64 = 74e9;
const SECONDS_PER_DENSE_STEP: f64 = 0.3e-3;
const SECONDS_PER_SPIKING_STEP: f64 = 0.5e-3;

impl Estimate {
    /// The estimate for all cells of a plan. Fails if a component cannot be made.
    pub fn of(plan: &Plan, registry: &Registry) -> Result<Self, ComponentError> {
        let mut known = HashMap::new();
        let mut core_seconds = 0.0;
        for cell in &plan.cells {
            // A network is as large whatever its surrogate.
            let Labels {
                actor,
                agent,
                environment,
                ..
            } = &cell.labels;
            let key = (actor, agent, environment);
            let seconds = match known.get(&key) {
                Some(&seconds) => seconds,
                None => seconds(cell, registry)?,
            };
            known.insert(key, seconds);
            core_seconds += seconds;
        }
        Ok(Self { core_seconds })
    }

    /// The estimate for one cell. Fails if a component cannot be made.
    pub fn of_cell(cell: &Cell, registry: &Registry) -> Result<Self, ComponentError> {
        let core_seconds = seconds(cell, registry)?;
        Ok(Self { core_seconds })
    }
}

fn seconds(cell: &Cell, registry: &Registry) -> Result<f64, ComponentError> {
    let spec = registry.environment(&cell.environment)?.0.spec();
    let surrogate = match &cell.surrogate {
        Some(component) => Some(registry.surrogate(component)?.0),
        None => None,
    };
    let actor = registry.build_actor(&cell.actor, surrogate, &spec)?;
    let agent = registry.agent(&cell.agent)?.0;
    let work = agent.multiply_adds(&spec, actor.multiply_adds(), cell.budget.steps);
    let step = if registry.actor(&cell.actor)?.0.spiking() {
        SECONDS_PER_SPIKING_STEP
    } else {
        SECONDS_PER_DENSE_STEP
    };
    Ok(work as f64 / MULTIPLY_ADDS_PER_SECOND + cell.budget.steps as f64 * step)
}

impl fmt::Display for Estimate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.core_seconds / 60.0;
        let (number, unit) = match minutes {
            few if few < 1.0 => (self.core_seconds, "core-second"),
            some if some < 120.0 => (minutes, "core-minute"),
            _ => (minutes / 60.0, "core-hour"),
        };
        let number = number.round().max(1.0);
        let plural = if number == 1.0 { "" } else { "s" };
        write!(
            formatter,
            "about {number} {unit}{plural} without evaluations; small networks take less, laterally connected or noisy ones more"
        )
    }
}

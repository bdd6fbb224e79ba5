//! How long a plan will take: a guess from the size of its networks, made without running anything.

use std::collections::HashMap;
use std::fmt;

use crate::api::ComponentError;
use crate::registry::{ActorBuilder, Registry};
use crate::suite::plan::{Cell, Plan};

/// A rough guess. Small networks take less: what a step costs beside its products is that of large ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Seconds on one core, all cells together.
    pub core_seconds: f64,
}

/// Measured on one core of a Zen server: what an update takes for each multiplication that a dense network would do, and
/// what a step costs beside, with and without spikes. TD3's step of Pop-SAN on Hopper takes 3.14 ms, 2.85 of them the
/// update's 196 million multiplications.
const MULTIPLY_ADDS_PER_SECOND: f64 = 74e9;
const SECONDS_PER_DENSE_STEP: f64 = 0.3e-3;
const SECONDS_PER_SPIKING_STEP: f64 = 0.5e-3;

impl Estimate {
    /// Of all cells of a plan.
    pub fn of(plan: &Plan, registry: &Registry) -> Result<Self, ComponentError> {
        let mut known = HashMap::new();
        let mut core_seconds = 0.0;
        for cell in &plan.cells {
            let seconds = match known.get(&cell.labels) {
                Some(&seconds) => seconds,
                None => seconds(cell, registry)?,
            };
            known.insert(&cell.labels, seconds);
            core_seconds += seconds;
        }
        Ok(Self { core_seconds })
    }
}

fn seconds(cell: &Cell, registry: &Registry) -> Result<f64, ComponentError> {
    let spec = registry.environment(&cell.environment)?.0.spec();
    let surrogate = match &cell.surrogate {
        Some(component) => Some(registry.surrogate(component)?.0),
        None => None,
    };
    let parts = ActorBuilder {
        registry,
        surrogate,
    };
    let settings = registry.actor(&cell.actor)?.0;
    let actor = settings.build(
        spec.observation as i64,
        spec.action.outputs() as i64,
        &parts,
    )?;
    let agent = registry.agent(&cell.agent)?.0;
    let work = agent.multiply_adds(&spec, actor.multiply_adds(), cell.budget.steps);
    let beside = if settings.spiking() {
        SECONDS_PER_SPIKING_STEP
    } else {
        SECONDS_PER_DENSE_STEP
    };
    Ok(work as f64 / MULTIPLY_ADDS_PER_SECOND + cell.budget.steps as f64 * beside)
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
            "about {number} {unit}{plural} without evaluations; small networks take less, connected or noisy ones more"
        )
    }
}

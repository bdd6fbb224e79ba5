//! How fast cells train, as far as it was measured.

use std::collections::HashMap;

use crate::api::ComponentError;
use crate::registry::Registry;
use crate::suite::estimate::Estimate;
use crate::suite::plan::{Cell, Labels};

/// The steps that cells took and the seconds they needed, by their components.
#[derive(Debug, Default)]
pub struct Speeds {
    measured: HashMap<Labels, (f64, f64)>,
}

impl Speeds {
    /// Adds a measurement: so many steps of a cell took so many seconds.
    pub fn add(&mut self, cell: &Cell, steps: u64, seconds: f64) {
        if steps > 0 && seconds > 0.0 {
            let entry = self.measured.entry(cell.labels.clone()).or_default();
            entry.0 += steps as f64;
            entry.1 += seconds;
        }
    }

    /// Seconds for a step of a cell with these components, averaged over what was measured.
    pub fn seconds_per_step(&self, cell: &Cell) -> Option<f64> {
        let (steps, seconds) = self.measured.get(&cell.labels)?;
        Some(seconds / steps)
    }
}

/// Estimates of the time of whole cells, each made once.
#[derive(Debug)]
pub struct Estimates<'a> {
    registry: &'a Registry,
    known: HashMap<Labels, f64>,
}

impl<'a> Estimates<'a> {
    /// No estimates yet.
    pub fn new(registry: &'a Registry) -> Self {
        Self {
            registry,
            known: HashMap::new(),
        }
    }

    /// An estimate of the seconds for a step, where nothing was measured. Fails if a component cannot be made.
    pub fn seconds_per_step(&mut self, cell: &Cell) -> Result<f64, ComponentError> {
        let seconds = match self.known.get(&cell.labels) {
            Some(&seconds) => seconds,
            None => {
                let seconds = Estimate::of_cell(cell, self.registry)?.core_seconds;
                self.known.insert(cell.labels.clone(), seconds);
                seconds
            }
        };
        Ok(seconds / cell.budget.steps.max(1) as f64)
    }
}

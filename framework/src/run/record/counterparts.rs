//! The records of another store that belong to the cells of a plan, also where an edited component has given the cells other
//! identifiers.

use crate::run::record::contents::Record;
use crate::run::record::error::StoreError;
use crate::run::record::store::Store;
use crate::suite::plan::{Cell, Plan};

impl Store {
    /// For each cell of `plan` its record here, or else the record of a cell with the same labels, seed and budget: what was
    /// trained under that name before its code or its parameters were changed.
    pub fn counterparts(&self, plan: &Plan) -> Result<Vec<Option<Record>>, StoreError> {
        let mut records = self.read_scores(&plan.cells)?;
        let others = self.orphans(plan)?.cells;
        let of_name = |cell: &Cell| {
            others
                .iter()
                .find(|other| has_same_name(cell, other))
                .cloned()
        };
        let missing: Vec<(usize, Cell)> = plan
            .cells
            .iter()
            .enumerate()
            .filter(|(place, _)| records[*place].is_none())
            .filter_map(|(place, cell)| Some((place, of_name(cell)?)))
            .collect();
        let (places, cells): (Vec<usize>, Vec<Cell>) = missing.into_iter().unzip();
        for (place, record) in places.into_iter().zip(self.read_scores(&cells)?) {
            records[place] = record;
        }
        Ok(records)
    }
}

fn has_same_name(one: &Cell, other: &Cell) -> bool {
    one.labels == other.labels && one.seed == other.seed && one.budget == other.budget
}

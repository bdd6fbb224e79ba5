//! What a command says about records that its suite no longer matches.

use crate::cli::failure::Failure;
use crate::run::record::Store;
use crate::suite::drift::causes;
use crate::suite::plan::Plan;

/// One sentence for each reason why there are records in the store that the plan does not have.
pub fn drift(store: &Store, plan: &Plan) -> Result<Vec<String>, Failure> {
    let orphans = store.orphans(plan)?;
    let mut sentences = causes(plan, &orphans.cells);
    match orphans.unreadable {
        0 => {}
        1 => sentences.push("1 record that the plan does not have cannot be read".to_owned()),
        some => {
            sentences.push(format!(
                "{some} records that the plan does not have cannot be read"
            ));
        }
    }
    Ok(sentences)
}

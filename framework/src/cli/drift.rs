//! What a command says about records that its suite no longer matches.

use std::collections::BTreeMap;

use crate::cli::failure::Failure;
use crate::registry::Registry;
use crate::run::record::Store;
use crate::suite::drift::causes;
use crate::suite::plan::Plan;

/// One sentence for each reason why there are records in the store that the plan does not have, and for each component whose
/// records were made with another file than the plugin that is loaded.
pub fn drift(store: &Store, plan: &Plan, registry: &Registry) -> Result<Vec<String>, Failure> {
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
    sentences.extend(other_files(store, plan, registry));
    Ok(sentences)
}

/// A fingerprint sees what a component computes in some milliseconds, so that a file with other contents may compute something else
/// all the same.
fn other_files(store: &Store, plan: &Plan, registry: &Registry) -> Vec<String> {
    if registry.plugins().is_empty() {
        return Vec::new();
    }
    let mut records: BTreeMap<(String, String), usize> = BTreeMap::new();
    for cell in &plan.cells {
        for plugin in store.plugins_of(&cell.id) {
            for component in &plugin.components {
                let now = registry.plugin_of(component);
                if now.is_some_and(|now| now.hash != plugin.blake3) {
                    *records
                        .entry((component.clone(), plugin.short()))
                        .or_default() += 1;
                }
            }
        }
    }
    let sentence = |((component, file), count): ((String, String), usize)| {
        let records = match count {
            1 => "1 record has".to_owned(),
            some => format!("{some} records have"),
        };
        format!(
            "{records} the {component} of {file}, which is not the file that is loaded now: what it computes for its fingerprint is the same, but \
             what a fingerprint does not reach may differ (plugins/README.md, Fingerprints)"
        )
    };
    records.into_iter().map(sentence).collect()
}

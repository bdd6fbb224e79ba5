//! The runs in a folder of results, where one of them was to be named, and the record beside a policy.

use std::path::Path;

use crate::analysis::{path_word, quoted};
use crate::api::Component;
use crate::cli::output::tell;
use crate::run::trained_policy::{Recorded, recorded_actor, recorded_below};

/// A line for each run below `folder`, with the command that `words` make of it; `None` if there is none, or the folder is a run
/// itself.
pub fn listed(folder: &Path, words: impl Fn(&str, &Recorded) -> Vec<String>) -> Option<String> {
    if !folder.is_dir() || folder.join("record.json").exists() {
        return None;
    }
    let runs = recorded_below(folder);
    if runs.is_empty() {
        return None;
    }
    let count = match runs.len() {
        1 => "1 run with a policy; its command:".to_owned(),
        count => format!("{count} runs with a policy; the command of each:"),
    };
    let mut text = format!("{} holds {count}\n", folder.display());
    for (path, recorded) in &runs {
        let words = words(&path_word(path), recorded);
        let command = quoted(words.iter().map(String::as_str));
        text.push_str(&format!("\n{}\n  {command}\n", recorded.title));
    }
    Some(text)
}

/// Warns if a record beside the weights names another actor than the given one.
pub fn warn_of_another_actor(weights: &Path, actor: &Component) {
    if let Some(folder) = weights.parent()
        && let Ok(trained) = recorded_actor(folder)
        && trained != *actor
    {
        tell(format_args!(
            "warning: according to {}, which lies beside the weights, they were trained in another actor: {}",
            folder.join("record.json").display(),
            serde_json::to_string(&trained).unwrap_or_default()
        ));
    }
}

//! A warning where what is called a run looks like an episode of one: many scores of few runs make any difference significant.

use std::collections::BTreeMap;

use crate::stats::describe;

use super::super::score_table::{Run, ScoreTable};

/// Within a prefix runs must spread this much less than prefixes do.
const SPREAD: f64 = 0.5;

/// Numbered seeds whose scores lie close together where all numbers but one are the same, and far apart where they are not.
pub fn warning(table: &ScoreTable) -> Option<String> {
    let mut groups: BTreeMap<(usize, usize, usize), Vec<&Run>> = BTreeMap::new();
    for run in &table.runs {
        let key = (run.task, run.context, run.method);
        groups.entry(key).or_default().push(run);
    }
    let groups: Vec<Vec<&Run>> = groups.into_values().collect();
    let numbers = groups
        .iter()
        .flatten()
        .map(|run| numbers(&run.seed).len())
        .min()?;
    if numbers < 2 {
        return None;
    }
    // The episode is the last number mostly, and the first one sometimes.
    [numbers - 1, 0]
        .into_iter()
        .find_map(|episode| alike(&groups, episode))
}

fn alike(groups: &[Vec<&Run>], episode: usize) -> Option<String> {
    let (mut within, mut between, mut example) = (Vec::new(), Vec::new(), None);
    let mut sizes = Vec::new();
    for runs in groups {
        let mut by_prefix: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for run in runs {
            let last = run.curve.as_ref().and_then(|curve| curve.last());
            let prefix = without_number(&run.seed, episode)?;
            if let Some(last) = last {
                by_prefix.entry(prefix).or_default().push(last.1);
            }
        }
        if by_prefix.len() < 2 || by_prefix.values().all(|scores| scores.len() < 2) {
            continue;
        }
        example = example.or_else(|| {
            Some(
                runs.iter()
                    .take(2)
                    .map(|run| run.seed.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            )
        });
        sizes.push((runs.len(), by_prefix.len()));
        let means: Vec<f64> = by_prefix
            .values()
            .filter_map(|scores| describe::mean(scores))
            .collect();
        within.extend(
            by_prefix
                .values()
                .filter_map(|scores| describe::std(scores)),
        );
        between.extend(describe::std(&means));
    }
    let rms = |spreads: &[f64]| {
        let squares: Vec<f64> = spreads.iter().map(|spread| spread * spread).collect();
        describe::mean(&squares).map(f64::sqrt)
    };
    let (within, between) = (rms(&within)?, rms(&between)?);
    if within >= SPREAD * between {
        return None;
    }
    let (runs, prefixes) = sizes.first()?;
    Some(format!(
        "WARNING: the seeds {}, … look like episodes of {prefixes} runs, not like {runs} independent runs: within a run they \
         spread by {within:.3}, the runs by {between:.3}, and p values count them as {runs}; if they are, \
         --seed-pattern '(?<seed>…)(?<episode>…)' averages them, as in --seed-pattern '{}'",
        example.unwrap_or_default(),
        pattern(episode)
    ))
}

fn pattern(episode: usize) -> &'static str {
    match episode {
        0 => r"(?<episode>\D*\d+)(?<seed>.*)",
        _ => r"(?<seed>.*\D)(?<episode>\d+)\D*",
    }
}

/// The places of the numbers in a text.
fn numbers(text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (place, letter) in text.char_indices() {
        match found.last_mut() {
            _ if !letter.is_ascii_digit() => {}
            Some((_, end)) if *end == place => *end = place + 1,
            _ => found.push((place, place + 1)),
        }
    }
    found
}

fn without_number(text: &str, which: usize) -> Option<String> {
    let numbers = numbers(text);
    let &(start, end) = if which == 0 {
        numbers.first()?
    } else {
        numbers.last()?
    };
    Some(format!("{}#{}", &text[..start], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::super::read::parse;

    fn warned(
        seed: impl Fn(usize, usize) -> String,
        score: impl Fn(usize, usize) -> f64,
    ) -> Option<String> {
        let mut text = "method,task,seed,score\n".to_owned();
        for run in 0..3 {
            for episode in 0..5 {
                text += &format!("a,T,{},{}\n", seed(run, episode), score(run, episode));
            }
        }
        parse("s.csv", text.as_bytes()).unwrap().notes.pop()
    }

    #[test]
    fn episodes_that_are_called_runs_are_seen_by_how_alike_they_are() {
        let close = |run, episode| 4.0 * run as f64 + 0.1 * episode as f64;
        for seed in [
            |run, episode| format!("{run}-{episode}"),
            |run, episode| format!("seed{run}_ep{episode}"),
            |run, episode| format!("{episode}/{run}"),
        ] {
            let warning = warned(seed, close).unwrap();
            assert!(
                warning.contains("look like episodes of 3 runs"),
                "{warning}"
            );
        }
        let independent = |run, episode| ((run * 5 + episode) * 7 % 11) as f64;
        assert_eq!(
            warned(|run, episode| format!("{run}-{episode}"), independent),
            None
        );
        assert_eq!(
            warned(|run, episode| format!("{}", run * 5 + episode), close),
            None
        );
    }
}

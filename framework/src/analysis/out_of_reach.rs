//! The tables of a plan in which nothing can be significant, which is known before anything is run.

use std::collections::BTreeMap;

use crate::stats::design::least_adjusted_p;
use crate::stats::two_sample::Sizes;

use super::block::{pairs, title};
use super::score_table::ScoreTable;
use super::settings::{Settings, SettingsError};

/// A table in which no comparison can be significant, whatever its runs will score.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfReach {
    /// The task, with its context.
    pub title: String,
    /// Planned runs of a method, and of the baseline.
    pub runs: (usize, usize),
    /// How many comparisons share alpha.
    pub family_size: usize,
    /// The smallest adjusted p that there can be.
    pub least_p: f64,
}

/// The tables in which no adjusted p can be below alpha, so that their runs would be wasted on them. Only the numbers of runs
/// count, and all scores may be missing.
///
/// # Errors
///
/// Settings that do not fit the table.
pub fn out_of_reach(
    table: &ScoreTable,
    settings: &Settings,
) -> Result<Vec<OutOfReach>, SettingsError> {
    let pairs = pairs(&settings.baselines(table)?, table.methods.len());
    // The planned runs of each method, by context and task.
    let mut planned: BTreeMap<(usize, usize), BTreeMap<usize, usize>> = BTreeMap::new();
    for run in &table.runs {
        let methods = planned.entry((run.task, run.context)).or_default();
        *methods.entry(run.method).or_default() += 1;
    }
    let compared = |methods: &BTreeMap<usize, usize>| {
        let runs = |&(method, baseline): &(usize, usize)| {
            Some((baseline, (*methods.get(&method)?, *methods.get(&baseline)?)))
        };
        pairs.iter().filter_map(runs).collect::<Vec<_>>()
    };
    let key = |(task, context): (usize, usize), baseline: usize| {
        settings.family.key(task, (context, baseline))
    };
    let mut sizes: BTreeMap<_, usize> = BTreeMap::new();
    for (&place, methods) in &planned {
        for (baseline, _) in compared(methods) {
            *sizes.entry(key(place, baseline)).or_default() += 1;
        }
    }
    let of_block = |(&place, methods): (&(usize, usize), &BTreeMap<usize, usize>)| {
        let reach = compared(methods).into_iter().map(|(baseline, runs)| {
            let family_size = sizes[&key(place, baseline)];
            let planned = Sizes::planned(settings.test, runs.0, runs.1);
            let least = settings.test.least_p(planned);
            OutOfReach {
                title: title(&table.tasks[place.0], &table.contexts[place.1]),
                runs,
                family_size,
                least_p: least_adjusted_p(settings.correction, least, family_size),
            }
        });
        let best = reach.min_by(|one, other| one.least_p.total_cmp(&other.least_p))?;
        (best.least_p >= settings.alpha).then_some(best)
    };
    Ok(planned.iter().filter_map(of_block).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Analysis, parse};
    use crate::stats::family::Family;
    use crate::stats::two_sample::Test;

    /// Three methods on two tasks, of which the last has no run on the second; two runs each.
    fn table() -> ScoreTable {
        let mut text = "method,task,seed,score\n".to_owned();
        for (method, task) in [("a", "t"), ("b", "t"), ("c", "t"), ("a", "u"), ("b", "u")] {
            for seed in 1..=2 {
                text.push_str(&format!("{method},{task},{seed},{seed}\n"));
            }
        }
        parse("scores.csv", text.as_bytes()).unwrap()
    }

    /// By ranks, two runs against two cannot give a p below 1/3.
    fn ranks() -> Settings {
        Settings {
            test: Test::MannWhitney,
            ..Settings::default()
        }
    }

    #[test]
    fn the_families_are_those_of_the_analysis() {
        for (family, all_pairs) in [
            (Family::PerEnvironment, false),
            (Family::PerEnvironment, true),
            (Family::All, false),
            (Family::All, true),
            (Family::AgainstBaseline, false),
        ] {
            let settings = Settings {
                family,
                all_pairs,
                ..ranks()
            };
            let found = out_of_reach(&table(), &settings).unwrap();
            let analysis = Analysis::of(&table(), &settings).unwrap();
            let wanted = analysis.blocks.iter().map(|block| {
                let contrasts = &block.comparisons[0].contrasts;
                (block.title(), (2, 2), contrasts[0].family_size)
            });
            let found = found
                .into_iter()
                .map(|reach| (reach.title, reach.runs, reach.family_size));
            assert_eq!(
                found.collect::<Vec<_>>(),
                wanted.collect::<Vec<_>>(),
                "{family} {all_pairs}"
            );
        }
    }

    #[test]
    fn a_table_with_enough_runs_is_within_reach() {
        let mut table = table();
        let more: Vec<_> = (3..8)
            .flat_map(|seed| {
                let of_seed = table.runs.iter().filter(|run| run.seed == "1").cloned();
                of_seed
                    .map(|mut run| {
                        run.seed = seed.to_string();
                        run
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        table.runs.extend(more);
        assert_eq!(out_of_reach(&table, &ranks()).unwrap(), []);
    }
}

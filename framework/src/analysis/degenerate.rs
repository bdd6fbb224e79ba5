//! Whatever a file of scores holds, every question has an answer or a reason: no panic, and no number that is not finite.

use clap::ValueEnum;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Analysis, Failed, Goal, Looks, Omnibus, Pilot, PostHoc, Settings, parse};
use crate::stats::correction::Correction;
use crate::stats::interval_method::IntervalMethod;
use crate::stats::two_sample::Test;

/// Saturated, failed, as large and as small as can be, equal but for rounding.
const AWKWARD: [&str; 16] = [
    "500",
    "500",
    "500",
    "0",
    "-0",
    "nan",
    "inf",
    "",
    "1e150",
    "-1e150",
    "1e-300",
    "1e-308",
    "1.5e-308",
    "-1e-320",
    "5e-324",
    "0.30000000000000004",
];

fn file(cells: &[(usize, usize, usize, &str)]) -> String {
    let mut seen = std::collections::HashSet::new();
    let mut text = "method,task,seed,score\n".to_owned();
    for &(method, task, seed, score) in cells {
        if seen.insert((method, task, seed)) {
            text.push_str(&format!("m{method},t{task},{seed},{score}\n"));
        }
    }
    text
}

fn settings() -> impl Strategy<Value = Settings> {
    (
        select(Test::ALL.to_vec()),
        select(Omnibus::value_variants().to_vec()),
        select(PostHoc::value_variants().to_vec()),
        select(Failed::value_variants().to_vec()),
        proptest::option::of(select(IntervalMethod::value_variants().to_vec())),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(
            |(test, omnibus, post_hoc, failed, interval, all_pairs, bounds_from_scores)| Settings {
                test,
                omnibus,
                post_hoc,
                failed,
                interval,
                all_pairs,
                bounds_from_scores,
                margin: (test == Test::Tost).then_some(1.0),
                ..Settings::default()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_question_about_any_scores_has_an_answer_or_a_reason(
        cells in vec((0..4_usize, 0..3_usize, 0..4_usize, select(AWKWARD.to_vec())), 1..30),
        settings in settings(),
    ) {
        let scores = parse("s.csv", file(&cells).as_bytes()).unwrap();
        let analysis = Analysis::of(&scores, &settings).unwrap();
        let is_chance = |p: Option<f64>| p.is_none_or(|p| (0.0..=1.0).contains(&p));
        for comparison in analysis.blocks.iter().flat_map(|block| &block.comparisons) {
            for contrast in &comparison.contrasts {
                prop_assert!(contrast.p.is_some() || contrast.note.is_some(), "{contrast:?}");
                prop_assert!(is_chance(contrast.p) && is_chance(contrast.p_adjusted) && is_chance(contrast.a12), "{contrast:?}");
                prop_assert!(contrast.p_adjusted.unwrap_or(1.0) >= contrast.p.unwrap_or(0.0), "{contrast:?}");
                for interval in [contrast.interval, contrast.simultaneous_interval].into_iter().flatten() {
                    prop_assert!(interval.low <= interval.high && interval.low.is_finite() && interval.high.is_finite());
                }
                let numbers = [contrast.statistic, contrast.df, contrast.mean_difference, contrast.hedges_g];
                prop_assert!(numbers.into_iter().flatten().all(f64::is_finite), "{contrast:?}");
            }
            let omnibus = &comparison.omnibus;
            prop_assert!(is_chance(omnibus.p) && (omnibus.p.is_some() || omnibus.note.is_some()), "{omnibus:?}");
            prop_assert!(omnibus.statistic.is_none_or(f64::is_finite), "{omnibus:?}");
            if let Some(dunnett) = &comparison.dunnett {
                prop_assert!(dunnett.methods.iter().all(|(_, t, p)| t.is_finite() && is_chance(Some(*p))), "{dunnett:?}");
            }
        }
        let across = &analysis.across[0];
        for pair in across.ranking.friedman.iter().flat_map(|friedman| &friedman.post_hoc) {
            prop_assert!(is_chance(Some(pair.p)) && pair.p_adjusted >= pair.p, "{pair:?}");
        }
        let scores = across.aggregate.methods.iter().flat_map(|method| &method.normalised);
        prop_assert!(scores.flatten().all(|score| score.is_finite()));
        if settings.failed == Failed::Refuse {
            let lost = |name: &str| {
                let methods = analysis.blocks.iter().flat_map(|block| &block.methods);
                methods.filter(|method| method.name == name).any(|method| method.finished < method.planned)
            };
            prop_assert!(!across.methods.iter().any(|method| lost(method)), "{across:?}");
        }

        let goal = Goal { power: 0.8, alpha: 0.05, correction: Correction::Holm, comparisons: 3, test: settings.test };
        let looks = Some(Looks { looks: 2, runs: 2 });
        for pilot in Pilot::all(&analysis, &goal, looks).unwrap_or_default() {
            prop_assert!(is_chance(pilot.power), "{pilot:?}");
            prop_assert!(pilot.hedges_g.is_some() || pilot.note.is_some(), "{pilot:?}");
        }
    }
}

//! The parts of the report for programs: every number at full precision, null where one is undefined, and then a note that says
//! why.

use serde_json::{Map, Value, json};

use crate::analysis::{
    Across, Aggregate, Analysis, Block, Comparison, Contrast, Dunnett, Learning, MethodAggregate,
    MethodLearning, MethodScores, Metric, Scored, SignedRank,
};
use crate::stats::grid::Place;
use crate::stats::interval::Interval;

/// What a reader must be told about the data, of all tasks.
pub fn notes(analysis: &Analysis) -> Vec<String> {
    let of_block = |block: &Block| {
        let title = block.key.clone();
        let notes = block.notes.clone().into_iter();
        notes
            .map(|note| format!("{title}: {note}"))
            .collect::<Vec<_>>()
    };
    let of_blocks = analysis.blocks.iter().flat_map(of_block);
    of_blocks.chain(analysis.notes.iter().cloned()).collect()
}

fn by_name<'a, T>(items: &'a [T], entry: impl Fn(&'a T) -> (&'a String, Value)) -> Value {
    let entries = items
        .iter()
        .map(entry)
        .map(|(name, value)| (name.clone(), value));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn ends(interval: Option<Interval>) -> Value {
    interval.map_or(Value::Null, |interval| json!([interval.low, interval.high]))
}

/// The main metric, and every metric by its name.
pub fn task(block: &Block, analysis: &Analysis) -> Value {
    let settings = &analysis.settings;
    let of_metric = |comparison: &Comparison| self::by_metric(block, comparison, analysis);
    let by_metric: Map<String, Value> = block
        .comparisons
        .iter()
        .map(|comparison| (comparison.metric.to_string(), of_metric(comparison)))
        .collect();
    let mut value = by_metric
        .get(&settings.metric().to_string())
        .cloned()
        .unwrap_or_else(|| json!({}));
    value["metrics"] = Value::Object(by_metric);
    value["curves"] = json!(block.learning.as_ref().map(curves));
    value["notes"] = json!(block.notes);
    value
}

fn by_metric(block: &Block, comparison: &Comparison, analysis: &Analysis) -> Value {
    let metric = comparison.metric;
    let mut against: Map<String, Value> = Map::new();
    for contrast in &comparison.contrasts {
        let of_baseline = against
            .entry(contrast.baseline.clone())
            .or_insert_with(|| json!({}));
        of_baseline[&contrast.method] = self::contrast(contrast, analysis);
    }
    let standings = block.methods.iter().zip(&comparison.standings);
    let standings = standings.map(|(method, standing)| (method.name.clone(), json!(standing)));
    json!({
        "methods": by_name(&block.methods, |method| (&method.name, self::method(method, metric))),
        "against": against,
        "standings": Value::Object(standings.collect()),
        "kruskal_p": comparison.kruskal_p,
        "omnibus": comparison.omnibus,
        "dunnett": comparison.dunnett.as_ref().map(dunnett),
        "brown_forsythe_p": comparison.brown_forsythe_p,
        "note": comparison.note,
    })
}

fn dunnett(dunnett: &Dunnett) -> Value {
    let one =
        |(method, t, p): &(String, f64, f64)| (method.clone(), json!({ "t": t, "p_adjusted": p }));
    json!({
        "against": dunnett.control,
        "methods": Value::Object(dunnett.methods.iter().map(one).collect()),
        "note": dunnett.note,
    })
}

fn curves(learning: &Learning) -> Value {
    let one = |method: &MethodLearning| {
        let place = |place: &Place| json!({ "step": place.step, "iqm": place.iqm, "ci": ends(place.interval) });
        json!({
            "auc": method.auc,
            "stability": method.stability,
            "dispersion_across_runs": method.dispersion_across_runs,
            "steps_to_threshold": {
                "reached": method.reached,
                "runs": method.runs,
                "median": method.median_steps,
                "restricted_mean": method.restricted_mean,
                "survival": method.survival,
                "censored": method.censored,
            },
            "band": method.band.iter().map(place).collect::<Vec<_>>(),
        })
    };
    json!({
        "from": learning.from,
        "to": learning.to,
        "truncated": learning.cuts,
        "threshold": learning.threshold,
        "horizon": learning.horizon,
        "log_rank_p": learning.log_rank_p,
        "methods": by_name(&learning.methods, |method| (&method.name, one(method))),
        "note": learning.note,
    })
}

fn method(method: &MethodScores, metric: Metric) -> Value {
    let scored = method.scored(metric);
    let summary = scored.map(|scored| scored.summary);
    json!({
        "n": scored.map_or(0, |scored| scored.values.len()),
        "finished": method.finished,
        "planned": method.planned,
        "mean": summary.map(|summary| summary.mean),
        "std": summary.and_then(|summary| summary.std),
        "median": summary.map(|summary| summary.median),
        "iqm": summary.map(|summary| summary.iqm),
        "iqm_ci": ends(scored.and_then(|scored| scored.iqm_interval)),
        "shapiro_p": scored.and_then(|scored| scored.shapiro_p),
        "note": method.note(metric),
    })
}

fn contrast(contrast: &Contrast, analysis: &Analysis) -> Value {
    json!({
        "test": analysis.settings.test,
        "runs": [contrast.runs.0, contrast.runs.1],
        "statistic": contrast.statistic,
        "df": contrast.df,
        "p": contrast.p,
        "p_adjusted": contrast.p_adjusted,
        "family_size": contrast.family_size,
        "basis": contrast.basis,
        "mean_difference": contrast.mean_difference,
        "ci": ends(contrast.interval),
        "simultaneous_ci": ends(contrast.simultaneous_interval),
        "median_difference": contrast.median_difference,
        "ratio": contrast.ratio,
        "cohen_d": contrast.cohen_d,
        "hedges_g": contrast.hedges_g,
        "cliff_delta": contrast.cliff_delta,
        "a12": contrast.a12,
        "smallest_significant_d": contrast.smallest_significant_d,
        "note": contrast.note,
    })
}

fn joined(notes: &[String]) -> Value {
    if notes.is_empty() {
        Value::Null
    } else {
        json!(notes.join("; "))
    }
}

/// What is said over all tasks of a context.
pub fn aggregate(across: &Across) -> Value {
    let aggregate: &Aggregate = &across.aggregate;
    let one = |method: &MethodAggregate| {
        json!({
            "iqm": method.iqm,
            "mean": method.mean,
            "median": method.median,
            "optimality_gap": method.optimality_gap,
            "iqm_ci": ends(method.iqm_interval),
            "probability_of_improvement": method.probability_of_improvement,
            "probability_of_improvement_ci": ends(method.improvement_interval),
            "profile": method.profile,
            "profile_band": method.profile_band.as_ref().map(|band| {
                band.iter().map(|&interval| ends(Some(interval))).collect::<Vec<_>>()
            }),
            "iqm_without": by_name(&method.without, |(task, iqm)| (task, json!(iqm))),
            "note": joined(&aggregate.notes),
        })
    };
    let scales = across.tasks.iter().cloned().zip(across.scales.iter());
    json!({
        "tasks": aggregate.tasks,
        "scales": Value::Object(scales.map(|(task, scale)| (task, json!(scale))).collect()),
        "methods": by_name(&aggregate.methods, |method| (&method.name, one(method))),
        "profile_thresholds": aggregate.thresholds,
        "note": joined(&aggregate.notes),
    })
}

/// The tests and ranks over all tasks of a context.
pub fn across(across: &Across, analysis: &Analysis) -> Value {
    let friedman = across.ranking.friedman.as_ref();
    let detail = |signed: &SignedRank| {
        json!({
            "statistic": signed.statistic,
            "p": signed.p,
            "p_adjusted": signed.p_adjusted,
            "beliefs": signed.beliefs,
            "note": signed.note,
        })
    };
    let matrix = |of: &dyn Fn(usize, usize) -> Value| {
        let names = || across.methods.iter().enumerate();
        let row = |(a, name): (usize, &String)| {
            let others = names().filter(|(b, _)| *b != a);
            let row = others.map(|(b, other)| (other.clone(), of(a, b)));
            (name.clone(), Value::Object(row.collect()))
        };
        Value::Object(names().map(row).collect())
    };
    let names = |places: &Vec<usize>| -> Vec<&String> {
        places.iter().map(|&place| &across.methods[place]).collect()
    };
    json!({
        "metric": across.metric,
        "tasks": across.tasks,
        "normalised": across.is_normalised,
        "left_out": across.left_out,
        "tasks_left_out": across.tasks_left_out,
        "friedman_chi2": friedman.and_then(|friedman| friedman.chi_squared),
        "friedman_p": friedman.map(|friedman| friedman.p),
        "iman_davenport_p": friedman.map(|friedman| friedman.iman_davenport_p),
        "mean_ranks": by_name(&across.ranking.mean_ranks, |(method, rank)| (method, json!(rank))),
        "critical_difference": friedman.and_then(|friedman| friedman.critical_difference),
        "post_hoc": { "test": analysis.settings.post_hoc, "pairs": friedman.map(|friedman| &friedman.post_hoc) },
        "nemenyi_p": friedman.map(|friedman| matrix(&|a, b| json!(friedman.nemenyi[a][b]))),
        "pairs_p_adjusted": matrix(&|a, b| json!(across.p_adjusted[a][b])),
        "groups": across.groups.iter().map(names).collect::<Vec<_>>(),
        "wilcoxon": by_name(&across.signed_ranks, |signed| (&signed.method, json!(signed.p))),
        "wilcoxon_detail": by_name(&across.signed_ranks, |signed| (&signed.method, detail(signed))),
        "note": joined(&across.notes),
    })
}

/// What the runs of a suite scored in one block, and how its methods compare.
pub fn suite_block(block: &Block) -> Value {
    let scored = |scored: &Scored| {
        json!({
            "values": scored.values,
            "censored": scored.censored,
            "seeds": scored.seeds,
            "summary": scored.summary,
            "iqm_interval": scored.iqm_interval,
        })
    };
    let row = |method: &MethodScores| {
        let own = block.comparisons.iter().flat_map(|comparison| {
            let own = comparison.contrasts.iter();
            own.filter(|contrast| contrast.method == method.name)
                .map(|contrast| suite_contrast(contrast, comparison.metric))
        });
        let of = |metric: Metric| json!(method.scored(metric).map(scored));
        let all = method
            .scored
            .iter()
            .map(|found| (found.metric.to_string(), scored(found)));
        json!({
            "metrics": Value::Object(all.collect()),
            "label": method.name,
            "planned": method.planned,
            "finished": method.finished,
            "final": of(Metric::Final),
            "best": of(Metric::Best),
            "auc": of(Metric::Auc),
            "contrasts": own.collect::<Vec<_>>(),
        })
    };
    json!({
        "environment": block.task,
        "random_policy": block.random_policy,
        "context": block.context.split(" · ").collect::<Vec<_>>(),
        "costs": block.costs,
        "firing_rates": block.firing_rates,
        "rows": block.methods.iter().map(row).collect::<Vec<_>>(),
    })
}

fn suite_contrast(contrast: &Contrast, metric: Metric) -> Value {
    json!({
        "metric": metric,
        "baseline": contrast.baseline,
        "difference": contrast.mean_difference,
        "interval": contrast.interval,
        "statistic": contrast.statistic,
        "df": contrast.df,
        "p": contrast.p,
        "p_adjusted": contrast.p_adjusted,
        "family_size": contrast.family_size,
        "cliffs_delta": contrast.cliff_delta,
        "smallest_significant_d": contrast.smallest_significant_d,
        "note": contrast.note,
    })
}

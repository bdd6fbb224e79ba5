//! For programs: full precision, null where a number is undefined, and then a note that says why.

use serde_json::{Map, Value, json};

use crate::scores::{
    Across, Aggregate, Analysis, Contrast, Learning, LearningMethod, ManyToOne, Method, Scaled,
    Task,
};
use crate::stats::grid::Place;
use crate::stats::interval::Interval;

/// Everything, and the command.
pub fn json(analysis: &Analysis, command: &str) -> String {
    let value = json!({
        "command": command,
        "data_hash": analysis.data_hash,
        "settings": analysis.settings,
        "baseline": analysis.baseline,
        "tasks": by_name(&analysis.tasks, |task| (&task.name, self::task(task, analysis))),
        "aggregate": aggregate(&analysis.aggregate),
        "across_tasks": across(&analysis.across, analysis),
        "notes": analysis.notes,
    });
    format!("{value:#}\n")
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

fn task(task: &Task, analysis: &Analysis) -> Value {
    let mut against: Map<String, Value> = Map::new();
    for contrast in &task.contrasts {
        let of_baseline = against
            .entry(contrast.baseline.clone())
            .or_insert_with(|| json!({}));
        of_baseline[&contrast.method] = self::contrast(contrast, analysis);
    }
    json!({
        "methods": by_name(&task.methods, |method| (&method.name, self::method(method))),
        "against": against,
        "kruskal_p": task.kruskal_p,
        "omnibus": task.overall,
        "dunnett": task.dunnett.as_ref().map(dunnett),
        "brown_forsythe_p": task.brown_forsythe_p,
        "curves": task.learning.as_ref().map(curves),
        "note": task.note,
    })
}

fn dunnett(dunnett: &ManyToOne) -> Value {
    let one =
        |(method, t, p): &(String, f64, f64)| (method.clone(), json!({ "t": t, "p_adjusted": p }));
    json!({
        "against": dunnett.control,
        "methods": Value::Object(dunnett.methods.iter().map(one).collect()),
        "note": dunnett.note,
    })
}

fn curves(learning: &Learning) -> Value {
    let one = |method: &LearningMethod| {
        let place = |place: &Place| json!({ "step": place.step, "iqm": place.iqm, "ci": ends(place.interval) });
        json!({
            "auc": method.auc,
            "stability": method.stability,
            "dispersion_across_runs": method.dispersion_across_runs,
            "steps_to_threshold": { "reached": method.reached, "runs": method.runs, "median": method.median_steps },
            "band": method.band.iter().map(place).collect::<Vec<_>>(),
        })
    };
    json!({
        "from": learning.from,
        "to": learning.to,
        "truncated": learning.cuts,
        "threshold": learning.threshold,
        "log_rank_p": learning.log_rank_p,
        "methods": by_name(&learning.methods, |method| (&method.name, one(method))),
        "note": learning.note,
    })
}

fn method(method: &Method) -> Value {
    let summary = method.summary;
    json!({
        "n": method.runs.len(),
        "finished": method.finished,
        "planned": method.planned,
        "mean": summary.map(|summary| summary.mean),
        "std": summary.and_then(|summary| summary.std),
        "median": summary.map(|summary| summary.median),
        "iqm": summary.map(|summary| summary.iqm),
        "iqm_ci": ends(method.iqm_interval),
        "shapiro_p": method.shapiro_p,
        "note": method.note,
    })
}

fn contrast(contrast: &Contrast, analysis: &Analysis) -> Value {
    json!({
        "test": analysis.settings.test,
        "statistic": contrast.statistic,
        "df": contrast.df,
        "p": contrast.p,
        "p_adjusted": contrast.p_adjusted,
        "family_size": contrast.family_size,
        "basis": contrast.basis,
        "mean_difference": contrast.mean_difference,
        "ci": ends(contrast.interval),
        "median_difference": contrast.median_difference,
        "ratio": contrast.ratio,
        "cohen_d": contrast.cohen_d,
        "hedges_g": contrast.hedges_g,
        "cliff_delta": contrast.cliff_delta,
        "a12": contrast.a12,
        "note": contrast.note,
    })
}

fn aggregate(aggregate: &Aggregate) -> Value {
    let one = |scaled: &Scaled| {
        json!({
            "iqm": scaled.iqm,
            "mean": scaled.mean,
            "median": scaled.median,
            "optimality_gap": scaled.optimality_gap,
            "iqm_ci": ends(scaled.iqm_interval),
            "probability_of_improvement": scaled.probability_of_improvement,
            "probability_of_improvement_ci": ends(scaled.improvement_interval),
            "profile": scaled.profile,
            "iqm_without": by_name(&scaled.without, |(task, iqm)| (task, json!(iqm))),
            "note": aggregate.note,
        })
    };
    json!({
        "tasks": aggregate.tasks,
        "methods": by_name(&aggregate.methods, |scaled| (&scaled.name, one(scaled))),
        "profile_thresholds": aggregate.thresholds,
        "note": aggregate.note,
    })
}

fn across(across: &Across, analysis: &Analysis) -> Value {
    let ranking = across.ranking.as_ref();
    let ranks = |rank: &crate::scores::Ranking| {
        let named = analysis
            .methods
            .iter()
            .cloned()
            .zip(rank.mean_ranks.iter().map(|rank| json!(rank)));
        Value::Object(named.collect())
    };
    let detail = |signed: &crate::scores::SignedRank| {
        json!({
            "statistic": signed.statistic,
            "p": signed.p,
            "p_adjusted": signed.p_adjusted,
            "beliefs": signed.beliefs,
            "note": signed.note,
        })
    };
    json!({
        "tasks": across.tasks,
        "normalised": across.normalised,
        "friedman_chi2": ranking.and_then(|ranking| ranking.chi_squared),
        "friedman_p": ranking.map(|ranking| ranking.p),
        "iman_davenport_p": ranking.map(|ranking| ranking.iman_davenport_p),
        "mean_ranks": ranking.map(ranks),
        "critical_difference": ranking.and_then(|ranking| ranking.critical_difference),
        "post_hoc": { "test": analysis.settings.post_hoc, "pairs": ranking.map(|ranking| &ranking.post_hoc) },
        "nemenyi_p": ranking.map(|ranking| &ranking.nemenyi),
        "wilcoxon": by_name(&across.signed_ranks, |signed| (&signed.method, json!(signed.p))),
        "wilcoxon_detail": by_name(&across.signed_ranks, |signed| (&signed.method, detail(signed))),
        "note": across.note,
    })
}
